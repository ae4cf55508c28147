"""Ending a job before its end, and taking up again what was ended or has failed."""

from __future__ import annotations

from typing import Any

import pytest

from app.auth.actor import SYSTEM
from app.db import Database
from app.errors import JiebangError
from app.jobs import service
from app.jobs.attempt import beat
from app.jobs.context import JobCancelled, JobContext, JobPaused
from app.jobs.runner import JobRunner
from app.models.job import JobStatus
from tests.app.jobs.conftest import Define, Start, Stored, claim

pytestmark = pytest.mark.usefixtures("counting_task")


def test_a_queued_job_is_cancelled_at_once(
    db: Database, start: Start, stored: Stored, runner: JobRunner
) -> None:
    job_id = start("test.count")
    with db.write() as session:
        service.cancel_job(session, job_id, actor=SYSTEM)
    assert stored(job_id).status is JobStatus.CANCELLED
    assert stored(job_id).finished_at
    assert not runner.run_next()


def test_a_running_job_ends_before_its_next_step(
    db: Database, start: Start, stored: Stored, runner: JobRunner, define_task: Define
) -> None:
    def cancel_myself(job: JobContext) -> dict[str, Any]:
        with job.step(checkpoint={"next": 1}, done=1):
            pass
        with db.write() as session:
            service.cancel_job(session, job.id, actor=SYSTEM)
        assert stored(job.id).status is JobStatus.RUNNING
        try:
            with job.step(checkpoint={"next": 2}, done=2):
                raise AssertionError("this step must not begin")
        except Exception:
            raise AssertionError("cancellation must pass a task's own error handling") from None

    define_task("test.cancel", cancel_myself)
    job_id = start("test.cancel")
    assert runner.run_next()
    job = stored(job_id)
    assert (job.status, job.checkpoint, job.done) == (JobStatus.CANCELLED, {"next": 1}, 1)
    assert job.error is None


def test_a_long_computation_hears_of_a_cancellation_through_the_heartbeat(
    app: Any, db: Database, start: Start
) -> None:
    job_id = start("test.count")
    job = claim(app)
    job.check()
    with db.write() as session:
        service.cancel_job(session, job_id, actor=SYSTEM)
    job.check()
    beat(job)
    with pytest.raises(JobCancelled):
        job.check()


def test_a_heartbeat_does_not_change_the_version_that_readers_hold(
    app: Any, start: Start, stored: Stored
) -> None:
    job_id = start("test.count")
    job = claim(app)
    before = stored(job_id)
    beat(job)
    after = stored(job_id)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert after.heartbeat_at and before.heartbeat_at and after.heartbeat_at > before.heartbeat_at


def test_a_stopping_worker_begins_no_further_step(app: Any, start: Start) -> None:
    start("test.count")
    job = claim(app, is_stopping=lambda: True)
    with pytest.raises(JobPaused), job.step():
        raise AssertionError("this step must not begin")


def test_a_failed_job_goes_on_from_its_checkpoint_when_retried(
    db: Database, start: Start, stored: Stored, runner: JobRunner, define_task: Define
) -> None:
    seen: list[dict[str, Any]] = []

    def fail_once(job: JobContext) -> dict[str, Any]:
        seen.append(job.checkpoint)
        if not job.checkpoint:
            with job.step(checkpoint={"next": 1}):
                pass
            raise JiebangError()
        return {"ok": True}

    define_task("test.flaky", fail_once)
    job_id = start("test.flaky")
    assert runner.run_next()
    with db.write() as session:
        job = service.retry_job(session, job_id, actor=SYSTEM)
        assert (job.error_code, job.error, job.finished_at) == (None, None, None)
    assert runner.run_next()
    assert seen == [{}, {"next": 1}]
    assert (stored(job_id).status, stored(job_id).attempts) == (JobStatus.SUCCEEDED, 2)


def test_a_cancelled_job_can_be_retried_and_a_finished_one_neither_retried_nor_cancelled(
    db: Database, start: Start, runner: JobRunner
) -> None:
    job_id = start("test.count")
    with db.write() as session:
        service.cancel_job(session, job_id, actor=SYSTEM)
        with pytest.raises(service.JobIsFinished):
            service.cancel_job(session, job_id, actor=SYSTEM)
        service.retry_job(session, job_id, actor=SYSTEM)
        with pytest.raises(service.JobNotRetryable):
            service.retry_job(session, job_id, actor=SYSTEM)
    assert runner.run_next()
    with db.write() as session:
        with pytest.raises(service.JobIsFinished):
            service.cancel_job(session, job_id, actor=SYSTEM)
        with pytest.raises(service.JobNotRetryable):
            service.retry_job(session, job_id, actor=SYSTEM)
