"""Which monitoring reports an actor may see: staff all, everybody else those issued on districts they are named for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, undefer

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.monitoring import (
    IndicatorReport,
    IndicatorReportStatus,
    IndicatorTarget,
    PeriodKind,
    ReportRecipient,
)
from app.monitoring.periods import Period

SORTABLE: dict[str, Any] = {
    "as_of": IndicatorReport.as_of,
    "issued_at": IndicatorReport.issued_at,
    "region": IndicatorReport.region,
}


@dataclass(frozen=True)
class Filters:
    """How the list is narrowed; None means not at all. A `region` of "" is the city."""

    period_kind: PeriodKind | None = None
    year: int | None = None
    number: int | None = None
    region: str | None = None
    status: IndicatorReportStatus | None = None


def visible_to(actor: Actor) -> Select[IndicatorReport]:
    """The editions that exist for this actor."""
    statement = select(IndicatorReport)
    if actor.is_staff:
        return statement
    named = select(ReportRecipient.region).where(ReportRecipient.user_id == actor.user_id)
    return statement.where(
        IndicatorReport.status == IndicatorReportStatus.ISSUED, IndicatorReport.region.in_(named)
    )


def narrow(statement: Select[IndicatorReport], filters: Filters) -> Select[IndicatorReport]:
    """Adds the filters to a statement that `visible_to` began."""
    for name in ("period_kind", "year", "number", "region", "status"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(IndicatorReport, name) == wanted)
    return statement


def get(session: Session, actor: Actor, report_id: uuid.UUID, *, lock: bool = False) -> IndicatorReport:
    """One edition with its rows. Raises `NotFound` also for what the actor may not see."""
    statement = visible_to(actor).where(IndicatorReport.id == report_id)
    statement = statement.options(undefer(IndicatorReport.rows))
    if lock:
        statement = statement.with_for_update()
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def editions(session: Session, actor: Actor, report: IndicatorReport) -> list[IndicatorReport]:
    """All editions of the same report that the actor may see, the newest first."""
    filters = Filters(report.period_kind, report.year, report.number, report.region)
    statement = narrow(visible_to(actor), filters).order_by(IndicatorReport.edition.desc())
    return list(session.scalars(statement))


def of_period(session: Session, period: Period) -> list[IndicatorReport]:
    """Every edition for a period, oldest first."""
    filters = Filters(period.kind, period.year, period.number)
    statement = narrow(select(IndicatorReport), filters)
    return list(session.scalars(statement.order_by(IndicatorReport.region, IndicatorReport.edition)))


def targets(session: Session, year: int, *, region: str | None = None) -> list[IndicatorTarget]:
    """A year's targets, of one district or of all."""
    statement = select(IndicatorTarget).where(IndicatorTarget.year == year)
    if region is not None:
        statement = statement.where(IndicatorTarget.region == region)
    return list(session.scalars(statement.order_by(IndicatorTarget.region, IndicatorTarget.id)))


def recipients(session: Session, *, region: str | None = None) -> Sequence[ReportRecipient]:
    """The leaders named, of one district or of all, with their accounts."""
    statement = select(ReportRecipient).options(joinedload(ReportRecipient.user))
    if region is not None:
        statement = statement.where(ReportRecipient.region == region)
    return list(session.scalars(statement.order_by(ReportRecipient.region, ReportRecipient.id)))
