"""Reviewers of an institute that is tied to nobody, an organizer, the seeker, and a requirement under review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from app.db import Database
from app.models import Challenge, Organization, Requirement, Role, User
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import client_of

API = "/api/v1"


@dataclass(frozen=True)
class Person:
    """A reviewer with a client."""

    user: User
    client: TestClient

    @property
    def id(self) -> str:
        return str(self.user.id)


@pytest.fixture
def institute(db: Database) -> Organization:
    return factories.make_organization(db, "江东科技评估中心", kind="institute")


class Reviewers:
    """Makes reviewers."""

    def __init__(self, client: TestClient, settings: Settings, db: Database, unit: Organization) -> None:
        self._client, self._settings, self._db, self._unit = client, settings, db, unit

    def new(self, unit: Organization | None = None) -> Person:
        user = factories.make_user(self._db, Role.REVIEWER, unit or self._unit)
        return Person(user, client_of(self._client, self._settings, user))


@pytest.fixture
def reviewers(client: TestClient, settings: Settings, db: Database, institute: Organization) -> Reviewers:
    return Reviewers(client, settings, db, institute)


@pytest.fixture
def first(reviewers: Reviewers) -> Person:
    return reviewers.new()


@pytest.fixture
def second(reviewers: Reviewers) -> Person:
    return reviewers.new()


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.TECHNICAL_REVIEW)


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


def assign(organizer: TestClient, requirement: Requirement, person: Person) -> Any:
    return organizer.post(f"{API}/requirements/{requirement.id}/reviews", json={"reviewer_id": person.id})
