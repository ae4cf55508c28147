"""Browsers: clients that carry a session cookie and say, as browsers do, where their forms come from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.auth import sessions
from app.config import Settings
from app.db import Database
from app.models import Organization, Role
from tests import factories

Browse = Callable[..., TestClient]

SAME_ORIGIN = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def visitor(client: TestClient) -> TestClient:
    """A browser that is not signed in."""
    return TestClient(client.app, raise_server_exceptions=False, follow_redirects=False, headers=SAME_ORIGIN)


@pytest.fixture
def browse(client: TestClient, db: Database, settings: Settings, password_hash: str) -> Browse:
    """`browse(Role.SEEKER, organization)`: a browser at which a new user with that role is signed in."""

    def browse(
        role: Role, organization: Organization | None = None, *, email: str | None = None
    ) -> TestClient:
        user = factories.make_user(db, role, organization, email=email, password_hash=password_hash)
        with db.write() as session:
            token = sessions.start(session, settings, user.id, browser="Firefox")
        own = TestClient(
            client.app, raise_server_exceptions=False, follow_redirects=False, headers=SAME_ORIGIN
        )
        own.cookies.set("jiebang", token)
        return own

    return browse


@pytest.fixture
def organizer_browser(browse: Browse, bureau: Organization) -> TestClient:
    return browse(Role.ORGANIZER, bureau)


@pytest.fixture
def seeker_browser(browse: Browse, seeker_organization: Organization) -> TestClient:
    return browse(Role.SEEKER, seeker_organization)
