"""The statements by which workers take, keep and give back jobs; who may see one is for the repository.

A worker owns a job as long as the row carries its `claim`. Every statement of a worker names the claim, so
one that lost its job (it slept through its lease, say) can change nothing any more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, null, or_, select, true, update
from sqlalchemy.orm import Session

from app.jobs import failures
from app.kit.clock import now
from app.models.job import Job, JobStatus

LEASE = timedelta(seconds=15)
"""A running job without a sign of life for this long is free to be taken over."""

MAX_INTERRUPTIONS = 3
"""A job whose worker died this many times in a row within one step is given up: the step itself kills."""

PAUSE = timedelta(seconds=5)
PATIENCE = timedelta(hours=1)
"""How often and how long a job waits for what it needs, an index that is being loaded for instance."""

INTERRUPTED_CODE = "job_interrupted"
INTERRUPTED_ZH = "任务在同一步骤多次意外中断，已停止；请联系管理员检查后重试"


class Standing(Enum):
    """What a worker finds when it looks after its job."""

    OURS = auto()
    CANCELLED = auto()
    LOST = auto()


@dataclass(frozen=True)
class ClaimedJob:
    """A job as its worker took it."""

    id: uuid.UUID
    claim: uuid.UUID
    name: str
    arguments: dict[str, Any]
    checkpoint: dict[str, Any]
    done: int
    total: int | None
    stage: str
    created_by_id: uuid.UUID | None
    organization_id: uuid.UUID | None


def has_due(session: Session, *, lease: timedelta = LEASE) -> bool:
    """Is there a job to take? A cheap look before the write lock."""
    return session.scalar(select(Job.id).where(_is_due(now() - lease)).limit(1)) is not None


def claim_next(session: Session, *, worker: str, lease: timedelta = LEASE) -> ClaimedJob | None:
    """Takes the oldest job that is queued or whose worker is silent; None when there is none.

    On the way it ends silent jobs that were cancelled or that have been interrupted too often.
    """
    while True:
        statement = select(Job).where(_is_due(now() - lease)).order_by(Job.id).limit(1)
        job = session.scalar(statement.with_for_update(skip_locked=True))
        if job is None:
            return None
        claimed = _take(session, job, worker)
        if claimed is not None:
            return claimed


def claim_one(
    session: Session, job_id: uuid.UUID, *, worker: str, lease: timedelta = LEASE
) -> ClaimedJob | None:
    """Takes this job if it is free, else None."""
    statement = select(Job).where(Job.id == job_id, _is_due(now() - lease))
    job = session.scalar(statement.with_for_update(skip_locked=True))
    return None if job is None else _take(session, job, worker)


def standing(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID) -> Standing:
    """What has become of the job since it was claimed."""
    row = session.execute(select(Job.status, Job.claim, Job.cancel_requested).where(Job.id == job_id)).first()
    if row is None or row.status is not JobStatus.RUNNING or row.claim != claim:
        return Standing.LOST
    return Standing.CANCELLED if row.cancel_requested else Standing.OURS


def heartbeat(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID) -> None:
    """A sign of life. It leaves `version` alone, or a waiting page's ETag would change every few seconds."""
    _change(session, job_id, claim, {"heartbeat_at": now(), "updated_at": Job.updated_at}, is_visible=False)


def record_step(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID, values: dict[str, Any]) -> bool:
    """Stores checkpoint and progress of a finished step; False when the job is no longer ours."""
    return _change(session, job_id, claim, {**values, "heartbeat_at": now(), "interruptions": 0})


def succeed(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID, result: dict[str, Any]) -> bool:
    """Ends the job with its result."""
    return _end(session, job_id, claim, {"status": JobStatus.SUCCEEDED, "result": result})


def fail(
    session: Session, job_id: uuid.UUID, *, claim: uuid.UUID, code: str, text: str, is_told: bool = True
) -> bool:
    """Ends the job with a stable code and a sentence for people, and tells them unless somebody stands by."""
    values = {"status": JobStatus.FAILED, "error_code": code[:60], "error": text[:2000]}
    is_ours = _end(session, job_id, claim, values)
    if is_ours and is_told:
        failures.tell(session, job_id)
    return is_ours


