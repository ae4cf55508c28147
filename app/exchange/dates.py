"""Reads days as people write them: 2026-12-31, 2026年12月, 20261231, and spreadsheets' serial numbers."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

from app.exchange.cell_error import CellError

SPREADSHEET_EPOCH = date(1899, 12, 30)
"""Day 0 of the 1900 date system, whose count contains a 29 February 1900 that never was."""

SERIALS = range(18_264, 73_415)
"""1950 to 2100: numbers beyond are no dates anyone means."""

FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[t ]?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?(?:底|末)?")
YEAR = re.compile(r"(\d{4})年?(?:底|末|年底|年末)?")
ALLOWED = "请填如 2026-12-31、2026年12月31日 或 2026年12月"

Edge = Literal["first", "last"]


def parse_date(value: str | int | float | date, *, edge: Edge = "last") -> date:
    """The day; a month or a year alone means its `first` or its `last` day. Raises `CellError`."""
    if isinstance(value, date):
        return _plausible(value)
    if isinstance(value, int | float) and int(value) in SERIALS:
        return SPREADSHEET_EPOCH + timedelta(days=int(value))
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", str(value)).strip().lower())
    text = re.sub(r" ?([-/.年月日]) ?", r"\1", text)
    try:
        if match := FULL.fullmatch(text) or COMPACT.fullmatch(text):
            year, month, day = map(int, match.groups())
            return _plausible(date(year, month, day))
        if match := MONTH.fullmatch(text):
            year, month = map(int, match.groups())
            return _plausible(date(year, month, 1 if edge == "first" else monthrange(year, month)[1]))
        if match := YEAR.fullmatch(text):
            year = int(match.group(1))
            return _plausible(date(year, 1, 1) if edge == "first" else date(year, 12, 31))
    except ValueError as error:
        if isinstance(error, CellError):
            raise
        raise CellError("date", "没有这一天，" + ALLOWED) from error
    raise CellError("date", "看不懂这个日期，" + ALLOWED)


def _plausible(day: date) -> date:
    if not 1950 <= day.year <= 2100:
        raise CellError("date_out_of_range", "年份应在 1950 至 2100 之间，" + ALLOWED)
    return day
