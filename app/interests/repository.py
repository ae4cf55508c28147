"""Which interests an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.invitations import repository as invitations
from app.models.access import Role
from app.models.interest import Interest, InterestStatus
from app.models.invitation import BINDING_STATUSES, Invitation
from app.models.matching import Candidate
from app.models.requirement import Requirement, RequirementStatus
from app.models.solver import SolverProfile

SORTABLE: dict[str, Any] = {"created_at": Interest.created_at, "decided_at": Interest.decided_at}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[InterestStatus, ...] = ()
    requirement_id: uuid.UUID | None = None
    solver_id: uuid.UUID | None = None


def visible_to(actor: Actor) -> Select[Interest]:
    """The interests this actor may see: staff all, solvers those of their teams, seekers those in their problems."""
    statement = select(Interest).join(Interest.solver).join(Interest.requirement)
    if actor.is_staff:
        return statement
    allowed: list[ColumnElement[bool]] = []
    if actor.has_role(Role.SOLVER):
        allowed.append(SolverProfile.organization_id.in_(actor.organizations(Role.SOLVER)))
    if actor.has_role(Role.SEEKER):
        allowed.append(Requirement.organization_id.in_(actor.organizations(Role.SEEKER)))
    return statement.where(or_(false(), *allowed))


def with_parties(statement: Select[Interest]) -> Select[Interest]:
    """Loads the team and the requirement with its unit."""
    requirement = contains_eager(Interest.requirement)
    return statement.options(
        contains_eager(Interest.solver),
        requirement.joinedload(Requirement.organization),
        requirement.options(selectinload(Requirement.challenges)),
    )


def get(session: Session, actor: Actor, interest_id: uuid.UUID) -> Interest:
    """One interest with its parties, as it is now. Raises `NotFound`."""
    statement = with_parties(visible_to(actor)).where(Interest.id == interest_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def lock(session: Session, actor: Actor, interest_id: uuid.UUID) -> Interest:
    """One interest, after its requirement and its row were locked, in this order. Raises `NotFound`."""
    statement = visible_to(actor).with_only_columns(Interest.requirement_id)
    requirement_id = session.scalar(statement.where(Interest.id == interest_id))
    if requirement_id is None:
        raise NotFound()
    invitations.lock_requirement(session, requirement_id)
    session.scalar(select(Interest.id).where(Interest.id == interest_id).with_for_update())
    return get(session, actor, interest_id)


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(Interest.status.in_(filters.status))
    if filters.requirement_id:
        statement = statement.where(Interest.requirement_id == filters.requirement_id)
    if filters.solver_id:
        statement = statement.where(Interest.solver_id == filters.solver_id)
    return statement


def of_pair(session: Session, requirement_id: uuid.UUID, solver_id: uuid.UUID) -> set[InterestStatus]:
    """The states of everything that a team has said on a requirement."""
    statement = select(Interest.status).where(
        Interest.requirement_id == requirement_id, Interest.solver_id == solver_id
    )
    return set(session.scalars(statement))


def left_open(session: Session, takes_interest: Collection[RequirementStatus]) -> list[uuid.UUID]:
    """Waiting interests that events have answered: the team was invited, or nobody is invited any more."""
    invited = (
        select(Invitation.id)
        .where(
            Invitation.requirement_id == Interest.requirement_id,
            Invitation.solver_id == Interest.solver_id,
            Invitation.status.in_(BINDING_STATUSES),
        )
        .exists()
    )
    statement = (
        select(Interest.id)
        .join(Interest.requirement)
        .where(
            Interest.status == InterestStatus.WAITING, or_(invited, Requirement.status.not_in(takes_interest))
        )
    )
    return list(session.scalars(statement.order_by(Interest.id)))


def binding_invitation(session: Session, interest: Interest) -> uuid.UUID | None:
    """The invitation of the pair that is open or accepted, if any."""
    return session.scalar(
        select(Invitation.id).where(
            Invitation.requirement_id == interest.requirement_id,
            Invitation.solver_id == interest.solver_id,
            Invitation.status.in_(BINDING_STATUSES),
        )
    )


def in_round(actor: Actor, round_id: uuid.UUID) -> Select[Interest]:
    """Waiting interests in requirements of which the round holds candidates."""
    covered = select(Candidate.requirement_id).where(Candidate.round_id == round_id)
    return with_parties(visible_to(actor)).where(
        Interest.status == InterestStatus.WAITING, Interest.requirement_id.in_(covered)
    )


def made_of(
    session: Session, round_id: uuid.UUID, interests: Collection[Interest]
) -> dict[tuple[uuid.UUID, uuid.UUID], Candidate]:
    """What the round made of the pairs, by (requirement, team); pairs that it does not hold are missing."""
    statement = select(Candidate).where(
        Candidate.round_id == round_id,
        Candidate.requirement_id.in_({row.requirement_id for row in interests}),
        Candidate.solver_id.in_({row.solver_id for row in interests}),
    )
    return {(row.requirement_id, row.solver_id): row for row in session.scalars(statement)}
