"""Gives requirements to reviewers, by hand and in bulk, and takes conflicts of interest and scorecards.

Refined statements are left to `statements`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, NotFound, NotPermitted
from app.indexing.outbox import note
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.models.access import User
from app.models.challenge import Challenge, ChallengeEntry
from app.models.indexing import IndexCollection
from app.models.requirement import Requirement
from app.models.review import (
    ASSIGNMENT_TRANSITIONS,
    Advice,
    AssignmentStatus,
    ReviewAssignment,
    ReviewConflict,
    Scorecard,
)
from app.requirements import repository as requirements
from app.reviews import policy, repository
from app.reviews.notices import tell_of_conflict, tell_reviewer
from app.reviews.policy import Bars

A = AssignmentStatus


@dataclass(frozen=True)
class Share:
    """What bulk assignment did for one requirement: who was added, and how many are still missing."""

    requirement: Requirement
    added: tuple[User, ...]
    missing: int


def assign(
    session: Session, actor: Actor, requirement_id: uuid.UUID, reviewer_id: uuid.UUID
) -> ReviewAssignment:
    """Gives a requirement to a reviewer.

    Raises `NotFound`, `InvalidInput` for somebody who is no reviewer, `NotUnderReview`, `ReviewerBarred` or
    `AlreadyAssigned`.
    """
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    policy.check_is_assignable(requirement)
    reviewer = _reviewer(session, reviewer_id)
    if _bars(session, [reviewer.id]).bar(reviewer, requirement):
        raise policy.ReviewerBarred()
    if reviewer.id in repository.active(session, [requirement.id])[requirement.id]:
        raise policy.AlreadyAssigned()
    return _add(session, actor, requirement, reviewer)


def assign_evenly(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    *,
    per_requirement: int,
    reviewer_ids: Sequence[uuid.UUID] | None = None,
    is_trial: bool = False,
) -> list[Share]:
    """Brings every requirement under review in a challenge to `per_requirement` reviewers, loads kept even.

    Whoever has least in hand comes next; requirements that few may review come first. Conflicts are never
    broken: what cannot be filled is said. A trial stores nothing. Raises `InvalidInput` for unknown reviewers.
    """
    people = repository.reviewers(session, reviewer_ids)
    if reviewer_ids is not None and len(people) < len(set(reviewer_ids)):
        raise _unknown_reviewer("reviewer_ids")
    ids = [person.id for person in people]
    bars, load = _bars(session, ids), repository.loads(session, ids)
    rows = _under_review(session, challenge)
    held = repository.active(session, [row.id for row in rows])
    able = {
        row.id: [person for person in people if person.id not in held[row.id] and not bars.bar(person, row)]
        for row in rows
    }
    shares = []
    for row in sorted(rows, key=lambda row: (len(able[row.id]), row.id)):
        wanted = max(0, per_requirement - len(held[row.id]))
        least = sorted(able[row.id], key=lambda person: (load.get(person.id, 0), person.id))
        added = tuple(least[:wanted])
        for person in added:
            load[person.id] = load.get(person.id, 0) + 1
            if not is_trial:
                _add(session, actor, row, person)
        shares.append(Share(row, added, wanted - len(added)))
    return sorted(shares, key=lambda share: share.requirement.id)


def reassign(
    session: Session, actor: Actor, assignment: ReviewAssignment, reviewer_id: uuid.UUID, reason: str
) -> ReviewAssignment:
    """Another reviewer takes over. Raises what `assign` raises, or `MoveNotAllowed`."""
    check_move(ASSIGNMENT_TRANSITIONS, assignment.status, A.REASSIGNED)
    following = assign(session, actor, assignment.requirement_id, reviewer_id)
    _end(session, actor, assignment, A.REASSIGNED, reason)
    return following


def remove(session: Session, actor: Actor, assignment: ReviewAssignment, reason: str) -> None:
    """Takes a requirement from a reviewer, with nobody in the reviewer's place. Raises `MoveNotAllowed`."""
    _end(session, actor, assignment, A.REMOVED, reason)


