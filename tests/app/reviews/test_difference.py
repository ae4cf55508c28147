"""Differences of texts: whole numbers and words, and both texts come back out of the segments."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.reviews.difference import LONGEST_BY_CHARACTER, Segment, difference

TEXTS = st.text(alphabet="水洗后的续燃时间。，\n 0123456789.abc", max_size=60)


def test_what_changed_is_shown_in_place() -> None:
    assert difference("水洗 20 次后下降", "水洗 50 次后明显下降") == [
        Segment("equal", "水洗 "),
        Segment("delete", "20"),
        Segment("insert", "50"),
        Segment("equal", " 次后"),
        Segment("insert", "明显"),
        Segment("equal", "下降"),
    ]


def test_nothing_and_everything() -> None:
    assert difference("", "") == []
    assert difference("同", "同") == [Segment("equal", "同")]
    assert difference("", "新") == [Segment("insert", "新")]
    assert difference("旧", "") == [Segment("delete", "旧")]


@settings(max_examples=200, deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_both_texts_come_back_out_of_the_segments(before: str, after: str) -> None:
    segments = difference(before, after)
    assert "".join(item.text for item in segments if item.kind != "insert") == before
    assert "".join(item.text for item in segments if item.kind != "delete") == after


def test_long_texts_are_compared_clause_by_clause() -> None:
    clauses = [f"第{number}条要求如下，" for number in range(1_500)]
    before, after = "".join(clauses), "".join([*clauses[:700], "新增一条。", *clauses[701:]])
    assert len(before) > LONGEST_BY_CHARACTER
    kinds = [item.kind for item in difference(before, after)]
    assert kinds == ["equal", "delete", "insert", "equal"]
    assert difference(before, after)[1].text == clauses[700]
