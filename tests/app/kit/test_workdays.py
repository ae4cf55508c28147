"""Working days: by the library, by a table that was entered, and in years that nobody knows."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.kit.clock import SHANGHAI
from app.kit.workdays import LIBRARY, LIBRARY_YEARS, Calendar, Year, add_workdays

UNKNOWN = max(LIBRARY_YEARS) + 1
ENTERED = Calendar({2031: Year(frozenset({date(2031, 1, 1)}), frozenset({date(2031, 1, 4)}))})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        # A Wednesday that is off, a Saturday that is worked, and the days beside them.
        (date(2031, 1, 1), False),
        (date(2031, 1, 2), True),
        (date(2031, 1, 4), True),
        (date(2031, 1, 5), False),
    ],
)
def test_an_entered_year_counts_as_it_was_entered(day: date, is_open: bool) -> None:
    assert ENTERED.is_workday(day) is is_open


def test_an_entered_year_outweighs_the_library() -> None:
    national_day = date(2025, 10, 1)
    assert not LIBRARY.is_workday(national_day)
    assert Calendar({2025: Year()}).is_workday(national_day)


def test_a_deadline_passes_from_a_known_year_into_an_entered_one() -> None:
    start = at("2030-12-30 10:00")
    assert add_workdays(start, 4, ENTERED) == at("2031-01-05 00:00")
    assert add_workdays(start, 4) == at("2031-01-04 00:00")


def test_a_year_that_nobody_knows_is_named_and_counts_monday_to_friday() -> None:
    start, end = at(f"{UNKNOWN}-01-01 09:00"), at(f"{UNKNOWN}-02-01 00:00")
    assert not LIBRARY.knows(UNKNOWN)
    assert LIBRARY.uncounted_year(start, end) == UNKNOWN
    assert Calendar({UNKNOWN: Year()}).uncounted_year(start, end) is None


def test_midnight_at_the_beginning_of_a_year_still_belongs_to_the_year_before() -> None:
    start = at(f"{UNKNOWN - 1}-12-01 09:00")
    assert LIBRARY.uncounted_year(start, at(f"{UNKNOWN}-01-01 00:00")) is None
    assert LIBRARY.uncounted_year(start, at(f"{UNKNOWN}-01-02 00:00")) == UNKNOWN


@pytest.mark.parametrize("days", [0, 1, 2, 5, 20])
def test_the_days_that_are_left_lead_back_to_the_same_day(days: int) -> None:
    start = at("2025-09-26 15:00")
    due = add_workdays(start, days)
    assert LIBRARY.workdays_left(start, due) == days


def test_nothing_is_left_when_the_day_has_passed() -> None:
    assert LIBRARY.workdays_left(at("2025-06-10 09:00"), at("2025-06-05 00:00")) == 0
