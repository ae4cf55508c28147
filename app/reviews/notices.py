"""Tells exactly those whom a step of the review concerns: a reviewer, the organizers, the seeker, the authors."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.access import Role
from app.models.requirement import Requirement
from app.models.review import AssignmentStatus, ReviewAssignment, Statement, StatementReply
from app.notifications.recipients import Person
from app.notifications.service import Event, RoleHolders, Subject, notify


def tell_reviewer(session: Session, assignment: ReviewAssignment) -> None:
    """The reviewer has a requirement to review."""
    notify(
        session,
        event=Event.REVIEW_ASSIGNED,
        recipients=[Person(assignment.reviewer_id)],
        subject=_subject(assignment.requirement_id),
        once=f"review:{assignment.id}",
    )


def tell_of_conflict(session: Session, assignment: ReviewAssignment, *, but_not: uuid.UUID | None) -> None:
    """The organizers have to find another reviewer."""
    notify(
        session,
        event=Event.REVIEW_CONFLICT,
        recipients=[RoleHolders(Role.ORGANIZER)],
        subject=_subject(assignment.requirement_id),
        once=f"review-conflict:{assignment.id}",
        but_not=but_not,
    )


def tell_seeker(session: Session, requirement: Requirement, statement: Statement) -> None:
    """The seeker may look at the statement, confirm it or comment."""
    notify(
        session,
        event=Event.STATEMENT_WRITTEN,
        recipients=[RoleHolders(Role.SEEKER, requirement.organization_id)],
        subject=_subject(requirement.id),
        once=f"statement:{statement.id}",
        but_not=statement.author_id,
    )


def tell_authors(session: Session, statement: Statement, reply: StatementReply) -> None:
    """Whoever wrote the version, and whoever reviews the requirement, reads what the seeker says of it."""
    reviewing = select(ReviewAssignment.reviewer_id).where(
        ReviewAssignment.requirement_id == statement.requirement_id,
        ReviewAssignment.status == AssignmentStatus.ACTIVE,
    )
    people = {*session.scalars(reviewing), *([statement.author_id] if statement.author_id else [])}
    notify(
        session,
        event=Event.STATEMENT_REPLIED,
        recipients=[Person(user_id) for user_id in sorted(people)],
        subject=_subject(statement.requirement_id),
        once=f"statement-reply:{reply.id}",
        but_not=reply.author_id,
    )


def _subject(requirement_id: uuid.UUID) -> Subject:
    return Subject("requirement", requirement_id, requirement_id=requirement_id)
