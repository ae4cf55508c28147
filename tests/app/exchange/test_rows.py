"""Every bad cell is named with a code and a sentence, and a good one becomes what the column stores."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.cells import Cell, RawRow
from app.exchange.columns import COLUMNS, KindName, resolve
from app.exchange.rows import JudgedRow, judge_row, judge_rows
from app.models.requirement import Confidentiality, Cooperation, Field


def judge(kind: KindName = "requirements", **cells: Cell) -> JudgedRow:
    given = {name.replace("__", "."): cell for name, cell in cells.items()}
    if kind == "requirements":
        given.setdefault("title", "甲")
    layout = resolve([column.header for column in COLUMNS[kind]], kind)
    row = RawRow(2, tuple(given.get(column.name) for column in COLUMNS[kind]))
    return judge_row(row, layout, is_escaped=True)


def test_a_good_row_becomes_stored_values() -> None:
    row = judge(
        title="  阻燃  面料 ",
        problem="第一行\r\n第二行",
        keywords="阻燃、遮光 面料，阻燃",
        budget_wan="30-50万",
        field="新材料",
        cooperation="合作研发",
        confidentiality="匿名",
        deadline="2026年12月",
        trl_now="TRL 4",
        organization__uscc="91350100m000100y43",
        phone=13800000000,
    )
    assert row.is_good
    assert row.values == {
        "title": "阻燃 面料",
        "problem": "第一行\n第二行",
        "keywords": ["阻燃", "遮光 面料"],
        "budget_wan": Decimal(50),
        "field": Field.MATERIALS,
        "cooperation": Cooperation.JOINT,
        "confidentiality": Confidentiality.ANONYMOUS,
        "deadline": date(2026, 12, 31),
        "trl_now": 4,
        "organization.uscc": "91350100M000100Y43",
        "phone": "13800000000",
    }
    assert [message.code for message in row.messages] == ["money_simplified"]


@pytest.mark.parametrize(
    ("name", "cell", "code"),
    [
        ("title", "长" * 201, "too_long"),
        ("title", "\u200b\u200b", "missing"),
        ("title", None, "missing"),
        ("title", "a\x00b", "control_character"),
        ("title", "a\ud800", "surrogate"),
        ("title", True, "wrong_type"),
        ("title", ["a"], "wrong_type"),
        ("title", {"a": 1}, "wrong_type"),
        ("problem", "长" * 10_001, "too_long"),
        ("keywords", [1], "wrong_type"),
        ("keywords", "、".join(map(str, range(21))), "too_many_keywords"),
        ("keywords", "长" * 41, "keyword_too_long"),
        ("budget_wan", "很多", "money"),
        ("budget_wan", [1], "wrong_type"),
        ("field", "玄学", "choice"),
        ("cooperation", "技术转让、合作研发", "choice"),
        ("confidentiality", "绝密", "choice"),
        ("deadline", "长期", "date"),
        ("deadline", [], None),
        ("trl_now", 10, "trl"),
        ("trl_now", 4.5, "trl"),
        ("organization__uscc", "91350100M000100Y44", "uscc"),
        ("organization__uscc", "913501", "uscc"),
        ("organization__uscc", 913501000001000043, "number_lost_digits"),
        ("email", "nobody", "email"),
        ("targets", "性能良好", "target"),
        ("system_id", "7", "system_id"),
    ],
)
def test_a_bad_cell_is_named_and_not_echoed(name: str, cell: Cell, code: str | None) -> None:
    row = judge(**{name: cell})
    assert [message.code for message in row.messages] == ([code] if code else [])
    for message in row.messages:
        assert message.header
        assert message.field == name.replace("__", ".")
        assert not (isinstance(cell, str) and len(cell) > 2 and cell in message.text)


def test_the_words_say_what_is_allowed() -> None:
    row = judge(field="玄学")
    assert "新材料及应用" in row.messages[0].text
    assert "所属领域" in row.messages[0].text


def test_dates_and_readiness_must_go_forward() -> None:
    row = judge(start_date="2027-01-01", deadline="2026-01-01", trl_now=8, trl_wanted=3)
    assert [message.code for message in row.messages] == ["dates_reversed", "trl_reversed"]


def test_a_column_in_yuan_fills_the_budget() -> None:
    assert judge(budget_yuan=500_000).values["budget_wan"] == Decimal(50)


def test_every_bad_cell_of_a_row_is_told_at_once() -> None:
    row = judge(field="x", deadline="y", email="z")
    assert [message.code for message in row.messages] == ["choice", "date", "email"]


def rows_of(*cells: tuple[Cell, ...]) -> list[JudgedRow]:
    layout = resolve(["编号", "技术需求名称", "需求单位"], "requirements")
    raw = [RawRow(number, row) for number, row in enumerate(cells, start=2)]
    return judge_rows(raw, layout, is_escaped=True)


def test_the_second_row_of_one_id_is_refused_with_the_line_of_the_first() -> None:
    rows = rows_of(("R1", "甲", None), ("R2", "乙", None), ("R1", "丙", None))
    assert [row.is_good for row in rows] == [True, True, False]
    assert "第 2 行" in rows[2].messages[0].text


def test_a_row_that_is_turned_away_does_not_keep_its_correction_out() -> None:
    rows = rows_of(("R1", None, None), ("R1", "甲", None), ("R1", "乙", None))
    assert [row.is_good for row in rows] == [False, True, False]
    assert "第 3 行" in rows[2].messages[0].text


def test_rows_without_an_id_repeat_by_title_and_unit() -> None:
    rows = rows_of((None, "甲", "一厂"), (None, "甲", "二厂"), (None, "甲", "一厂"))
    assert [row.is_good for row in rows] == [True, True, False]


def test_the_example_row_of_a_template_is_passed_over() -> None:
    assert [row.number for row in rows_of(("示例（可删除）", "甲", None), ("R1", "乙", None))] == [3]


CELLS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.dates(),
    st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(
        ["30-50万", "2026年12月", "TRL 5", "合作研发", str(uuid.UUID(int=5)), '["a"]', "[{", "'=1"]
    ),
)


@given(st.sampled_from(list(COLUMNS)), st.data())
def test_any_cells_get_values_or_named_errors(kind: KindName, data: st.DataObject) -> None:
    cells = tuple(data.draw(CELLS) for _ in COLUMNS[kind])
    layout = resolve([column.name for column in COLUMNS[kind]], kind)
    row = judge_row(RawRow(2, cells), layout, is_escaped=data.draw(st.booleans()))
    for message in row.messages:
        assert message.code
        assert message.text
