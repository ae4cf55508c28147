"""The parts of a process that jobs need: settings and a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.config import Settings
from app.db import Database
from app.jobs import claims, registry
from app.jobs.context import JobContext
from app.jobs.registry import Task
from app.jobs.runner import JobRunner
from app.jobs.service import enqueue
from app.models.job import Job
from tests.app.jobs import counting

Start = Callable[..., UUID]
Stored = Callable[[UUID], Job]
Define = Callable[..., None]


def claim(app: Any, **options: Any) -> JobContext:
    """The oldest due job, as a worker takes it."""
    with app.db.write() as session:
        claimed = claims.claim_next(session, worker="test")
    assert claimed
    return JobContext(app, claimed, **options)


@pytest.fixture
def app(db: Database, settings: Settings) -> Any:
    return SimpleNamespace(db=db, settings=settings)


@pytest.fixture
def runner(app: Any) -> JobRunner:
    return JobRunner(app)


@pytest.fixture
def impatient_runner(app: Any) -> JobRunner:
    """Holds every other worker for dead at once."""
    return JobRunner(app, lease=timedelta(0))


@pytest.fixture
def define_task() -> Iterator[Callable[[str, Task], None]]:
    names: list[str] = []

    def define(name: str, function: Task) -> None:
        registry.task(name)(function)
        names.append(name)

    yield define
    for name in names:
        registry.forget_task(name)


@pytest.fixture
def counting_task(define_task: Define) -> None:
    """The task `test.count`."""
    define_task("test.count", counting.count)


@pytest.fixture
def start(db: Database) -> Callable[..., UUID]:
    """Enqueues a job and gives its id."""

    def start(name: str, **arguments: Any) -> UUID:
        with db.write() as session:
            return enqueue(session, name, arguments, actor=SYSTEM).id

    return start


@pytest.fixture
def stored(db: Database) -> Callable[[UUID], Job]:
    """The job as it stands in the database now."""

    def stored(job_id: UUID) -> Job:
        with db.read() as session:
            return session.scalars(select(Job).where(Job.id == job_id)).one()

    return stored
