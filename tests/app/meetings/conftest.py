"""A challenge with three published problems of two units, three teams with people, and a session with two rooms."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.context import AppContext
from app.db import Database
from app.jobs import service as jobs
from app.meetings import tasks
from app.models import Challenge, Organization, Requirement, Role, SolverProfile
from app.models.job import Job
from tests import factories
from tests.app.matches.conftest import GEAR, publish
from tests.conftest import Login

API = "/api/v1"
DAY, NEXT_DAY = "2024-06-10", "2024-06-11"
SESSION: dict[str, Any] = {
    "name": "专场对接会",
    "address": "会展中心",
    "days": [
        {"day": DAY, "opens": "09:00", "closes": "11:00", "breaks": [{"starts": "10:00", "ends": "10:30"}]},
        {"day": NEXT_DAY, "opens": "09:00", "closes": "10:00"},
    ],
    "slot_minutes": 30,
}
"""Three slots on the first day, two on the next."""

NINE, HALF_PAST_NINE, HALF_PAST_TEN = (f"{DAY}T{clock}:00+08:00" for clock in ("09:00", "09:30", "10:30"))


@dataclass
class Team:
    """A team and someone who acts for it."""

    profile: SolverProfile
    client: TestClient


@dataclass
class Event:
    """A session under way: what tests ask of it over REST."""

    organizer: TestClient
    context: AppContext
    challenge: Challenge
    id: str
    rooms: dict[str, str]

    def url(self, path: str = "") -> str:
        return f"{API}/meeting-sessions/{self.id}{path}"

    def view(self) -> dict[str, Any]:
        return dict(self.organizer.get(self.url()).json())

    def arrange(self, requirement: Requirement, team: Team, **needs: Any) -> str:
        """A meeting without a place yet; its id."""
        pair = {"requirement_id": str(requirement.id), "solver_id": str(team.profile.id)}
        response = self.organizer.post(self.url("/meetings"), json={"pairs": [pair], **needs})
        assert response.status_code == 201, response.text
        return str(response.json()["made"][0]["id"])

    def put(
        self, meeting: str, starts_at: str, room: str, *, success: int = 200, **more: Any
    ) -> dict[str, Any]:
        body = {"starts_at": starts_at, "room_id": self.rooms[room], **more}
        response = self.organizer.post(f"{API}/meetings/{meeting}/move", json=body)
        assert response.status_code == success, response.text
        return dict(response.json())

    def compute(self, *, partial: bool = False) -> Job:
        response = self.organizer.post(self.url("/timetable"), json={"partial": partial})
        assert response.status_code == 202, response.text
        return jobs.run_inline(self.context, uuid.UUID(response.json()["job_id"]))

    def publish(self, **body: Any) -> int:
        response = self.organizer.post(self.url("/publish"), json=body)
        assert response.status_code == 200, response.text
        return int(response.json()["published"])

    def meetings(self) -> list[dict[str, Any]]:
        answer = self.organizer.get(f"{API}/meetings", params={"session_id": self.id, "sort": "created_at"})
        return list(answer.json()["items"])


TASKS = tasks
"""Importing it registers the task that the sessions' jobs name."""


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def curtain(db: Database, challenge: Challenge, seeker_organization: Organization) -> Requirement:
    return publish(db, factories.make_requirement(db, seeker_organization), challenge)


@pytest.fixture
def blind(db: Database, challenge: Challenge, seeker_organization: Organization) -> Requirement:
    """Another problem of the same unit."""
    return publish(db, factories.make_requirement(db, seeker_organization, title="智能遮阳帘驱动"), challenge)


@pytest.fixture
def gear(db: Database, challenge: Challenge, other_organization: Organization) -> Requirement:
    return publish(db, factories.make_requirement(db, other_organization, **GEAR), challenge)


MakeTeam = Callable[[str], Team]


@pytest.fixture
def make_team(db: Database, sign_in: Login) -> MakeTeam:
    def make(name: str) -> Team:
        unit = factories.make_organization(db, f"{name}研究所", kind="institute")
        profile = factories.make_solver(db, f"{name}课题组", organization_id=unit.id)
        return Team(profile, sign_in(Role.SOLVER, unit))

    return make


@pytest.fixture
def first(make_team: MakeTeam) -> Team:
    return make_team("甲")


@pytest.fixture
def second(make_team: MakeTeam) -> Team:
    return make_team("乙")


@pytest.fixture
def event(organizer: TestClient, context: AppContext, challenge: Challenge) -> Event:
    made = organizer.post(f"{API}/challenges/{challenge.id}/meeting-sessions", json=SESSION)
    assert made.status_code == 201, made.text
    found = Event(organizer, context, challenge, made.json()["id"], {})
    for name, seats in (("大", 30), ("小", 8)):
        view = organizer.post(
            found.url("/rooms"), json={"name": name, "seats": seats, "equipment": ["投影仪"]}
        )
        assert view.status_code == 201, view.text
        found.rooms = {room["name"]: room["id"] for room in view.json()["rooms"]}
    return found