def cancel(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID) -> bool:
    """Ends the job on request."""
    return _end(session, job_id, claim, {"status": JobStatus.CANCELLED})


def release(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID, is_interrupted: bool = False) -> bool:
    """Gives the job back to the queue; it goes on from its checkpoint.

    `is_interrupted` counts the return as a failure of the step (the database went away).
    """
    values: dict[str, Any] = {"status": JobStatus.QUEUED, "claim": None, "worker": None, "heartbeat_at": None}
    if is_interrupted:
        values["interruptions"] = Job.interruptions + 1
    return _change(session, job_id, claim, values)


def postpone(session: Session, job_id: uuid.UUID, *, claim: uuid.UUID, code: str, text: str) -> bool:
    """Gives the job back for a later attempt, because something it needs is not there yet.

    The reason stands in the job while it waits. After `PATIENCE` since its first start the job fails with it.
    """
    is_patient = Job.started_at > now() - PATIENCE
    waiting: dict[str, Any] = {"status": JobStatus.QUEUED, "worker": None, "heartbeat_at": None}
    reason = {"claim": None, "error_code": code[:60], "error": text[:2000]}
    if _change(session, job_id, claim, {**waiting, **reason, "due_at": now() + PAUSE}, only_if=is_patient):
        return True
    return fail(session, job_id, claim=claim, code=code, text=text)


def _is_due(stale_before: datetime) -> ColumnElement[bool]:
    is_waiting = and_(Job.status == JobStatus.QUEUED, or_(Job.due_at.is_(None), Job.due_at <= now()))
    is_silent = or_(Job.heartbeat_at.is_(None), Job.heartbeat_at < stale_before)
    return or_(is_waiting, and_(Job.status == JobStatus.RUNNING, is_silent))


def _take(session: Session, job: Job, worker: str) -> ClaimedJob | None:
    at = now()
    if job.status is JobStatus.RUNNING:
        job.interruptions += 1
    if job.cancel_requested:
        job.status, job.finished_at, job.claim = JobStatus.CANCELLED, at, None
        session.flush()
        return None
    if job.interruptions >= MAX_INTERRUPTIONS:
        job.status, job.finished_at, job.claim = JobStatus.FAILED, at, None
        job.error_code, job.error = INTERRUPTED_CODE, INTERRUPTED_ZH
        session.flush()
        failures.tell(session, job.id)
        return None
    job.status = JobStatus.RUNNING
    job.claim = uuid.uuid4()
    job.worker = worker[:60]
    job.attempts += 1
    job.due_at = job.error_code = job.error = None
    job.heartbeat_at = at
    job.started_at = job.started_at or at
    session.flush()
    return ClaimedJob(
        id=job.id,
        claim=job.claim,
        name=job.name,
        arguments=dict(job.arguments),
        checkpoint=dict(job.checkpoint),
        done=job.done,
        total=job.total,
        stage=job.stage,
        created_by_id=job.created_by_id,
        organization_id=job.organization_id,
    )


def _end(session: Session, job_id: uuid.UUID, claim: uuid.UUID, values: dict[str, Any]) -> bool:
    blank = {"claim": None, "error_code": None, "error": None, "result": null()}
    return _change(session, job_id, claim, {**blank, "finished_at": now(), **values})


def _change(
    session: Session,
    job_id: uuid.UUID,
    claim: uuid.UUID,
    values: dict[str, Any],
    *,
    is_visible: bool = True,
    only_if: ColumnElement[bool] | None = None,
) -> bool:
    if is_visible:
        values = {**values, "version": Job.version + 1}
    result = session.execute(
        update(Job)
        .where(
            Job.id == job_id,
            Job.claim == claim,
            Job.status == JobStatus.RUNNING,
            true() if only_if is None else only_if,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
