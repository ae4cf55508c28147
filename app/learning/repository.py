"""Which judgments and versions an actor may see, in one statement each; every list and get starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Role
from app.models.job import Job, JobStatus
from app.models.learning import GIVEN, Judgment, JudgmentSource, RankerStatus, RankerVersion
from app.models.requirement import Requirement
from app.requirements import repository as requirements

TASK = "learning.train"


@dataclass(frozen=True, slots=True)
class Filters:
    """How the list of judgments is narrowed; None means no narrowing."""

    source: tuple[JudgmentSource, ...] = ()
    requirement_id: uuid.UUID | None = None
    solver_id: uuid.UUID | None = None


def judgments_visible_to(actor: Actor) -> Select[Judgment]:
    """Judgments about requirements that the actor may see: staff all, reviewers those they gave, others none.

    What teams wrote when they declined, and what other reviewers think, is not for reviewers to read.
    """
    statement = select(Judgment)
    visible = requirements.visible_to(actor).with_only_columns(Requirement.id).order_by(None)
    if actor.is_staff:
        return statement.where(Judgment.requirement_id.in_(visible))
    if actor.has_role(Role.REVIEWER) and actor.user_id is not None:
        own = (Judgment.judged_by_id == actor.user_id) & Judgment.source.in_(GIVEN)
        return statement.where(Judgment.requirement_id.in_(visible), own)
    return statement.where(false())


def narrow(statement: Select[Judgment], filters: Filters) -> Select[Judgment]:
    if filters.source:
        statement = statement.where(Judgment.source.in_(filters.source))
    if filters.requirement_id is not None:
        statement = statement.where(Judgment.requirement_id == filters.requirement_id)
    if filters.solver_id is not None:
        statement = statement.where(Judgment.solver_id == filters.solver_id)
    return statement


def with_parties(statement: Select[Judgment]) -> Select[Judgment]:
    """Loads the requirement, the team and the achievement."""
    return statement.options(
        joinedload(Judgment.requirement), joinedload(Judgment.solver), joinedload(Judgment.achievement)
    )


def loaded(session: Session, row: Judgment) -> Judgment:
    """The same judgment with its parties."""
    statement = with_parties(select(Judgment).where(Judgment.id == row.id))
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def find_judgment(session: Session, source: JudgmentSource, origin: str) -> Judgment | None:
    statement = select(Judgment).where(Judgment.source == source, Judgment.origin == origin)
    return session.scalar(statement.with_for_update())


def versions_visible_to(actor: Actor) -> Select[RankerVersion]:
    """All for staff and reviewers, none for others."""
    statement = select(RankerVersion)
    if actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER):
        return statement
    return statement.where(false())


def get_version(session: Session, actor: Actor, version_id: uuid.UUID) -> RankerVersion:
    """One version. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    found = session.scalar(versions_visible_to(actor).where(RankerVersion.id == version_id))
    if found is None:
        raise NotFound()
    return found


def version_numbered(session: Session, number: int) -> RankerVersion:
    """The version of this number. Raises `NotFound`."""
    found = session.scalar(select(RankerVersion).where(RankerVersion.number == number))
    if found is None:
        raise NotFound()
    return found


def version_of_job(session: Session, job_id: uuid.UUID) -> RankerVersion | None:
    return session.scalar(select(RankerVersion).where(RankerVersion.job_id == job_id))


def lock_live(session: Session) -> RankerVersion | None:
    """The live version, locked; None while the shipped weights are live."""
    statement = select(RankerVersion).where(RankerVersion.status == RankerStatus.LIVE)
    return session.scalar(statement.with_for_update())


def next_number(session: Session) -> int:
    return (session.scalar(select(func.max(RankerVersion.number))) or 0) + 1


def training_under_way(session: Session) -> Job | None:
    """The job that trains or waits to, if any."""
    statement = select(Job).where(Job.name == TASK, Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)))
    return session.scalars(statement.limit(1)).first()
