"""What happens while an agreement is carried out: milestones, payments received, mid-term and final reports.

Callers hand in the locked agreement; every change raises its version.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.agreements import policy
from app.agreements.notices import tell_organizers_of_report, tell_parties
from app.agreements.service import check_has_come, record
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.models.agreement import (
    PAYABLE_STATUSES,
    REPORT_TRANSITIONS,
    Agreement,
    AgreementReport,
    AgreementStatus,
    Milestone,
    Payment,
    ReportKind,
    ReportStatus,
)
from app.models.notification import Event

Part = TypeVar("Part", Milestone, Payment, AgreementReport)
OPEN_STATUSES = frozenset({AgreementStatus.DRAFT, AgreementStatus.SIGNED, AgreementStatus.IN_DELIVERY})
"""States in which milestones are planned and reached."""


class AgreementEnded(JiebangError):
    code, status = "agreement_ended", 409
    zh, en = (
        "协议当前为“{state}”，不能再改动里程碑",
        "The agreement is {state_code}; milestones stay as they are",
    )


class NotPayable(JiebangError):
    code, status = "not_payable", 409
    zh, en = (
        "协议当前为“{state}”，签署后才能登记到账",
        "The agreement is {state_code}; payments follow its signature",
    )


class PaymentExceedsAmount(JiebangError):
    code, status = "payment_exceeds_amount", 409
    zh, en = "累计到账将超过合同金额", "The payments would exceed the amount of the agreement"


class PaymentVoided(JiebangError):
    code, status = "payment_voided", 409
    zh, en = "该笔到账已作废", "The payment was voided before"


class NotInDelivery(JiebangError):
    code, status = "not_in_delivery", 409
    zh, en = (
        "协议当前为“{state}”，履行中才能提交报告",
        "The agreement is {state_code}; reports belong to its delivery",
    )


class ReportPending(JiebangError):
    code, status = "report_pending", 409
    zh, en = "同类报告待审核或已通过，不能重复提交", "A report of this kind is under review or was accepted"


def add_milestone(
    session: Session, actor: Actor, agreement: Agreement, fields: Mapping[str, Any]
) -> Milestone:
    """Plans a milestone. Raises `NotPermitted` or `AgreementEnded`."""
    policy.check_may_write(actor, agreement)
    _check_is_open(agreement)
    milestone = Milestone(**fields, agreement_id=agreement.id)
    _add(session, actor, agreement, milestone, "agreement.milestone_added")
    return milestone


def edit_milestone(
    session: Session, actor: Actor, agreement: Agreement, milestone_id: uuid.UUID, changes: Mapping[str, Any]
) -> Milestone:
    """Changes a milestone, or says that it was reached.

    Raises `NotFound`, `NotPermitted`, `AgreementEnded` or `InvalidInput` for a day that is yet to come.
    """
    policy.check_may_write(actor, agreement)
    milestone = _part(agreement.milestones, milestone_id)
    _check_is_open(agreement)
    if changes.get("reached_on") is not None:
        check_has_come("reached_on", changes["reached_on"])
    changed = [name for name, value in changes.items() if getattr(milestone, name) != value]
    for name in changed:
        setattr(milestone, name, changes[name])
    if changed:
        fields = ",".join(sorted(changed))
        _touch(session, actor, agreement, "agreement.milestone_edited", part=str(milestone.id), fields=fields)
    return milestone


def record_payment(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    *,
    amount_wan: Decimal,
    received_on: date,
    note: str = "",
) -> Payment:
    """Records money that the team received, and tells both parties.

    Raises `NotPayable`, `PaymentExceedsAmount` or `InvalidInput` for a day that is yet to come.
    """
    if agreement.status not in PAYABLE_STATUSES:
        raise NotPayable(state=agreement.status.label, state_code=agreement.status.value)
    check_has_come("received_on", received_on)
    if paid_wan(agreement) + amount_wan > agreement.amount_wan:
        raise PaymentExceedsAmount()
    payment = Payment(
        agreement_id=agreement.id,
        amount_wan=amount_wan,
        received_on=received_on,
        note=note,
        recorded_by_id=actor.user_id,
    )
    _add(session, actor, agreement, payment, "agreement.payment_recorded")
    once = f"payment:{payment.id}"
    tell_parties(session, agreement, Event.PAYMENT_RECORDED, once=once, but_not=actor.user_id)
    return payment


def void_payment(
    session: Session, actor: Actor, agreement: Agreement, payment_id: uuid.UUID, *, reason: str
) -> Payment:
    """Takes a mistaken entry out of all figures; it stays on record. Raises `NotFound` or `PaymentVoided`."""
    payment = _part(agreement.payments, payment_id)
    if payment.voided_at is not None:
        raise PaymentVoided()
    payment.voided_at, payment.void_reason = now(), reason
    _touch(session, actor, agreement, "agreement.payment_voided", part=str(payment.id))
    return payment


def paid_wan(agreement: Agreement) -> Decimal:
    """The sum of the payments that stand, in 万元."""
    return sum((row.amount_wan for row in agreement.payments if row.voided_at is None), Decimal(0))


def submit_report(
    session: Session, actor: Actor, agreement: Agreement, *, kind: ReportKind, text: str
) -> AgreementReport:
    """Hands a report in, for whichever party writes it. Raises `NotInDelivery` or `ReportPending`."""
    if agreement.status is not AgreementStatus.IN_DELIVERY:
        raise NotInDelivery(state=agreement.status.label, state_code=agreement.status.value)
    if any(row.kind is kind and row.status is not ReportStatus.RETURNED for row in agreement.reports):
        raise ReportPending()
    report = AgreementReport(
        agreement_id=agreement.id,
        kind=kind,
        status=ReportStatus.SUBMITTED,
        text=text,
        submitted_by_id=actor.user_id,
    )
    _add(session, actor, agreement, report, "agreement.report_submitted")
    tell_organizers_of_report(session, agreement, report, but_not=actor.user_id)
    return report


def accept_report(
    session: Session, actor: Actor, agreement: Agreement, report_id: uuid.UUID
) -> AgreementReport:
    """Accepts a report. Raises `NotFound` or `MoveNotAllowed`."""
    return _decide(session, actor, agreement, report_id, ReportStatus.ACCEPTED)


def return_report(
    session: Session, actor: Actor, agreement: Agreement, report_id: uuid.UUID, *, reason: str
) -> AgreementReport:
    """Sends a report back with what is missing. Raises `NotFound` or `MoveNotAllowed`."""
    return _decide(session, actor, agreement, report_id, ReportStatus.RETURNED, reason)


def _decide(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    report_id: uuid.UUID,
    to: ReportStatus,
    reason: str = "",
) -> AgreementReport:
    report = _part(agreement.reports, report_id)
    check_move(REPORT_TRANSITIONS, report.status, to)
    report.status, report.decided_at, report.decision_reason = to, now(), reason
    _touch(session, actor, agreement, "agreement.report_decided", part=str(report.id), to=to.value)
    words = {"kind": report.kind, "decision": to}
    once = f"report:{report.id}"
    tell_parties(session, agreement, Event.REPORT_DECIDED, words, once=once, but_not=actor.user_id)
    return report


def _check_is_open(agreement: Agreement) -> None:
    if agreement.status not in OPEN_STATUSES:
        raise AgreementEnded(state=agreement.status.label, state_code=agreement.status.value)


def _part(parts: Sequence[Part], id: uuid.UUID) -> Part:
    for part in parts:
        if part.id == id:
            return part
    raise NotFound()


def _add(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    part: Milestone | Payment | AgreementReport,
    action: str,
) -> None:
    session.add(part)
    session.flush()
    _touch(session, actor, agreement, action, part=str(part.id))


def _touch(session: Session, actor: Actor, agreement: Agreement, action: str, **detail: str) -> None:
    # A changed part is a change of the whole: the row's version is what clients hold against it.
    agreement.updated_at = now()
    session.flush()
    record(session, actor, agreement, action, **detail)
