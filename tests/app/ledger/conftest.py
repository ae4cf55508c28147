"""A requirement that was handed in on a Monday morning, the people around it, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.db import Database
from app.kit.clock import SHANGHAI
from app.ledger import service as ledger
from app.models import (
    AuditEntry,
    Notification,
    Obligation,
    Organization,
    Requirement,
    Role,
    User,
)
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in

S = RequirementStatus
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# A Monday; the formal review is due at the end of the next Monday, the Tuesday's midnight.
START, DUE = at("2026-06-01 09:00"), at("2026-06-09 00:00")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def organizer_user(db: Database, bureau: Organization) -> User:
    return factories.make_user(db, Role.ORGANIZER, bureau)


@pytest.fixture
def administrator(db: Database) -> User:
    return factories.make_user(db, Role.ADMIN)


@pytest.fixture
def submitted(db: Database, clock: time_machine.Traveller, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, S.SUBMITTED)


def owed(db: Database, requirement: Requirement) -> Obligation:
    with db.read() as session:
        found = ledger.open_obligation(session, requirement.id)
    assert found is not None
    return found


def told(db: Database, event: Event, user: User | None = None) -> list[Notification]:
    with db.read() as session:
        statement = select(Notification).where(Notification.event == event)
        if user is not None:
            statement = statement.where(Notification.user_id == user.id)
        return list(session.scalars(statement.order_by(Notification.id)))


def audited(db: Database, action: str) -> int:
    with db.read() as session:
        return len(list(session.scalars(select(AuditEntry).where(AuditEntry.action == action))))


def restart(db: Database) -> Database:
    """Another process: nothing is remembered but what the database holds."""
    return Database(db.url)
