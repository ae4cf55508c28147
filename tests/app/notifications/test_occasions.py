"""Occasions below the notifications: locked accounts and failed jobs, told to whom they concern, once each."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import Actor, Grant
from app.config import Settings
from app.db import Database
from app.indexing import tasks as _tasks  # noqa: F401 (registers the job)
from app.jobs import claims
from app.jobs.service import enqueue, retry_job
from app.models import Job, Notification, NotificationPreference, Role, User
from app.models.notification import Event
from tests import factories


def told(db: Database, event: Event) -> list[Notification]:
    with db.read() as session:
        return list(session.scalars(select(Notification).where(Notification.event == event)))


def test_a_person_is_told_that_the_account_was_locked_whatever_is_switched_off(
    client: TestClient, db: Database, settings: Settings, password_hash: str
) -> None:
    user = factories.make_user(db, Role.ADMIN, email="locked@example.com", password_hash=password_hash)
    with db.write() as session:
        session.add(NotificationPreference(user_id=user.id, switched_off=["security:inbox"]))
    form = {"username": "locked@example.com", "password": "not the password"}
    for _ in range(settings.login_failures_before_lock - 1):
        client.post("/api/v1/auth/token", data=form)
    assert told(db, Event.ACCOUNT_LOCKED) == []
    for _ in range(3):
        client.post("/api/v1/auth/token", data=form)
    (row,) = told(db, Event.ACCOUNT_LOCKED)
    assert (row.user_id, row.is_in_inbox) == (user.id, True)
    with db.read() as session:
        locked_until = session.get_one(User, user.id).locked_until
    assert locked_until is not None
    assert row.parameters == {"locked_until": locked_until.isoformat()}


@pytest.fixture
def starter(db: Database) -> User:
    return factories.make_user(db, Role.ADMIN)


def start(db: Database, user: User) -> uuid.UUID:
    actor = Actor(user_id=user.id, grants=(Grant(Role.ADMIN, None),))
    with db.write() as session:
        return enqueue(session, "index.rebuild", {}, actor=actor).id


def fail(db: Database, job_id: uuid.UUID, *, is_told: bool = True) -> None:
    with db.write() as session:
        claimed = claims.claim_one(session, job_id, worker="test")
    assert claimed is not None
    with db.write() as session:
        claims.fail(session, job_id, claim=claimed.claim, code="file_damaged", text="坏", is_told=is_told)


def test_whoever_started_a_job_hears_that_it_failed_each_time(db: Database, starter: User) -> None:
    factories.make_user(db, Role.ADMIN)
    job_id = start(db, starter)
    fail(db, job_id)
    (row,) = told(db, Event.JOB_FAILED)
    assert (row.user_id, row.subject_id) == (starter.id, job_id)
    assert row.parameters == {"code": "file_damaged"}
    with db.write() as session:
        retry_job(session, job_id, actor=Actor(user_id=starter.id, grants=(Grant(Role.ADMIN, None),)))
    fail(db, job_id)
    assert len(told(db, Event.JOB_FAILED)) == 2


def test_whoever_stands_by_is_not_written_to(db: Database, starter: User) -> None:
    fail(db, start(db, starter), is_told=False)
    assert told(db, Event.JOB_FAILED) == []


def test_a_job_that_kills_its_workers_is_told_when_it_is_given_up(db: Database, starter: User) -> None:
    start(db, starter)
    for _ in range(claims.MAX_INTERRUPTIONS + 1):
        with db.write() as session:
            claims.claim_next(session, worker="doomed", lease=timedelta(0))
    assert [row.parameters for row in told(db, Event.JOB_FAILED)] == [{"code": claims.INTERRUPTED_CODE}]


def test_without_a_starter_the_administrators_hear_of_it(db: Database, starter: User) -> None:
    job_id = start(db, starter)
    with db.write() as session:
        session.get_one(Job, job_id).created_by_id = None
    fail(db, job_id)
    assert [row.user_id for row in told(db, Event.JOB_FAILED)] == [starter.id]
