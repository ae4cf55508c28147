"""Teams with people of their own, a requirement, and a published round that assigns one and keeps one in reserve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.config import Settings
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import Challenge, Organization, Role, SolverProfile, User
from tests import factories
from tests.conftest import client_of

START = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class Team:
    """A team, its unit, and the one person who acts for it."""

    profile: SolverProfile
    unit: Organization
    user: User


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def make_team(db: Database, name: str, capacity: int = 2) -> Team:
    unit = factories.make_organization(db, f"{name}研究所", kind="institute")
    profile = factories.make_solver(db, f"{name}课题组", organization_id=unit.id, capacity=capacity)
    return Team(profile, unit, factories.make_user(db, Role.SOLVER, unit))


@pytest.fixture
def first(db: Database) -> Team:
    return make_team(db, "甲")


@pytest.fixture
def second(db: Database) -> Team:
    return make_team(db, "乙")


@pytest.fixture
def third(db: Database) -> Team:
    return make_team(db, "丙")


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


class Clients:
    """Fresh clients, whose tokens hold at whatever time it is."""

    def __init__(self, client: TestClient, settings: Settings, organizer: User) -> None:
        self._client, self._settings, self._organizer = client, settings, organizer

    @property
    def organizer(self) -> TestClient:
        return client_of(self._client, self._settings, self._organizer)

    def of(self, team: Team) -> TestClient:
        return client_of(self._client, self._settings, team.user)


@pytest.fixture
def clients(client: TestClient, settings: Settings, db: Database, bureau: Organization) -> Clients:
    return Clients(client, settings, factories.make_user(db, Role.ORGANIZER, bureau))
