"""The clock of an obligation: it runs in working days, stops, and goes on where it stopped."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.clock import SHANGHAI, now
from app.kit.workdays import Calendar
from app.models.ledger import Obligation


def run(obligation: Obligation, calendar: Calendar, *, start: datetime, days: int) -> None:
    """Lets the clock run: due at the end of the `days`-th working day after the day of `start`."""
    obligation.runs_from, obligation.runs_days = start, days
    obligation.remaining_days = None
    set_due(obligation, calendar, calendar.add_workdays(start, days), start=start)


def set_due(obligation: Obligation, calendar: Calendar, due_at: datetime, *, start: datetime) -> None:
    """Sets the day. What is not overdue any more is neither on the organizers' list nor with a superior."""
    obligation.due_at = due_at.astimezone(UTC)
    obligation.uncounted_year = calendar.uncounted_year(start, due_at)
    if due_at > now():
        obligation.overdue_at = obligation.escalated_at = obligation.escalated_to_id = None


def stop(obligation: Obligation, calendar: Calendar) -> None:
    """Stops the clock and keeps how many working days were left after today."""
    if obligation.due_at is None:
        return
    obligation.remaining_days = calendar.workdays_left(now(), obligation.due_at)
    obligation.due_at = obligation.runs_from = obligation.runs_days = obligation.uncounted_year = None


def go_on(obligation: Obligation, calendar: Calendar, *, days: int) -> None:
    """Lets the clock go on with the days that were left (`days` where none were kept).

    Who stopped it on the last day has the rest of that day, and never less than a working one.
    """
    at = now()
    left = days if obligation.remaining_days is None else obligation.remaining_days
    if left == 0 and not calendar.is_workday(at.astimezone(SHANGHAI).date()):
        left = 1
    run(obligation, calendar, start=at, days=left)


def recount(session: Session, calendar: Calendar) -> int:
    """After the calendar has changed: moves the open deadlines that it moves; returns how many."""
    statement = select(Obligation).where(
        Obligation.closed_at.is_(None), Obligation.runs_from.is_not(None), Obligation.due_at.is_not(None)
    )
    moved = 0
    for obligation in session.scalars(statement.with_for_update()):
        assert obligation.runs_from is not None and obligation.runs_days is not None
        before = obligation.due_at
        run(obligation, calendar, start=obligation.runs_from, days=obligation.runs_days)
        moved += obligation.due_at != before
    session.flush()
    return moved
