"""Files, edits, hands in and withdraws proposals. `move` is the only writer of the status.

Callers hold the lock of the requirement; what comes due by itself is left to `deadlines`, results to `results`.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError, NotFound, NotPermitted
from app.kit.clock import beijing_time, now
from app.kit.lifecycle import check_move
from app.ledger import service as ledger
from app.ledger.calendar import calendar_of
from app.models.agreement import STANDING_STATUSES, Agreement, AgreementStatus
from app.models.invitation import Invitation, InvitationStatus
from app.models.ledger import WORKING_DAYS, ObligationKind, ResponseKind
from app.models.proposal import (
    EVALUATED_STATUSES,
    PENDING_STATUSES,
    PROPOSAL_TRANSITIONS,
    Proposal,
    ProposalCall,
    ProposalStatus,
    ProposalVersion,
)
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.proposals import assessing, calls, policy, repository
from app.proposals.notices import tell_receipt, tell_withdrawn
from app.solvers import repository as solvers

P = ProposalStatus
TEXT_FIELDS = ("title", "summary", "approach", "indicators", "foundation", "schedule", "ownership")
FIELDS = (*TEXT_FIELDS, "price_wan", "months")


class AgreementStands(JiebangError):
    code, status = "agreement_stands", 409
    zh = "该方案已有合作协议，请先取消或终止协议"
    en = "There is an agreement on this proposal; cancel or terminate it first"


def create(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    fields: Mapping[str, Any],
    *,
    solver_id: uuid.UUID | None,
) -> Proposal:
    """A draft of one of the actor's teams, linked to the invitation that the team accepted, if any.

    Raises what `policy.check_may_propose` names, and `InvalidInput` for an unknown team.
    """
    team = _team_of(session, actor, solver_id)
    call = calls.ensure(session, requirement.id)
    policy.check_may_propose(session, actor, requirement, team, call, now())
    accepted = select(Invitation.id).where(
        Invitation.requirement_id == requirement.id,
        Invitation.solver_id == team.id,
        Invitation.status == InvitationStatus.ACCEPTED,
    )
    proposal = Proposal(
        **fields,
        requirement_id=requirement.id,
        solver_id=team.id,
        invitation_id=session.scalar(accepted),
        created_by_id=actor.user_id,
        status=P.DRAFT,
    )
    session.add(proposal)
    session.flush()
    record(session, actor, proposal, "proposal.created")
    return repository.get(session, actor, proposal.id)


def edit(session: Session, actor: Actor, proposal: Proposal, changes: Mapping[str, Any]) -> Proposal:
    """Changes the working copy; what was handed in stays as it is until the next submission.

    Raises `NotPermitted`, `ProposalNotEditable` or `ProposalsClosed`.
    """
    check_may_work_on(session, actor, proposal)
    changed = [name for name, value in changes.items() if getattr(proposal, name) != value]
    for name in changed:
        setattr(proposal, name, changes[name])
    if changed:
        session.flush()
        record(session, actor, proposal, "proposal.edited", fields=",".join(sorted(changed)))
    return proposal


def submit(session: Session, actor: Actor, proposal: Proposal) -> ProposalVersion:
    """Hands in the working copy as the next version and gives the receipt; the same again changes nothing.

    Raises what `policy.check_is_taken` names, and `InvalidInput` for what is missing.
    """
    at = now()
    check_is_of_team(actor, proposal)
    call = calls.get(session, proposal.requirement_id)
    calls.check_is_open(session, proposal.requirement_id, call, at)
    policy.check_is_editable(proposal)
    policy.check_is_taken(session, proposal.requirement, proposal.solver, call, at)
    _check_is_complete(proposal)
    content = content_of(proposal)
    digest = digest_of(content)
    if proposal.latest is not None and proposal.latest.sha256 == digest:
        return proposal.latest
    version = ProposalVersion(
        proposal_id=proposal.id,
        number=proposal.number + 1,
        content=content,
        sha256=digest,
        submitted_by_id=actor.user_id,
        created_at=at,
    )
    session.add(version)
    is_first = proposal.number == 0
    proposal.number = version.number
    proposal.submitted_at = proposal.submitted_at or at
    session.flush()
    record(session, actor, proposal, "proposal.submitted", number=version.number, sha256=digest)
    if is_first:
        move(session, actor, proposal, P.SUBMITTED)
        _tell_seeker_of_submission(session, proposal, call)
    tell_receipt(session, proposal, at)
    return version


def withdraw(session: Session, actor: Actor, proposal: Proposal, *, reason: str) -> Proposal:
    """Takes the proposal back, before or after the closing instant. Raises `NotPermitted` or `MoveNotAllowed`."""
    check_is_of_team(actor, proposal)
    before = proposal.status
    check_move(PROPOSAL_TRANSITIONS, before, P.WITHDRAWN)
    check_is_not_under_contract(session, proposal)
    proposal.ended_at, proposal.reason = now(), reason
    move(session, actor, proposal, P.WITHDRAWN)
    if before is not P.DRAFT:
        _tell_seeker_of_withdrawal(session, proposal, was_shown=before in EVALUATED_STATUSES)
        tell_withdrawn(session, proposal, but_not=actor.user_id)
    call = calls.get(session, proposal.requirement_id)
    if before is P.UNDER_EVALUATION and call is not None:
        # What was still to be scored may have been this one alone.
        assessing.tell_if_complete(session, call)
    return proposal


def move(session: Session, actor: Actor, proposal: Proposal, to: ProposalStatus) -> Proposal:
    """The only writer of the status. Raises `MoveNotAllowed`."""
    before = proposal.status
    check_move(PROPOSAL_TRANSITIONS, before, to)
    proposal.status = to
    session.flush()
    record(session, actor, proposal, "proposal.moved", **{"from": before.value, "to": to.value})
    return proposal


def record(session: Session, actor: Actor, proposal: Proposal, action: str, **detail: str | int) -> None:
    """Audits an act on the proposal."""
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="proposal",
        object_id=proposal.id,
        **detail,
    )


def check_is_not_under_contract(session: Session, proposal: Proposal) -> None:
    """Raises `AgreementStands` while an agreement on the proposal is prepared, signed or carried out."""
    standing = STANDING_STATUSES | {AgreementStatus.DRAFT}
    statement = select(Agreement.id).where(
        Agreement.proposal_id == proposal.id, Agreement.status.in_(standing)
    )
    if session.scalars(statement.limit(1)).first() is not None:
        raise AgreementStands()


def check_may_work_on(session: Session, actor: Actor, proposal: Proposal) -> None:
    """Raises unless the actor's team can still change its working copy."""
    check_is_of_team(actor, proposal)
    policy.check_is_editable(proposal)
    call = calls.get(session, proposal.requirement_id)
    calls.check_is_open(session, proposal.requirement_id, call, now())


