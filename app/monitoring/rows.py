"""The lists behind the figures: what happened in a period, the one before and the same a year ago, with its district.

Names follow the tier of the problem, for a report leaves the house: a restricted one is not named, an anonymous
one without its unit. The system's number leads staff to the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.agreements.repository import is_standing
from app.kit.clock import in_shanghai
from app.kit.masking import mask_organization
from app.models.agreement import Agreement, Payment
from app.models.invitation import Invitation, InvitationStatus
from app.models.ledger import Obligation, Response, ResponseAcknowledgement, ResponseKind
from app.models.organization import Organization
from app.models.proposal import Proposal, ProposalStatus, ProposalVersion
from app.models.requirement import Confidentiality, Requirement, stated
from app.monitoring.periods import Period
from app.requirements import districts

FILED, PUBLISHED, ANSWERS, DUE = "需求提交", "需求发布", "答复", "应答复"
ACCEPTED, PROPOSED, SIGNED, PAID, RATED = "接受邀约", "提交方案", "签约", "到账", "满意度"
SPAN, DISTRICT, DAY, KEY = "期间", "区县", "日期", "系统编号"
THIS, BEFORE, YEAR_AGO = "本期", "上期", "上年同期"
AMOUNT, MARK = "金额（万元）", "评分"
IN_TIME, DONE = "按期答复", "期末已答复"
YES, NO = "是", "否"
NOT_STATED = "未填写"

COMMON = (SPAN, DISTRICT, DAY, "需求", "需求单位")
COLUMNS: dict[str, tuple[str, ...]] = {
    FILED: (*COMMON, KEY),
    PUBLISHED: (*COMMON, KEY),
    ANSWERS: (*COMMON, "答复类别", "口径", KEY),
    DUE: (*COMMON, "应答复事项", IN_TIME, DONE, KEY),
    ACCEPTED: (*COMMON, KEY),
    PROPOSED: (*COMMON, KEY),
    SIGNED: (*COMMON, AMOUNT, KEY),
    PAID: (*COMMON, AMOUNT, KEY),
    RATED: (*COMMON, MARK, KEY),
}
"""Every sheet with its columns."""

REVIEW, MATCH, OTHER = "审核", "匹配", "其他"
WAYS: dict[ResponseKind, str] = {
    ResponseKind.REVIEW_PASSED: REVIEW,
    ResponseKind.RETURNED: REVIEW,
    ResponseKind.REJECTED: REVIEW,
    ResponseKind.CANDIDATES: MATCH,
}
"""Answers that say a requirement was reviewed, or that candidates were found for it."""

Rows = dict[str, list[dict[str, Any]]]
"""Rows by sheet, as JSON: days ISO, amounts as text."""

Moment = InstrumentedAttribute[Any]
WHO = (
    Requirement.id.label("requirement_id"),
    Requirement.title,
    Requirement.refined,
    Requirement.confidentiality,
    Requirement.region.label("place"),
    Organization.name,
    Organization.region,
    Organization.former_names,
)


def district_of(region: str) -> str:
    """省/市/区县 of a region; what is shorter stays as it is, and nothing is 未填写."""
    return districts.district_of(region) or NOT_STATED


def collect(session: Session, period: Period) -> Rows:
    """Every row of the whole city for a period, the one before and the same a year ago."""
    spans = [(THIS, period), (BEFORE, period.previous), (YEAR_AGO, period.year_ago)]
    return {
        sheet: [row for name, span in spans for row in _rows(session, sheet, name, span)] for sheet in COLUMNS
    }


def of_district(rows: Rows, region: str) -> Rows:
    """The rows of one district; all of them for "", the city."""
    if not region:
        return rows
    return {sheet: [row for row in lines if row[DISTRICT] == region] for sheet, lines in rows.items()}


def _rows(session: Session, sheet: str, span: str, period: Period) -> Iterator[dict[str, Any]]:
    columns, moment, joins, conditions = _sources(sheet)
    statement = select(moment.label("moment"), *columns, *WHO).select_from(Requirement)
    statement = statement.join(Organization, Organization.id == Requirement.organization_id)
    for model, on in joins:
        statement = statement.join(model, on)
    statement = statement.where(_within(sheet, moment, period), *conditions)
    for row in session.execute(statement.order_by(moment, columns[0])):
        yield {
            SPAN: span,
            DISTRICT: district_of(row.place or row.region),
            DAY: _day(row.moment),
            **_names(row),
            KEY: str(row.key),
            **_particulars(sheet, row, period),
        }


def _within(sheet: str, moment: Moment, period: Period) -> ColumnElement[bool]:
    if sheet in (SIGNED, PAID):
        return moment.between(period.first_day, period.last_day)
    if sheet == DUE:
        # A day of grace ends at 24:00, the first instant of the next one.
        return (moment > period.starts) & (moment <= period.ends)
    return (moment >= period.starts) & (moment < period.ends)


def _sources(sheet: str) -> tuple[list[Any], Moment, list[tuple[Any, Any]], list[Any]]:
    """The columns (the key first), the moment that dates a row, what is joined, and the conditions."""
    filed = Requirement.submitted_at.is_not(None)
    join: list[tuple[Any, Any]]
    if sheet == FILED:
        return [Requirement.id.label("key")], Requirement.submitted_at, [], [filed]
    if sheet == PUBLISHED:
        return [Requirement.id.label("key")], Requirement.published_at, [], [filed]
    if sheet == ANSWERS:
        join = [(Response, Response.requirement_id == Requirement.id)]
        answers = or_(Response.obligation_id.is_not(None), Response.kind != ResponseKind.WRITTEN)
        return [Requirement.id.label("key"), Response.kind], Response.created_at, join, [answers]
    if sheet == DUE:
        join = [(Obligation, Obligation.requirement_id == Requirement.id)]
        columns = [Obligation.id.label("key"), Obligation.kind, Obligation.closed_at]
        return columns, Obligation.due_at, join, []
    if sheet == ACCEPTED:
        join = [(Invitation, Invitation.requirement_id == Requirement.id)]
        accepted = Invitation.status == InvitationStatus.ACCEPTED
        return [Invitation.id.label("key")], Invitation.ended_at, join, [accepted]
    if sheet == PROPOSED:
        join = [
            (Proposal, Proposal.requirement_id == Requirement.id),
            (ProposalVersion, (ProposalVersion.proposal_id == Proposal.id) & (ProposalVersion.number == 1)),
        ]
        standing = Proposal.status != ProposalStatus.WITHDRAWN
        return [Proposal.id.label("key")], ProposalVersion.created_at, join, [standing]
    if sheet == RATED:
        join = [
            (Response, Response.requirement_id == Requirement.id),
            (ResponseAcknowledgement, ResponseAcknowledgement.response_id == Response.id),
        ]
        columns = [Response.id.label("key"), ResponseAcknowledgement.satisfaction]
        rated = ResponseAcknowledgement.satisfaction.is_not(None)
        return columns, ResponseAcknowledgement.created_at, join, [rated]
    join = [(Agreement, Agreement.requirement_id == Requirement.id)]
    if sheet == SIGNED:
        columns = [Agreement.id.label("key"), Agreement.amount_wan]
        return columns, Agreement.signed_on, join, [is_standing()]
    join.append((Payment, Payment.agreement_id == Agreement.id))
    columns = [Payment.id.label("key"), Payment.amount_wan]
    return columns, Payment.received_on, join, [Payment.voided_at.is_(None)]


def _particulars(sheet: str, row: Any, period: Period) -> dict[str, Any]:
    if sheet == ANSWERS:
        return {"答复类别": row.kind.label, "口径": WAYS.get(row.kind, OTHER)}
    if sheet == DUE:
        closed: datetime | None = row.closed_at
        return {
            "应答复事项": row.kind.label,
            IN_TIME: YES if closed is not None and closed <= row.moment else NO,
            DONE: YES if closed is not None and closed <= period.ends else NO,
        }
    if sheet in (SIGNED, PAID):
        return {AMOUNT: str(Decimal(row.amount_wan))}
    return {MARK: row.satisfaction} if sheet == RATED else {}


def _names(row: Any) -> dict[str, str]:
    if row.confidentiality is Confidentiality.RESTRICTED:
        return {"需求": "（定向需求，不列名称）", "需求单位": "（不列名称）"}
    title = str(stated(row, "title"))
    if row.confidentiality is Confidentiality.ANONYMOUS:
        title = mask_organization(title, row.name, row.region, row.former_names)
        return {"需求": title, "需求单位": "（匿名）"}
    return {"需求": title, "需求单位": row.name}


def _day(moment: date | datetime) -> str:
    day = in_shanghai(moment).date() if isinstance(moment, datetime) else moment
    return day.isoformat()
