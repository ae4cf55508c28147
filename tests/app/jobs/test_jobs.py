"""The life of a job: start, progress, result, failure, waiting, and who sees it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app.auth.actor import SYSTEM, Actor, Grant
from app.db import Database
from app.errors import JiebangError, NotFound, Unavailable
from app.jobs import claims, registry, service
from app.jobs.context import JobContext
from app.jobs.runner import JobRunner, run_inline
from app.kit.clock import now
from app.models.access import Role, User
from app.models.job import Job, JobStatus
from tests.app.jobs import counting
from tests.app.jobs.conftest import Define, Start, Stored, claim

pytestmark = pytest.mark.usefixtures("counting_task")


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


def test_a_command_tells_a_foreseen_failure_itself_and_the_worker_logs_it(
    app: Any, start: Start, runner: JobRunner, define_task: Define, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(job: JobContext) -> dict[str, Any]:
        raise NotFound()

    define_task("test.refuse", refuse)
    assert run_inline(app, start("test.refuse")).error_code == "not_found"
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
    start("test.refuse")
    assert runner.run_next()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        "job failed"
    ]


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
