"""Starts, shows, cancels and retries jobs; running them is the runner's work."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.jobs import registry, repository
from app.jobs.runner import run_inline
from app.kit.clock import now
from app.models.job import Job, JobStatus

__all__ = [
    "JobIsFinished",
    "JobNotRetryable",
    "cancel_job",
    "enqueue",
    "get_job",
    "retry_job",
    "run_inline",
]

FINISHED = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})
RETRYABLE = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})


class JobIsFinished(JiebangError):
    code, status = "job_is_finished", 409
    zh, en = "任务已结束（{state}），不能取消", "The job has ended ({state_code}) and cannot be cancelled"


class JobNotRetryable(JiebangError):
    code, status = "job_not_retryable", 409
    zh = "只有失败或已取消的任务可以重试，当前为{state}"
    en = "Only failed and cancelled jobs can be retried; this one is {state_code}"


def enqueue(
    session: Session,
    name: str,
    arguments: dict[str, Any],
    *,
    actor: Actor,
    organization_id: uuid.UUID | None = None,
) -> Job:
    """Notes the job in the caller's transaction: it runs if and only if that commits.

    `arguments` are JSON values; they hold ids and codes, never texts of a requirement.
    Raises `UnknownTask` for a name that no task has. A process that has loaded no tasks (the API beside an
    external worker) can only judge the name's form; there the worker refuses.
    """
    names = registry.task_names()
    if name not in names if names else not registry.is_well_formed(name):
        raise registry.UnknownTask(name=name)
    job = Job(
        name=name,
        arguments=json.loads(json.dumps(arguments, allow_nan=False)),
        checkpoint={},
        created_by_id=actor.user_id,
        organization_id=organization_id,
    )
    session.add(job)
    session.flush()
    return job


def get_job(session: Session, job_id: uuid.UUID, *, actor: Actor) -> Job:
    """The job. Raises `NotFound` when there is none or the actor may not see it."""
    job = repository.find(session, job_id, actor=actor)
    if job is None:
        raise NotFound()
    return job


def cancel_job(session: Session, job_id: uuid.UUID, *, actor: Actor) -> Job:
    """Ends a queued job at once and asks a running one to end before its next step.

    Raises `NotFound`, and `JobIsFinished` when there is nothing left to end.
    """
    job = _locked(session, job_id, actor)
    if job.status in FINISHED:
        raise JobIsFinished(state=job.status.label, state_code=job.status.value)
    job.cancel_requested = True
    if job.status is JobStatus.QUEUED:
        job.status, job.finished_at = JobStatus.CANCELLED, now()
    audit.record(session, "job.cancel", actor_id=actor.user_id, object_kind="job", object_id=job.id)
    session.flush()
    return job


def retry_job(session: Session, job_id: uuid.UUID, *, actor: Actor) -> Job:
    """Puts a failed or cancelled job back into the queue; it goes on from its last checkpoint.

    Raises `NotFound`, and `JobNotRetryable` for a job in any other state.
    """
    job = _locked(session, job_id, actor)
    if job.status not in RETRYABLE:
        raise JobNotRetryable(state=job.status.label, state_code=job.status.value)
    job.status = JobStatus.QUEUED
    job.cancel_requested = False
    job.interruptions = 0
    job.error_code = job.error = job.due_at = job.started_at = job.finished_at = None
    audit.record(session, "job.retry", actor_id=actor.user_id, object_kind="job", object_id=job.id)
    session.flush()
    return job


def _locked(session: Session, job_id: uuid.UUID, actor: Actor) -> Job:
    job = repository.find(session, job_id, actor=actor, for_update=True)
    if job is None:
        raise NotFound()
    return job
