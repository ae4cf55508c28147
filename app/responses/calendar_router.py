"""`/calendar`: the working calendar by which deadlines are counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput
from app.kit.etag import check_version, if_match, set_etag
from app.ledger import calendar
from app.models.calendar import CalendarYear
from app.responses.calendar_presenter import known_years, present_year
from app.responses.obligation_schemas import (
    CalendarView,
    CalendarYearBody,
    CalendarYearView,
    NamedDay,
)
from app.routing import concept_router

router = concept_router("工作日历", prefix="/calendar")

IfMatch = Annotated[str | None, Depends(if_match)]
YearNumber = Annotated[int, Path(ge=2004, le=2100)]


@router.get("", response_model=CalendarView, summary="已知放假安排的年份")
def read_calendar(session: ReadSession, actor: Actor = needs("calendar:read")) -> CalendarView:
    return known_years(session)


@router.get("/{year}", response_model=CalendarYearView, summary="已录入的年份")
def read_year(
    year: YearNumber, session: ReadSession, response: Response, actor: Actor = needs("calendar:read")
) -> CalendarYearView:
    """Only years that were entered; those of the library are not listed day by day."""
    return _answer(calendar.get_year(session, year), response, moved=0)


@router.put("/{year}", response_model=CalendarYearView, summary="录入一年的放假与调休")
def put_year(
    year: YearNumber,
    body: CalendarYearBody,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("calendar:write"),
) -> CalendarYearView:
    """The whole year at once; it counts before the library, and open deadlines are counted anew.

    A year that is entered already needs `If-Match`.
    """
    before = calendar.find_year(session, year)
    if before is not None:
        check_version(header, before.version)
    days_off, days_worked = _days(body.days_off, "days_off"), _days(body.days_worked, "days_worked")
    entered = calendar.enter_year(session, actor, year, days_off=days_off, days_worked=days_worked)
    return _answer(entered.row, response, moved=entered.moved)


@router.delete("/{year}", status_code=204, response_class=Response, summary="删除录入的年份")
def delete_year(
    year: YearNumber,
    session: WriteSession,
    header: IfMatch,
    actor: Actor = needs("calendar:write"),
) -> None:
    """Back to the library, or to Monday to Friday where it does not know the year. Needs `If-Match`."""
    row = calendar.get_year(session, year, lock=True)
    check_version(header, row.version)
    calendar.drop_year(session, actor, row)


def _days(given: list[NamedDay], field: str) -> Mapping[date, str]:
    days = {item.day: item.name for item in given}
    if len(days) < len(given):
        raise InvalidInput(
            fields=(FieldError(field, "repeated", "同一天出现了多次", "A day stands here more than once"),)
        )
    return days


def _answer(row: CalendarYear, response: Response, *, moved: int) -> CalendarYearView:
    set_etag(response, row.version)
    return present_year(row, moved=moved)
