"""Which assignments, conflicts, scorecards and statements an actor may see; every list and get starts from it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Membership, Role, User
from app.models.challenge import ChallengeEntry
from app.models.requirement import Requirement
from app.models.review import (
    AssignmentStatus,
    ReviewAssignment,
    ReviewConflict,
    Scorecard,
    Statement,
)

CHUNK = 500
"""Keys per statement, below every database's limit of parameters."""

SORTABLE: dict[str, Any] = {
    "created_at": ReviewAssignment.created_at,
    "updated_at": ReviewAssignment.updated_at,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[AssignmentStatus, ...] = ()
    requirement_id: uuid.UUID | None = None
    reviewer_id: uuid.UUID | None = None
    challenge_id: uuid.UUID | None = None


def visible_to(actor: Actor) -> Select[ReviewAssignment]:
    """The assignments this actor may see: staff all, reviewers their own."""
    statement = select(ReviewAssignment)
    return statement if actor.is_staff else statement.where(ReviewAssignment.reviewer_id == actor.user_id)


def with_parties(statement: Select[ReviewAssignment]) -> Select[ReviewAssignment]:
    """Loads the reviewer and the requirement with its unit."""
    return statement.options(
        joinedload(ReviewAssignment.reviewer),
        joinedload(ReviewAssignment.requirement).joinedload(Requirement.organization),
    )


def lock(session: Session, actor: Actor, assignment_id: uuid.UUID) -> ReviewAssignment:
    """One assignment, after its requirement was locked, so that everyone who assigns takes turns.

    Raises `NotFound` for what does not exist and for what the actor may not see alike.
    """
    visible = visible_to(actor).where(ReviewAssignment.id == assignment_id)
    requirement_id = session.scalar(visible.with_only_columns(ReviewAssignment.requirement_id))
    if requirement_id is None:
        raise NotFound()
    lock_requirement(session, requirement_id)
    return get(session, actor, assignment_id)


def get(session: Session, actor: Actor, assignment_id: uuid.UUID) -> ReviewAssignment:
    """One assignment as it is now. Raises `NotFound`."""
    statement = with_parties(visible_to(actor)).where(ReviewAssignment.id == assignment_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def lock_requirement(session: Session, requirement_id: uuid.UUID) -> None:
    """Makes everyone who assigns, judges or restates one requirement take turns."""
    session.scalar(select(Requirement.id).where(Requirement.id == requirement_id).with_for_update())


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(ReviewAssignment.status.in_(filters.status))
    if filters.requirement_id:
        statement = statement.where(ReviewAssignment.requirement_id == filters.requirement_id)
    if filters.reviewer_id:
        statement = statement.where(ReviewAssignment.reviewer_id == filters.reviewer_id)
    if filters.challenge_id:
        entered = select(ChallengeEntry.requirement_id).where(
            ChallengeEntry.challenge_id == filters.challenge_id
        )
        statement = statement.where(ReviewAssignment.requirement_id.in_(entered))
    return statement


def conflicts_visible_to(actor: Actor) -> Select[ReviewConflict]:
    """The declared conflicts this actor may see: staff all, reviewers their own."""
    statement = select(ReviewConflict)
    return statement if actor.is_staff else statement.where(ReviewConflict.reviewer_id == actor.user_id)


def reviewers(session: Session, ids: Iterable[uuid.UUID] | None = None) -> list[User]:
    """The switched-on accounts that hold the reviewer's role, all or those among `ids`, by id."""
    held = select(Membership.user_id).where(Membership.role == Role.REVIEWER)
    statement = select(User).where(User.is_active, User.id.in_(held))
    if ids is not None:
        statement = statement.where(User.id.in_(list(ids)))
    return list(session.scalars(statement.order_by(User.id)))


def units_of(session: Session, reviewer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The units that each person belongs to, in any role."""
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    statement = select(Membership.user_id, Membership.organization_id).where(
        Membership.user_id.in_(reviewer_ids)
    )
    for user_id, organization_id in session.execute(statement):
        if organization_id is not None:
            found[user_id].add(organization_id)
    return found


def conflicts_of(session: Session, reviewer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The requirements and units with which each reviewer has declared a conflict."""
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    statement = select(ReviewConflict).where(ReviewConflict.reviewer_id.in_(reviewer_ids))
    for row in session.scalars(statement):
        object_id = row.requirement_id or row.organization_id
        assert object_id is not None
        found[row.reviewer_id].add(object_id)
    return found


def loads(session: Session, reviewer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many assignments each person has in hand."""
    statement = (
        select(ReviewAssignment.reviewer_id, func.count())
        .where(
            ReviewAssignment.reviewer_id.in_(reviewer_ids), ReviewAssignment.status == AssignmentStatus.ACTIVE
        )
        .group_by(ReviewAssignment.reviewer_id)
    )
    return dict(iter(session.execute(statement)))


def active(session: Session, requirement_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Who reviews each requirement now."""
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for start in range(0, len(requirement_ids), CHUNK):
        statement = select(ReviewAssignment.requirement_id, ReviewAssignment.reviewer_id).where(
            ReviewAssignment.requirement_id.in_(requirement_ids[start : start + CHUNK]),
            ReviewAssignment.status == AssignmentStatus.ACTIVE,
        )
        for requirement_id, reviewer_id in session.execute(statement):
            found[requirement_id].add(reviewer_id)
    return found


def active_of(session: Session, reviewer_id: uuid.UUID, object_id: uuid.UUID) -> list[ReviewAssignment]:
    """What a reviewer has in hand of a requirement, or of a unit, that `object_id` names."""
    statement = (
        select(ReviewAssignment)
        .join(ReviewAssignment.requirement)
        .where(
            ReviewAssignment.reviewer_id == reviewer_id,
            ReviewAssignment.status == AssignmentStatus.ACTIVE,
            or_(Requirement.id == object_id, Requirement.organization_id == object_id),
        )
        .order_by(ReviewAssignment.id)
    )
    return list(session.scalars(with_parties(statement)))


def scorecards(session: Session, actor: Actor, requirement_id: uuid.UUID) -> list[Scorecard]:
    """The scorecards of a requirement: all for staff, a reviewer's own for the reviewer."""
    statement = select(Scorecard).where(Scorecard.requirement_id == requirement_id)
    if not actor.is_staff:
        statement = statement.where(Scorecard.reviewer_id == actor.user_id)
    return list(session.scalars(statement.order_by(Scorecard.id)))


def statements(session: Session, requirement_id: uuid.UUID) -> list[Statement]:
    """Every version of the refined statement, the newest first, with the seeker's replies."""
    statement = select(Statement).where(Statement.requirement_id == requirement_id)
    return list(
        session.scalars(
            statement.options(selectinload(Statement.replies))
            .order_by(Statement.number.desc())
            .execution_options(populate_existing=True)
        )
    )


def statement(session: Session, requirement_id: uuid.UUID, number: int) -> Statement:
    """One version. Raises `NotFound`."""
    found = session.scalar(
        select(Statement)
        .where(Statement.requirement_id == requirement_id, Statement.number == number)
        .options(selectinload(Statement.replies))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    return found
