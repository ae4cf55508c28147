"""Which proposals and assessments an actor may see, in one statement each; every list and get starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.invitations import repository as invitations
from app.models.access import Role
from app.models.invitation import BINDING_STATUSES, Invitation
from app.models.proposal import (
    ACTIVE_ASSESSMENTS,
    EVALUATED_STATUSES,
    AssessmentStatus,
    Proposal,
    ProposalAssessment,
    ProposalCall,
    ProposalFile,
    ProposalScorecard,
    ProposalStatus,
    ProposalVersion,
)
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.requirements import repository as requirements
from app.solvers import repository as solvers

SORTABLE: dict[str, Any] = {
    "created_at": Proposal.created_at,
    "updated_at": Proposal.updated_at,
    "submitted_at": Proposal.submitted_at,
}
ASSESSMENTS_SORTABLE: dict[str, Any] = {"created_at": ProposalAssessment.created_at}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[ProposalStatus, ...] = ()
    requirement_id: uuid.UUID | None = None
    solver_id: uuid.UUID | None = None


def visible_to(actor: Actor) -> Select[Proposal]:
    """The proposals this actor may see. No team ever learns who else proposed.

    Teams: their own. Staff: what was submitted. The seeker: what stands once the call is closed. Reviewers:
    what they were assigned, once it is closed and they have declared that nothing ties them to a team.
    """
    allowed: list[ColumnElement[bool]] = []
    if actor.is_staff:
        allowed.append(Proposal.number > 0)
    if actor.has_role(Role.SOLVER):
        allowed.append(solvers.own_of(actor))
    stands = Proposal.status.in_(EVALUATED_STATUSES)
    if actor.has_role(Role.SEEKER):
        closed = select(ProposalCall.requirement_id).where(ProposalCall.closed_at.is_not(None))
        allowed.append(requirements.own_of(actor) & stands & Proposal.requirement_id.in_(closed))
    if actor.has_role(Role.REVIEWER):
        assigned = (
            select(ProposalCall.requirement_id)
            .join(ProposalAssessment, ProposalAssessment.call_id == ProposalCall.id)
            .where(
                ProposalAssessment.reviewer_id == actor.user_id,
                ProposalAssessment.status == AssessmentStatus.ACCEPTED,
            )
        )
        allowed.append(stands & Proposal.requirement_id.in_(assigned))
    statement = select(Proposal).join(Proposal.requirement).join(Proposal.solver)
    return statement.where(or_(false(), *allowed))


def with_everything(statement: Select[Proposal]) -> Select[Proposal]:
    """Loads what a view shows: parties, attachments and the last version."""
    requirement = contains_eager(Proposal.requirement)
    return statement.options(
        requirement.joinedload(Requirement.organization),
        requirement.selectinload(Requirement.challenges),
        contains_eager(Proposal.solver),
        joinedload(Proposal.latest),
        selectinload(Proposal.files).joinedload(ProposalFile.attachment),
    )


def get(session: Session, actor: Actor, proposal_id: uuid.UUID) -> Proposal:
    """One proposal with all that belongs to it, as it is now.

    Raises `NotFound` for what does not exist and for what the actor may not see alike.
    """
    statement = with_everything(visible_to(actor)).where(Proposal.id == proposal_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def lock(session: Session, actor: Actor, proposal_id: uuid.UUID) -> Proposal:
    """One proposal, after its requirement was locked: everyone who proposes, decides or closes takes turns.

    Raises `NotFound`.
    """
    statement = visible_to(actor).with_only_columns(Proposal.requirement_id)
    requirement_id = session.scalar(statement.where(Proposal.id == proposal_id))
    if requirement_id is None:
        raise NotFound()
    invitations.lock_requirement(session, requirement_id)
    return get(session, actor, proposal_id)


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(Proposal.status.in_(filters.status))
    if filters.requirement_id:
        statement = statement.where(Proposal.requirement_id == filters.requirement_id)
    if filters.solver_id:
        statement = statement.where(Proposal.solver_id == filters.solver_id)
    return statement


def requirement_for(
    session: Session, actor: Actor, requirement_id: uuid.UUID, *, lock: bool = False
) -> Requirement:
    """The requirement, if the actor may see it or one of its teams was invited to it. Raises `NotFound`."""
    try:
        return requirements.get(session, actor, requirement_id, lock=lock)
    except NotFound:
        is_invited = exists().where(
            Invitation.requirement_id == Requirement.id,
            Invitation.solver_id == SolverProfile.id,
            Invitation.status.in_(BINDING_STATUSES),
            solvers.own_of(actor),
        )
        statement = select(Requirement).where(Requirement.id == requirement_id, is_invited)
        if lock:
            invitations.lock_requirement(session, requirement_id)
        loaded = statement.options(joinedload(Requirement.organization), selectinload(Requirement.challenges))
        found = session.scalar(loaded.execution_options(populate_existing=True))
        if found is None:
            raise
        return found


def versions_of(session: Session, proposal_id: uuid.UUID) -> list[ProposalVersion]:
    """Every version that was handed in, oldest first."""
    statement = select(ProposalVersion).where(ProposalVersion.proposal_id == proposal_id)
    return list(session.scalars(statement.order_by(ProposalVersion.number)))


def version_of(session: Session, proposal_id: uuid.UUID, number: int) -> ProposalVersion:
    """One version. Raises `NotFound`."""
    statement = select(ProposalVersion).where(
        ProposalVersion.proposal_id == proposal_id, ProposalVersion.number == number
    )
    found = session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def proposals_to(session: Session, requirement_id: uuid.UUID) -> list[Proposal]:
    """What was submitted for a requirement, the first submission first, with teams; for the service only."""
    statement = (
        select(Proposal)
        .join(Proposal.requirement)
        .join(Proposal.solver)
        .where(Proposal.requirement_id == requirement_id, Proposal.number > 0)
        .order_by(Proposal.submitted_at, Proposal.id)
    )
    return list(session.scalars(with_everything(statement).execution_options(populate_existing=True)))


def assessments_visible_to(actor: Actor) -> Select[ProposalAssessment]:
    """The assessments this actor may see: staff all, reviewers their own unless they were taken off it."""
    statement = select(ProposalAssessment).join(ProposalAssessment.call).join(ProposalAssessment.reviewer)
    if actor.is_staff:
        return statement
    if not actor.has_role(Role.REVIEWER):
        return statement.where(false())
    return statement.where(
        ProposalAssessment.reviewer_id == actor.user_id,
        ProposalAssessment.status != AssessmentStatus.REMOVED,
    )


def with_call(statement: Select[ProposalAssessment]) -> Select[ProposalAssessment]:
    """Loads the call with its requirement, and the reviewer."""
    requirement = contains_eager(ProposalAssessment.call).joinedload(ProposalCall.requirement)
    return statement.options(
        requirement.joinedload(Requirement.organization), contains_eager(ProposalAssessment.reviewer)
    )


def get_assessment(
    session: Session, actor: Actor, assessment_id: uuid.UUID, *, lock: bool = False
) -> ProposalAssessment:
    """One assessment, as it is now; locked means that its requirement is. Raises `NotFound`."""
    statement = assessments_visible_to(actor).where(ProposalAssessment.id == assessment_id)
    if lock:
        requirement_id = session.scalar(statement.with_only_columns(ProposalCall.requirement_id))
        if requirement_id is not None:
            invitations.lock_requirement(session, requirement_id)
    found = session.scalar(with_call(statement).execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def active_assessments(session: Session, call_id: uuid.UUID) -> list[ProposalAssessment]:
    """The assessments of a call whose scorecards are awaited or count."""
    statement = select(ProposalAssessment).where(
        ProposalAssessment.call_id == call_id, ProposalAssessment.status.in_(ACTIVE_ASSESSMENTS)
    )
    return list(session.scalars(statement.order_by(ProposalAssessment.id)))


def cards_of(session: Session, call_id: uuid.UUID) -> list[ProposalScorecard]:
    """The scorecards of a call that count or may yet, by proposal and reviewer."""
    statement = (
        select(ProposalScorecard)
        .join(ProposalScorecard.assessment)
        .where(ProposalAssessment.call_id == call_id, ProposalAssessment.status.in_(ACTIVE_ASSESSMENTS))
        .options(contains_eager(ProposalScorecard.assessment).joinedload(ProposalAssessment.reviewer))
        .order_by(ProposalScorecard.proposal_id, ProposalScorecard.id)
    )
    return list(session.scalars(statement))