def declare_conflict(
    session: Session,
    actor: Actor,
    *,
    requirement_id: uuid.UUID | None,
    organization_id: uuid.UUID | None,
    reason: str,
) -> ReviewConflict:
    """The reviewer steps back from a requirement, or from all of a unit's, for good: what of it is in hand ends
    at once, and nobody can assign it again. Declaring the same again changes nothing.

    Raises `InvalidInput` for a requirement that the reviewer does not have, or an unknown unit.
    """
    assert actor.user_id is not None
    if requirement_id is not None:
        _check_sees(session, actor, requirement_id)
    object_id = requirement_id or organization_id
    assert object_id is not None
    held = repository.active_of(session, actor.user_id, object_id)
    for id in sorted({assignment.requirement_id for assignment in held}):
        repository.lock_requirement(session, id)
    declared = session.scalar(
        select(ReviewConflict).where(
            ReviewConflict.reviewer_id == actor.user_id,
            ReviewConflict.requirement_id == requirement_id,
            ReviewConflict.organization_id == organization_id,
        )
    )
    if declared is None:
        declared = ReviewConflict(
            reviewer_id=actor.user_id,
            requirement_id=requirement_id,
            organization_id=organization_id,
            reason=reason,
        )
        session.add(declared)
        session.flush()
        audit.record(
            session,
            "review.conflict_declared",
            actor_id=actor.user_id,
            object_kind="review_conflict",
            object_id=declared.id,
        )
    for assignment in repository.active_of(session, actor.user_id, object_id):
        _end(session, actor, assignment, A.CONFLICT, reason)
        tell_of_conflict(session, assignment, but_not=actor.user_id)
    return declared


def score(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    *,
    marks: Mapping[str, Any],
    advice: Advice,
    summary: str,
) -> Scorecard:
    """Writes or changes the actor's own scorecard; the requirement is locked.

    Raises `NotPermitted` for somebody who does not review it, or `ScorecardClosed`.
    """
    if actor.user_id not in repository.active(session, [requirement.id])[requirement.id]:
        raise NotPermitted(permission="reviews:write")
    policy.check_is_scorable(requirement)
    assert actor.user_id is not None
    card = session.scalar(
        select(Scorecard).where(
            Scorecard.requirement_id == requirement.id, Scorecard.reviewer_id == actor.user_id
        )
    )
    if card is None:
        card = Scorecard(requirement_id=requirement.id, reviewer_id=actor.user_id)
        session.add(card)
    card.marks, card.advice, card.summary = dict(marks), advice, summary
    session.flush()
    audit.record(
        session,
        "requirement.scored",
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
        advice=advice.value,
    )
    return card


def _add(session: Session, actor: Actor, requirement: Requirement, reviewer: User) -> ReviewAssignment:
    assignment = ReviewAssignment(
        requirement_id=requirement.id, reviewer_id=reviewer.id, assigned_by_id=actor.user_id, status=A.ACTIVE
    )
    assignment.requirement, assignment.reviewer = requirement, reviewer
    session.add(assignment)
    session.flush()
    _record(session, actor, assignment, "requirement.reviewer_assigned")
    tell_reviewer(session, assignment)
    return assignment


def _end(
    session: Session, actor: Actor, assignment: ReviewAssignment, to: AssignmentStatus, reason: str
) -> None:
    check_move(ASSIGNMENT_TRANSITIONS, assignment.status, to)
    assignment.status, assignment.reason, assignment.ended_at = to, reason, now()
    session.flush()
    _record(session, actor, assignment, f"requirement.reviewer_{to.value}")


def _record(session: Session, actor: Actor, assignment: ReviewAssignment, action: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=assignment.requirement_id,
        reviewer=str(assignment.reviewer_id),
    )
    # Who reviews a requirement decides who finds it.
    note(session, IndexCollection.REQUIREMENTS, assignment.requirement_id)


def _bars(session: Session, reviewer_ids: Sequence[uuid.UUID]) -> Bars:
    return Bars(repository.units_of(session, reviewer_ids), repository.conflicts_of(session, reviewer_ids))


def _under_review(session: Session, challenge: Challenge) -> list[Requirement]:
    statement = (
        select(Requirement)
        .join(ChallengeEntry, ChallengeEntry.requirement_id == Requirement.id)
        .where(
            ChallengeEntry.challenge_id == challenge.id, Requirement.status.in_(policy.ASSIGNABLE_STATUSES)
        )
        .options(joinedload(Requirement.organization))
        .order_by(Requirement.id)
        .with_for_update(of=Requirement)
    )
    return list(session.scalars(statement))


def _reviewer(session: Session, reviewer_id: uuid.UUID) -> User:
    found: Iterable[User] = repository.reviewers(session, [reviewer_id])
    for person in found:
        return person
    raise _unknown_reviewer("reviewer_id")


def _unknown_reviewer(field: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, "unknown_reviewer", "没有这位评审人", "No such reviewer"),))


def _check_sees(session: Session, actor: Actor, requirement_id: uuid.UUID) -> None:
    try:
        requirements.get(session, actor, requirement_id)
    except NotFound as error:
        unknown = FieldError("requirement_id", "unknown_requirement", "没有这个需求", "No such requirement")
        raise InvalidInput(fields=(unknown,)) from error
