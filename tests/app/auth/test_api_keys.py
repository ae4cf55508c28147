"""API keys: one membership, no more than its scopes, shown once, gone when revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.config import Settings
from app.db import Database
from app.kit.clock import now
from app.models import ApiKey, Membership, Organization, Role
from tests import factories
from tests.conftest import client_of

URL = "/api/v1/auth/api-keys"


def make_key(client: TestClient, *scopes: str, **fields: Any) -> Any:
    return client.post(URL, json={"name": "ERP", "scopes": list(scopes), **fields})


def holder(client: TestClient, key: str) -> TestClient:
    own = TestClient(client.app, raise_server_exceptions=False)
    own.headers["Authorization"] = f"Bearer {key}"
    return own


def test_a_key_acts_within_its_scopes_only(seeker: TestClient) -> None:
    response = make_key(seeker, "requirements:read", "requirements:create")
    assert response.status_code == 201
    erp = holder(seeker, response.json()["key"])
    assert erp.post("/api/v1/requirements", json={"title": "甲"}).status_code == 201
    assert erp.get("/api/v1/requirements").json()["total"] == 1
    refused = erp.get("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")


@pytest.mark.parametrize("scope", ["requirements:publish", "users:write", "unknown:thing", "*"])
def test_a_key_never_exceeds_its_owner(seeker: TestClient, scope: str) -> None:
    response = make_key(seeker, "requirements:read", scope)
    assert (response.status_code, response.json()["code"]) == (422, "unknown_scope")


def test_a_key_cannot_make_a_stronger_key(seeker: TestClient) -> None:
    weak = holder(seeker, make_key(seeker, "api-keys:write").json()["key"])
    assert make_key(weak, "requirements:read").json()["code"] == "unknown_scope"
    assert make_key(weak, "api-keys:write").status_code == 201


def test_the_secret_is_shown_once_and_kept_as_a_hash(seeker: TestClient, db: Database) -> None:
    key = make_key(seeker, "me:read").json()["key"]
    assert key.startswith("jb_")
    listed = seeker.get(URL)
    assert listed.json()["total"] == 1
    assert key.rpartition("_")[2] not in listed.text
    with db.read() as session:
        row = session.scalars(select(ApiKey)).one()
        assert row.secret_hash not in key


def test_a_revoked_key_is_refused_at_once(seeker: TestClient) -> None:
    created = make_key(seeker, "me:read").json()
    erp = holder(seeker, created["key"])
    assert erp.get("/api/v1/me").status_code == 200
    assert seeker.delete(f"{URL}/{created['id']}").status_code == 204
    assert erp.get("/api/v1/me").status_code == 401
    assert seeker.delete(f"{URL}/{created['id']}").status_code == 204


def test_nobody_sees_or_revokes_the_keys_of_others(seeker: TestClient, other_seeker: TestClient) -> None:
    created = make_key(seeker, "me:read").json()
    assert other_seeker.get(URL).json()["total"] == 0
    assert other_seeker.delete(f"{URL}/{created['id']}").status_code == 404


def test_a_key_ends_at_its_date(seeker: TestClient) -> None:
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        ends = (start + timedelta(hours=1)).isoformat()
        # The signed token of the seeker ends earlier than the key, so the key speaks for itself.
        erp = holder(seeker, make_key(seeker, "me:read", expires_at=ends).json()["key"])
        assert erp.get("/api/v1/me").status_code == 200
        clock.move_to(start + timedelta(hours=1, seconds=6))
        seeker.app.state.actors.clear()  # type: ignore[attr-defined]
        assert erp.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("ends", ["2027-01-01T00:00:00", "0001-01-01T00:00:00+14:00", 5, "soon"])
def test_a_date_without_a_zone_or_beyond_the_calendar_is_refused(seeker: TestClient, ends: Any) -> None:
    response = make_key(seeker, "me:read", expires_at=ends)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "expires_at")


@pytest.mark.parametrize("change", ["prefix", "secret", "case", "cut"])
def test_a_key_that_is_not_exactly_right_is_refused(seeker: TestClient, change: str) -> None:
    key = make_key(seeker, "me:read").json()["key"]
    wrong = {
        "prefix": "jb_" + "0" * 12 + key[15:],
        "secret": key[:-1] + ("A" if key[-1] != "A" else "B"),
        "case": "JB_" + key[3:],
        "cut": key[:15],
    }[change]
    assert holder(seeker, wrong).get("/api/v1/me").status_code == 401


def test_a_key_acts_as_one_membership_of_its_owner(
    client: TestClient,
    db: Database,
    settings: Settings,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    user = factories.make_user(db, Role.SEEKER, seeker_organization)
    with db.write() as session:
        second = Membership(user_id=user.id, role=Role.SEEKER, organization_id=other_organization.id)
        session.add(second)
        session.flush()
    person = client_of(client, settings, user)
    for organization in (seeker_organization, other_organization):
        factories.make_requirement(db, organization)
    assert person.get("/api/v1/requirements").json()["total"] == 2
    key = make_key(person, "requirements:read", membership_id=str(second.id)).json()["key"]
    items = holder(client, key).get("/api/v1/requirements").json()["items"]
    assert [item["organization_id"] for item in items] == [str(other_organization.id)]


def test_a_membership_of_somebody_else_cannot_carry_a_key(
    seeker: TestClient, db: Database, other_organization: Organization
) -> None:
    stranger = factories.make_user(db, Role.SEEKER, other_organization)
    membership = str(stranger.memberships[0].id)
    assert make_key(seeker, "me:read", membership_id=membership).status_code == 404
