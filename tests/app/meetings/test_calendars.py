"""Calendars of a person, by download and at a secret address; and the workbook of the organizers."""

from __future__ import annotations

import io

from fastapi.testclient import TestClient
from openpyxl import load_workbook

from app.auth.actor import SYSTEM
from app.db import Database
from app.models import Requirement, User
from app.models.requirement import Confidentiality
from app.requirements import repository as requirements
from tests.app.meetings.conftest import API, HALF_PAST_NINE, NINE, Event, Team
from tests.app.meetings.test_icalendar import unfolded


def calendar(client: TestClient, path: str = f"{API}/meetings/calendar.ics") -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return unfolded(answer.content)


def test_a_calendar_holds_what_was_told_to_its_reader(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, seeker: TestClient
) -> None:
    one, two = event.arrange(curtain, first), event.arrange(gear, second)
    event.put(one, NINE, "大")
    event.put(two, NINE, "小")
    assert "BEGIN:VEVENT" not in calendar(first.client)
    event.publish()
    lines = calendar(first.client)
    assert [line for line in lines if line.startswith("UID:")] == [f"UID:{one}@jiebang"]
    assert "LOCATION:会展中心 大" in lines
    assert "DTSTART;TZID=Asia/Shanghai:20240610T090000" in lines
    assert calendar(seeker).count("BEGIN:VEVENT") == 1
    assert calendar(event.organizer).count("BEGIN:VEVENT") == 2
    event.put(one, HALF_PAST_NINE, "大")
    moved = calendar(first.client)
    assert "SEQUENCE:2" in moved
    assert "DTSTART;TZID=Asia/Shanghai:20240610T093000" in moved
    event.organizer.post(f"{API}/meetings/{one}/cancel", json={"reason": "停办。"})
    gone = calendar(first.client)
    assert "STATUS:CANCELLED" in gone
    assert "SEQUENCE:3" in gone


def test_a_restricted_problem_is_not_named_in_a_calendar(
    event: Event, db: Database, curtain: Requirement, first: Team
) -> None:
    with db.write() as session:
        requirements.get(session, SYSTEM, curtain.id).confidentiality = Confidentiality.RESTRICTED
    event.put(event.arrange(curtain, first), NINE, "大")
    event.publish()
    lines = calendar(first.client)
    assert "SUMMARY:对接会" in lines
    assert not [line for line in lines if line.startswith("DESCRIPTION:")]


def test_a_secret_address_opens_its_owners_calendar_until_it_ends(
    event: Event, curtain: Requirement, first: Team, client: TestClient, db: Database
) -> None:
    event.put(event.arrange(curtain, first), NINE, "大")
    event.publish()
    made = first.client.post(f"{API}/meetings/calendar-feed")
    path = made.json()["path"]
    assert made.status_code == 201
    assert calendar(client, path) == calendar(first.client)
    assert client.get(path).headers["cache-control"] == "private, no-store"
    newer = first.client.post(f"{API}/meetings/calendar-feed").json()["path"]
    assert client.get(path).status_code == 404
    user_id = first.client.get(f"{API}/me").json()["id"]
    with db.write() as session:
        user = next(row for row in session.query(User) if str(row.id) == user_id)
        user.is_active = False
    assert client.get(newer).status_code == 404
    with db.write() as session:
        session.get_one(User, user.id).is_active = True
    assert client.get(newer).status_code == 200
    assert first.client.delete(f"{API}/meetings/calendar-feed").status_code == 204
    assert client.get(newer).status_code == 404


def test_the_workbook_shows_rooms_participants_and_what_waits(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team
) -> None:
    event.put(event.arrange(curtain, first), NINE, "小")
    event.arrange(gear, second)
    answer = event.organizer.get(event.url("/timetable.xlsx"))
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.content))
    rooms, parties, waiting = (list(page.iter_rows(values_only=True)) for page in book)
    assert book.sheetnames == ["按场地", "按参会方", "待安排"]
    assert rooms[0] == ("日期", "时间", "大", "小")
    assert rooms[1][:2] == ("2024-06-10", "09:00–09:30")
    assert "甲课题组" in str(rooms[1][3])
    assert {row[0] for row in parties[1:]} == {"通海市锦绣家纺有限公司", "甲课题组"}
    assert [row[2] for row in waiting[1:]] == ["乙课题组"]
