"""The working calendar as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.workdays import LIBRARY_YEARS
from app.ledger import calendar
from app.models.calendar import CalendarYear
from app.models.ledger import Obligation
from app.responses.obligation_schemas import CalendarView, CalendarYearView, NamedDayView


def known_years(session: Session) -> CalendarView:
    """Which years are known, and which open deadlines reach into although nobody has said them."""
    known = calendar.calendar_of(session)
    statement = select(Obligation.uncounted_year).where(
        Obligation.closed_at.is_(None), Obligation.uncounted_year.is_not(None)
    )
    reached = {year for year in session.scalars(statement.distinct()) if year is not None}
    return CalendarView(
        library=sorted(LIBRARY_YEARS),
        entered=sorted(known.years),
        unknown=sorted(year for year in reached if not known.knows(year)),
    )


def present_year(row: CalendarYear, *, moved: int = 0) -> CalendarYearView:
    """A year that was entered; `moved` open deadlines were moved by it."""
    return CalendarYearView(
        year=row.year,
        days_off=_listed(row.days_off),
        days_worked=_listed(row.days_worked),
        moved=moved,
        updated_at=row.updated_at,
        version=row.version,
    )


def _listed(days: Mapping[str, str]) -> list[NamedDayView]:
    return [NamedDayView(day=date.fromisoformat(day), name=name) for day, name in sorted(days.items())]
