"""Taking over what an earlier challenge left open: the preview and the act agree, and nobody is entered twice."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.challenges import entries
from app.db import Database
from app.models import Challenge, Organization, Role
from app.models.challenge import ChallengeAccess, ChallengeStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

S = RequirementStatus
UNANSWERED = {S.SUBMITTED, S.TECHNICAL_REVIEW, S.RETURNED, S.REFINED, S.APPROVED, S.PUBLISHED}
UNMATCHED = {S.PUBLISHED, S.MATCHING}


@pytest.fixture
def earlier(db: Database, seeker_organization: Organization) -> Challenge:
    """An earlier challenge with a requirement in every state; it is over."""
    made = factories.make_challenge(db, "TH2025")
    for status in RequirementStatus:
        requirement = requirement_in(db, seeker_organization, status, {"title": status.value})
        with db.write() as session:
            entries.enter(session, made.id, requirement.id)
    with db.write() as session:
        session.merge(made).status = ChallengeStatus.CLOSED
    return made


def read(client: TestClient, challenge: Challenge, earlier: Challenge, **params: str) -> Any:
    url = f"/api/v1/challenges/{challenge.id}/takeover"
    return client.get(url, params={"from_challenge_id": str(earlier.id), **params})


def act(client: TestClient, challenge: Challenge, earlier: Challenge, **fields: str) -> Any:
    url = f"/api/v1/challenges/{challenge.id}/takeover"
    return client.post(url, json={"from_challenge_id": str(earlier.id), **fields})


@pytest.mark.parametrize(
    ("left_open", "expected"),
    [
        ({"left_open": "unanswered"}, UNANSWERED),
        ({"left_open": "尚未对接"}, UNMATCHED),
        ({}, UNANSWERED | UNMATCHED),
    ],
)
def test_what_was_left_open_is_shown_then_taken_over_once(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    earlier: Challenge,
    left_open: dict[str, str],
    expected: set[RequirementStatus],
) -> None:
    later = factories.make_challenge(db)
    shown = read(organizer, later, earlier, **left_open).json()
    assert {item["status"] for item in shown["items"]} == expected
    assert {item["fate"] for item in shown["items"]} == {"entered"}
    assert organizer.get(f"/api/v1/challenges/{later.id}/entries").json()["total"] == 0
    done = act(organizer, later, earlier, **left_open).json()
    assert [item["requirement_id"] for item in done["items"]] == [
        item["requirement_id"] for item in shown["items"]
    ]
    numbers = {item["status"]: item["number"] for item in done["items"]}
    assert all((numbers[status] is not None) == (status in UNMATCHED) for status in numbers)
    again = act(organizer, later, earlier, **left_open).json()
    assert {item["fate"] for item in again["items"]} == {"present"}
    assert organizer.get(f"/api/v1/challenges/{later.id}/entries").json()["total"] == len(expected)
    assert (
        organizer.get(f"/api/v1/challenges/{earlier.id}/entries").json()["total"]
        == len(RequirementStatus) - 1
    )
    one = done["items"][0]
    answers = seeker.get(f"/api/v1/requirements/{one['requirement_id']}/responses").json()["items"]
    assert sum("TH2026" in answer["text"] for answer in answers) == 1


def test_a_unit_comes_along_into_a_challenge_by_invitation(
    db: Database, organizer: TestClient, seeker: TestClient, earlier: Challenge
) -> None:
    later = factories.make_challenge(db)
    with db.write() as session:
        session.merge(later).access = ChallengeAccess.BY_INVITATION
    assert seeker.get(f"/api/v1/challenges/{later.id}").status_code == 404
    act(organizer, later, earlier)
    assert seeker.get(f"/api/v1/challenges/{later.id}").status_code == 200


def test_nothing_is_taken_over_from_itself_or_into_what_is_over(
    db: Database, organizer: TestClient, earlier: Challenge
) -> None:
    later = factories.make_challenge(db)
    for answer in (read(organizer, later, later), act(organizer, later, later)):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "same_challenge")
    for answer in (read(organizer, earlier, later), act(organizer, earlier, later)):
        assert answer.json()["code"] == "challenge_not_open"


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER, Role.REVIEWER])
def test_only_staff_take_over(
    db: Database, sign_in: Login, bureau: Organization, earlier: Challenge, role: Role
) -> None:
    later = factories.make_challenge(db)
    client = sign_in(role, bureau)
    assert read(client, later, earlier).status_code == act(client, later, earlier).status_code == 403


def test_what_the_later_challenge_is_not_held_for_stays_unless_a_reason_is_given(
    db: Database, organizer: TestClient, earlier: Challenge
) -> None:
    later = factories.make_challenge(db)
    with db.write() as session:
        session.merge(later).region = "浙江省"
    shown = read(organizer, later, earlier).json()
    assert {item["fate"] for item in shown["items"]} == {"outside"}
    act(organizer, later, earlier)
    assert organizer.get(f"/api/v1/challenges/{later.id}/entries").json()["total"] == 0
    done = act(organizer, later, earlier, scope_reason="跨省协作，双方科技局已商定。").json()
    assert {item["fate"] for item in done["items"]} == {"entered"}
    entries = organizer.get(f"/api/v1/challenges/{later.id}/entries").json()["items"]
    assert {item["scope_reason"] for item in entries} == {"跨省协作，双方科技局已商定。"}
