"""Terms of the lexical side."""

from __future__ import annotations

import numpy as np

from matching.terms import extract


def terms_of(text: str) -> set[int]:
    return set(extract([text]).terms.tolist())


def test_characters_and_bigrams_of_a_chinese_run_are_terms() -> None:
    table = extract(["齿轮箱"])
    assert len(table.terms) == 5
    assert terms_of("齿轮箱") == terms_of("齿轮") | terms_of("轮箱")
    assert table.lengths.tolist() == [5.0]


def test_a_bigram_never_crosses_punctuation_or_texts() -> None:
    assert terms_of("齿，轮") == terms_of("齿") | terms_of("轮")
    assert set(extract(["齿", "轮"]).terms.tolist()) == terms_of("齿") | terms_of("轮")


def test_latin_words_and_numbers_are_one_term_each_without_case() -> None:
    assert terms_of("PLC-5000 控") == terms_of("plc") | terms_of("5000") | terms_of("控")
    assert len(terms_of("abc")) == 1


def test_rows_are_ascending_and_counted() -> None:
    table = extract(["", "齿齿", "b b b"])
    assert table.offsets.tolist() == [0, 0, 2, 3]
    assert sorted(table.of(1)[1].tolist()) == [1, 2]
    assert table.of(2)[1].tolist() == [3]
    assert table.lengths.tolist() == [0.0, 3.0, 3.0]
    for row in range(3):
        assert np.all(np.diff(table.of(row)[0].astype(np.int64)) > 0)


def test_each_kind_of_term_can_be_had_alone() -> None:
    assert len(extract(["齿轮箱"], kinds=("characters",)).terms) == 3
    assert len(extract(["齿轮箱"], kinds=("bigrams",)).terms) == 2
    words = extract(["谐波减速器，PLC"], kinds=("words",))
    assert len(words.terms) == 2
    assert words.lengths.tolist() == [2.0]


def test_a_word_is_another_term_than_the_bigram_of_its_characters() -> None:
    plain = set(extract(["齿轮"]).terms.tolist())
    assert not plain & set(extract(["齿轮"], kinds=("words",)).terms.tolist())


def test_counts_stop_at_255_and_nothing_gives_an_empty_table() -> None:
    assert extract(["a " * 300]).counts.tolist() == [255]
    assert extract([]).offsets.tolist() == [0]
    assert len(extract(["", "\ud800。"]).terms) == 0
