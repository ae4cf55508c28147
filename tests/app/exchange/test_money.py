"""Amounts are understood as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.cell_error import CellError
from app.exchange.money import parse_money


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("50", "50", "50"),
        ("12.5", "12.5", "12.5"),
        ("30-50万", "30", "50"),
        ("30万-50万元", "30", "50"),
        ("三十至五十万元", "30", "50"),
        ("30—50万", "30", "50"),
        ("30～50万元", "30", "50"),
        ("80-100 万元", "80", "100"),
        ("1.2亿元", "12000", "12000"),
        ("5百万", "500", "500"),
        ("1,200万元", "1200", "1200"),
        ("￥500,000", "50", "50"),
        ("¥ 500,000.00元", "50", "50"),
        ("500000元", "50", "50"),
        ("约三十万元", "30", "30"),
        ("人民币50万元整", "50", "50"),
        ("不超过100万", "0", "100"),
        ("50万以内", "0", "50"),
        ("两千万", "2000", "2000"),
    ],
)
def test_an_amount_is_read_in_wan(text: str, lower: str, upper: str) -> None:
    money = parse_money(text)
    assert (money.lower, money.upper) == (Decimal(lower), Decimal(upper))
    assert money.budget == Decimal(upper)


def test_an_open_upper_bound_leaves_the_lower_one_as_budget() -> None:
    money = parse_money("50万元以上")
    assert (money.upper, money.budget, money.is_range) == (None, Decimal(50), True)


@pytest.mark.parametrize("text", ["面议", "待定", "双方协商", "-", "/"])
def test_a_negotiable_amount_is_no_number(text: str) -> None:
    assert parse_money(text).budget is None


def test_a_column_in_yuan_counts_in_yuan() -> None:
    assert parse_money(500_000, unit="元").budget == Decimal(50)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10万美元", "currency"),
        ("$100", "currency"),
        ("-5", "negative"),
        ("很多", "money"),
        ("nan", "money"),
        ("1e9", "money"),
        ("50-30万", "range"),
        ("99999999万", "too_large"),
        ("9" * 400, "too_large"),
    ],
)
def test_an_amount_nobody_means_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_money(text)
    assert caught.value.code == code


@given(st.decimals(min_value=0, max_value=9_999_999, places=4))
def test_a_stored_amount_written_as_a_number_comes_back(amount: Decimal) -> None:
    assert parse_money(format(amount, "f")).budget == amount
    assert parse_money(float(amount)).budget == amount


@given(st.text(max_size=30))
def test_any_text_gets_an_amount_or_a_named_error(text: str) -> None:
    try:
        parse_money(text)
    except CellError as error:
        assert error.code in {"currency", "negative", "money", "range", "too_large"}
