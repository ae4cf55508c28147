"""Any input gets a defined answer: never a 5xx, never an echo of what was sent, never half a record."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.db import Database
from app.models import Requirement

MARK = "回声探针7431"

BAD_BODIES: dict[str, bytes] = {
    "not json": b"{",
    "empty": b"",
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "not utf-8": b'{"title": "\xff\xfe"}',
    "nan": b'{"title": "' + MARK.encode() + b'", "budget_wan": NaN}',
    "infinity": b'{"title": "' + MARK.encode() + b'", "budget_wan": Infinity}',
    "huge number": b'{"title": "' + MARK.encode() + b'", "budget_wan": 1e400}',
    "huge integer": b'{"title": "' + MARK.encode() + b'", "trl_now": ' + b"9" * 5000 + b"}",
    "true for a number": b'{"title": "' + MARK.encode() + b'", "trl_now": true}',
    "text for a number": b'{"title": "' + MARK.encode() + b'", "budget_wan": "12"}',
    "number for a text": b'{"title": 7431}',
    "null title": b'{"title": null}',
    "blank title": b'{"title": "   "}',
    "invisible title": '{"title": "\u200b\u200b\ufeff"}'.encode(),
    "nul": b'{"title": "' + MARK.encode() + b'\\u0000"}',
    "control character": b'{"title": "' + MARK.encode() + b'\\u0007"}',
    "lone surrogate": b'{"title": "' + MARK.encode() + b'\\ud800"}',
    "surrogate field": b'{"title": "x", "\\ud800": 1}',
    "unknown field": '{"title": "x", "回声探针7431": 1}'.encode(),
    "title too long": ('{"title": "' + "长" * 201 + '"}').encode(),
    "deep nesting": b'{"title": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "bad enum": b'{"title": "x", "field": "' + MARK.encode() + b'"}',
    "bad date": b'{"title": "x", "deadline": "2026-02-30"}',
    "number for a date": b'{"title": "x", "deadline": 0}',
    "negative budget": b'{"title": "x", "budget_wan": -1}',
    "absurd budget": b'{"title": "x", "budget_wan": 10000000}',
    "too many keywords": b'{"title": "x", "keywords": ' + str(["k"] * 21).replace("'", '"').encode() + b"}",
    "bad id": b'{"title": "x", "organization_id": "' + MARK.encode() + b'"}',
    "another's organization": b'{"title": "x", "organization_id": "0193a5b0-0000-7000-8000-000000000000"}',
    "both organizations": (
        b'{"title": "x", "organization_id": "0193a5b0-0000-7000-8000-000000000000",'
        b' "organization": {"name": "y"}}'
    ),
    "unknown challenge": b'{"title": "x", "challenge": "' + MARK.encode() + b'"}',
    "target without a number": (
        '{"title": "x", "targets": [{"name": "韧性", "operator": "≥", "value": "67"}]}'.encode()
    ),
}


def count(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Requirement)) or 0


def assert_is_problem(response: Any) -> None:
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "code", "detail", "request_id"} <= set(body)
    assert body["status"] == response.status_code
    assert MARK not in response.text


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused_without_echo_and_without_trace(
    seeker: TestClient, db: Database, body: bytes
) -> None:
    response = seeker.post("/api/v1/requirements", content=body, headers={"Content-Type": "application/json"})
    assert_is_problem(response)
    assert count(db) == 0


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=%00",
        "cursor=" + "A" * 700,
        "cursor=bm90LWEtY3Vyc29y",
        "cursor=WyJ0aXRsZSIsIDEsIDJd",
        "sort=password",
        "sort=--title",
        "status=nothing",
        "field=%E5%9B%9E%E5%A3%B0",
        "organization_id=x",
        "q=%00",
        "q=" + "a" * 201,
        "budget_min=-1",
        "budget_min=NaN",
        "budget_min=Infinity",
        "budget_max=1e30",
    ],
)
def test_a_bad_query_is_refused(seeker: TestClient, query: str) -> None:
    assert_is_problem(seeker.get(f"/api/v1/requirements?{query}"))


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/requirements/x",
        "/api/v1/requirements/0193a5b0-0000-7000-8000-000000000000",
        "/api/v1/nothing",
        "/nothing",
        "/api/v1/requirements/%00",
        "/api/v1/requirements/..%2f..%2fetc%2fpasswd",
    ],
)
def test_a_bad_path_is_refused(seeker: TestClient, path: str) -> None:
    assert_is_problem(seeker.get(path))


@pytest.mark.parametrize("token", ["", "x", "jb_x", "jb_000000000000_x", "a.b.c", "中文"])
def test_a_bad_token_is_refused(client: TestClient, token: str) -> None:
    response = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}".encode()})
    assert response.status_code == 401
    assert_is_problem(response)


def test_a_wrong_method_is_refused(seeker: TestClient) -> None:
    response = seeker.put("/api/v1/requirements", json={})
    assert response.status_code == 405
    assert_is_problem(response)


def test_a_body_beyond_the_limit_is_refused(seeker: TestClient, db: Database) -> None:
    body = b'{"title": "' + b"a" * (3 * 1024 * 1024) + b'"}'
    response = seeker.post("/api/v1/requirements", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert_is_problem(response)
    assert count(db) == 0


def test_a_body_sent_in_pieces_is_counted(seeker: TestClient) -> None:
    response = seeker.post(
        "/api/v1/requirements",
        content=(b"a" * 65_536 for _ in range(64)),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 413


def test_errors_come_in_the_language_that_is_asked_for(seeker: TestClient) -> None:
    chinese = seeker.post("/api/v1/requirements", json={})
    english = seeker.post("/api/v1/requirements", json={}, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert chinese.json()["errors"][0] == {"field": "title", "code": "missing", "message": "此项必填"}
    assert english.json()["errors"][0] == {"field": "title", "code": "missing", "message": "Required"}


def test_a_password_never_comes_back(client: TestClient) -> None:
    response = client.post(
        "/api/v1/auth/token",
        data={"username": "nobody@example.com", "password": MARK, "grant_type": "x" * 41},
    )
    assert_is_problem(response)
