"""Rounds as clients ask for them."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from app.context import AppContext
from app.models.job import JobStatus
from app.models.requirement import Requirement
from tests.app.matches.conftest import Edition
from tests.app.matches.test_rounds import API, run

Body = dict[str, Any]


def put(client: TestClient, found: Body, requirement: Any, team: Any, verdict: str) -> Any:
    path = f"{API}/rounds/{found['id']}/pairs/{requirement.id}/{team.id}"
    return client.put(path, json={"verdict": verdict, "reason": "双方已签署意向书"})


def again(organizer: TestClient, context: AppContext, found: Body, **body: Any) -> Body:
    response = organizer.post(f"{API}/rounds/{found['id']}/rerun", json=body)
    assert response.status_code == 202, response.text
    assert run(context, response.json()["job_id"]).status is JobStatus.SUCCEEDED
    repeated: Body = organizer.get(f"{API}/rounds/{response.json()['id']}").json()
    return repeated


def assignments(client: TestClient, found: Body, **query: Any) -> list[Body]:
    response = client.get(f"{API}/rounds/{found['id']}/assignments", params=query)
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["total"] == len(body["items"])
    items: list[Body] = body["items"]
    return items


def teams_for(client: TestClient, found: Body, requirement: Requirement) -> list[str]:
    (item,) = assignments(client, found, requirement_id=str(requirement.id))
    return [team["solver_id"] for team in item["teams"]]


def both(edition: Edition) -> tuple[Requirement, Requirement]:
    return edition.curtain, edition.gear
