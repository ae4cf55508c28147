"""Postings, segments and exact scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index.lexical import Bm25, LexicalIndex, LexicalView, best_rows, take
from matching.terms import Terms, extract


def view(*batches: list[str]) -> LexicalView:
    index = LexicalIndex(Bm25())
    for batch in batches:
        index.append(extract(batch))
    return index.view()


def query(text: str) -> tuple[Terms, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    terms = extract([text]).terms
    return terms, np.ones(len(terms), dtype=np.float32)


def test_impact_is_bm25_saturation() -> None:
    one = np.ones(1, dtype=np.uint8)
    lengths = np.full(1, 10.0, dtype=np.float32)
    assert Bm25(k1=1.5, b=0.4).impact(one, lengths, 10.0) == pytest.approx(1.0)
    assert Bm25(k1=1.5, b=0.4).impact(one * 3, lengths, 10.0) == pytest.approx(3 * 2.5 / 4.5)
    assert Bm25(k1=1.5, b=1.0).impact(one, lengths, 5.0) == pytest.approx(2.5 / 4.0)


def test_document_frequencies_count_across_segments() -> None:
    found = view(["窑 x"], ["窑 y", "炉"], ["窑"])
    terms = np.sort(extract(["窑炉齿"]).terms)
    counts = dict(zip(terms.tolist(), found.document_frequencies(terms).tolist(), strict=True))
    assert counts[int(extract(["窑"]).terms[0])] == 3
    assert counts[int(extract(["炉"]).terms[0])] == 1
    assert counts[int(extract(["齿"]).terms[0])] == 0


def test_scores_from_postings_equal_scores_from_the_documents() -> None:
    texts = ["石灰窑供风", "减速器齿形", "窑炉风机 plc", "", "供风供风供风"]
    terms, weights = query("石灰窑炉供风 PLC")
    found = view(texts)
    exact = found.exact(np.arange(5), terms, weights[:, None])[:, 0]
    assert found.scores(terms, weights) == pytest.approx(exact, rel=1e-5)
    assert exact[3] == 0.0
    assert exact[0] > exact[1]


def test_several_queries_are_scored_at_once_by_linear_weights() -> None:
    found = view(["石灰窑供风", "减速器齿形"])
    terms, weights = query("石灰窑")
    both = found.exact(np.array([1, 0]), terms, np.stack([weights, 2 * weights], axis=1))
    assert both[:, 1] == pytest.approx(2 * both[:, 0])
    assert both[1, 0] > both[0, 0] == 0.0


def test_one_batch_and_many_small_ones_find_the_same() -> None:
    texts = [f"石灰窑{'供风' * (row % 3)}{row}" for row in range(60)]
    whole, pieces = view(texts), view(*[[text] for text in texts])
    terms, weights = query("石灰窑供风")
    rows = np.arange(60)
    assert pieces.exact(rows, terms, weights[:, None]) == pytest.approx(
        whole.exact(rows, terms, weights[:, None])
    )
    assert pieces.document_frequencies(terms).tolist() == whole.document_frequencies(terms).tolist()


def test_segments_stay_few() -> None:
    assert len(view(*[[str(row)] for row in range(500)]).segments) <= 6


def test_an_older_view_does_not_see_later_documents() -> None:
    index = LexicalIndex(Bm25())
    index.append(extract(["窑"]))
    older = index.view()
    index.append(extract(["窑"] * 200))
    terms, weights = query("窑")
    assert older.count == 1
    assert len(older.scores(terms, weights)) == 1
    assert index.view().count == 201


def test_a_filter_holds_inside_the_search() -> None:
    found = view(["窑窑窑", "窑", "炉"])
    terms, weights = query("窑")
    allowed = np.array([False, True, True])
    assert found.search(terms, weights, 1, allowed=allowed).tolist() == [1]
    assert found.search(terms, weights, 9, allowed=np.ones(3, dtype=np.bool_)).tolist() == [0, 1]


def test_an_index_without_documents_or_a_query_without_terms_finds_nothing() -> None:
    terms, weights = query("窑")
    assert len(view().search(terms, weights, 5, allowed=np.zeros(0, dtype=np.bool_))) == 0
    assert view(["窑"]).exact(np.array([0]), terms[:0], np.zeros((0, 1), dtype=np.float32)).tolist() == [
        [0.0]
    ]


def test_best_rows_are_ordered_and_ties_go_by_row() -> None:
    totals = np.array([0.0, 2.0, 5.0, 2.0, 2.0, -1.0], dtype=np.float32)
    assert best_rows(totals, 3).tolist() == [2, 1, 3]
    assert best_rows(totals, 9).tolist() == [2, 1, 3, 4]
    assert best_rows(totals, 0).tolist() == []


def test_taking_rows_keeps_their_terms() -> None:
    table = extract(["齿轮", "", "窑炉窑"])
    taken = take(table, np.array([2, 1]))
    assert taken.offsets.tolist() == [0, 4, 4]
    assert taken.of(0)[0].tolist() == table.of(2)[0].tolist()
    assert taken.lengths.tolist() == table.lengths[[2, 1]].tolist()


@given(
    values=st.lists(st.integers(0, 60), min_size=1, max_size=400),
    repeats=st.sampled_from([1, 300]),
    depth=st.integers(1, 500),
)
@settings(max_examples=60, deadline=None)
def test_sorting_out_most_rows_first_changes_nothing(values: list[int], repeats: int, depth: int) -> None:
    totals = np.tile(np.array(values, dtype=np.float32), repeats)
    positive = np.flatnonzero(totals > 0)
    expected = positive[np.argsort(-totals[positive], kind="stable")][:depth]
    assert best_rows(totals, depth).tolist() == expected.tolist()


LONG_QUERY = "石灰窑炉供风减速器齿形噪声轴承电池隔膜涂层导热石墨烯"


def recombined(count: int) -> list[str]:
    random = np.random.default_rng(3)
    characters = np.array(list(LONG_QUERY + "的技术研究装置系统方法制备材料工艺"))
    return ["".join(random.choice(characters, 12)) for _ in range(count)]


def test_a_query_of_many_postings_finds_nearly_what_all_its_terms_find() -> None:
    index, limited = LexicalIndex(Bm25()), LexicalIndex(Bm25(), postings=0)
    table = extract(recombined(3000))
    index.append(table)
    limited.append(table)
    terms, _ = query(LONG_QUERY)
    full, short = index.view(), limited.view()
    weights = full.inverse_frequencies(terms)
    allowed = np.ones(3000, dtype=np.bool_)
    allowed[::7] = False
    read = short.document_frequencies(terms)[short._retrieving(terms, weights)].sum()
    assert 0 < read <= 1500 < full.document_frequencies(terms).sum()
    wanted = full.search(terms, weights, 50, allowed=allowed)
    found = short.search(terms, weights, 50, allowed=allowed)
    # Random characters are the worst case; of real requirements over a million titles it finds 99.8 %.
    assert len(np.intersect1d(wanted, found)) >= 42
    assert allowed[found].all()
    scores = short.exact(found, terms, weights[:, None])[:, 0]
    assert list(scores) == sorted(scores, reverse=True)


def test_the_16_bit_impacts_of_a_large_segment_score_like_exact_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.index.lexical._FLOAT_ROWS", 100)
    found = view(recombined(500))
    assert found.segments[0].impacts.dtype == np.uint16
    terms, weights = query(LONG_QUERY)
    exact = found.exact(np.arange(500), terms, weights[:, None])[:, 0]
    assert found.scores(terms, weights) == pytest.approx(exact, abs=len(terms) * 2e-5)


def test_large_segments_are_not_merged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.index.lexical._MERGED_ROWS", 20)
    found = view(*[[f"窑{row}"] for row in range(100)])
    assert max(segment.size for segment in found.segments) < 5 * 20
    assert found.segments[0].size >= 20
    assert found.document_frequencies(extract(["窑"]).terms).tolist() == [100]
