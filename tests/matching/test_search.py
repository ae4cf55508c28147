"""Free-text search and its snippets; near-duplicates."""

from __future__ import annotations

import pytest

from matching import Document, Engine, Filter
from matching.search import snippet_of
from tests.matching.conftest import REQUIREMENTS, fill


def found(engine: Engine, query: str, **options: object) -> list[str]:
    page = engine.search("requirements", query, **options)  # type: ignore[arg-type]
    return [hit.key for hit in page.hits]


def test_a_word_finds_the_documents_that_hold_it(engine: Engine) -> None:
    assert found(engine, "减速器") == ["r-gear"]
    assert found(engine, "石灰窑 供风")[0] == "r-kiln"


def test_traditional_characters_find_simplified_ones(engine: Engine) -> None:
    assert found(engine, "減速器") == ["r-gear"]


def test_some_of_the_words_and_some_likeness_make_a_hit_together(engine: Engine) -> None:
    # Neither would do alone: the document holds less than 0.4 of the query's words and is less than 0.45 near.
    assert found(engine, "高速传动振动与噪声误差") == ["r-gear"]
    assert found(engine, "水稻新品种选育与推广") == []


@pytest.mark.parametrize("query", ["", "  ", "　", "。，", "无"])
def test_a_blank_query_finds_nothing(engine: Engine, query: str) -> None:
    assert found(engine, query) == []


def test_a_filter_holds_inside_the_search(engine: Engine) -> None:
    published = Filter(any_of={"status": ["published"]})
    assert "r-cloth" in found(engine, "莱赛尔面料")
    assert "r-cloth" not in found(engine, "莱赛尔面料", filter=published)


def test_pages_follow_each_other_and_the_total_stays(engine: Engine) -> None:
    fill(engine, "requirements", [Document(f"k{row}", f"减速器{row}号") for row in range(7)], sequence=2)
    first = engine.search("requirements", "减速器", limit=3)
    second = engine.search("requirements", "减速器", limit=3, offset=3)
    assert first.total == second.total == 8
    assert [hit.rank for hit in second.hits] == [4, 5, 6]
    assert not {hit.key for hit in first.hits} & {hit.key for hit in second.hits}


def test_a_snippet_marks_the_words_of_the_query_in_the_original() -> None:
    document = Document("k", "标题", "前" * 100 + "高速減速機在此。" + "后" * 100)
    snippet, marks = snippet_of(document, "减速机")
    assert [snippet[start:end] for start, end in marks] == ["減速機"]
    assert len(snippet) <= 80


def test_without_a_word_in_the_text_the_snippet_is_the_title() -> None:
    assert snippet_of(Document("k", "标题", "内容"), "别的") == ("标题", ())


def test_equal_texts_are_duplicates_and_different_ones_are_not(engine: Engine) -> None:
    kiln = REQUIREMENTS[0]
    twin = Document("r-twin", kiln.title, kiln.description)
    similar = engine.similar(twin)
    assert similar[0].key == "r-kiln"
    assert similar[0].similarity == pytest.approx(1.0, abs=1e-4)
    assert similar[0].duplicate
    assert not any(one.duplicate for one in similar[1:])


def test_a_requirement_is_not_similar_to_itself(engine: Engine) -> None:
    assert "r-kiln" not in [one.key for one in engine.similar(REQUIREMENTS[0])]


def test_similar_requirements_obey_the_filter(engine: Engine) -> None:
    twin = Document("new", REQUIREMENTS[2].title, REQUIREMENTS[2].description)
    published = engine.similar(twin, filter=Filter(any_of={"status": ["published"]}))
    assert "r-cloth" not in [one.key for one in published]
