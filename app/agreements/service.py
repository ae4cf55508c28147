"""Files agreements and moves them from draft to signed to their end. `_move` is the only writer of the status.

What happens while one is carried out (milestones, payments, reports) is left to `delivery`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.agreements import policy, repository
from app.agreements.notices import tell_team
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError, NotFound
from app.kit.clock import in_shanghai, now
from app.kit.lifecycle import check_move
from app.ledger import service as ledger
from app.models.agreement import (
    AGREEMENT_TRANSITIONS,
    Agreement,
    AgreementStatus,
    ReportKind,
    ReportStatus,
)
from app.models.challenge import ChallengeEntry
from app.models.ledger import ResponseKind
from app.models.notification import Event
from app.models.proposal import Proposal, ProposalStatus
from app.models.requirement import Requirement, RequirementStatus
from app.requirements import repository as requirement_rows
from app.requirements import service as requirements
from app.requirements.service import Answer
from app.solvers import service as solvers

A = AgreementStatus


class FinalReportMissing(JiebangError):
    code, status = "final_report_missing", 409
    zh, en = "结题报告尚未审核通过，不能完成协议", "The final report has not been accepted yet"


def create(session: Session, actor: Actor, requirement: Requirement, fields: Mapping[str, Any]) -> Agreement:
    """A draft between the requirement's unit and the team `solver_id`.

    Without `challenge_id` the requirement's only challenge counts it, if there is just one. Raises
    `NotPermitted`, `RequirementNotPublished` or `InvalidInput`.
    """
    policy.check_may_file(actor, requirement)
    _check_team(session, actor, fields["solver_id"])
    _check_challenge(session, requirement, fields.get("challenge_id"))
    _check_proposal(session, requirement.id, fields["solver_id"], fields.get("proposal_id"))
    agreement = Agreement(
        **{"challenge_id": _only_challenge(session, requirement), **fields},
        requirement_id=requirement.id,
        created_by_id=actor.user_id,
        status=A.DRAFT,
    )
    session.add(agreement)
    session.flush()
    record(session, actor, agreement, "agreement.created")
    return repository.get(session, actor, agreement.id)


def edit(session: Session, actor: Actor, agreement: Agreement, changes: Mapping[str, Any]) -> Agreement:
    """Changes a draft. Raises `NotPermitted`, `AgreementNotEditable` or `InvalidInput`."""
    policy.check_may_write(actor, agreement)
    policy.check_is_draft(agreement)
    changed = {name: value for name, value in changes.items() if getattr(agreement, name) != value}
    _check_challenge(session, agreement.requirement, changed.get("challenge_id"))
    _check_proposal(session, agreement.requirement_id, agreement.solver_id, changed.get("proposal_id"))
    for name, value in changed.items():
        setattr(agreement, name, value)
    if changed:
        session.flush()
        record(session, actor, agreement, "agreement.edited", fields=",".join(sorted(changed)))
    return repository.get(session, actor, agreement.id)


def cancel(session: Session, actor: Actor, agreement: Agreement) -> Agreement:
    """Gives a draft up. Raises `NotPermitted` or `MoveNotAllowed`."""
    policy.check_may_write(actor, agreement)
    _move(session, actor, agreement, A.CANCELLED)
    return agreement


def sign(session: Session, actor: Actor, agreement: Agreement, *, signed_on: date) -> Agreement:
    """Records the signature; a requirement in contact is agreed by it, and its seeker reads so.

    Raises `MoveNotAllowed` for either, and `InvalidInput` for a day that is yet to come.
    """
    check_move(AGREEMENT_TRANSITIONS, agreement.status, A.SIGNED)
    check_has_come("signed_on", signed_on)
    agreement.signed_on = signed_on
    _move(session, actor, agreement, A.SIGNED)
    text = (
        f"与“{agreement.solver.name}”的合作协议《{agreement.title}》已于 {signed_on:%Y-%m-%d} 签署，"
        f"合同金额 {agreement.amount_wan:f} 万元。"
    )
    answer = Answer(ResponseKind.AGREED, text, {"agreement_id": str(agreement.id)})
    requirement = _requirement_of(session, actor, agreement)
    if requirement.status in (RequirementStatus.AGREED, RequirementStatus.IN_DELIVERY):
        # Another agreement has brought the requirement here; this one is an answer all the same.
        _answer(session, actor, requirement, answer)
    else:
        requirements.move(session, actor, requirement, RequirementStatus.AGREED, answer)
    tell_team(
        session, agreement, Event.AGREEMENT_SIGNED, once=f"signed:{agreement.id}", but_not=actor.user_id
    )
    return agreement


def start(session: Session, actor: Actor, agreement: Agreement) -> Agreement:
    """The work begins; an agreed requirement is in delivery from now on. Raises `MoveNotAllowed`."""
    _move(session, actor, agreement, A.IN_DELIVERY)
    requirement = _requirement_of(session, actor, agreement)
    text = f"合作协议《{agreement.title}》开始履行，承办单位将持续跟踪。"
    answer = Answer(ResponseKind.WRITTEN, text, {"agreement_id": str(agreement.id)})
    if requirement.status is RequirementStatus.AGREED:
        requirements.move(session, actor, requirement, RequirementStatus.IN_DELIVERY, answer)
    else:
        _answer(session, actor, requirement, answer)
    return agreement


def complete(session: Session, actor: Actor, agreement: Agreement) -> Agreement:
    """The work is done and its final report accepted; closing the requirement is left to its organizer.

    Raises `MoveNotAllowed` or `FinalReportMissing`.
    """
    check_move(AGREEMENT_TRANSITIONS, agreement.status, A.COMPLETED)
    if not any(
        report.kind is ReportKind.FINAL and report.status is ReportStatus.ACCEPTED
        for report in agreement.reports
    ):
        raise FinalReportMissing()
    agreement.ended_at = now()
    _move(session, actor, agreement, A.COMPLETED)
    text = f"合作协议《{agreement.title}》已履行完毕，结题报告已审核通过。"
    answer = Answer(ResponseKind.WRITTEN, text, {"agreement_id": str(agreement.id)})
    _answer(session, actor, _requirement_of(session, actor, agreement), answer)
    once = f"completed:{agreement.id}"
    tell_team(session, agreement, Event.AGREEMENT_COMPLETED, once=once, but_not=actor.user_id)
    return agreement


def terminate(session: Session, actor: Actor, agreement: Agreement, *, reason: str) -> Agreement:
    """Ends a signed agreement before its time; both parties read why.

    A requirement that was agreed by this agreement alone is in contact again. Raises `MoveNotAllowed`.
    """
    agreement.ended_at, agreement.termination_reason = now(), reason
    _move(session, actor, agreement, A.TERMINATED)
    requirement = _requirement_of(session, actor, agreement)
    text = f"合作协议《{agreement.title}》已终止。原因：{reason}"
    answer = Answer(ResponseKind.WRITTEN, text, {"agreement_id": str(agreement.id)})
    is_alone = not repository.has_other_standing(session, agreement)
    if requirement.status is RequirementStatus.AGREED and is_alone:
        requirements.move(session, actor, requirement, RequirementStatus.IN_CONTACT, answer)
    else:
        _answer(session, actor, requirement, answer)
    once = f"terminated:{agreement.id}"
    tell_team(session, agreement, Event.AGREEMENT_TERMINATED, once=once, but_not=actor.user_id)
    return agreement


def check_has_come(name: str, day: date) -> None:
    """Raises `InvalidInput` on the field `name` when `day` is after today in Asia/Shanghai."""
    if day > in_shanghai(now()).date():
        raise InvalidInput(
            fields=(FieldError(name, "in_the_future", "日期不能晚于今天", "The day is yet to come"),)
        )


def record(
    session: Session, actor: Actor, agreement: Agreement, action: str, **detail: str | int | bool | None
) -> None:
    """Audits an act on the agreement."""
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="agreement",
        object_id=agreement.id,
        **detail,
    )


def _move(session: Session, actor: Actor, agreement: Agreement, to: AgreementStatus) -> None:
    before = agreement.status
    check_move(AGREEMENT_TRANSITIONS, before, to)
    agreement.status = to
    session.flush()
    record(session, actor, agreement, "agreement.moved", **{"from": before.value, "to": to.value})


def _requirement_of(session: Session, actor: Actor, agreement: Agreement) -> Requirement:
    """The requirement, locked and as it is now: the agreement may have been read before a rival moved it."""
    requirement = requirement_rows.get(session, actor, agreement.requirement_id, lock=True)
    session.refresh(requirement, ["status", "version"])
    return requirement


def _answer(session: Session, actor: Actor, requirement: Requirement, answer: Answer) -> None:
    ledger.answer(
        session,
        requirement,
        kind=answer.kind,
        text=answer.text,
        author_id=actor.user_id,
        detail=dict(answer.detail or {}),
    )


def _check_team(session: Session, actor: Actor, solver_id: uuid.UUID) -> None:
    try:
        solvers.get(session, actor, solver_id)
    except NotFound as error:
        unknown = FieldError("solver_id", "unknown_solver", "没有这个解决方", "No such solver")
        raise InvalidInput(fields=(unknown,)) from error


def _check_challenge(session: Session, requirement: Requirement, challenge_id: uuid.UUID | None) -> None:
    if challenge_id is None or challenge_id in _challenges_of(session, requirement):
        return
    not_entered = FieldError(
        "challenge_id",
        "not_entered",
        "该需求没有参加这个赛事",
        "The requirement does not take part in this challenge",
    )
    raise InvalidInput(fields=(not_entered,))


def _check_proposal(
    session: Session, requirement_id: uuid.UUID, solver_id: uuid.UUID, proposal_id: uuid.UUID | None
) -> None:
    """Raises `InvalidInput` unless the proposal is the one of this team that was selected for the requirement."""
    if proposal_id is None:
        return
    selected = select(Proposal.id).where(
        Proposal.id == proposal_id,
        Proposal.requirement_id == requirement_id,
        Proposal.solver_id == solver_id,
        Proposal.status == ProposalStatus.SELECTED,
    )
    if session.scalar(selected) is None:
        unknown = FieldError(
            "proposal_id",
            "not_selected",
            "该需求没有选中这个团队的这份方案",
            "No such proposal of this team was selected for the requirement",
        )
        raise InvalidInput(fields=(unknown,))


def _challenges_of(session: Session, requirement: Requirement) -> list[uuid.UUID]:
    entered = select(ChallengeEntry.challenge_id).where(ChallengeEntry.requirement_id == requirement.id)
    return list(session.scalars(entered))


def _only_challenge(session: Session, requirement: Requirement) -> uuid.UUID | None:
    entered = _challenges_of(session, requirement)
    return entered[0] if len(entered) == 1 else None
