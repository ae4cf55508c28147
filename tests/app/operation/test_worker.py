"""The worker as a whole: it knows every task, works, and ends when told to."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app import worker
from app.auth.actor import SYSTEM
from app.context import AppContext
from app.jobs import registry
from app.jobs.context import JobContext
from app.jobs.service import enqueue
from app.models.job import Job, JobStatus

has_run = threading.Event()


@pytest.fixture(autouse=True)
def signalling_task() -> Iterator[None]:
    has_run.clear()

    def run(job: JobContext) -> dict[str, bool]:
        has_run.set()
        return {"done": True}

    registry.task("test.signal")(run)
    yield
    registry.forget_task("test.signal")


def test_every_task_module_of_the_service_is_on_the_list() -> None:
    (folder,) = (Path(path) for path in app.__path__)
    found = {f"app.{path.parent.name}.tasks" for path in folder.glob("*/tasks.py")}
    assert found
    assert found == set(worker.TASK_MODULES)


def test_every_task_is_found_by_its_name() -> None:
    worker.load_tasks()
    assert {"analyses.run", "imports.run", "index.rebuild", "matches.run"} <= registry.task_names()


def test_a_worker_does_the_work_that_is_there_and_ends(context: AppContext) -> None:
    with context.db.write() as session:
        job = enqueue(session, "test.signal", {}, actor=SYSTEM)
    own = worker.Worker(context)
    own.start()
    assert own.is_alive
    assert has_run.wait(timeout=30)
    assert own.stop(timeout_seconds=30)
    assert not own.is_alive
    with context.db.read() as session:
        assert session.get_one(Job, job.id).status is JobStatus.SUCCEEDED


def test_the_worker_process_ends_in_good_order_on_sigterm(context: AppContext) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with context.db.write() as session:
        enqueue(session, "test.signal", {}, actor=SYSTEM)

    def terminate_once_at_work() -> None:
        if has_run.wait(timeout=30):
            os.kill(os.getpid(), signal.SIGTERM)

    terminator = threading.Thread(target=terminate_once_at_work)
    terminator.start()
    try:
        worker.run(context)
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    terminator.join()
    assert has_run.is_set()
