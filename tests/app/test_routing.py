"""Retried writes: a POST with an `Idempotency-Key` acts once, whatever happens in between."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import api, routing
from app.db import Database
from app.models import ApiKey, AuditEntry, IdempotencyRecord, Organization, Requirement, Role
from tests import factories
from tests.conftest import PASSWORD

URL = "/api/v1/requirements"


def post(client: TestClient, key: str, body: Any, url: str = URL) -> Any:
    return client.post(url, json=body, headers={"Idempotency-Key": key})


def counted(db: Database, table: type[Any]) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_retried_post_acts_once_and_gets_the_same_answer(seeker: TestClient, db: Database) -> None:
    first = post(seeker, "k1", {"title": "甲"})
    again = post(seeker, "k1", {"title": "甲"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("etag", "location", "content-type"):
        assert again.headers[header] == first.headers[header]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert counted(db, Requirement) == counted(db, AuditEntry) == 1


def test_another_key_acts_again(seeker: TestClient, db: Database) -> None:
    assert (
        post(seeker, "k1", {"title": "甲"}).json()["id"] != post(seeker, "k2", {"title": "甲"}).json()["id"]
    )
    assert counted(db, Requirement) == 2


@pytest.mark.parametrize("change", ["payload", "route"])
def test_a_key_that_is_used_for_something_else_is_refused(
    seeker: TestClient, db: Database, change: str
) -> None:
    created = post(seeker, "k1", {"title": "甲", "problem": "问题"}).json()
    if change == "payload":
        response = post(seeker, "k1", {"title": "乙", "problem": "问题"})
    else:
        response = post(seeker, "k1", {"title": "甲", "problem": "问题"}, f"{URL}/{created['id']}/submit")
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert counted(db, Requirement) == 1
    assert seeker.get(f"{URL}/{created['id']}").json()["status"] == "draft"


def test_keys_of_two_users_do_not_meet(seeker: TestClient, other_seeker: TestClient) -> None:
    own = post(seeker, "k1", {"title": "甲"}).json()
    other = post(other_seeker, "k1", {"title": "甲"})
    assert other.status_code == 201
    assert other.json()["id"] != own["id"]


def test_a_refused_write_stores_nothing_and_may_be_repeated_in_a_better_form(
    seeker: TestClient, db: Database
) -> None:
    assert post(seeker, "k1", {"title": ""}).status_code == 422
    assert counted(db, IdempotencyRecord) == 0
    assert post(seeker, "k1", {"title": "甲"}).status_code == 201


def test_a_move_is_retried_without_a_conflict(seeker: TestClient) -> None:
    created = post(seeker, "k1", {"title": "甲", "problem": "问题"}).json()
    url = f"{URL}/{created['id']}/submit"
    assert post(seeker, "k2", None, url).json()["status"] == "submitted"
    assert post(seeker, "k2", None, url).json()["status"] == "submitted"
    assert seeker.post(url).status_code == 409


def test_a_retry_after_a_failed_commit_acts_for_the_first_time(
    seeker: TestClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_session: Session) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(Session, "commit", fail)
        assert post(seeker, "k1", {"title": "甲"}).status_code >= 500
        assert seeker.post(URL, json={"title": "甲"}).status_code >= 500
    assert counted(db, Requirement) == counted(db, IdempotencyRecord) == 0
    assert post(seeker, "k1", {"title": "甲"}).status_code == 201
    assert counted(db, Requirement) == 1


@pytest.mark.parametrize("key", ["", " ", "with space", "x" * 256, "\x7f"])
def test_a_key_of_an_unusable_form_is_refused(seeker: TestClient, db: Database, key: str) -> None:
    response = post(seeker, key, {"title": "甲"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_idempotency_key")
    assert counted(db, Requirement) == 0


def test_without_a_token_a_key_is_worth_nothing(client: TestClient) -> None:
    assert post(client, "k1", {"title": "甲"}).status_code == 401


def test_an_answer_that_tells_a_secret_is_given_once_and_never_stored(
    seeker: TestClient, db: Database
) -> None:
    body = {"name": "同步程序", "scopes": ["requirements:read"]}
    first = post(seeker, "k1", body, "/api/v1/auth/api-keys")
    again = post(seeker, "k1", body, "/api/v1/auth/api-keys")
    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "answer_not_kept")
    assert counted(db, ApiKey) == 1
    with db.read() as session:
        record = session.scalars(select(IdempotencyRecord)).one()
    assert (record.body, record.headers) == (None, {})


def test_every_route_that_answers_with_a_secret_keeps_no_answer() -> None:
    telling = {
        route.endpoint
        for router in api.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        and {"secret", "key", "access_token"} & set(getattr(route.response_model, "model_fields", ()))
    }
    assert len(telling) == 4
    assert telling <= routing._telling_secrets | routing._passing_keys_over


def test_signing_in_passes_over_a_key_with_and_without_a_token(
    client: TestClient, seeker: TestClient, db: Database, password_hash: str
) -> None:
    user = factories.make_user(db, Role.ADMIN, password_hash=password_hash)
    form = {"username": user.email, "password": PASSWORD}
    for caller in (client, seeker):
        response = caller.post("/api/v1/auth/token", data=form, headers={"Idempotency-Key": "k1"})
        assert response.status_code == 200, response.text
    assert counted(db, IdempotencyRecord) == 0


def test_a_stored_fingerprint_cannot_be_guessed_without_the_server_key(
    admin: TestClient, db: Database, bureau: Organization
) -> None:
    body = {
        "email": "new@bureau.example",
        "password": PASSWORD,
        "memberships": [{"role": "reviewer", "organization_id": str(bureau.id)}],
    }
    sent = admin.build_request("POST", "/api/v1/users", json=body).content
    assert post(admin, "k1", body, "/api/v1/users").status_code == 201
    guess = hashlib.sha256(b"POST\0/api/v1/users\0\0" + sent).hexdigest()
    with db.read() as session:
        assert session.scalars(select(IdempotencyRecord)).one().fingerprint != guess
