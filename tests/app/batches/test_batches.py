"""One act on many requirements: held, undone in time, then done row by row, whatever stands in one's way."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.batches import tasks as _tasks  # noqa: F401 (registers the job)
from app.context import AppContext
from app.db import Database
from app.jobs.runner import run_inline
from app.kit.clock import now
from app.models import Organization, Requirement, Response, Role
from app.models.job import Job, JobStatus
from app.models.requirement import RequirementStatus
from app.models.review import ReviewAssignment
from tests import factories
from tests.app.requirements.states import requirement_in

API = "/api/v1/batches"
S = RequirementStatus


@pytest.fixture
def submitted(db: Database, seeker_organization: Organization) -> list[str]:
    """Two that can be approved, and one that was approved before."""
    states = (S.SUBMITTED, S.TECHNICAL_REVIEW, S.PUBLISHED)
    return [str(requirement_in(db, seeker_organization, status).id) for status in states]


def finish(context: AppContext, id: str) -> None:
    """As if the time to undo were over."""
    with context.db.write() as session:
        session.get_one(Job, uuid.UUID(id)).due_at = now() - timedelta(seconds=1)
    assert run_inline(context, uuid.UUID(id)).status is JobStatus.SUCCEEDED


def status_of(db: Database, id: str) -> RequirementStatus:
    with db.read() as session:
        return session.get_one(Requirement, uuid.UUID(id)).status


def answers(db: Database) -> int:
    with db.read() as session:
        return len(list(session.scalars(select(Response.id))))


def test_nothing_happens_while_it_is_held_and_undone_it_never_does(
    db: Database, organizer: TestClient, submitted: list[str]
) -> None:
    before = answers(db)
    made = organizer.post(API, json={"act": "approve", "requirement_ids": submitted[:2]})
    assert made.status_code == 202, made.text
    assert made.json()["is_held"] is True
    assert status_of(db, submitted[0]) is S.SUBMITTED
    undone = organizer.post(f"{API}/{made.json()['id']}/undo")
    assert (undone.status_code, undone.json()["status"]) == (200, "cancelled")
    assert organizer.post(f"{API}/{made.json()['id']}/undo").json()["code"] == "too_late_to_undo"
    assert answers(db) == before


def test_each_is_dealt_with_and_one_that_cannot_be_stops_no_other(
    db: Database, context: AppContext, organizer: TestClient, submitted: list[str]
) -> None:
    id = organizer.post(API, json={"act": "approve", "requirement_ids": submitted}).json()["id"]
    finish(context, id)
    rows = organizer.get(f"{API}/{id}").json()["rows"]
    assert [row["outcome"] for row in rows] == ["done", "done", "failed"]
    assert rows[2]["message"]
    assert [status_of(db, row) for row in submitted] == [S.APPROVED, S.APPROVED, S.PUBLISHED]
    assert organizer.post(f"{API}/{id}/undo").status_code == 409


def test_a_return_needs_a_reason_and_an_assignment_a_reviewer(
    db: Database, context: AppContext, organizer: TestClient, submitted: list[str]
) -> None:
    for act in ("return", "assign"):
        lacking = organizer.post(API, json={"act": act, "requirement_ids": submitted[:1]})
        assert lacking.status_code == 422
    body = {"act": "return", "requirement_ids": submitted[:1], "reason": "other", "text": "请补充工作温度"}
    returned = organizer.post(API, json=body)
    finish(context, returned.json()["id"])
    assert status_of(db, submitted[0]) is S.RETURNED
    person = factories.make_user(db, Role.REVIEWER)
    assign = {"act": "assign", "requirement_ids": submitted[1:2], "reviewer_id": str(person.id)}
    finish(context, organizer.post(API, json=assign).json()["id"])
    with db.read() as session:
        assert session.scalars(select(ReviewAssignment.reviewer_id)).one() == person.id


def test_whoever_may_not_do_it_cannot_order_it(
    reviewer: TestClient, seeker: TestClient, submitted: list[str]
) -> None:
    body = {"act": "approve", "requirement_ids": submitted}
    assert seeker.post(API, json=body).status_code == 403
    assert reviewer.post(API, json=body).status_code == 422
    assert reviewer.post(API, json={**body, "act": "publish"}).status_code == 403


def test_a_killed_run_goes_on_with_the_rows_that_are_left(
    db: Database, context: AppContext, organizer: TestClient, submitted: list[str]
) -> None:
    id = organizer.post(API, json={"act": "approve", "requirement_ids": submitted[:2]}).json()["id"]
    with db.write() as session:
        session.get_one(Job, uuid.UUID(id)).checkpoint = {"rows": [["", "", ""]]}
    finish(context, id)
    assert [status_of(db, row) for row in submitted[:2]] == [S.SUBMITTED, S.APPROVED]
