"""A year's holidays and make-up working days as a table: a workbook to fill in, and the filled one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.documents.model import Sheet
from app.documents.workbook import workbook_of
from app.errors import FieldError, InvalidInput
from app.exchange.small_tables import SmallRow, at_row, read_small
from app.kit.clock import now
from app.kit.workdays import LIBRARY_YEARS
from app.ledger import calendar

HEADERS = ("日期", "类型", "名称")
OFF, WORKED = "放假", "调休上班"
WORDS_OFF = frozenset({OFF, "休", "休息", "休假"})
WORDS_WORKED = frozenset({WORKED, "班", "上班", "补班", "调休"})
MOST_DAYS = 200
HELP = (
    "每行一天：周一至周五放假的日子填“放假”，周末上班的日子填“调休上班”。",
    "正常的周末和工作日不用填写。一份文件只填一年，会代替这一年原来录入的全部内容。",
)


def template(session: Session, year: int) -> bytes:
    """The workbook of a year: what was entered, else what the library knows, else empty."""
    sheets = [
        Sheet(f"{year}年", HEADERS, list(_known(session, year)), (14, 14, 24)),
        Sheet("填写说明", ("填写说明",), [(text,) for text in HELP], (90,)),
    ]
    return workbook_of(sheets, title=f"{year}年放假与调休安排", issuer="", as_of=now())


def _known(session: Session, year: int) -> Iterator[tuple[date, str, str]]:
    row = next((row for row in calendar.years_of(session) if row.year == year), None)
    if row is not None:
        days = [(day, OFF, name) for day, name in row.days_off.items()]
        days += [(day, WORKED, name) for day, name in row.days_worked.items()]
        yield from ((date.fromisoformat(day), kind, name) for day, kind, name in sorted(days))
    elif year in LIBRARY_YEARS:
        day = date(year, 1, 1)
        while day.year == year:
            works, is_weekend = chinese_calendar.is_workday(day), day.weekday() >= 5
            if works is is_weekend:
                yield day, WORKED if works else OFF, ""
            day += timedelta(days=1)


def enter(
    session: Session, actor: Actor, year: int, *, filename: str, content: bytes, max_mb: int
) -> calendar.Entered:
    """Enters the year that the file holds. Raises a `FileError`, and `InvalidInput` naming each bad row."""
    rows = read_small("calendar", filename=filename, content=content, max_mb=max_mb, most_rows=MOST_DAYS)
    errors: list[FieldError] = []
    days: dict[str, dict[date, str]] = {"days_off": {}, "days_worked": {}}
    numbers: dict[str, list[int]] = {"days_off": [], "days_worked": []}
    seen: set[date] = set()
    for row in rows:
        field, wrong = _kind(row)
        day = row.values.get("day")
        if not wrong and day in seen:
            wrong = (at_row(row.number, "repeated", "同一天出现了多次", "A day stands here more than once"),)
        errors += wrong
        if wrong or day is None:
            continue
        seen.add(day)
        days[field][day] = row.values.get("name", "")
        numbers[field].append(row.number)
    if errors:
        raise InvalidInput(fields=tuple(errors))
    try:
        return calendar.enter_year(
            session, actor, year, days_off=days["days_off"], days_worked=days["days_worked"]
        )
    except InvalidInput as error:
        raise InvalidInput(fields=tuple(_by_row(item, numbers) for item in error.fields)) from error


def _kind(row: SmallRow) -> tuple[str, tuple[FieldError, ...]]:
    if row.errors:
        return "", row.errors
    if "day" not in row.values:
        return "", (at_row(row.number, "missing", "请填写“日期”", "The day is missing"),)
    kind = str(row.values.get("kind", ""))
    if kind in WORDS_OFF:
        return "days_off", ()
    if kind in WORDS_WORKED:
        return "days_worked", ()
    zh, en = f"“类型”应为“{OFF}”或“{WORKED}”", "The kind is a day off or a day worked"
    return "", (at_row(row.number, "choice", zh, en),)


def _by_row(error: FieldError, numbers: dict[str, list[int]]) -> FieldError:
    name, _, place = error.field.partition(".")
    return at_row(numbers[name][int(place)], error.code, error.zh, error.en)
