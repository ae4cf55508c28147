"""The call for proposals on a requirement: until when and from whom they are taken. The one place that decides it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.challenges import stages
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.clock import beijing_time, now
from app.ledger import service as ledger
from app.models.challenge import Challenge
from app.models.proposal import Admission, ChallengeCriteria, Proposal, ProposalCall
from app.models.requirement import Confidentiality, Requirement
from app.models.stage import StageKind
from app.proposals import criteria as scoring
from app.proposals.criteria import Criterion
from app.proposals.notices import tell_extended


class ProposalsClosed(JiebangError):
    code, status = "proposals_closed", 409
    zh = "方案征集已于 {closed_at}（北京时间）截止"
    en = "The call for proposals closed at {closed_at} (UTC+8)"


class ProposalsStillOpen(JiebangError):
    code, status = "proposals_still_open", 409
    zh = "方案征集尚未截止，截止之后才能评审"
    en = "The call for proposals is still open; assessment follows its closing instant"


def get(session: Session, requirement_id: uuid.UUID) -> ProposalCall | None:
    """The call of a requirement, as it is now; None while nobody has proposed and nothing was set."""
    statement = select(ProposalCall).where(ProposalCall.requirement_id == requirement_id)
    return session.scalar(statement.execution_options(populate_existing=True))


def ensure(session: Session, requirement_id: uuid.UUID) -> ProposalCall:
    """The call of a requirement whose row is locked."""
    call = get(session, requirement_id)
    if call is None:
        call = ProposalCall(requirement_id=requirement_id, admission=Admission.OPEN, criteria=[])
        session.add(call)
        session.flush()
    return call


def closes_at(session: Session, requirement_id: uuid.UUID, call: ProposalCall | None) -> datetime | None:
    """The instant from which on nothing more is taken, aware UTC; None while nothing closes the call.

    Pages show it, `check_is_open` enforces it and the clock acts on it: it is asked for nowhere else.
    """
    if call is not None and call.closed_at is not None:
        return call.closed_at
    if call is not None and call.closes_at is not None:
        return call.closes_at
    return stages.closes_at(session, requirement_id, StageKind.PROPOSALS)


def check_is_open(
    session: Session, requirement_id: uuid.UUID, call: ProposalCall | None, at: datetime
) -> None:
    """Raises `ProposalsClosed` from the closing instant on, and `StageNotOpen` before the stage begins."""
    closing = closes_at(session, requirement_id, call)
    if closing is not None and at >= closing:
        raise ProposalsClosed(closed_at=beijing_time(closing))
    if call is None or call.closes_at is None:
        stages.check_is_open(session, requirement_id, StageKind.PROPOSALS, at)


def admission_of(requirement: Requirement, call: ProposalCall | None) -> Admission:
    """From whom proposals are taken; a requirement that is shown to nobody takes them from those invited."""
    if requirement.confidentiality is Confidentiality.RESTRICTED:
        return Admission.BY_INVITATION
    return Admission.OPEN if call is None else call.admission


def edit(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    call: ProposalCall,
    *,
    admission: Admission,
    closing: datetime | None,
    criteria: list[Criterion],
) -> ProposalCall:
    """Sets the terms of a requirement's own; the requirement is locked. No criteria: those of the challenge.

    A closing instant lies ahead, and once there are proposals it only moves to later; everybody concerned is
    told. Raises `ProposalsClosed` or `InvalidInput`.
    """
    at = now()
    before = closes_at(session, requirement.id, call)
    if before is not None and at >= before:
        raise ProposalsClosed(closed_at=beijing_time(before))
    if criteria:
        scoring.check_criteria(criteria)
    changes: dict[str, Any] = {
        "admission": admission,
        "closes_at": closing,
        "criteria": scoring.stored(criteria),
    }
    if all(getattr(call, name) == value for name, value in changes.items()):
        return call
    has_proposals = session.scalar(
        select(Proposal.id).where(Proposal.requirement_id == requirement.id).limit(1)
    )
    for name, value in changes.items():
        setattr(call, name, value)
    after = closes_at(session, requirement.id, call)
    _check_closing(before, after, at, is_awaited=has_proposals is not None)
    session.flush()
    _record(session, actor, call, "proposal_call.edited", before, after)
    if after != before and after is not None:
        ledger.redate(session, requirement)
        if before is not None and after > before:
            tell_extended(session, requirement, after, but_not=actor.user_id)
    return call


def edit_challenge(
    session: Session, actor: Actor, challenge: Challenge, row: ChallengeCriteria, criteria: list[Criterion]
) -> ChallengeCriteria:
    """Sets the criteria of a challenge; calls that are closed keep what they had. Raises `InvalidInput`."""
    if criteria:
        scoring.check_criteria(criteria)
    rows = scoring.stored(criteria)
    if row.criteria == rows:
        return row
    row.criteria = rows
    session.flush()
    audit.record(
        session,
        "challenge.criteria_edited",
        actor_id=actor.user_id,
        object_kind="challenge",
        object_id=challenge.id,
        count=len(rows),
    )
    return row


def ensure_challenge(session: Session, challenge_id: uuid.UUID) -> ChallengeCriteria:
    """The criteria of a challenge whose row is locked; none to begin with."""
    row = session.scalar(select(ChallengeCriteria).where(ChallengeCriteria.challenge_id == challenge_id))
    if row is None:
        row = ChallengeCriteria(challenge_id=challenge_id, criteria=[])
        session.add(row)
        session.flush()
    return row


def check_is_closed(call: ProposalCall | None) -> ProposalCall:
    """The call, if it has been closed. Raises `ProposalsStillOpen`."""
    if call is None or call.closed_at is None:
        raise ProposalsStillOpen()
    return call


def _check_closing(
    before: datetime | None, after: datetime | None, at: datetime, *, is_awaited: bool
) -> None:
    if after is not None and after <= at:
        problem = FieldError(
            "closes_at", "not_in_the_future", "截止时间须晚于现在", "The closing instant must lie ahead"
        )
    elif is_awaited and before is not None and (after is None or after < before):
        problem = FieldError(
            "closes_at",
            "only_later",
            "已有团队在准备方案，截止时间只能延后",
            "Teams are at work; the closing instant can only move to later",
        )
    else:
        return
    raise InvalidInput(fields=(problem,))


def _record(
    session: Session,
    actor: Actor,
    call: ProposalCall,
    action: str,
    before: datetime | None,
    after: datetime | None,
) -> None:
    instants = {"from": before.isoformat() if before else None, "to": after.isoformat() if after else None}
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="proposal_call",
        object_id=call.id,
        **instants,
    )
