"""Months and quarters, and how a year's target is divided among them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.models.monitoring import Light, PeriodKind
from app.monitoring.figures import light_of
from app.monitoring.periods import Period, apportioned, period_of

MONTH, QUARTER = PeriodKind.MONTH, PeriodKind.QUARTER


def test_a_period_knows_its_days_and_its_neighbours() -> None:
    quarter = Period(2026, 1, QUARTER)
    assert (quarter.first_day, quarter.last_day) == (date(2026, 1, 1), date(2026, 3, 31))
    assert quarter.previous == Period(2025, 4, QUARTER)
    assert quarter.year_ago == Period(2025, 1, QUARTER)
    december = Period(2026, 12, MONTH)
    assert december.following == Period(2027, 1, MONTH)
    assert december.ends.isoformat() == "2027-01-01T00:00:00+08:00"
    assert period_of(date(2026, 10, 31), QUARTER) == Period(2026, 4, QUARTER)


@pytest.mark.parametrize(("kind", "number"), [(MONTH, 13), (MONTH, 0), (QUARTER, 5)])
def test_there_is_no_such_period(kind: PeriodKind, number: int) -> None:
    with pytest.raises(ValueError, match="no "):
        Period(2026, number, kind)


@pytest.mark.parametrize(("annual", "places"), [("100", 0), ("7", 0), ("100", 2), ("0.05", 2)])
def test_months_add_up_to_quarters_and_quarters_to_the_year(annual: str, places: int) -> None:
    year = Decimal(annual)
    months = [apportioned(year, Period(2026, number, MONTH), places=places) for number in range(1, 13)]
    quarters = [apportioned(year, Period(2026, number, QUARTER), places=places) for number in range(1, 5)]
    assert sum(months) == sum(quarters) == year
    assert quarters == [sum(months[start : start + 3]) for start in range(0, 12, 3)]
    assert min(months) >= 0


@pytest.mark.parametrize(
    ("actual", "target", "light"),
    [
        ("10", "10", Light.GREEN),
        ("9.99", "10", Light.YELLOW),
        ("8", "10", Light.YELLOW),
        ("7.99", "10", Light.RED),
        ("0", "0", Light.GREEN),
        (None, "10", Light.NONE),
        ("10", None, Light.NONE),
    ],
)
def test_a_light_follows_the_stated_limits(actual: str | None, target: str | None, light: Light) -> None:
    numbers = [None if text is None else Decimal(text) for text in (actual, target)]
    assert light_of(*numbers) is light
    if actual == "9.99":
        assert light_of(*numbers, green_from=99, yellow_from=50) is Light.GREEN
