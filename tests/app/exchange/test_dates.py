"""Days are understood as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.cell_error import CellError
from app.exchange.dates import parse_date


@pytest.mark.parametrize(
    "text", ["2026-12-31", "2026/12/31", "2026.12.31", "20261231", "2026年12月31日", "2026 年 12 月 31 日"]
)
def test_a_full_date_is_read(text: str) -> None:
    assert parse_date(text) == date(2026, 12, 31)


def test_a_month_or_year_alone_means_its_edge() -> None:
    assert parse_date("2026年2月") == date(2026, 2, 28)
    assert parse_date("2026年2月", edge="first") == date(2026, 2, 1)
    assert parse_date("2026年底") == date(2026, 12, 31)


def test_the_serial_number_of_a_spreadsheet_is_a_date() -> None:
    assert parse_date(46387) == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["2026-02-30", "长期", "12-31", "0000-00-00", "2026-13", "1800-01-01", "5"])
def test_what_is_no_date_is_refused_with_the_allowed_forms(text: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_date(text)
    assert "2026-12-31" in caught.value.zh


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_a_stored_date_comes_back(day: date) -> None:
    assert parse_date(day.isoformat()) == day
