"""Many answers at once: every row is given or says why not, nobody is answered twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.db import Database
from app.models import Organization, Requirement, Response
from app.models.requirement import RequirementStatus
from tests.app.requirements.states import requirement_in

URL = "/api/v1/responses"
S = RequirementStatus


@pytest.fixture
def two(db: Database, seeker_organization: Organization) -> list[Requirement]:
    return [requirement_in(db, seeker_organization, S.MATCHING, {"title": f"难题{n}"}) for n in (1, 2)]


def count(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


def rows(requirements: list[Requirement], text: str = "答复") -> list[dict[str, Any]]:
    return [{"requirement_id": str(row.id), "text": f"{text}：{row.title}"} for row in requirements]


def test_each_seeker_reads_words_of_its_own(
    db: Database, organizer: TestClient, seeker: TestClient, two: list[Requirement]
) -> None:
    body = organizer.post(URL, json={"rows": rows(two)}).json()
    assert (body["answered"], body["failed"]) == (2, 0)
    for row in two:
        last = seeker.get(f"/api/v1/requirements/{row.id}/responses").json()["items"][-1]
        assert last["text"] == f"答复：{row.title}"


def test_a_row_that_fails_is_reported_and_stops_no_other(
    db: Database, organizer: TestClient, two: list[Requirement], seeker_organization: Organization
) -> None:
    draft = requirement_in(db, seeker_organization, S.DRAFT)
    unknown = {"requirement_id": str(uuid.uuid4()), "text": "x"}
    sent = [*rows([two[0], draft]), unknown, *rows(two)]
    body = organizer.post(URL, json={"rows": sent}, headers={"Accept-Language": "en"}).json()
    assert [(row["outcome"], row["code"]) for row in body["rows"]] == [
        ("answered", ""),
        ("failed", "not_found"),
        ("failed", "not_found"),
        ("failed", "repeated"),
        ("answered", ""),
    ]
    assert "more than once" in body["rows"][3]["message"]


def test_all_or_nothing_gives_none_and_names_the_rows(
    db: Database, organizer: TestClient, two: list[Requirement]
) -> None:
    before = count(db)
    sent = [*rows(two), {"requirement_id": str(uuid.uuid4()), "text": "x"}]
    refused = organizer.post(URL, json={"rows": sent, "all_or_nothing": True})
    assert refused.status_code == 422
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        ("rows.2", "not_found")
    ]
    assert count(db) == before


def test_the_same_list_sent_again_answers_nobody_twice(
    db: Database, organizer: TestClient, two: list[Requirement]
) -> None:
    organizer.post(URL, json={"rows": rows(two)})
    stored = count(db)
    body = organizer.post(URL, json={"rows": rows(two)}).json()
    assert (body["answered"], body["unchanged"]) == (0, 2)
    assert count(db) == stored


def test_a_retry_with_the_same_key_gets_the_first_answer(
    db: Database, organizer: TestClient, two: list[Requirement]
) -> None:
    key = {"Idempotency-Key": "answers-1"}
    first = organizer.post(URL, json={"rows": rows(two)}, headers=key)
    again = organizer.post(URL, json={"rows": rows(two)}, headers=key)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_reviewer_answers_only_what_it_is_assigned(
    db: Database, reviewer: TestClient, two: list[Requirement]
) -> None:
    body = reviewer.post(URL, json={"rows": rows(two)}).json()
    assert [row["code"] for row in body["rows"]] == ["not_found", "not_found"]


def test_an_answer_cannot_be_taken_back(organizer: TestClient, two: list[Requirement]) -> None:
    body = organizer.post(URL, json={"rows": rows(two[:1])}).json()
    assert organizer.delete(f"{URL}/{body['rows'][0]['response_id']}").status_code in (404, 405)
