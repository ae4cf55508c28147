"""Teams with people of their own, reviewers, and a requirement whose challenge dates its call for proposals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.challenges import entries
from app.config import Settings
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import Challenge, ChallengeStage, Organization, Requirement, Role, SolverProfile, User
from app.models.requirement import RequirementStatus
from app.models.stage import StageKind
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import client_of

START = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)
CLOSING = datetime(2026, 6, 30, 18, 0, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)


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


def make_team(db: Database, name: str) -> Team:
    unit = factories.make_organization(db, f"{name}研究所", kind="institute")
    profile = factories.make_solver(db, f"{name}课题组", organization_id=unit.id)
    return Team(profile, unit, factories.make_user(db, Role.SOLVER, unit))


@pytest.fixture
def first(clock: object, db: Database) -> Team:
    return make_team(db, "甲")


@pytest.fixture
def second(clock: object, db: Database) -> Team:
    return make_team(db, "乙")


@pytest.fixture
def third(clock: object, db: Database) -> Team:
    return make_team(db, "丙")


@pytest.fixture
def challenge(clock: object, db: Database) -> Challenge:
    """Calls for proposals from START to CLOSING."""
    found = factories.make_challenge(db)
    with db.write() as session:
        stage = ChallengeStage(
            challenge_id=found.id, kind=StageKind.PROPOSALS, opens_at=START, closes_at=CLOSING
        )
        session.add(stage)
    return found


def called_for(
    db: Database,
    challenge: Challenge,
    organization: Organization,
    status: RequirementStatus = RequirementStatus.IN_CONTACT,
    **fields: object,
) -> Requirement:
    """A requirement of this challenge, in `status`."""
    requirement = requirement_in(db, organization, status, fields)
    with db.write() as session:
        entries.enter(session, challenge.id, requirement.id)
    return requirement


@pytest.fixture
def requirement(db: Database, challenge: Challenge, seeker_organization: Organization) -> Requirement:
    return called_for(db, challenge, seeker_organization)


class Clients:
    """Fresh clients, whose tokens hold at whatever time it is."""

    def __init__(self, client: TestClient, settings: Settings, staff: dict[Role, User]) -> None:
        self._client, self._settings, self._staff = client, settings, staff

    @property
    def organizer(self) -> TestClient:
        return self.by(self._staff[Role.ORGANIZER])

    @property
    def seeker(self) -> TestClient:
        return self.by(self._staff[Role.SEEKER])

    def of(self, team: Team) -> TestClient:
        return self.by(team.user)

    def by(self, user: User) -> TestClient:
        return client_of(self._client, self._settings, user)


@pytest.fixture
def clients(
    clock: object,
    client: TestClient,
    settings: Settings,
    db: Database,
    bureau: Organization,
    seeker_organization: Organization,
) -> Clients:
    staff = {
        Role.ORGANIZER: factories.make_user(db, Role.ORGANIZER, bureau),
        Role.SEEKER: factories.make_user(db, Role.SEEKER, seeker_organization),
    }
    return Clients(client, settings, staff)


@pytest.fixture
def academy(db: Database) -> Organization:
    """The unit of the reviewers, tied to nobody."""
    return factories.make_organization(db, "通海市科技评估中心", kind="institute")


@pytest.fixture
def one(clock: object, db: Database, academy: Organization) -> User:
    return factories.make_user(db, Role.REVIEWER, academy)


@pytest.fixture
def two(clock: object, db: Database, academy: Organization) -> User:
    return factories.make_user(db, Role.REVIEWER, academy)
