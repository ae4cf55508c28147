"""What is owed over REST: who sees it, who is named, and the question to the seeker that stops the clock."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from app.db import Database
from app.models import Challenge, Membership, Organization, Role, User
from tests import factories
from tests.app.matches.conftest import publish
from tests.conftest import client_of
from tests.factories import REQUIREMENT

API = "/api/v1"


def file(seeker: TestClient) -> str:
    url: str = seeker.post(f"{API}/requirements", json=REQUIREMENT).headers["location"]
    assert seeker.post(f"{url}/submit").status_code == 200
    return url


def owed(reader: TestClient, url: str) -> dict[str, Any]:
    """The open obligation of a requirement."""
    items = reader.get(f"{url}/obligations").json()["items"]
    (found,) = [item for item in items if item["closed_at"] is None]
    return dict(found)


@pytest.fixture
def url(seeker: TestClient) -> str:
    return file(seeker)


@pytest.fixture
def colleague(db: Database, bureau: Organization) -> User:
    return factories.make_user(db, Role.ORGANIZER, bureau)


def assign(client: TestClient, row: dict[str, Any], owner: uuid.UUID | None, **headers: str) -> Any:
    tag = {"If-Match": f'"{row["version"]}"', **headers}
    body = {"owner_id": str(owner) if owner else None}
    return client.post(f"{API}/obligations/{row['id']}/assign", json=body, headers=tag)


def test_staff_see_what_is_owed_and_a_reviewer_only_what_it_is_assigned(
    db: Database, organizer: TestClient, reviewer: TestClient, url: str
) -> None:
    (row,) = organizer.get(f"{API}/obligations").json()["items"]
    assert (row["kind"], row["owner_role"], row["standing"]) == ("formal_review", "organizer", "running")
    assert reviewer.get(f"{API}/obligations").json()["total"] == 0


def test_a_reviewer_who_is_also_of_a_team_reads_nothing_of_what_is_only_published(
    db: Database,
    client: TestClient,
    settings: Settings,
    organizer: TestClient,
    seeker_organization: Organization,
    bureau: Organization,
) -> None:
    publish(db, factories.make_requirement(db, seeker_organization), factories.make_challenge(db))
    user = factories.make_user(db, Role.REVIEWER, bureau)
    with db.write() as session:
        session.add(Membership(user_id=user.id, role=Role.SOLVER, organization_id=bureau.id))
    expert = client_of(client, settings, user)
    assert expert.get(f"{API}/requirements").json()["total"] == 1
    assert expert.get(f"{API}/obligations").json()["total"] == 0
    assert organizer.get(f"{API}/obligations").json()["total"] == 1


def test_a_seeker_sees_its_own_deadlines_and_not_another_s(
    seeker: TestClient, other_seeker: TestClient, url: str
) -> None:
    assert owed(seeker, url)["due_at"] is not None
    assert other_seeker.get(f"{url}/obligations").status_code == 404


def test_a_named_owner_is_told_and_found(organizer: TestClient, colleague: User, url: str) -> None:
    answer = assign(organizer, owed(organizer, url), colleague.id)
    assert answer.status_code == 200, answer.text
    found = organizer.get(f"{API}/obligations", params={"owner_id": str(colleague.id)}).json()
    assert [row["owner_name"] for row in found["items"]] == [colleague.name]


def test_two_organizers_who_assign_at_once_have_one_winner(
    organizer: TestClient, colleague: User, url: str
) -> None:
    row = owed(organizer, url)
    assert assign(organizer, row, colleague.id).status_code == 200
    assert assign(organizer, row, None).json()["code"] == "version_mismatch"
    assert owed(organizer, url)["owner_id"] == str(colleague.id)


def test_assigning_blindly_is_refused(organizer: TestClient, colleague: User, url: str) -> None:
    path = f"{API}/obligations/{owed(organizer, url)['id']}/assign"
    assert organizer.post(path, json={"owner_id": str(colleague.id)}).status_code == 428


def test_an_answer_that_was_given_is_nobody_s_to_assign(
    organizer: TestClient, colleague: User, url: str
) -> None:
    row = owed(organizer, url)
    organizer.post(f"{url}/responses", json={"text": "已收到，正在审核。"})
    row["version"] = next(
        item["version"]
        for item in organizer.get(f"{url}/obligations").json()["items"]
        if item["id"] == row["id"]
    )
    assert assign(organizer, row, colleague.id).json()["code"] == "obligation_closed"


def test_the_owner_stays_when_the_same_answer_is_owed_again(
    organizer: TestClient, colleague: User, url: str
) -> None:
    assign(organizer, owed(organizer, url), colleague.id)
    organizer.post(f"{url}/responses", json={"text": "已收到，正在审核。"})
    assert owed(organizer, url)["owner_id"] == str(colleague.id)


def test_a_question_stops_the_clock_and_the_reply_starts_it(
    organizer: TestClient, seeker: TestClient, other_seeker: TestClient, url: str
) -> None:
    row = owed(organizer, url)
    path = f"{API}/obligations/{row['id']}"
    asked = organizer.post(f"{path}/ask", json={"question": "请补充定型机型号。", "days": 5})
    assert (asked.json()["standing"], asked.json()["due_at"]) == ("paused", None)
    assert organizer.post(f"{path}/ask", json={"question": "？"}).json()["code"] == "clock_stopped"
    last = seeker.get(f"{url}/responses").json()["items"][-1]
    assert (last["text"], last["reopen_until"]) == ("请补充定型机型号。", None)
    inbox = seeker.get(f"{API}/notifications").json()["items"]
    assert [item["event"] for item in inbox] == ["question_asked"]
    assert other_seeker.post(f"{path}/reply", json={"text": "x"}).status_code == 404
    replied = seeker.post(f"{path}/reply", json={"text": "LK-828"})
    assert replied.status_code == 200, replied.text
    assert (replied.json()["standing"], replied.json()["pauses"][0]["reply"]) == ("running", "LK-828")
    assert replied.json()["due_at"] == row["due_at"]
    again = seeker.post(f"{path}/reply", json={"text": "LK-828"})
    assert again.json()["code"] == "clock_not_stopped"
    assert "obligation_resumed" in str(organizer.get(f"{API}/notifications").json())


def test_an_answer_ends_the_question_with_the_obligation(
    organizer: TestClient, seeker: TestClient, url: str
) -> None:
    row = owed(organizer, url)
    organizer.post(f"{API}/obligations/{row['id']}/ask", json={"question": "请补充。"})
    organizer.post(f"{url}/approve")
    late = seeker.post(f"{API}/obligations/{row['id']}/reply", json={"text": "补充"})
    assert late.json()["code"] == "obligation_closed"
    assert owed(organizer, url)["due_at"] is not None


def test_the_list_is_narrowed_by_standing_role_and_challenge(
    db: Database, organizer: TestClient, seeker: TestClient, url: str
) -> None:
    challenge: Challenge = factories.make_challenge(db)

    def total(**wanted: str) -> int:
        return int(organizer.get(f"{API}/obligations", params=wanted).json()["total"])

    assert (total(standing="running"), total(standing="overdue"), total(standing="paused")) == (1, 0, 0)
    assert (total(owner_role="organizer"), total(owner_role="reviewer")) == (1, 0)
    assert total(challenge_id=str(challenge.id)) == 0
    organizer.post(f"{API}/obligations/{owed(organizer, url)['id']}/ask", json={"question": "请补充。"})
    assert (total(standing="running"), total(standing="paused")) == (0, 1)


def test_the_rule_of_a_challenge_names_a_superior_who_can_see_it(
    db: Database, organizer: TestClient, colleague: User, seeker_organization: Organization
) -> None:
    path = f"{API}/challenges/{factories.make_challenge(db).id}/escalation"
    assert organizer.get(path).json() == {"superior_id": None, "after_days": 3}
    stranger = factories.make_user(db, Role.SEEKER, seeker_organization)
    refused = organizer.put(path, json={"superior_id": str(stranger.id), "after_days": 2})
    assert refused.json()["errors"][0]["code"] == "cannot_supervise"
    body = {"superior_id": str(colleague.id), "after_days": 2}
    assert organizer.put(path, json=body).json() == body
    assert organizer.put(path, json={**body, "after_days": 4}).json()["after_days"] == 4
    assert organizer.delete(path).status_code == 204
    assert organizer.delete(path).status_code == 404


YEAR = f"{API}/calendar/2046"
BODY = {
    "days_off": [{"day": "2046-01-01", "name": "元旦"}],
    "days_worked": [{"day": "2046-01-06", "name": "元旦调休"}],
}


def test_an_administrator_enters_a_year_that_everyone_reads(admin: TestClient, seeker: TestClient) -> None:
    entered = admin.put(YEAR, json=BODY)
    assert entered.status_code == 200, entered.text
    assert seeker.get(YEAR).json()["days_worked"] == [{"day": "2046-01-06", "name": "元旦调休"}]
    assert 2046 in seeker.get(f"{API}/calendar").json()["entered"]
    assert seeker.put(YEAR, json=BODY).status_code == 403


def test_an_entered_year_is_changed_and_dropped_only_by_who_has_read_it(admin: TestClient) -> None:
    tag = admin.put(YEAR, json=BODY).headers["ETag"]
    assert admin.put(YEAR, json=BODY).status_code == 428
    changed = admin.put(YEAR, json={"days_off": []}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert admin.put(YEAR, json=BODY, headers={"If-Match": tag}).status_code == 412
    assert admin.delete(YEAR, headers={"If-Match": tag}).status_code == 412
    assert admin.delete(YEAR, headers={"If-Match": changed.headers["ETag"]}).status_code == 204
    assert admin.get(YEAR).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"days_off": [{"day": "2047-01-01"}]}, "other_year"),
        ({"days_off": [{"day": "2046-01-06"}]}, "wrong_weekday"),
        ({"days_off": [], "days_worked": [{"day": "2046-01-02"}]}, "wrong_weekday"),
        ({"days_off": [{"day": "2046-01-01"}, {"day": "2046-01-01"}]}, "repeated"),
    ],
)
def test_a_slip_of_the_pen_in_the_calendar_is_refused(
    admin: TestClient, body: dict[str, Any], code: str
) -> None:
    refused = admin.put(YEAR, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)
    assert admin.get(YEAR).status_code == 404
