"""Drafts, issues and corrects monitoring reports. What is issued never changes; a correction is a new edition."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import JiebangError
from app.kit.clock import now
from app.models.challenge import Challenge
from app.models.monitoring import IndicatorReport, IndicatorReportStatus, IndicatorTarget
from app.models.requirement import Requirement
from app.monitoring import figures, repository
from app.monitoring.periods import Period
from app.monitoring.rows import Rows, collect, district_of, of_district
from app.notifications.service import Event, Person, Subject, notify
from app.reports.service import issuer_of

DRAFT, ISSUED = IndicatorReportStatus.DRAFT, IndicatorReportStatus.ISSUED
CITY = "全市"


class PeriodNotOver(JiebangError):
    code, status = "period_not_over", 409
    zh, en = "{period}尚未结束，不能生成报告", "The period has not ended yet"


class AlreadyIssued(JiebangError):
    code, status = "report_already_issued", 409
    zh = "报告已发布，数字不再变动；如需更正，请出新版并写明原因"
    en = "The report is issued and its figures are fixed; correct it by a new edition with a reason"


class FirstEditionStays(JiebangError):
    code, status = "first_edition_stays", 409
    zh = "首版草稿按期生成，不能删除；数据有变请重新计算"
    en = "The first edition is drafted by the calendar and stays; compute it anew if the data have changed"


class NotIssued(JiebangError):
    code, status = "report_not_issued", 409
    zh = "只有最新的已发布版本可以更正；草稿请直接重新计算"
    en = "Only the latest edition, once issued, is corrected; compute a draft anew instead"


def period_of(report: IndicatorReport) -> Period:
    """The month or quarter that a report is about."""
    return Period(report.year, report.number, report.period_kind)


def name_of(region: str) -> str:
    """A district as people call it: 城东区 for 江苏省/通海市/城东区, 全市 for ""."""
    return region.rsplit("/", 1)[-1] if region else CITY


def districts(session: Session) -> list[str]:
    """Districts with submitted requirements, targets or recipients, in the order of their names."""
    filed = select(Requirement.region).where(Requirement.submitted_at.is_not(None), Requirement.region != "")
    found = {district_of(region) for region in session.scalars(filed.distinct())}
    found |= {item.region for item in repository.recipients(session)}
    found |= {item.region for item in _targets_of_any_year(session)}
    return sorted(found - {""})


def draft(session: Session, actor: Actor, period: Period) -> list[IndicatorReport]:
    """Drafts the city's report and one per district for those that have none yet. Raises `PeriodNotOver`."""
    if now() < period.ends:
        raise PeriodNotOver(period=period.label)
    there = {report.region for report in repository.of_period(session, period)}
    wanted = [region for region in ("", *districts(session)) if region not in there]
    city = collect(session, period) if wanted else {}
    made = []
    for region in wanted:
        report = IndicatorReport(
            period_kind=period.kind, year=period.year, number=period.number, region=region, edition=1
        )
        _fill(session, report, period, city)
        session.add(report)
        made.append(report)
    session.flush()
    for report in made:
        _audit(session, actor, report, "indicator_report.drafted")
    return made


def refresh(session: Session, actor: Actor, report: IndicatorReport) -> IndicatorReport:
    """Computes a draft anew from the data and targets as they are now. Raises `AlreadyIssued`."""
    _check_draft(report)
    period = period_of(report)
    _fill(session, report, period, collect(session, period))
    session.flush()
    _audit(session, actor, report, "indicator_report.refreshed")
    return report


def issue(session: Session, actor: Actor, report: IndicatorReport) -> IndicatorReport:
    """Fixes the figures as they stand in the draft, and tells the leaders named for the district, each once.

    Raises `AlreadyIssued`.
    """
    _check_draft(report)
    report.status, report.issued_at, report.issued_by_id = ISSUED, now(), actor.user_id
    session.flush()
    _audit(session, actor, report, "indicator_report.issued")
    tell(session, report, (item.user_id for item in repository.recipients(session, region=report.region)))
    return report


def correct(session: Session, actor: Actor, report: IndicatorReport, *, reason: str) -> IndicatorReport:
    """Drafts the next edition of an issued report, computed anew, with why. Raises `NotIssued`."""
    latest = max(repository.of_period(session, period_of(report)), key=lambda one: _rank(one, report))
    if report.status is not ISSUED or latest.id != report.id:
        raise NotIssued()
    period = period_of(report)
    following = IndicatorReport(
        period_kind=report.period_kind,
        year=report.year,
        number=report.number,
        region=report.region,
        edition=report.edition + 1,
        reason=reason,
    )
    _fill(session, following, period, collect(session, period))
    session.add(following)
    session.flush()
    _audit(session, actor, following, "indicator_report.corrected")
    return following


def drop(session: Session, actor: Actor, report: IndicatorReport) -> None:
    """Deletes the draft of a correction. Raises `AlreadyIssued` and `FirstEditionStays`."""
    _check_draft(report)
    if report.edition == 1:
        # The clock would only draft it again.
        raise FirstEditionStays()
    _audit(session, actor, report, "indicator_report.dropped")
    session.delete(report)
    session.flush()


def tell(session: Session, report: IndicatorReport, people: Iterable[uuid.UUID]) -> None:
    """Tells people that an edition is issued: in the inbox and by e-mail as each wishes, once per edition."""
    notify(
        session,
        event=Event.MONITORING_ISSUED,
        recipients=[Person(person) for person in people],
        subject=Subject("indicator_report", report.id),
        parameters={
            "kind": report.period_kind,
            "year": report.year,
            "number": report.number,
            "edition": report.edition,
        },
        once=f"indicator-report:{report.id}",
    )


def _fill(session: Session, report: IndicatorReport, period: Period, city: Rows) -> None:
    report.as_of = now()
    report.issuer = _issuer(session)
    report.rows = of_district(city, report.region)
    targets = repository.targets(session, period.year, region=report.region)
    report.figures = figures.measure(report.region, period, city, targets)
    report.parts = [] if report.region else figures.parts_of(city)
    before = _edition_before(session, report, period)
    report.changes = figures.changes_between(before.figures, report.figures) if before else []


def _edition_before(session: Session, report: IndicatorReport, period: Period) -> IndicatorReport | None:
    with session.no_autoflush:
        there = repository.of_period(session, period)
    wanted = (report.region, report.edition - 1)
    return next((one for one in there if (one.region, one.edition) == wanted), None)


def _rank(one: IndicatorReport, report: IndicatorReport) -> tuple[bool, int]:
    return one.region == report.region, one.edition


def _issuer(session: Session) -> str:
    """The bureau of the latest challenge that has one."""
    statement = select(Challenge).where(Challenge.organization_id.is_not(None))
    return issuer_of(session, session.scalar(statement.order_by(Challenge.created_at.desc()).limit(1)))


def _targets_of_any_year(session: Session) -> Iterable[IndicatorTarget]:
    return session.scalars(select(IndicatorTarget))


def _check_draft(report: IndicatorReport) -> None:
    if report.status is not DRAFT:
        raise AlreadyIssued()


def _audit(session: Session, actor: Actor, report: IndicatorReport, action: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="indicator_report",
        object_id=report.id,
        kind=report.period_kind.value,
        year=report.year,
        number=report.number,
        edition=report.edition,
    )
