"""Which meetings an actor may see, in one statement; every list, get and calendar starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Role
from app.models.challenge import ChallengeEntry
from app.models.invitation import Invitation
from app.models.job import Job, JobStatus
from app.models.matching import Candidate, CandidateRole, MatchRound, RoundStatus
from app.models.meeting import (
    TAKING_PLACE,
    Attendance,
    Meeting,
    MeetingSession,
    MeetingStatus,
    Outcome,
    SessionStatus,
)
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.requirements import repository as requirements
from app.solvers import repository as solvers

SORTABLE: dict[str, Any] = {
    "created_at": Meeting.created_at,
    "updated_at": Meeting.updated_at,
    "starts_at": Meeting.starts_at,
}
SESSIONS_SORTABLE: dict[str, Any] = {"created_at": MeetingSession.created_at, "name": MeetingSession.name}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[MeetingStatus, ...] = ()
    outcome: tuple[Outcome, ...] = ()
    session_id: uuid.UUID | None = None
    requirement_id: uuid.UUID | None = None
    solver_id: uuid.UUID | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    unplaced: bool | None = None
    declined: bool | None = None


def visible_to(actor: Actor) -> Select[Meeting]:
    """The meetings this actor may see: staff all; seekers and teams their own, from the day they are told.

    What was never told to them (planned, or cancelled before it was published) stays out of sight.
    """
    statement = select(Meeting).join(Meeting.requirement).join(Meeting.solver).join(Meeting.session)
    if actor.is_staff:
        return statement
    own: list[ColumnElement[bool]] = []
    if actor.has_role(Role.SEEKER):
        own.append(requirements.own_of(actor))
    if actor.has_role(Role.SOLVER):
        own.append(solvers.own_of(actor))
    # Only what was told has raised the sequence; see `service.publish`.
    return statement.where(or_(false(), *own), Meeting.status != MeetingStatus.PLANNED, Meeting.sequence > 0)


def with_everything(statement: Select[Meeting]) -> Select[Meeting]:
    """Loads what a view shows."""
    return statement.options(
        contains_eager(Meeting.requirement).joinedload(Requirement.organization),
        contains_eager(Meeting.solver),
        contains_eager(Meeting.session).joinedload(MeetingSession.challenge),
        joinedload(Meeting.room),
    )


def with_parts(statement: Select[Meeting]) -> Select[Meeting]:
    """As `with_everything`, with the rooms and parties of the session, as they are now."""
    found = contains_eager(Meeting.session)
    return (
        with_everything(statement)
        .options(found.selectinload(MeetingSession.rooms), found.selectinload(MeetingSession.parties))
        .execution_options(populate_existing=True)
    )


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(Meeting.status.in_(filters.status))
    if filters.outcome:
        statement = statement.where(Meeting.outcome.in_(filters.outcome))
    if filters.session_id:
        statement = statement.where(Meeting.session_id == filters.session_id)
    if filters.requirement_id:
        statement = statement.where(Meeting.requirement_id == filters.requirement_id)
    if filters.solver_id:
        statement = statement.where(Meeting.solver_id == filters.solver_id)
    if filters.starts_from:
        statement = statement.where(Meeting.starts_at >= filters.starts_from)
    if filters.starts_to:
        statement = statement.where(Meeting.starts_at <= filters.starts_to)
    if filters.unplaced is not None:
        is_unplaced = Meeting.starts_at.is_(None)
        statement = statement.where(is_unplaced if filters.unplaced else ~is_unplaced)
    if filters.declined is not None:
        is_declined = or_(
            Meeting.seeker_reply == Attendance.DECLINED, Meeting.team_reply == Attendance.DECLINED
        )
        statement = statement.where(is_declined if filters.declined else ~is_declined)
    return statement


def get(session: Session, actor: Actor, meeting_id: uuid.UUID) -> Meeting:
    """One meeting as it is now. Raises `NotFound` for what does not exist and for what is not to be seen alike."""
    found = session.scalar(with_parts(visible_to(actor)).where(Meeting.id == meeting_id))
    if found is None:
        raise NotFound()
    return found


def lock(session: Session, actor: Actor, meeting_id: uuid.UUID) -> Meeting:
    """One meeting, after its session was locked: everyone who moves something in a session takes turns.

    Raises `NotFound`.
    """
    statement = visible_to(actor).with_only_columns(Meeting.session_id).where(Meeting.id == meeting_id)
    session_id = session.scalar(statement)
    if session_id is None:
        raise NotFound()
    lock_session(session, session_id)
    return get(session, actor, meeting_id)


def lock_session(session: Session, session_id: uuid.UUID) -> MeetingSession:
    """The locked session with its rooms and parties, as the last writer left it. Raises `NotFound`."""
    session.scalar(select(MeetingSession.id).where(MeetingSession.id == session_id).with_for_update())
    return get_session(session, session_id)


def sessions() -> Select[MeetingSession]:
    """All sessions, with what a view shows; only staff asks."""
    return select(MeetingSession).options(
        joinedload(MeetingSession.challenge),
        selectinload(MeetingSession.rooms),
        selectinload(MeetingSession.parties),
    )


def get_session(session: Session, session_id: uuid.UUID) -> MeetingSession:
    """One session as it is now. Raises `NotFound`."""
    statement = sessions().where(MeetingSession.id == session_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def meetings_in(session: Session, session_id: uuid.UUID) -> list[Meeting]:
    """The meetings of a session that take place or took place, in the order in which they were made."""
    statement = (
        select(Meeting)
        .join(Meeting.requirement)
        .join(Meeting.solver)
        .join(Meeting.session)
        .where(Meeting.session_id == session_id, Meeting.status.in_(TAKING_PLACE))
        .order_by(Meeting.id)
    )
    return list(session.scalars(with_parts(statement)))


def count_meetings(session: Session, session_ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """By session: how many meetings take or took place, and how many of them have a time and a room."""
    statement = (
        select(Meeting.session_id, func.count().label("all"), func.count(Meeting.starts_at).label("placed"))
        .where(Meeting.session_id.in_(session_ids), Meeting.status.in_(TAKING_PLACE))
        .group_by(Meeting.session_id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(statement)}


def teams_near(challenge_id: uuid.UUID) -> Select[uuid.UUID]:
    """The teams that a published round of the challenge names, or that were invited to one of its problems."""
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == challenge_id)
    published = select(MatchRound.id).where(
        MatchRound.challenge_id == challenge_id, MatchRound.status == RoundStatus.PUBLISHED
    )
    named = select(Candidate.solver_id).where(
        Candidate.round_id.in_(published), Candidate.role != CandidateRole.CANDIDATE
    )
    invited = select(Invitation.solver_id).where(Invitation.requirement_id.in_(entered))
    return select(SolverProfile.id).where(SolverProfile.id.in_(named) | SolverProfile.id.in_(invited))


def scheduled_elsewhere(
    session: Session, session_id: uuid.UUID
) -> list[tuple[uuid.UUID, uuid.UUID, datetime, datetime]]:
    """(unit, team, start, end) of every meeting that was told in other sessions and is still to be held."""
    statement = (
        select(Requirement.organization_id, Meeting.solver_id, Meeting.starts_at, Meeting.ends_at)
        .join(Meeting.requirement)
        .join(Meeting.session)
        .where(
            Meeting.session_id != session_id,
            Meeting.status == MeetingStatus.SCHEDULED,
            MeetingSession.status == SessionStatus.PUBLISHED,
        )
        .order_by(Meeting.id)
    )
    return [
        (unit, team, starts, ends)
        for unit, team, starts, ends in session.execute(statement)
        if starts and ends
    ]


def teams(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, SolverProfile]:
    """Teams by id."""
    rows = session.scalars(select(SolverProfile).where(SolverProfile.id.in_(ids)))
    return {row.id: row for row in rows}


def is_computing(session: Session, found: MeetingSession) -> bool:
    """Whether a timetable of the session is being computed; a job that has failed does not count."""
    if found.job_id is None:
        return False
    statement = select(Job.id).where(
        Job.id == found.job_id, Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))
    )
    return session.scalar(statement) is not None
