"""Counts working days as Chinese offices do: public holidays are off, make-up Saturdays and Sundays are on."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import chinese_calendar

from app.kit.clock import SHANGHAI


def is_workday(day: date) -> bool:
    """Whether offices are open on `day`.

    The State Council announces holidays year by year; beyond the announced years Monday to Friday count.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def add_workdays(start: datetime, days: int) -> datetime:
    """The end (24:00 Asia/Shanghai) of the `days`-th working day after the day of `start`, aware.

    The day of `start` itself never counts, so a problem filed at 23:59 has the same time as one filed at 8:00.
    """
    day = start.astimezone(SHANGHAI).date()
    remaining = days
    while remaining > 0:
        day += timedelta(days=1)
        if is_workday(day):
            remaining -= 1
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=SHANGHAI)
