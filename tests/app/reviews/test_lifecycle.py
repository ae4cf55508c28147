"""Every state of a review assignment × every move × every role."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.auth.permissions import PERMISSIONS
from app.db import Database
from app.models import Organization, Requirement, ReviewAssignment, Role
from app.models.review import ASSIGNMENT_TRANSITIONS, AssignmentStatus
from tests.app.reviews.conftest import API, Person, assign
from tests.conftest import Login

A = AssignmentStatus


def status_of(db: Database, id: str) -> AssignmentStatus:
    with db.read() as session:
        return session.get_one(ReviewAssignment, uuid.UUID(id)).status


@pytest.mark.parametrize("status", list(A))
@pytest.mark.parametrize("role", list(Role))
def test_an_assignment_is_ended_exactly_by_staff_while_it_is_active(
    db: Database,
    sign_in: Login,
    organizer: TestClient,
    other_organization: Organization,
    first: Person,
    second: Person,
    requirement: Requirement,
    role: Role,
    status: AssignmentStatus,
) -> None:
    client = sign_in(role, other_organization)
    given = assign(organizer, requirement, first).json()["id"]
    moves: dict[AssignmentStatus, tuple[str, dict[str, Any]]] = {
        A.REASSIGNED: ("reassign", {"reviewer_id": second.id, "reason": "出差。"}),
        A.REMOVED: ("remove", {"reason": "不再需要。"}),
    }
    assert set(moves) | {A.CONFLICT} == ASSIGNMENT_TRANSITIONS[A.ACTIVE]
    for target, (verb, body) in moves.items():
        with db.write() as session:
            session.get_one(ReviewAssignment, uuid.UUID(given)).status = status
        answer = client.post(f"{API}/reviews/{given}/{verb}", json=body)
        if role not in PERMISSIONS["reviews:assign"]:
            expected, after = 403, status
        elif target in ASSIGNMENT_TRANSITIONS[status]:
            expected, after = (201 if verb == "reassign" else 200), target
        else:
            expected, after = 409, status
        assert answer.status_code == expected, answer.text
        assert status_of(db, given) is after


@pytest.mark.parametrize("role", list(Role))
def test_only_a_reviewer_declares_a_conflict_and_only_on_what_it_has(
    db: Database,
    sign_in: Login,
    organizer: TestClient,
    other_organization: Organization,
    first: Person,
    requirement: Requirement,
    role: Role,
) -> None:
    given = assign(organizer, requirement, first).json()["id"]
    body = {"requirement_id": str(requirement.id), "reason": "有合作。"}
    stranger = sign_in(role, other_organization).post(f"{API}/review-conflicts", json=body)
    assert stranger.status_code == (422 if role is Role.REVIEWER else 403), stranger.text
    assert status_of(db, given) is A.ACTIVE
    assert first.client.post(f"{API}/review-conflicts", json=body).status_code == 201
    assert status_of(db, given) is A.CONFLICT
