"""Who runs the queue: a runner of threads, or a command that runs its own job."""

from __future__ import annotations

import threading
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import NotFound
from app.jobs import claims
from app.jobs.context import JobContext, Progress
from app.jobs.runner import JobRunner, run_inline
from app.models.job import JobStatus
from tests.app.jobs import counting
from tests.app.jobs.conftest import Define, Start, Stored, claim

pytestmark = pytest.mark.usefixtures("counting_task")


def test_a_command_runs_its_job_itself_and_hears_of_every_step(app: Any, start: Start) -> None:
    heard: list[Progress] = []
    job = run_inline(app, start("test.count"), heard.append)
    assert job.status is JobStatus.SUCCEEDED
    assert [progress.done for progress in heard] == [1, 2, 3, 4, 5, 6]
    assert {(progress.total, progress.stage) for progress in heard} == {(6, "计数")}


def test_a_command_follows_its_job_when_a_worker_was_faster(app: Any, start: Start) -> None:
    job_id = start("test.count")
    worker = claim(app)

    def finish_elsewhere(progress: Progress) -> None:
        result = counting.count(worker)
        with app.db.write() as session:
            claims.succeed(session, worker.id, claim=worker.claim, result=result)

    job = run_inline(app, job_id, finish_elsewhere, follow_seconds=0)
    assert (job.status, job.attempts) == (JobStatus.SUCCEEDED, 1)


def test_an_interrupted_command_cancels_its_job(
    app: Any, start: Start, stored: Stored, define_task: Define
) -> None:
    def press_ctrl_c(job: JobContext) -> dict[str, Any]:
        raise KeyboardInterrupt

    define_task("test.interrupt", press_ctrl_c)
    job_id = start("test.interrupt")
    with pytest.raises(KeyboardInterrupt):
        run_inline(app, job_id)
    assert stored(job_id).status is JobStatus.CANCELLED


def test_following_an_unknown_job_ends_at_once(app: Any) -> None:
    with pytest.raises(NotFound):
        run_inline(app, uuid.uuid4())


def test_a_started_runner_works_through_the_queue_and_stops(
    app: Any, start: Start, stored: Stored, define_task: Define
) -> None:
    finished = threading.Semaphore(0)
    define_task("test.signal", lambda job: finished.release() or {})
    runner = JobRunner(app, concurrency=2, poll_seconds=0.01)
    runner.start()
    assert runner.is_alive
    job_ids = [start("test.signal") for _ in range(5)]
    for _ in job_ids:
        assert finished.acquire(timeout=30)
    assert runner.stop(timeout_seconds=30)
    assert not runner.is_alive
    assert {stored(job_id).status for job_id in job_ids} == {JobStatus.SUCCEEDED}


def test_a_runner_survives_a_database_that_comes_and_goes(app: Any, start: Start) -> None:
    recovered = threading.Event()

    class Flaky:
        calls = 0

        def read(self) -> Any:
            Flaky.calls += 1
            if Flaky.calls <= 2:
                raise OSError("disk is gone")
            recovered.set()
            return app.db.read()

        def write(self) -> Any:
            return app.db.write()

    runner = JobRunner(SimpleNamespace(db=Flaky(), settings=app.settings), concurrency=1, poll_seconds=0.01)  # type: ignore[arg-type]
    runner.start()
    assert recovered.wait(timeout=30)
    assert runner.is_alive
    assert runner.stop(timeout_seconds=30)
