"""Quantified targets are read from lines and written back as the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.cell_error import CellError
from app.exchange.targets import parse_target, parse_targets, render_targets
from app.kit.text import UncleanText, clean_line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("抗冲击韧性 ≥ 67 %", ("抗冲击韧性", "≥", 67, None, "%")),
        ("纯度不低于99.99％", ("纯度", "≥", 99.99, None, "%")),
        ("噪声<=60dB", ("噪声", "≤", 60, None, "dB")),
        ("1、成本<100元/吨", ("成本", "<", 100, None, "元/吨")),
        ("精度：0.01mm", ("精度", "=", 0.01, None, "mm")),
        ("工作温度 -40～85 ℃", ("工作温度", "~", -40, 85, "℃")),
        ("温度为10-20℃", ("温度", "~", 10, 20, "℃")),
        ("PM2.5 去除率≥99%", ("PM2.5 去除率", "≥", 99, None, "%")),
        ("产能达到1,000吨", ("产能", "≥", 1000, None, "吨")),
    ],
)
def test_a_line_becomes_a_row(line: str, expected: tuple[Any, ...]) -> None:
    assert tuple(parse_target(line).values()) == expected


def test_a_cell_may_hold_several_lines() -> None:
    assert [row["name"] for row in parse_targets("强度 ≥ 5 MPa；密度 ≤ 2 g/cm³\n\n耐温 ≥ 200 ℃")] == [
        "强度",
        "密度",
        "耐温",
    ]


@pytest.mark.parametrize(
    "text", ["性能良好", "≥ 5", "强度 ≥ 高", "温度 20～10 ℃", "强度 ≥ 1e400", "[{]", '[{"a":1}]']
)
def test_a_line_without_a_figure_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_targets("强度 ≥ 5 MPa\n" + text if not text.startswith("[") else text)
    assert caught.value.code == "target"


NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 6))
)


def clean(text: str) -> str:
    try:
        return clean_line(text)
    except UncleanText:
        return ""


LINES = st.text(
    alphabet=st.one_of(st.sampled_from("抗冲击韧性≥<~=-5；: \n%'["), st.characters()), max_size=12
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "name": LINES.map(clean).filter(lambda name: bool(name) and name[-1] not in ":="),
                "operator": st.sampled_from(["=", "<", "≤", ">", "≥"]),
                "value": NUMBERS,
                "upper": st.none(),
                "unit": LINES.map(clean),
            }
        ),
        max_size=4,
    )
)
def test_rows_come_back_from_their_cell(rows: list[dict[str, Any]]) -> None:
    assert parse_targets(render_targets(rows)) == rows
