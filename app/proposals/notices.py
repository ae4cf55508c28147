"""Tells exactly those whom a proposal or its assessment concerns: its team, its reviewers, or the organizers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.challenges.concerned import also
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeEntry
from app.models.invitation import Invitation, InvitationStatus
from app.models.proposal import (
    ACTIVE_ASSESSMENTS,
    EDITABLE_STATUSES,
    Proposal,
    ProposalAssessment,
    ProposalCall,
)
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.models.stage import StageKind
from app.notifications.rendering import Value
from app.notifications.service import Event, Person, RoleHolders, Subject, notify

ORGANIZERS = RoleHolders(Role.ORGANIZER)


def tell_receipt(session: Session, proposal: Proposal, received_at: datetime) -> None:
    """Tells the whole team, the person who submitted among them: a receipt is for whoever hands in."""
    _tell(
        session,
        proposal,
        Event.PROPOSAL_RECEIVED,
        _team(proposal),
        {"number": proposal.number, "received_at": received_at},
        once=f"proposal:{proposal.id}:{proposal.number}",
    )


def tell_result(session: Session, proposal: Proposal) -> None:
    """Tells the team that there is a result or a place on the shortlist."""
    once = f"proposal:{proposal.id}:{proposal.status.value}"
    _tell(session, proposal, Event.PROPOSAL_RESULT, _team(proposal), once=once)


def tell_withdrawn(session: Session, proposal: Proposal, *, but_not: uuid.UUID | None) -> None:
    """Tells the organizers and the reviewers at work on it."""
    statement = (
        select(ProposalAssessment.reviewer_id)
        .join(ProposalCall, ProposalCall.id == ProposalAssessment.call_id)
        .where(
            ProposalCall.requirement_id == proposal.requirement_id,
            ProposalAssessment.status.in_(ACTIVE_ASSESSMENTS),
        )
    )
    reviewers = [Person(id) for id in session.scalars(statement)]
    once = f"proposal:{proposal.id}"
    recipients: list[RoleHolders | Person] = [ORGANIZERS, *reviewers]
    _tell(session, proposal, Event.PROPOSAL_WITHDRAWN, recipients, once=once, but_not=but_not)


def tell_extended(
    session: Session, requirement: Requirement, closes_at: datetime, *, but_not: uuid.UUID | None
) -> None:
    """Tells the seeker, and the teams that work on a proposal or were invited to."""
    working = select(Proposal.solver_id).where(
        Proposal.requirement_id == requirement.id, Proposal.status.in_(EDITABLE_STATUSES)
    )
    invited = select(Invitation.solver_id).where(
        Invitation.requirement_id == requirement.id, Invitation.status == InvitationStatus.ACCEPTED
    )
    statement = select(SolverProfile.organization_id).where(
        SolverProfile.id.in_(working) | SolverProfile.id.in_(invited),
        SolverProfile.organization_id.is_not(None),
    )
    teams = [RoleHolders(Role.SOLVER, unit) for unit in set(session.scalars(statement))]
    notify(
        session,
        event=Event.PROPOSALS_EXTENDED,
        recipients=[RoleHolders(Role.SEEKER, requirement.organization_id), *teams],
        subject=Subject("requirement", requirement.id, requirement_id=requirement.id),
        parameters={"closes_at": closes_at},
        once=f"extended:{requirement.id}:{closes_at.timestamp()}",
        but_not=but_not,
    )


def tell_closed(session: Session, call: ProposalCall, count: int) -> None:
    """Tells the organizers that the call is closed and how many proposals await their assessment."""
    notify(
        session,
        event=Event.PROPOSALS_CLOSED,
        recipients=[ORGANIZERS],
        subject=Subject("requirement", call.requirement_id, requirement_id=call.requirement_id),
        parameters={"count": count},
        once=f"call:{call.id}",
    )


def tell_reminder(session: Session, invitation: Invitation, team: SolverProfile, closes_at: datetime) -> None:
    """Tells a team that has accepted an invitation and not handed anything in."""
    if team.organization_id is None:
        return
    notify(
        session,
        event=Event.PROPOSAL_REMINDER,
        recipients=[RoleHolders(Role.SOLVER, team.organization_id)],
        subject=Subject("invitation", invitation.id, requirement_id=invitation.requirement_id),
        parameters={"closes_at": closes_at},
        once=f"proposal-reminder:{invitation.id}",
    )


def tell_assigned(session: Session, assessment: ProposalAssessment, call: ProposalCall) -> None:
    """Tells the reviewer of a task."""
    _tell_of_assessment(
        session, assessment, call, Event.ASSESSMENT_ASSIGNED, [Person(assessment.reviewer_id)]
    )


def tell_recused(session: Session, assessment: ProposalAssessment, call: ProposalCall) -> None:
    """Tells the organizers that a reviewer stepped back, so that they find another."""
    _tell_of_assessment(session, assessment, call, Event.ASSESSMENT_RECUSED, [ORGANIZERS])


def tell_complete(session: Session, call: ProposalCall, count: int) -> None:
    """Tells the organizers that every scorecard, `count` in all, is in."""
    notify(
        session,
        event=Event.ASSESSMENT_COMPLETED,
        recipients=[ORGANIZERS],
        subject=Subject("requirement", call.requirement_id, requirement_id=call.requirement_id),
        once=f"complete:{call.id}:{count}",
    )


@also(StageKind.PROPOSALS)
def teams_at_work(session: Session, challenge: Challenge) -> list[RoleHolders]:
    """Teams without an invitation that work on a proposal: the stage concerns them, too."""
    statement = (
        select(SolverProfile.organization_id)
        .join(Proposal, Proposal.solver_id == SolverProfile.id)
        .join(ChallengeEntry, ChallengeEntry.requirement_id == Proposal.requirement_id)
        .where(
            ChallengeEntry.challenge_id == challenge.id,
            Proposal.status.in_(EDITABLE_STATUSES),
            SolverProfile.organization_id.is_not(None),
        )
        .distinct()
    )
    return [RoleHolders(Role.SOLVER, unit) for unit in session.scalars(statement)]


def _team(proposal: Proposal) -> list[RoleHolders]:
    unit = proposal.solver.organization_id
    return [] if unit is None else [RoleHolders(Role.SOLVER, unit)]


def _tell(
    session: Session,
    proposal: Proposal,
    event: Event,
    recipients: Sequence[RoleHolders | Person],
    parameters: dict[str, Value] | None = None,
    *,
    once: str,
    but_not: uuid.UUID | None = None,
) -> None:
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("proposal", proposal.id, requirement_id=proposal.requirement_id),
        parameters=parameters,
        once=once,
        but_not=but_not,
    )


def _tell_of_assessment(
    session: Session,
    assessment: ProposalAssessment,
    call: ProposalCall,
    event: Event,
    recipients: Sequence[RoleHolders | Person],
) -> None:
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("proposal_assessment", assessment.id, requirement_id=call.requirement_id),
        once=f"assessment:{assessment.id}:{assessment.version}",
    )
