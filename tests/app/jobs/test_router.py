"""`/jobs` over HTTP: who sees what, pages, cancel and retry."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import Actor, Grant
from app.context import AppContext
from app.db import Database
from app.jobs import registry
from app.jobs.runner import JobRunner
from app.jobs.service import enqueue
from app.models import Role
from app.models.access import Membership
from app.models.job import Job, JobStatus


@pytest.fixture(autouse=True)
def task() -> Iterator[None]:
    registry.task("test.web")(lambda job: {"seen": job.arguments["n"]})
    yield
    registry.forget_task("test.web")


@pytest.fixture
def start(db: Database) -> Callable[..., uuid.UUID]:
    """A job of the person behind a client."""

    def start(client: TestClient, number: int = 1) -> uuid.UUID:
        me = client.get("/api/v1/me").json()
        with db.write() as session:
            roles = session.scalars(select(Membership).where(Membership.user_id == uuid.UUID(me["id"])))
            grants = tuple(Grant(Role(row.role), row.organization_id) for row in roles)
            actor = Actor(uuid.UUID(me["id"]), grants)
            return enqueue(session, "test.web", {"n": number, "secret": "机密"}, actor=actor).id

    return start


Start = Callable[..., uuid.UUID]


def test_a_job_is_watched_from_queue_to_result(seeker: TestClient, start: Start, context: AppContext) -> None:
    job_id = start(seeker, 7)
    answer = seeker.get(f"/api/v1/jobs/{job_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert answer.json()["status_label"] == "排队中"
    assert answer.headers["ETag"]
    assert "机密" not in answer.text
    assert JobRunner(context).run_next()
    body = seeker.get(f"/api/v1/jobs/{job_id}").json()
    assert (body["status"], body["result"], body["attempts"]) == ("succeeded", {"seen": 7}, 1)


def test_a_job_of_somebody_else_does_not_exist(
    seeker: TestClient, other_seeker: TestClient, organizer: TestClient, start: Start
) -> None:
    job_id = start(seeker)
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        answer = other_seeker.request(method, f"/api/v1/jobs/{job_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert other_seeker.get("/api/v1/jobs").json() == {"items": [], "next_cursor": None, "total": 0}
    assert organizer.get(f"/api/v1/jobs/{job_id}").status_code == 200
    assert organizer.get("/api/v1/jobs").json()["total"] == 1


def test_pages_of_jobs_hold_every_job_once(seeker: TestClient, start: Start) -> None:
    wanted = [str(start(seeker, number)) for number in range(5)]
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = seeker.get("/api/v1/jobs", params=query).json()
        assert page["total"] == 5
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == wanted[::-1]


def test_jobs_are_listed_by_status_and_name(seeker: TestClient, start: Start, context: AppContext) -> None:
    start(seeker)
    assert JobRunner(context).run_next()
    queued = start(seeker)
    items = seeker.get("/api/v1/jobs", params={"status": "queued"}).json()["items"]
    assert [item["id"] for item in items] == [str(queued)]
    assert seeker.get("/api/v1/jobs", params={"status": ["queued", "succeeded"]}).json()["total"] == 2
    assert seeker.get("/api/v1/jobs", params={"name": "other.task"}).json()["total"] == 0
    assert seeker.get("/api/v1/jobs", params={"status": "odd"}).status_code == 422


def test_cancel_and_retry_answer_with_the_job_and_refuse_what_makes_no_sense(
    seeker: TestClient, start: Start, context: AppContext
) -> None:
    job_id = start(seeker)
    refused = seeker.post(f"/api/v1/jobs/{job_id}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "job_not_retryable")
    assert seeker.post(f"/api/v1/jobs/{job_id}/cancel").json()["status"] == "cancelled"
    refused = seeker.post(f"/api/v1/jobs/{job_id}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "job_is_finished")
    assert "已取消" in refused.json()["detail"]
    assert seeker.post(f"/api/v1/jobs/{job_id}/retry").json()["status"] == "queued"
    assert JobRunner(context).run_next()
    assert seeker.get(f"/api/v1/jobs/{job_id}").json()["status"] == "succeeded"


def test_a_running_job_shows_that_it_is_being_cancelled(
    seeker: TestClient, start: Start, db: Database
) -> None:
    job_id = start(seeker)
    with db.write() as session:
        session.get_one(Job, job_id).status = JobStatus.RUNNING
    body = seeker.post(f"/api/v1/jobs/{job_id}/cancel").json()
    assert (body["status"], body["is_cancelling"]) == ("running", True)
