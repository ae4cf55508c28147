"""Which reports an actor may see, in one statement: staff those of the challenges that they see, nobody else any."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session, selectinload, undefer

from app.auth.actor import Actor
from app.challenges import repository as challenges
from app.errors import NotFound
from app.jobs import repository as jobs
from app.models.access import User
from app.models.challenge import Challenge
from app.models.job import Job
from app.models.report import Report, ReportFile, ReportFormat, ReportKind

SORTABLE: dict[str, Any] = {"created_at": Report.created_at, "as_of": Report.as_of}


def visible_to(actor: Actor) -> Select[Report]:
    """The reports that exist for this actor, with what is known of their files."""
    statement = select(Report).options(selectinload(Report.files))
    if not actor.is_staff:
        return statement.where(false())
    seen = challenges.visible_to(actor).with_only_columns(Challenge.id).order_by(None)
    return statement.where(Report.challenge_id.in_(seen))


def narrow(statement: Select[Report], *, challenge_id: uuid.UUID, kind: ReportKind | None) -> Select[Report]:
    """Those of a challenge, of one kind or of all."""
    statement = statement.where(Report.challenge_id == challenge_id)
    return statement if kind is None else statement.where(Report.kind == kind)


def get(session: Session, actor: Actor, report_id: uuid.UUID) -> Report:
    """One report as it is now. Raises `NotFound` also for what the actor may not see."""
    statement = visible_to(actor).where(Report.id == report_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def file_of(session: Session, report_id: uuid.UUID, format: ReportFormat) -> ReportFile | None:
    """A file with its content."""
    statement = select(ReportFile).where(ReportFile.report_id == report_id, ReportFile.format == format)
    return session.scalar(statement.options(undefer(ReportFile.content)))


def jobs_of(session: Session, actor: Actor, reports: Sequence[Report]) -> dict[uuid.UUID, Job]:
    """The jobs that make or made these reports, by id."""
    ids = [row.job_id for row in reports if row.job_id is not None]
    return {job.id: job for job in session.scalars(jobs.visible_to(actor).where(Job.id.in_(ids)))}


def makers_of(session: Session, reports: Sequence[Report]) -> dict[uuid.UUID | None, str]:
    """The names of those who ordered these reports, by user id."""
    ids = {row.created_by_id for row in reports} - {None}
    statement = select(User.id, User.name).where(User.id.in_(ids))
    return {row.id: row.name for row in session.execute(statement)}
