"""When parties can come: asked by the organizer, said by themselves, obeyed by the timetable."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.db import Database
from app.kit.clock import now
from app.models import Notification, Requirement
from app.models.notification import Event as Told
from tests.app.meetings.conftest import API, DAY, NEXT_DAY, NINE, Event, Team

UNTIL = "2096-06-01T18:00:00+08:00"


def ask(event: Event, until: str = UNTIL) -> Any:
    return event.organizer.post(event.url("/ask"), json={"until": until})


def say(client: TestClient, event: Event, party: dict[str, str], **fields: Any) -> Any:
    return client.put(event.url("/availability"), json={**party, **fields})


def test_parties_are_asked_by_message_and_learn_the_days_but_not_whom_they_meet(
    event: Event, curtain: Requirement, first: Team, second: Team, seeker: TestClient, db: Database
) -> None:
    assert ask(event).json()["code"] == "nothing_to_schedule"
    event.arrange(curtain, first)
    assert first.client.get(f"{API}/meeting-availability").json()["items"] == []
    assert ask(event).status_code == 200
    (asked,) = first.client.get(f"{API}/meeting-availability").json()["items"]
    assert (asked["name"], asked["said"]) == (first.profile.name, None)
    assert [row["day"] for row in asked["days"]] == [DAY, NEXT_DAY]
    assert curtain.title not in str(asked)
    (asked,) = seeker.get(f"{API}/meeting-availability").json()["items"]
    assert asked["organization_id"] == str(curtain.organization_id)
    assert second.client.get(f"{API}/meeting-availability").json()["items"] == []
    with db.read() as session:
        told = select(func.count()).where(Notification.event == Told.AVAILABILITY_ASKED)
        assert session.scalar(told) == 2


def test_what_a_party_says_of_itself_decides_its_day_and_the_organizer_sees_who_said_it(
    event: Event, curtain: Requirement, first: Team
) -> None:
    meeting = event.arrange(curtain, first)
    ask(event)
    party = {"solver_id": str(first.profile.id)}
    said = say(first.client, event, party, days=[NEXT_DAY])
    assert said.status_code == 200, said.text
    assert said.json()["said"]["days"] == [NEXT_DAY]
    (kept,) = event.view()["parties"]
    assert kept["stated_at"] is not None
    event.compute()
    placed = event.organizer.get(f"{API}/meetings/{meeting}").json()["starts_at"]
    assert datetime.fromisoformat(placed) >= datetime.fromisoformat(f"{NEXT_DAY}T00:00:00+08:00")
    event.organizer.put(event.url("/parties"), json={**party, "days": [DAY]})
    (kept,) = event.view()["parties"]
    assert (kept["days"], kept["stated_at"]) == ([DAY], None)


def test_nobody_speaks_for_another_or_of_a_day_that_is_none(
    event: Event, curtain: Requirement, first: Team, second: Team
) -> None:
    event.arrange(curtain, first)
    party = {"solver_id": str(first.profile.id)}
    assert say(first.client, event, party).status_code == 404
    ask(event)
    assert say(second.client, event, party).status_code == 404
    assert say(second.client, event, {"solver_id": str(second.profile.id)}).status_code == 404
    assert say(event.organizer, event, party).status_code == 404
    wrong = say(first.client, event, party, days=["2024-07-01"])
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "unknown_day")


def test_the_time_to_say_so_ends_at_its_instant_and_with_the_publication(
    event: Event, curtain: Requirement, first: Team
) -> None:
    event.put(event.arrange(curtain, first), NINE, "大")
    party = {"solver_id": str(first.profile.id)}
    end = now() + timedelta(minutes=5)
    ask(event, end.isoformat())
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert say(first.client, event, party, days=[DAY]).status_code == 200
    with time_machine.travel(end, tick=False):
        late = say(first.client, event, party, days=[NEXT_DAY])
        assert (late.status_code, late.json()["code"]) == (409, "availability_closed")
    past = ask(event, (now() - timedelta(minutes=1)).isoformat())
    assert past.json()["errors"][0]["code"] == "not_in_the_future"
    event.publish()
    assert say(first.client, event, party).json()["code"] == "availability_closed"
    assert ask(event).json()["code"] == "session_not_editable"
