"""A clock that stands still, an announced challenge, and clients whose tokens hold at any time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.config import Settings
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import Challenge, Organization, Role, User
from tests import factories
from tests.conftest import client_of

START = datetime(2026, 9, 1, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


class Clients:
    """Fresh clients of one organizer and one seeker, at whatever time it is."""

    def __init__(self, client: TestClient, settings: Settings, organizer: User, seeker: User) -> None:
        self._client, self._settings = client, settings
        self.organizer_user, self.seeker_user = organizer, seeker

    @property
    def organizer(self) -> TestClient:
        return self.of(self.organizer_user)

    @property
    def seeker(self) -> TestClient:
        return self.of(self.seeker_user)

    def of(self, user: User) -> TestClient:
        return client_of(self._client, self._settings, user)


@pytest.fixture
def clients(
    client: TestClient,
    settings: Settings,
    db: Database,
    bureau: Organization,
    seeker_organization: Organization,
) -> Clients:
    organizer = factories.make_user(db, Role.ORGANIZER, bureau)
    return Clients(client, settings, organizer, factories.make_user(db, Role.SEEKER, seeker_organization))
