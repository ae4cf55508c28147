"""The working calendar that deadlines are counted by: years that an administrator entered, else the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.workdays import Calendar, Year
from app.ledger import clocks
from app.models.calendar import CalendarYear


@dataclass(frozen=True)
class Entered:
    """A year as it was entered, and how many open deadlines it has moved."""

    row: CalendarYear
    moved: int


def calendar_of(session: Session) -> Calendar:
    """The calendar as it stands now."""
    return Calendar({row.year: _year(row) for row in years_of(session)})


def years_of(session: Session) -> list[CalendarYear]:
    """The years that were entered, oldest first."""
    return list(session.scalars(select(CalendarYear).order_by(CalendarYear.year)))


def get_year(session: Session, year: int, *, lock: bool = False) -> CalendarYear:
    """A year that was entered. Raises `NotFound`."""
    row = _find(session, year, lock=lock)
    if row is None:
        raise NotFound()
    return row


def find_year(session: Session, year: int) -> CalendarYear | None:
    """A year that was entered, locked, or None."""
    return _find(session, year, lock=True)


def enter_year(
    session: Session,
    actor: Actor,
    year: int,
    *,
    days_off: Mapping[date, str],
    days_worked: Mapping[date, str],
) -> Entered:
    """Enters a whole year, in the place of what was entered before, and counts open deadlines anew.

    Raises `InvalidInput` for days of another year, days off on a weekend and days worked within the week: either
    would hide a slip of the pen.
    """
    _check(year, days_off, days_worked)
    row = _find(session, year, lock=True)
    if row is None:
        row = CalendarYear(year=year)
        session.add(row)
    row.days_off = {day.isoformat(): name for day, name in sorted(days_off.items())}
    row.days_worked = {day.isoformat(): name for day, name in sorted(days_worked.items())}
    session.flush()
    moved = clocks.recount(session, calendar_of(session))
    _audit(session, actor, row, "calendar.entered", days=len(days_off) + len(days_worked), moved=moved)
    return Entered(row, moved)


def drop_year(session: Session, actor: Actor, row: CalendarYear) -> int:
    """Takes an entered year away; returns how many open deadlines moved by it."""
    session.delete(row)
    session.flush()
    moved = clocks.recount(session, calendar_of(session))
    _audit(session, actor, row, "calendar.dropped", moved=moved)
    return moved


def _find(session: Session, year: int, *, lock: bool) -> CalendarYear | None:
    statement = select(CalendarYear).where(CalendarYear.year == year)
    return session.scalar(statement.with_for_update() if lock else statement)


def _year(row: CalendarYear) -> Year:
    return Year(
        frozenset(date.fromisoformat(day) for day in row.days_off),
        frozenset(date.fromisoformat(day) for day in row.days_worked),
    )


def _check(year: int, days_off: Mapping[date, str], days_worked: Mapping[date, str]) -> None:
    wrong = []
    for field, days, is_weekend_wanted in (("days_off", days_off, False), ("days_worked", days_worked, True)):
        for place, day in enumerate(days):
            name = f"{field}.{place}"
            if day.year != year:
                wrong.append(
                    FieldError(name, "other_year", f"应为 {year} 年的日期", f"Must be a day of {year}")
                )
            elif (day.weekday() >= 5) is not is_weekend_wanted:
                zh, en = (
                    ("调休上班日应在周末", "A make-up working day falls on a weekend")
                    if is_weekend_wanted
                    else ("放假日应在周一至周五", "A day off falls on Monday to Friday")
                )
                wrong.append(FieldError(name, "wrong_weekday", zh, en))
    if wrong:
        raise InvalidInput(fields=tuple(wrong[:50]))


def _audit(session: Session, actor: Actor, row: CalendarYear, action: str, **detail: int) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="calendar_year",
        object_id=row.id,
        year=row.year,
        **detail,
    )
