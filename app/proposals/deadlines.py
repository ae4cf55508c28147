"""What comes due by itself: calls close at their instant, teams are reminded, proposals end with their requirement.

Each is found by its state and done in a transaction of its own, so that it happens once, also after a restart.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM, Actor
from app.db import Database
from app.invitations import repository as invitations
from app.kit.clock import now
from app.ledger import service as ledger
from app.models.invitation import Invitation, InvitationStatus
from app.models.ledger import Obligation, ObligationKind
from app.models.proposal import RUNNING_STATUSES, Proposal, ProposalCall, ProposalStatus
from app.models.requirement import END_STATUSES, Requirement
from app.proposals import calls, criteria, policy, repository
from app.proposals.notices import tell_closed, tell_reminder, tell_result
from app.proposals.service import move
from app.requirements import repository as requirements

log = logging.getLogger("jiebang.proposals")

REMIND_BEFORE = timedelta(days=3)
"""How long before the closing instant a team that has handed nothing in is reminded, once."""


def settle(db: Database) -> int:
    """Does everything that is due now and returns how much that was; one that fails stops no other."""
    at = now()
    with db.read() as session:
        closing = _to_close(session, at)
        misdated = _to_redate(session)
        ended = _to_end(session)
        silent = _to_remind(session, at)
    done = _each(db, closing, _close)
    done += _each(db, ended, _end)
    done += _each(db, misdated, lambda session, id: ledger.redate(session, session.get_one(Requirement, id)))
    return done + _each(db, silent, _remind)


def close_if_due(session: Session, call: ProposalCall) -> None:
    """Closes the call if its instant has come; its requirement is locked.

    From now on it stays closed, the criteria that hold are those of this moment, and what was handed in is
    under evaluation.
    """
    closing = calls.closes_at(session, call.requirement_id, call)
    if call.closed_at is not None or closing is None or closing > now():
        return
    held = criteria.criteria_of(session, call.requirement_id, call)
    call.closed_at, call.criteria = closing, criteria.stored(held)
    session.flush()
    submitted = [
        proposal
        for proposal in repository.proposals_to(session, call.requirement_id)
        if proposal.status is ProposalStatus.SUBMITTED
    ]
    for proposal in submitted:
        move(session, SYSTEM, proposal, ProposalStatus.UNDER_EVALUATION)
    ledger.redate(session, session.get_one(Requirement, call.requirement_id))
    tell_closed(session, call, len(submitted))


def closed_call(
    session: Session, actor: Actor, requirement_id: uuid.UUID
) -> tuple[Requirement, ProposalCall]:
    """The locked requirement and its call, whose clock is not waited for.

    Raises `NotFound` and `ProposalsStillOpen`.
    """
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    call = calls.get(session, requirement.id)
    if call is not None:
        close_if_due(session, call)
    return requirement, calls.check_is_closed(call)


def _each(db: Database, ids: Iterable[uuid.UUID], do: Callable[[Session, uuid.UUID], bool]) -> int:
    done = 0
    for id in ids:
        try:
            with db.write() as session:
                done += do(session, id)
        except Exception as error:
            log.error("proposals not settled", extra={"object": str(id), "kind": type(error).__name__})
    return done


def _to_close(session: Session, at: datetime) -> list[uuid.UUID]:
    """Requirements whose open call has reached its instant."""
    found = []
    for call in session.scalars(select(ProposalCall).where(ProposalCall.closed_at.is_(None))):
        closing = calls.closes_at(session, call.requirement_id, call)
        if closing is not None and closing <= at:
            found.append(call.requirement_id)
    return found


def _close(session: Session, requirement_id: uuid.UUID) -> bool:
    invitations.lock_requirement(session, requirement_id)
    call = calls.get(session, requirement_id)
    if call is None or call.closed_at is not None:
        return False
    close_if_due(session, call)
    return call.closed_at is not None


def _to_redate(session: Session) -> list[uuid.UUID]:
    """Requirements whose answer about proposals is owed; an extended stage moves the day."""
    statement = select(Obligation.requirement_id).where(
        Obligation.kind == ObligationKind.PROPOSAL_ANSWER, Obligation.closed_at.is_(None)
    )
    found = []
    for requirement_id in session.scalars(statement):
        owed = ledger.open_obligation(session, requirement_id)
        due_at = ledger.due_of(session, session.get_one(Requirement, requirement_id))
        if owed is not None and due_at is not None and owed.due_at != due_at:
            found.append(requirement_id)
    return found


def _to_end(session: Session) -> list[uuid.UUID]:
    """Proposals that wait although their requirement has ended."""
    statement = (
        select(Proposal.id)
        .join(Proposal.requirement)
        .where(Proposal.status.in_(RUNNING_STATUSES), Requirement.status.in_(END_STATUSES))
    )
    return list(session.scalars(statement.order_by(Proposal.id)))


def _end(session: Session, proposal_id: uuid.UUID) -> bool:
    proposal = repository.lock(session, SYSTEM, proposal_id)
    status = proposal.requirement.status
    if proposal.status not in RUNNING_STATUSES or status not in END_STATUSES:
        return False
    proposal.ended_at, proposal.reason = now(), f"需求{status.label}，方案不再评审。"
    move(session, SYSTEM, proposal, ProposalStatus.NOT_SELECTED)
    tell_result(session, proposal)
    return True


def _to_remind(session: Session, at: datetime) -> list[uuid.UUID]:
    """Accepted invitations whose team has handed nothing in shortly before the closing instant."""
    handed_in = select(Proposal.id).where(
        Proposal.requirement_id == Invitation.requirement_id,
        Proposal.solver_id == Invitation.solver_id,
        Proposal.number > 0,
    )
    statement = (
        select(Invitation.id, Invitation.requirement_id)
        .join(Invitation.requirement)
        .where(
            Invitation.status == InvitationStatus.ACCEPTED,
            Invitation.proposal_reminded_at.is_(None),
            Requirement.status.in_(policy.PROPOSABLE_STATUSES),
            ~handed_in.exists(),
        )
        .order_by(Invitation.id)
    )
    found = []
    instants: dict[uuid.UUID, datetime | None] = {}
    for id, requirement_id in session.execute(statement):
        if requirement_id not in instants:
            call = calls.get(session, requirement_id)
            instants[requirement_id] = calls.closes_at(session, requirement_id, call)
        closing = instants[requirement_id]
        if closing is not None and closing - REMIND_BEFORE <= at < closing:
            found.append(id)
    return found


def _remind(session: Session, invitation_id: uuid.UUID) -> bool:
    invitation = invitations.lock(session, SYSTEM, invitation_id)
    # What was found a moment ago may have been handed in, or reminded by another process, since.
    if invitation_id not in _to_remind(session, now()):
        return False
    call = calls.get(session, invitation.requirement_id)
    closing = calls.closes_at(session, invitation.requirement_id, call)
    assert closing is not None
    invitation.proposal_reminded_at = now()
    session.flush()
    tell_reminder(session, invitation, invitation.solver, closing)
    return True
