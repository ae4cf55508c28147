"""Challenges over REST: unique codes, dates with a zone and in order, and the way from draft to closed."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.models import Organization, Role
from app.models.challenge import CHALLENGE_TRANSITIONS, ChallengeStatus
from tests.conftest import Login

URL = "/api/v1/challenges"
BODY = {"code": "TH2026", "name": "2026 年通海市技术创新挑战赛"}
MATCH = {"If-Match": "*"}


def new(client: TestClient, **fields: Any) -> dict[str, Any]:
    response = client.post(URL, json={**BODY, **fields})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def test_an_organizer_files_a_challenge_of_its_bureau(organizer: TestClient, bureau: Organization) -> None:
    dates = {"opens_at": "2026-09-01T00:00:00+08:00", "closes_at": "2026-12-01T00:00:00+08:00"}
    response = organizer.post(URL, json={**BODY, **dates})
    body = response.json()
    assert (response.status_code, body["status"], body["organization_id"]) == (201, "draft", str(bureau.id))
    assert body["opens_at"] == "2026-08-31T16:00:00Z"
    assert organizer.get(response.headers["location"]).json() == body


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER, Role.REVIEWER])
def test_only_staff_file_challenges(sign_in: Login, bureau: Organization, role: Role) -> None:
    assert sign_in(role, bureau).post(URL, json=BODY).status_code == 403


def test_a_code_is_used_once(organizer: TestClient) -> None:
    new(organizer)
    again = organizer.post(URL, json=BODY)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_code")
    other = new(organizer, code="TH2027")
    taken = organizer.patch(f"{URL}/{other['id']}", json={"code": "TH2026"}, headers=MATCH)
    assert (taken.status_code, taken.json()["code"]) == (409, "duplicate_code")


@pytest.mark.parametrize("code", ["", "with space", "a/b", "x" * 41, "a\x00b", None, 7])
def test_a_code_can_be_typed(organizer: TestClient, code: Any) -> None:
    assert organizer.post(URL, json={**BODY, "code": code}).status_code == 422


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "field"),
    [
        ("2026-09-01T00:00:00", None, "opens_at"),
        ("yesterday", None, "opens_at"),
        ("0001-01-01T00:00:00+14:00", None, "opens_at"),
        ("2026-09-01T00:00:00+08:00", "2026-09-01T00:00:00+08:00", "closes_at"),
        ("2026-09-01T00:00:00+08:00", "2026-08-31T16:00:00Z", "closes_at"),
    ],
)
def test_times_carry_a_zone_and_follow_each_other(
    organizer: TestClient, opens_at: str, closes_at: str | None, field: str
) -> None:
    response = organizer.post(URL, json={**BODY, "opens_at": opens_at, "closes_at": closes_at})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    assert organizer.get(URL).json()["total"] == 0


def test_a_patched_date_is_checked_against_the_one_that_stays(organizer: TestClient) -> None:
    created = new(organizer, closes_at="2026-09-01T00:00:00Z")
    url = f"{URL}/{created['id']}"
    late = organizer.patch(url, json={"opens_at": "2026-10-01T00:00:00Z"}, headers=MATCH)
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "closes_before_it_opens")
    assert organizer.get(url).json()["opens_at"] is None


@pytest.mark.parametrize("current", list(ChallengeStatus))
@pytest.mark.parametrize("wanted", list(ChallengeStatus))
def test_the_status_moves_as_the_table_says(
    organizer: TestClient, current: ChallengeStatus, wanted: ChallengeStatus
) -> None:
    created = new(organizer)
    url = f"{URL}/{created['id']}"
    for step in ("open", "closed")[: list(ChallengeStatus).index(current)]:
        assert organizer.patch(url, json={"status": step}, headers=MATCH).status_code == 200
    response = organizer.patch(url, json={"status": wanted.value}, headers=MATCH)
    is_allowed = wanted is current or wanted in CHALLENGE_TRANSITIONS[current]
    assert response.status_code == (200 if is_allowed else 409)
    if not is_allowed:
        assert response.json()["code"] == "move_not_allowed"
    assert organizer.get(url).json()["status"] == (wanted if is_allowed else current)


def test_a_challenge_may_be_filed_open_but_not_closed(organizer: TestClient) -> None:
    assert new(organizer, status="open")["status_label"] == "进行中"
    assert organizer.post(URL, json={**BODY, "code": "X", "status": "closed"}).status_code == 409
    assert organizer.get(URL).json()["total"] == 1


def test_drafts_are_for_staff_and_reviewers(
    organizer: TestClient, admin: TestClient, reviewer: TestClient, seeker: TestClient, solver: TestClient
) -> None:
    created = new(organizer)
    url = f"{URL}/{created['id']}"
    for insider in (organizer, admin, reviewer):
        assert insider.get(url).status_code == 200
    for participant in (seeker, solver):
        assert participant.get(url).status_code == 404
        assert participant.get(URL, params={"code": "TH2026"}).json()["total"] == 0
    organizer.patch(url, json={"status": "open"}, headers=MATCH)
    for participant in (seeker, solver):
        assert participant.get(url).status_code == 200
        assert participant.get(URL).json()["total"] == 1


def test_an_update_needs_the_version_that_was_read(organizer: TestClient) -> None:
    url = f"{URL}/{new(organizer)['id']}"
    assert organizer.patch(url, json={"region": "江苏省"}).status_code == 428
    assert organizer.patch(url, json={"region": "江苏省"}, headers={"If-Match": '"1"'}).status_code == 200
    assert organizer.patch(url, json={"region": "上海市"}, headers={"If-Match": '"1"'}).status_code == 412


def test_the_list_is_narrowed_and_sorted(organizer: TestClient) -> None:
    new(organizer, name="甲赛", code="B1", region="江苏省/南通市")
    new(organizer, name="乙专场", code="A1", kind="专场对接活动", status="open")

    def names(**parameters: str) -> list[str]:
        return [item["name"] for item in organizer.get(URL, params=parameters).json()["items"]]

    assert names(sort="code") == ["乙专场", "甲赛"]
    assert names(kind="themed") == names(status="进行中") == names(q="乙") == ["乙专场"]
    assert names(region="南通") == names(code="B1") == ["甲赛"]
