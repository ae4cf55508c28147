"""Who is to assess proposals reads the requirement they answer, and nobody who has stepped back does."""

from __future__ import annotations

import time_machine

from app.context import AppContext
from app.db import Database
from app.models import Organization, Requirement, ReviewConflict, User
from tests.app.proposals.conftest import Clients, Team
from tests.app.proposals.proposals_in import close, submitted


def test_an_assessor_reads_and_finds_the_requirement_until_stepping_back(
    db: Database,
    context: AppContext,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    one: User,
    two: User,
) -> None:
    submitted(db, requirement, first)
    close(db, clock)
    url = f"/api/v1/requirements/{requirement.id}"
    assert clients.by(one).get(url).status_code == 404
    body = {"reviewer_ids": [str(one.id)]}
    (task,) = clients.organizer.post(f"{url}/proposal-assessments", json=body).json()["items"]
    context.index.load()
    context.index.settle()
    assert clients.by(one).get(url).status_code == 200
    search = {"q": requirement.title, "in": "requirements"}
    assert clients.by(one).get("/api/v1/search", params=search).json()["total"] == 1
    assert clients.by(two).get(url).status_code == 404
    assert clients.by(two).get("/api/v1/search", params=search).json()["total"] == 0
    declared = {"has_conflict": True, "reason": "有合作。"}
    clients.by(one).post(f"/api/v1/proposal-assessments/{task['id']}/declare", json=declared)
    context.index.settle()
    assert clients.by(one).get(url).status_code == 404
    assert clients.by(one).get("/api/v1/search", params=search).json()["total"] == 0


def test_a_conflict_declared_in_the_review_bars_from_the_proposals(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    seeker_organization: Organization,
    first: Team,
    one: User,
) -> None:
    submitted(db, requirement, first)
    close(db, clock)
    with db.write() as session:
        conflict = {"reviewer_id": one.id, "organization_id": seeker_organization.id}
        session.add(ReviewConflict(**conflict, reason="曾任职。"))
    url = f"/api/v1/requirements/{requirement.id}/proposal-assessments"
    answer = clients.organizer.post(url, json={"reviewer_ids": [str(one.id)]})
    assert (answer.status_code, answer.json()["code"]) == (409, "reviewer_conflict")
