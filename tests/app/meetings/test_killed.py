"""A process that is killed while it plans or publishes a session: nothing is lost, nothing is told twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.context import AppContext
from app.db import Database
from app.jobs.runner import JobRunner
from app.models import Notification, Requirement
from app.models.notification import Event as Told
from tests.app.killing import Scene, kill_in
from tests.app.meetings.conftest import HALF_PAST_NINE, NINE, Event, Team
from tests.conftest import TEST_SECRET


def places(event: Event) -> list[tuple[Any, ...]]:
    return [(row["id"], row["starts_at"], row["room_id"], row["status"]) for row in event.meetings()]


def told(db: Database) -> int:
    """How many messages say that a meeting is arranged."""
    with db.read() as session:
        statement = select(func.count()).where(Notification.event == Told.MEETING_SCHEDULED)
        return session.scalar(statement) or 0


def test_a_plan_whose_process_is_killed_leaves_no_half_of_it_and_becomes_what_it_would_have_been(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, context: AppContext,
    db: Database, tmp_path: Path,
) -> None:  # fmt: skip
    for requirement, team in ((curtain, first), (curtain, second), (gear, first)):
        event.arrange(requirement, team)
    undisturbed = event.compute()
    assert undisturbed.result is not None
    planned = places(event)
    assert all(row[1] for row in planned)

    started = event.organizer.post(event.url("/timetable"), json={"partial": False})
    assert started.status_code == 202
    kill_in(Scene("app.meetings.tasks:_store", 1), db, tmp_path, TEST_SECRET)
    assert event.view()["result"] is None
    assert event.view()["is_computing"]
    refused = event.organizer.post(event.url("/publish"), json={})
    assert refused.json()["code"] == "timetable_in_progress"

    assert JobRunner(context, lease=timedelta(0)).run_next()
    assert places(event) == planned
    assert event.view()["result"]["status"] == "planned"


def test_a_publication_whose_process_is_killed_has_told_nobody_and_tells_everybody_once_when_retried(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, db: Database,
    tmp_path: Path,
) -> None:  # fmt: skip
    event.put(event.arrange(curtain, first), NINE, "大")
    event.put(event.arrange(gear, second), HALF_PAST_NINE, "小")
    path = event.url("/publish")
    headers = {"Idempotency-Key": "publish-once", "Authorization": event.organizer.headers["Authorization"]}
    scene = Scene("app.meetings.service:tell_parties", 1, path=path, body={}, headers=headers)
    kill_in(scene, db, tmp_path, TEST_SECRET)
    assert told(db) == 0
    assert {row[3] for row in places(event)} == {"planned"}
    assert event.view()["status"] == "draft"

    for _ in range(2):
        done = event.organizer.post(path, json={}, headers=headers)
        assert (done.status_code, done.json()["published"]) == (200, 2), done.text
        # The teams have people; the units' seekers are added by the tests that need them.
        assert told(db) == 2
    assert {row[3] for row in places(event)} == {"scheduled"}
