"""Scorecards: one per reviewer, changed until the move, read by staff and their own authors only."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db import Database
from app.models import Organization, Requirement
from app.models.requirement import RequirementStatus
from app.models.review import Criterion
from app.reviews.policy import SCORABLE_STATUSES
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.app.reviews.conftest import API, Person, assign

MARKS: dict[str, Any] = {criterion.value: {"score": 4} for criterion in Criterion}
CARD = {**MARKS, "advice": "pass", "summary": "完整。"}


def put(person: Person, requirement: Requirement, card: dict[str, Any] = CARD, **headers: str) -> Any:
    url = f"{API}/requirements/{requirement.id}/scorecard"
    return person.client.put(url, json=card, headers=headers)


def test_reviewers_score_blind_to_each_other_and_change_their_mind_until_the_move(
    organizer: TestClient, seeker: TestClient, first: Person, second: Person, requirement: Requirement
) -> None:
    for person in (first, second):
        assign(organizer, requirement, person)
    assert put(first, requirement).status_code == 200
    assert put(second, requirement, {**CARD, "advice": "建议退回补正"}).json()["advice"] == "return"
    changed = put(first, requirement, {**CARD, "quantified": {"score": 1, "comment": "无标准"}})
    assert (changed.json()["mean"], changed.json()["marks"][4]["comment"]) == (3.5, "无标准")
    url = f"{API}/requirements/{requirement.id}/scorecards"
    assert [card["reviewer_id"] for card in first.client.get(url).json()["items"]] == [first.id]
    assert organizer.get(url).json()["total"] == 2
    assert seeker.get(url).status_code == 403
    assert first.client.post(f"{API}/requirements/{requirement.id}/refine").status_code == 200
    late = put(second, requirement)
    assert (late.status_code, late.json()["code"]) == (409, "scorecard_closed")


@pytest.mark.parametrize("status", [status for status in RequirementStatus if status != "draft"])
def test_a_scorecard_is_written_while_the_review_lasts(
    db: Database, first: Person, seeker_organization: Organization, status: RequirementStatus
) -> None:
    made = requirement_in(db, seeker_organization, status)
    factories.assign_reviewer(db, made, first.user.id)
    assert put(first, made).status_code == (200 if status in SCORABLE_STATUSES else 409)


def test_only_who_is_assigned_scores(
    organizer: TestClient, seeker: TestClient, solver: TestClient, first: Person, requirement: Requirement
) -> None:
    assert put(first, requirement).status_code == 404
    url = f"{API}/requirements/{requirement.id}/scorecard"
    for stranger in (organizer, seeker, solver):
        assert stranger.put(url, json=CARD).status_code == 403


def test_ones_own_second_window_does_not_overwrite_the_first(
    organizer: TestClient, first: Person, requirement: Requirement
) -> None:
    assign(organizer, requirement, first)
    etag = put(first, requirement).headers["etag"]
    assert put(first, requirement, {**CARD, "summary": "乙"}, **{"If-Match": etag}).status_code == 200
    assert put(first, requirement, {**CARD, "summary": "丙"}, **{"If-Match": etag}).status_code == 412


@pytest.mark.parametrize(
    "change",
    [{"urgent": {"score": 0}}, {"urgent": {"score": 6}}, {"urgent": None}, {"advice": "maybe"}, {"other": 1}],
)
def test_a_card_is_whole(
    organizer: TestClient, first: Person, requirement: Requirement, change: dict[str, Any]
) -> None:
    assign(organizer, requirement, first)
    assert put(first, requirement, {**CARD, **change}).status_code == 422
