"""Schedules of challenges for tests, and who was told what."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.challenges import entries, repository, schedule
from app.challenges.schedule import StagePlan
from app.db import Database
from app.models import Challenge, Notification, Requirement
from app.models.notification import Event
from app.models.stage import StageKind


def dated(
    db: Database, challenge: Challenge, kind: StageKind, opens_at: datetime, closes_at: datetime
) -> None:
    """Adds one stage to the schedule."""
    with db.write() as session:
        row = repository.get(session, SYSTEM, challenge.id, lock=True)
        kept = [
            StagePlan(stage.kind, stage.opens_at, stage.closes_at)
            for stage in schedule.stages_of(session, row)
            if stage.kind is not kind
        ]
        schedule.plan(session, SYSTEM, row, [*kept, StagePlan(kind, opens_at, closes_at)])


def entered(db: Database, challenge: Challenge, requirement: Requirement) -> None:
    with db.write() as session:
        entries.enter(session, challenge.id, requirement.id)


def told(db: Database, event: Event) -> set[uuid.UUID]:
    """The persons who were told of the event; nobody is told twice."""
    with db.read() as session:
        users = list(session.scalars(select(Notification.user_id).where(Notification.event == event)))
    assert len(users) == len(set(users))
    return set(users)


SECOND = timedelta(seconds=1)
