"""Which jobs an actor may see: staff see all, everybody else the ones they started."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.models.job import Job, JobStatus

SORTABLE: dict[str, Any] = {
    "created_at": Job.created_at,
    "finished_at": Job.finished_at,
    "status": Job.status,
    "name": Job.name,
}

UNDER_WAY = frozenset({JobStatus.QUEUED, JobStatus.RUNNING})
STOPPED = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})


def visible_to(actor: Actor) -> Select[Job]:
    """The jobs that exist for this actor."""
    if actor.is_staff:
        return select(Job)
    # Without the first condition an actor who is nobody would see the jobs of nobody.
    return select(Job).where(Job.created_by_id.is_not(None), Job.created_by_id == actor.user_id)


def narrow(statement: Select[Job], *, statuses: Sequence[JobStatus], name: str | None) -> Select[Job]:
    """Adds the filters of a list to a statement that `visible_to` began."""
    if statuses:
        statement = statement.where(Job.status.in_(statuses))
    return statement if name is None else statement.where(Job.name == name)


def find(session: Session, job_id: uuid.UUID, *, actor: Actor, for_update: bool = False) -> Job | None:
    """The job if the actor may see it. `for_update` locks the row until the transaction ends."""
    statement = visible_to(actor).where(Job.id == job_id)
    return session.scalar(statement.with_for_update() if for_update else statement)
