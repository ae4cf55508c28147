"""Drafts reports by the clock: from 8:00 on the first working day after a month or quarter, once, however late.

What is drafted already is seen in the reports themselves, so that a restart or a second process makes no other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM
from app.db import Database
from app.kit.clock import SHANGHAI, now
from app.kit.workdays import Calendar
from app.ledger.calendar import calendar_of
from app.models.access import Role
from app.models.monitoring import IndicatorReport, IndicatorTarget, PeriodKind, ReportRecipient
from app.monitoring import service
from app.monitoring.periods import Period, period_of
from app.notifications.service import Event, RoleHolders, Subject, notify

AT = time(8, 0)
"""When drafts are made, Asia/Shanghai."""

log = logging.getLogger("jiebang.monitoring")


def settle(db: Database) -> int:
    """Drafts what is due, each period in its own transaction; returns how many reports were drafted."""
    with db.read() as session:
        periods = list(due(session, now()))
    made = 0
    for period in periods:
        with db.write() as session:
            if period in due(session, now()):
                made += _draft(session, period)
    return made


def due(session: Session, at: datetime) -> Iterator[Period]:
    """The latest month and quarter that are over, if their day has come and no report of them is on file.

    Where neither targets nor recipients were ever named, nobody monitors and nothing is drafted.
    """
    if not _is_wanted(session):
        return
    calendar = calendar_of(session)
    for kind in PeriodKind:
        period = period_of(at.astimezone(SHANGHAI).date(), kind).previous
        there = select(IndicatorReport.id).where(
            IndicatorReport.period_kind == kind,
            IndicatorReport.year == period.year,
            IndicatorReport.number == period.number,
        )
        if at >= drafted_at(period, calendar) and session.scalar(there.limit(1)) is None:
            yield period


def drafted_at(period: Period, calendar: Calendar) -> datetime:
    """When a period's reports are drafted: `AT` on the first working day after its end, aware."""
    day = period.last_day + timedelta(days=1)
    while not calendar.is_workday(day):
        day += timedelta(days=1)
    return datetime.combine(day, AT, tzinfo=SHANGHAI)


def _draft(session: Session, period: Period) -> int:
    made = service.draft(session, SYSTEM, period)
    notify(
        session,
        event=Event.MONITORING_DRAFTED,
        recipients=[RoleHolders(Role.ORGANIZER)],
        subject=Subject("indicator_report", made[0].id),
        parameters={
            "kind": period.kind,
            "year": period.year,
            "number": period.number,
            "count": len(made),
        },
        once=f"indicator-drafts:{period.kind.value}:{period.year}:{period.number}",
    )
    log.info("monitoring reports drafted", extra={"period": period.kind.value, "count": len(made)})
    return len(made)


def _is_wanted(session: Session) -> bool:
    return any(
        session.scalar(select(model.id).limit(1)) is not None for model in (IndicatorTarget, ReportRecipient)
    )
