"""The closing proof: a challenge closes when each problem handed in has an answer its seeker can read."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.challenges import entries
from app.db import Database
from app.models import Challenge, Membership, Organization, Requirement, Role, User
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in

API = "/api/v1"
S = RequirementStatus


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


def enter(
    db: Database, challenge: Challenge, requirement: Requirement, *, has_reader: bool = True
) -> Requirement:
    with db.write() as session:
        entries.enter(session, challenge.id, requirement.id)
        held = select(Membership.id).where(Membership.organization_id == requirement.organization_id)
        is_manned = session.scalars(held).first() is not None
    if has_reader and not is_manned:
        factories.make_user(db, Role.SEEKER, requirement.organization)
    return requirement


def close(organizer: TestClient, challenge: Challenge) -> Any:
    path = f"{API}/challenges/{challenge.id}"
    return organizer.patch(path, json={"status": "closed"}, headers={"If-Match": "*"})


def proof(client: TestClient, challenge: Challenge, **wanted: Any) -> list[dict[str, Any]]:
    path = f"{API}/challenges/{challenge.id}/closing-proof"
    return list(client.get(path, params={"limit": 200, **wanted}).json()["items"])


def test_a_challenge_without_problems_closes(organizer: TestClient, challenge: Challenge) -> None:
    assert close(organizer, challenge).status_code == 200


def test_it_stays_open_while_somebody_waits_and_says_who(
    db: Database, organizer: TestClient, challenge: Challenge, seeker_organization: Organization
) -> None:
    waiting = enter(db, challenge, requirement_in(db, seeker_organization, S.SUBMITTED))
    enter(db, challenge, requirement_in(db, seeker_organization, S.DRAFT))
    enter(db, challenge, requirement_in(db, seeker_organization, S.PUBLISHED))
    refused = close(organizer, challenge)
    assert (refused.status_code, refused.json()["code"]) == (409, "requirements_unanswered")
    assert [error["field"] for error in refused.json()["errors"]] == [f"requirements.{waiting.id}"]
    assert organizer.get(f"{API}/challenges/{challenge.id}").json()["status"] == "open"
    (row,) = proof(organizer, challenge, is_answered=False)
    assert (row["requirement_id"], row["answer"]) == (str(waiting.id), None)
    assert len(proof(organizer, challenge)) == 2
    organizer.post(f"{API}/requirements/{waiting.id}/approve")
    assert close(organizer, challenge).status_code == 200


@pytest.mark.parametrize("status", [status for status in S if status is not S.DRAFT])
def test_in_every_state_the_proof_and_the_door_agree(
    db: Database,
    organizer: TestClient,
    challenge: Challenge,
    seeker_organization: Organization,
    status: RequirementStatus,
) -> None:
    enter(db, challenge, requirement_in(db, seeker_organization, status))
    (row,) = proof(organizer, challenge)
    assert row["is_answered"] is (row["answer"] is not None) is (status is not S.SUBMITTED)
    assert (close(organizer, challenge).status_code == 200) is row["is_answered"]


def test_a_corrected_form_that_came_back_waits_again(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    requirement = enter(db, challenge, requirement_in(db, seeker_organization, S.SUBMITTED))
    url = f"{API}/requirements/{requirement.id}"
    organizer.post(f"{url}/return", json={"reason": "format"})
    assert proof(organizer, challenge)[0]["is_answered"] is True
    seeker.post(f"{url}/submit")
    assert proof(organizer, challenge)[0]["is_answered"] is False
    assert close(organizer, challenge).status_code == 409


def test_a_question_is_no_answer(
    db: Database, organizer: TestClient, challenge: Challenge, seeker_organization: Organization
) -> None:
    requirement = enter(db, challenge, requirement_in(db, seeker_organization, S.SUBMITTED))
    url = f"{API}/requirements/{requirement.id}"
    (owed,) = organizer.get(f"{url}/obligations").json()["items"]
    organizer.post(f"{API}/obligations/{owed['id']}/ask", json={"question": "请补充。"})
    assert proof(organizer, challenge)[0]["is_answered"] is False


def test_an_answer_that_was_called_none_keeps_the_challenge_open(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    requirement = enter(db, challenge, requirement_in(db, seeker_organization, S.PUBLISHED))
    (row,) = proof(organizer, challenge)
    seeker.post(f"{API}/responses/{row['response_id']}/reopen", json={"reason": "未答复"})
    (row,) = proof(organizer, challenge)
    assert row["is_answered"] is False
    assert row["reopened_at"] is not None
    assert close(organizer, challenge).status_code == 409
    organizer.post(f"{API}/requirements/{requirement.id}/responses", json={"text": "已补充说明。"})
    assert close(organizer, challenge).status_code == 200


def test_the_proof_shows_what_the_seeker_read_and_said(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    challenge: Challenge,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    mine = enter(db, challenge, requirement_in(db, seeker_organization, S.PUBLISHED))
    enter(db, challenge, requirement_in(db, other_organization, S.PUBLISHED), has_reader=False)
    by_id = {row["requirement_id"]: row for row in proof(organizer, challenge)}
    row = by_id.pop(str(mine.id))
    (unread,) = by_id.values()
    assert (row["readers"], unread["readers"]) == (1, 0)
    assert row["readable_since"] is not None
    seeker.post(f"{API}/responses/{row['response_id']}/acknowledge", json={"satisfaction": 5})
    again = {row["requirement_id"]: row for row in proof(organizer, challenge)}[str(mine.id)]
    assert (again["satisfaction"], again["acknowledged_at"] is not None) == (5, True)


def test_a_reviewer_reads_the_proof_of_what_it_is_assigned_only(
    db: Database,
    reviewer: TestClient,
    seeker: TestClient,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    enter(db, challenge, requirement_in(db, seeker_organization, S.PUBLISHED))
    assert proof(reviewer, challenge) == []
    assert seeker.get(f"{API}/challenges/{challenge.id}/closing-proof").status_code == 403


def test_an_answer_that_nobody_of_the_unit_can_read_is_none(
    db: Database, organizer: TestClient, challenge: Challenge, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.PUBLISHED)
    enter(db, challenge, requirement, has_reader=False)
    (row,) = proof(organizer, challenge, is_answered=False)
    assert (row["readers"], row["is_answered"], bool(row["answer"])) == (0, False, True)
    refused = close(organizer, challenge)
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        (f"requirements.{requirement.id}", "no_reader")
    ]
    reader = factories.make_user(db, Role.SEEKER, seeker_organization)
    with db.write() as session:
        session.get_one(User, reader.id).is_active = False
    assert close(organizer, challenge).status_code == 409
    with db.write() as session:
        session.get_one(User, reader.id).is_active = True
    assert [row["readers"] for row in proof(organizer, challenge, is_answered=True)] == [1]
    assert close(organizer, challenge).status_code == 200
