"""The life of a job in one process: start, progress, result, failure, cancel, retry."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from app.auth.actor import SYSTEM, Actor, Grant
from app.db import Database
from app.errors import JiebangError, NotFound, Unavailable
from app.jobs import claims, registry, service
from app.jobs.attempt import beat
from app.jobs.context import JobCancelled, JobContext, JobPaused, Progress
from app.jobs.runner import JobRunner, run_inline
from app.kit.clock import now
from app.models.access import Role, User
from app.models.job import Job, JobStatus
from tests.app.jobs import counting

Start = Callable[..., UUID]
Stored = Callable[[UUID], Job]
Define = Callable[..., None]


@pytest.fixture(autouse=True)
def counting_task(define_task: Define) -> None:
    define_task("test.count", counting.count)


def claim(app: Any, **options: Any) -> JobContext:
    with app.db.write() as session:
        claimed = claims.claim_next(session, worker="test")
    assert claimed
    return JobContext(app, claimed, **options)


def person(db: Database, email: str, *roles: Role) -> Actor:
    with db.write() as session:
        user = User(email=email, password_hash="-")
        session.add(user)
        session.flush()
        return Actor(user.id, tuple(Grant(role, None) for role in roles))


def test_a_job_of_a_rolled_back_transaction_never_runs(db: Database, runner: JobRunner) -> None:
    with pytest.raises(ZeroDivisionError), db.write() as session:
        service.enqueue(session, "test.count", {}, actor=SYSTEM)
        raise ZeroDivisionError
    assert not runner.run_next()


def test_an_unknown_task_name_is_refused(db: Database) -> None:
    with db.write() as session, pytest.raises(registry.UnknownTask):
        service.enqueue(session, "test.unheard-of", {}, actor=SYSTEM)


def test_a_task_name_belongs_to_one_function(define_task: Define) -> None:
    with pytest.raises(registry.DuplicateTask):
        registry.task("test.count")(lambda job: {})


@pytest.mark.parametrize("name", ["count", "Test.count", "test.count.twice", "test.", "test.count;"])
def test_a_task_name_reads_concept_and_verb(name: str) -> None:
    with pytest.raises(ValueError, match="concept"):
        registry.task(name)


def test_a_finished_job_keeps_its_result_and_progress(
    start: Start, stored: Stored, runner: JobRunner
) -> None:
    job_id = start("test.count")
    assert runner.run_next()
    job = stored(job_id)
    assert (job.status, job.result) == (JobStatus.SUCCEEDED, {"counted": counting.STEPS})
    assert (job.done, job.total, job.stage, job.attempts) == (6, 6, "计数", 1)
    assert job.started_at and job.finished_at and job.started_at <= job.finished_at
    assert (job.claim, job.error_code, job.error) == (None, None, None)


def test_jobs_run_in_the_order_in_which_they_were_started(
    start: Start, runner: JobRunner, define_task: Define
) -> None:
    order: list[int] = []
    define_task("test.note", lambda job: order.append(job.arguments["n"]) or {})
    for number in range(4):
        start("test.note", n=number)
    while runner.run_next():
        pass
    assert order == [0, 1, 2, 3]


def test_a_step_that_fails_leaves_work_and_checkpoint_as_they_were(
    app: Any, db: Database, start: Start, stored: Stored
) -> None:
    job_id = start("test.count")
    job = claim(app)
    with pytest.raises(ZeroDivisionError), job.step(checkpoint={"next": 1}, done=1) as session:
        session.add(User(email="ghost@example.org", password_hash="-"))
        session.flush()
        raise ZeroDivisionError
    assert (stored(job_id).checkpoint, stored(job_id).done, job.checkpoint) == ({}, 0, {})
    with db.read() as session:
        assert session.query(User).count() == 0


def test_a_checkpoint_filled_in_by_the_block_is_stored_as_it_ended(
    app: Any, start: Start, stored: Stored
) -> None:
    job_id = start("test.count")
    job = claim(app)
    checkpoint: dict[str, Any] = {"ids": []}
    with job.step(checkpoint=checkpoint):
        checkpoint["ids"].append(5)
    checkpoint["ids"].append(6)
    assert stored(job_id).checkpoint == job.checkpoint == {"ids": [5]}


class BadFile(JiebangError):
    code, status = "bad_file", 422
    zh, en = "文件第 {row} 行无法读取", "Row {row} cannot be read"


@pytest.mark.parametrize(
    ("error", "code", "fragment"),
    [
        (BadFile(row=3), "bad_file", "文件第 3 行无法读取"),
        (ValueError("机密：减速器齿形参数"), "internal_error", "任务执行出错"),
    ],
)
def test_a_failed_job_says_why_without_quoting_data(
    error: Exception,
    code: str,
    fragment: str,
    start: Start,
    stored: Stored,
    runner: JobRunner,
    define_task: Define,
) -> None:
    def break_down(job: JobContext) -> dict[str, Any]:
        with job.step(checkpoint={"next": 1}, done=1):
            pass
        raise error

    define_task("test.break", break_down)
    job_id = start("test.break")
    assert runner.run_next()
    job = stored(job_id)
    assert (job.status, job.error_code, job.checkpoint) == (JobStatus.FAILED, code, {"next": 1})
    assert job.error and fragment in job.error
    assert "机密" not in job.error


def test_a_result_that_is_no_json_fails_the_job(
    start: Start, stored: Stored, runner: JobRunner, define_task: Define
) -> None:
    define_task("test.odd", lambda job: {"mean": float("nan")})
    job_id = start("test.odd")
    assert runner.run_next()
    assert (stored(job_id).status, stored(job_id).result) == (JobStatus.FAILED, None)


def test_a_job_that_no_task_knows_fails_with_that_reason(
    db: Database, stored: Stored, runner: JobRunner
) -> None:
    with db.write() as session:
        job = Job(name="test.gone", arguments={}, checkpoint={})
        session.add(job)
    assert runner.run_next()
    assert stored(job.id).error_code == "unknown_task"


def test_trouble_with_the_database_returns_the_job_to_the_queue(
    start: Start, stored: Stored, runner: JobRunner, define_task: Define
) -> None:
    def lose_connection(job: JobContext) -> dict[str, Any]:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    define_task("test.disconnect", lose_connection)
    job_id = start("test.disconnect")
    assert runner.run_next()
    assert (stored(job_id).status, stored(job_id).interruptions) == (JobStatus.QUEUED, 1)
    while runner.run_next():
        pass
    assert (stored(job_id).status, stored(job_id).error_code) == (JobStatus.FAILED, "job_interrupted")


class NotThereYet(Unavailable):
    code = "not_there_yet"
    zh, en = "索引正在载入", "The index is being loaded"


def raise_not_there_yet(job: JobContext) -> dict[str, Any]:
    raise NotThereYet


def test_a_job_whose_needs_are_not_there_yet_waits_for_them(
    db: Database, start: Start, stored: Stored, runner: JobRunner, define_task: Define
) -> None:
    define_task("test.early", raise_not_there_yet)
    job_id = start("test.early")
    assert runner.run_next()
    waiting = stored(job_id)
    assert (waiting.status, waiting.error_code, waiting.error) == (
        JobStatus.QUEUED,
        "not_there_yet",
        "索引正在载入",
    )
    assert not runner.run_next()
    registry.forget_task("test.early")
    define_task("test.early", lambda job: {"late": True})
    with db.write() as session:
        session.get_one(Job, job_id).due_at = waiting.created_at
    assert runner.run_next()
    assert (stored(job_id).status, stored(job_id).error_code) == (JobStatus.SUCCEEDED, None)


def test_a_job_does_not_wait_for_ever(
    db: Database, start: Start, stored: Stored, runner: JobRunner, define_task: Define
) -> None:
    define_task("test.early", raise_not_there_yet)
    job_id = start("test.early")
    with db.write() as session:
        session.get_one(Job, job_id).started_at = now() - claims.PATIENCE
    assert runner.run_next()
    assert (stored(job_id).status, stored(job_id).error_code) == (JobStatus.FAILED, "not_there_yet")


def test_a_command_does_not_wait_for_what_is_not_there(app: Any, start: Start, define_task: Define) -> None:
    define_task("test.early", raise_not_there_yet)
    job = run_inline(app, start("test.early"))
    assert (job.status, job.error_code) == (JobStatus.FAILED, "not_there_yet")


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
            raise BadFile(row=1)
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


def test_people_see_their_own_jobs_and_staff_see_all(db: Database) -> None:
    owner = person(db, "owner@example.org", Role.SEEKER)
    rival = person(db, "rival@example.org", Role.SEEKER, Role.REVIEWER)
    organizer = person(db, "organizer@example.org", Role.ORGANIZER)
    with db.write() as session:
        job = service.enqueue(session, "test.count", {}, actor=owner)
        anonymous = service.enqueue(session, "test.count", {}, actor=SYSTEM)
        assert service.get_job(session, job.id, actor=owner).created_by_id == owner.user_id
        assert service.get_job(session, job.id, actor=organizer) is job
        for act in (service.get_job, service.cancel_job, service.retry_job):
            with pytest.raises(NotFound):
                act(session, job.id, actor=rival)
        with pytest.raises(NotFound):
            service.get_job(session, anonymous.id, actor=Actor(None, ()))


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
    import threading

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
    import threading

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
