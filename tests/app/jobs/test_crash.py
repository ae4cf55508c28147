"""What a killed, a stopped and a replaced worker leave behind: each step's effect exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from app.db import Database
from app.jobs import claims
from app.jobs.context import JobContext, JobLost
from app.jobs.runner import JobRunner
from app.models.job import Job, JobStatus
from tests.app.jobs import counting

pytestmark = pytest.mark.usefixtures("counting_task")


@contextmanager
def worker_process(db: Database) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own that has reached the middle of the step to hold at."""
    command = [sys.executable, "-m", "tests.app.jobs.counting", db.url]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stdin and process.stdout
    try:
        assert process.stdout.readline() == "holding\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_a_killed_job_goes_on_after_its_last_finished_step(
    db: Database,
    start: Callable[..., UUID],
    stored: Callable[[UUID], Job],
    impatient_runner: JobRunner,
) -> None:
    job_id = start("test.count", hold_at=3)
    with worker_process(db) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert counting.effects_of(db, job_id) == [1, 1, 1, 0, 0, 0]
    assert stored(job_id).status is JobStatus.RUNNING
    assert stored(job_id).checkpoint == {"next": 3}

    resume_without_holding(db, job_id)
    assert impatient_runner.run_next()

    job = stored(job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert (job.result, job.done, job.attempts) == ({"counted": 6}, 6, 2)
    assert counting.effects_of(db, job_id) == [1] * counting.STEPS


def test_a_stopped_worker_finishes_its_step_and_leaves_the_job_to_others(
    db: Database, start: Callable[..., UUID], stored: Callable[[UUID], Job], runner: JobRunner
) -> None:
    job_id = start("test.count", hold_at=2)
    with worker_process(db) as process:
        process.send_signal(signal.SIGTERM)
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "stopping\n"
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.wait(timeout=30) == 0
    job = stored(job_id)
    assert (job.status, job.checkpoint, job.claim) == (JobStatus.QUEUED, {"next": 3}, None)

    assert runner.run_next()
    assert stored(job_id).status is JobStatus.SUCCEEDED
    assert counting.effects_of(db, job_id) == [1] * counting.STEPS


def test_a_silent_worker_loses_its_job_only_after_the_lease(
    app: Any,
    db: Database,
    start: Callable[..., UUID],
    stored: Callable[[UUID], Job],
    runner: JobRunner,
    impatient_runner: JobRunner,
) -> None:
    job_id = start("test.count")
    with db.write() as session:
        assert claims.claim_next(session, worker="silent")
    assert not runner.run_next()
    assert stored(job_id).worker == "silent"
    assert impatient_runner.run_next()
    assert stored(job_id).status is JobStatus.SUCCEEDED
    assert counting.effects_of(db, job_id) == [1] * counting.STEPS


def test_a_worker_that_wakes_up_after_the_takeover_stores_nothing(
    app: Any, db: Database, start: Callable[..., UUID], impatient_runner: JobRunner
) -> None:
    job_id = start("test.count")
    with db.write() as session:
        claimed = claims.claim_next(session, worker="sleeper")
    assert claimed
    sleeper = JobContext(app, claimed)
    assert impatient_runner.run_next()
    with pytest.raises(JobLost):
        counting.count(sleeper)
    with db.write() as session:
        assert not claims.fail(session, job_id, claim=sleeper.claim, code="late", text="late")
    assert counting.effects_of(db, job_id) == [1] * counting.STEPS


def test_a_takeover_in_the_middle_of_a_step_undoes_that_step(
    app: Any, db: Database, start: Callable[..., UUID], stored: Callable[[UUID], Job]
) -> None:
    job_id = start("test.count")
    with db.write() as session:
        claimed = claims.claim_next(session, worker="first")
    assert claimed
    job = JobContext(app, claimed)
    with pytest.raises(JobLost), job.step(checkpoint={"next": 1}) as session:
        # The claim changes hands between the look at the start of the step and its end.
        session.get_one(Job, job_id).claim = UUID(int=7)
        session.flush()
    assert stored(job_id).checkpoint == {}
    assert job.checkpoint == {}


def test_a_job_that_kills_every_worker_is_given_up(
    db: Database,
    start: Callable[..., UUID],
    stored: Callable[[UUID], Job],
    impatient_runner: JobRunner,
) -> None:
    job_id = start("test.count")
    for _ in range(claims.MAX_INTERRUPTIONS):
        claimed = kill_next(db)
        assert claimed is not None and claimed.id == job_id
    assert not impatient_runner.run_next()
    job = stored(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, claims.INTERRUPTED_CODE)
    assert job.attempts == claims.MAX_INTERRUPTIONS


def kill_next(db: Database) -> claims.ClaimedJob | None:
    """A worker that takes a job and dies before its first step."""
    from datetime import timedelta

    with db.write() as session:
        return claims.claim_next(session, worker="doomed", lease=timedelta(0))


def resume_without_holding(db: Database, job_id: UUID) -> None:
    with db.write() as session:
        session.get_one(Job, job_id).arguments = {}
