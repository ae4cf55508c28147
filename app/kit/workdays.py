"""Counts working days as Chinese offices do: public holidays are off, make-up Saturdays and Sundays are on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays as announced

from app.kit.clock import SHANGHAI

LIBRARY_YEARS = frozenset(day.year for day in announced)
"""The years whose holidays the library knows: the State Council announces them year by year."""


@dataclass(frozen=True)
class Year:
    """One year as announced: days off that would be weekdays, and days worked that would be weekends."""

    days_off: frozenset[date] = frozenset()
    days_worked: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Calendar:
    """Which days offices are open: years that were entered count first, then the library.

    In a year that neither knows Monday to Friday count, and `knows` says so.
    """

    years: Mapping[int, Year] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        """Whether somebody has said which days of `year` are off."""
        return year in self.years or year in LIBRARY_YEARS

    def is_workday(self, day: date) -> bool:
        """Whether offices are open on `day`."""
        entered = self.years.get(day.year)
        if entered is not None:
            return day in entered.days_worked or (day.weekday() < 5 and day not in entered.days_off)
        if day.year in LIBRARY_YEARS:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def add_workdays(self, start: datetime, days: int) -> datetime:
        """The end (24:00 Asia/Shanghai) of the `days`-th working day after the day of `start`, aware.

        The day of `start` itself never counts, so a problem filed at 23:59 has the same time as one filed at
        8:00. With `days` 0 it is the end of the day of `start`.
        """
        day = start.astimezone(SHANGHAI).date()
        remaining = days
        while remaining > 0:
            day += timedelta(days=1)
            if self.is_workday(day):
                remaining -= 1
        return _end_of(day)

    def workdays_left(self, at: datetime, due_at: datetime) -> int:
        """How many working days after the day of `at` end by `due_at`; 0 on the last day and later."""
        day, left = at.astimezone(SHANGHAI).date() + timedelta(days=1), 0
        while _end_of(day) <= due_at:
            left += self.is_workday(day)
            day += timedelta(days=1)
        return left

    def uncounted_year(self, start: datetime, end: datetime) -> int | None:
        """The first year between the two instants that nobody has announced, if there is one.

        `end` is the end of a day, so midnight at the beginning of a year belongs to the year before.
        """
        last = (end.astimezone(SHANGHAI) - timedelta(microseconds=1)).year
        years = range(start.astimezone(SHANGHAI).year, last + 1)
        return next((year for year in years if not self.knows(year)), None)


LIBRARY = Calendar()
"""The library alone."""


def add_workdays(start: datetime, days: int, calendar: Calendar = LIBRARY) -> datetime:
    """The end of the `days`-th working day after the day of `start`; see `Calendar.add_workdays`."""
    return calendar.add_workdays(start, days)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=SHANGHAI)
