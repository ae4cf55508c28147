"""The promises about writes: an answer of 2xx means stored, a failed commit never says it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import Database
from app.models import IdempotencyRecord, Requirement
from tests.factories import REQUIREMENT


@contextmanager
def failing_commits() -> Iterator[None]:
    def fail(_session: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    event.listen(Session, "before_commit", fail)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", fail)


def count(db: Database, table: type[Any]) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["plain", "idempotent"])
def test_a_failed_commit_is_never_answered_with_success(
    seeker: TestClient, db: Database, headers: dict[str, str]
) -> None:
    with failing_commits():
        response = seeker.post("/api/v1/requirements", json=REQUIREMENT, headers=headers)
    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert count(db, Requirement) == 0
    assert count(db, IdempotencyRecord) == 0


def test_a_retried_post_acts_once_and_gets_the_same_answer(seeker: TestClient, db: Database) -> None:
    first = seeker.post("/api/v1/requirements", json=REQUIREMENT, headers={"Idempotency-Key": "k-1"})
    second = seeker.post("/api/v1/requirements", json=REQUIREMENT, headers={"Idempotency-Key": "k-1"})
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert count(db, Requirement) == 1


def test_a_key_with_another_payload_is_refused(seeker: TestClient, db: Database) -> None:
    seeker.post("/api/v1/requirements", json=REQUIREMENT, headers={"Idempotency-Key": "k-2"})
    other = seeker.post("/api/v1/requirements", json={"title": "另一个"}, headers={"Idempotency-Key": "k-2"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert count(db, Requirement) == 1


def test_the_same_key_of_another_user_is_another_key(
    seeker: TestClient, other_seeker: TestClient, db: Database
) -> None:
    for client in (seeker, other_seeker):
        response = client.post("/api/v1/requirements", json=REQUIREMENT, headers={"Idempotency-Key": "k-3"})
        assert response.status_code == 201
        assert "idempotency-replayed" not in response.headers
    assert count(db, Requirement) == 2


def test_a_refused_post_leaves_its_key_free(seeker: TestClient) -> None:
    refused = seeker.post("/api/v1/requirements", json={"title": ""}, headers={"Idempotency-Key": "k-4"})
    accepted = seeker.post("/api/v1/requirements", json=REQUIREMENT, headers={"Idempotency-Key": "k-4"})
    assert (refused.status_code, accepted.status_code) == (422, 201)


def test_an_update_needs_the_version_that_was_read(seeker: TestClient) -> None:
    created = seeker.post("/api/v1/requirements", json=REQUIREMENT)
    url = created.headers["location"]
    etag = created.headers["etag"]
    missing = seeker.patch(url, json={"budget_wan": 90})
    first = seeker.patch(url, json={"budget_wan": 90}, headers={"If-Match": etag})
    stale = seeker.patch(url, json={"budget_wan": 10}, headers={"If-Match": etag})
    assert [r.status_code for r in (missing, first, stale)] == [428, 200, 412]
    assert [missing.json()["code"], stale.json()["code"]] == ["version_required", "version_mismatch"]
    assert seeker.get(url).json()["budget_wan"] == 90


def test_the_audit_chain_notices_a_changed_entry(seeker: TestClient, db: Database) -> None:
    from app import audit
    from app.models import AuditEntry

    for _ in range(3):
        seeker.post("/api/v1/requirements", json=REQUIREMENT)
    with db.write() as session:
        assert audit.first_broken_entry(session) is None
        session.get_one(AuditEntry, 2).action = "requirement.vanished"
    with db.read() as session:
        assert audit.first_broken_entry(session) == 2