def check_is_of_team(actor: Actor, proposal: Proposal) -> None:
    """Raises `NotPermitted` for readers who are not of the team."""
    if not solvers.is_own(actor, proposal.solver):
        raise NotPermitted(permission="proposals:write")


def content_of(proposal: Proposal) -> dict[str, Any]:
    """The working copy as a version keeps it; attachments are named with their checksums."""
    values = {name: getattr(proposal, name) for name in TEXT_FIELDS}
    return {
        **values,
        "requirement_id": str(proposal.requirement_id),
        "solver_id": str(proposal.solver_id),
        "price_wan": None if proposal.price_wan is None else f"{proposal.price_wan:f}",
        "months": proposal.months,
        "attachments": [
            {
                "id": str(file.attachment_id),
                "filename": file.attachment.filename,
                "media_type": file.attachment.media_type,
                "size": file.attachment.size,
                "sha256": file.attachment.sha256,
                "created_at": file.attachment.created_at.isoformat(),
            }
            for file in proposal.files
            if file.is_current
        ],
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content as JSON with sorted keys and without blanks, in hexadecimal."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@ledger.owes(ObligationKind.PROPOSAL_ANSWER)
def answer_due(session: Session, requirement: Requirement) -> datetime | None:
    """By when the seeker is owed an answer about proposals: ten working days after the first of those that
    wait, but not before it could be read. Until the closing instant proposals are sealed, so it counts from
    there."""
    statement = select(Proposal.submitted_at).where(
        Proposal.requirement_id == requirement.id,
        Proposal.status.in_(PENDING_STATUSES),
        Proposal.submitted_at.is_not(None),
    )
    waiting = [at for at in session.scalars(statement) if at is not None]
    if not waiting:
        return None
    closing = calls.closes_at(session, requirement.id, calls.get(session, requirement.id))
    start = min(waiting) if closing is None else max(min(waiting), closing)
    return calendar_of(session).add_workdays(start, WORKING_DAYS[ObligationKind.PROPOSAL_ANSWER])


def tell_seeker(session: Session, requirement: Requirement, text: str, detail: dict[str, Any]) -> None:
    """Writes into the ledger: as an answer where one is owed about proposals or as a follow-up, else as a
    notice, which leaves other obligations as they are."""
    owed = ledger.open_obligation(session, requirement.id)
    if owed is not None and owed.kind in (ObligationKind.FOLLOW_UP, ObligationKind.PROPOSAL_ANSWER):
        ledger.answer(
            session, requirement, kind=ResponseKind.WRITTEN, text=text, author_id=None, detail=detail
        )
    else:
        ledger.give_notice(session, requirement, text=text, author_id=None, detail=detail)


def _tell_seeker_of_submission(session: Session, proposal: Proposal, call: ProposalCall | None) -> None:
    requirement = proposal.requirement
    closing = calls.closes_at(session, requirement.id, call)
    until = f"于 {beijing_time(closing)}（北京时间）征集截止后" if closing else "在征集截止后"
    text = f"收到一份解决方案。方案{until}向贵单位公开并组织评审，评审结果将在此答复。"
    owed = ledger.open_obligation(session, requirement.id)
    if owed is not None and owed.kind is ObligationKind.PROPOSAL_ANSWER:
        # The answer about proposals is owed already; one more proposal does not fulfil it.
        ledger.give_notice(session, requirement, text=text, author_id=None, detail={"proposals": 1})
    else:
        tell_seeker(session, requirement, text, {"proposals": 1})


def _tell_seeker_of_withdrawal(session: Session, proposal: Proposal, *, was_shown: bool) -> None:
    requirement = proposal.requirement
    # Whose it was the seeker reads only if it could read so before.
    whose = f"“{proposal.solver.name}”的" if was_shown else "一份"
    text = f"{whose}解决方案已由团队撤回。"
    if answer_due(session, requirement) is None:
        tell_seeker(session, requirement, text, {})
    else:
        ledger.give_notice(session, requirement, text=text, author_id=None, detail={})


def _team_of(session: Session, actor: Actor, solver_id: uuid.UUID | None) -> SolverProfile:
    if solver_id is not None:
        try:
            return solvers.get(session, actor, solver_id)
        except NotFound as error:
            raise _unknown_team("unknown_solver", "没有这个解决方", "No such solver") from error
    own = solvers.own(session, actor)
    if len(own) != 1:
        raise _unknown_team("missing", "请指明由哪个团队提交", "Say which of your teams proposes")
    return own[0]


def _unknown_team(code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError("solver_id", code, zh, en),))


def _check_is_complete(proposal: Proposal) -> None:
    if not proposal.approach:
        missing = FieldError(
            "approach", "missing", "请填写技术方案后再提交", "Fill in the approach before submitting"
        )
        raise InvalidInput(fields=(missing,))
