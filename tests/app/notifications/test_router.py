"""The inbox and the preferences over REST: one's own, in one's own language, and nobody else's."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from app.db import Database
from app.kit.clock import now
from app.models import Membership, Notification, Organization, Requirement, Role, User
from app.models.notification import Event, EventGroup
from app.models.requirement import Confidentiality
from app.notifications.service import Person
from tests.app.notifications.conftest import Tell
from tests.conftest import client_of

API = "/api/v1"


@pytest.fixture
def own(client: TestClient, settings: Settings, person: User) -> TestClient:
    """The client of the person who is told."""
    return client_of(client, settings, person)


def ids(client: TestClient, query: str = "") -> list[str]:
    response = client.get(f"{API}/notifications{query}")
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def test_the_inbox_shows_the_newest_first_in_words(
    own: TestClient, tell: Tell, requirement: Requirement
) -> None:
    tell()
    tell(Event.REQUIREMENT_RETURNED, parameters={"reason": "format"})
    [newest, oldest] = own.get(f"{API}/notifications").json()["items"]
    assert oldest["event"] == "requirement_approved" and oldest["group"] == "requirements"
    assert newest["headline"] == "技术需求“锦绣家纺阻燃窗帘面料的耐洗性提升”被退回"
    assert "原因：格式不正确" in newest["text"]
    assert newest["event_label"] == "需求被退回"
    assert newest["subject"] == {"kind": "requirement", "id": str(requirement.id)}
    assert newest["parameters"] == {"reason": "format"} and newest["read_at"] is None


def test_the_inbox_names_no_restricted_problem(
    own: TestClient, db: Database, tell: Tell, requirement: Requirement
) -> None:
    tell()
    with db.write() as session:
        session.get_one(Requirement, requirement.id).confidentiality = Confidentiality.RESTRICTED
    response = own.get(f"{API}/notifications")
    assert response.json()["items"][0]["headline"] == "技术需求审核通过"
    assert "窗帘" not in response.text


def test_words_follow_the_request_and_else_the_preference(own: TestClient, tell: Tell) -> None:
    tell()
    english = own.get(f"{API}/notifications", headers={"Accept-Language": "en"})
    assert english.json()["items"][0]["headline"].endswith("approved")
    assert own.patch(f"{API}/me/notification-preferences", json={"language": "en"}).status_code == 200
    assert own.get(f"{API}/notifications").json()["items"][0]["headline"].endswith("approved")
    chinese = own.get(f"{API}/notifications", headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["items"][0]["headline"].endswith("审核通过")


def test_the_list_pages_and_filters(own: TestClient, tell: Tell) -> None:
    told = [str(tell()) for _ in range(3)]
    other = str(tell(Event.INVITATION_ACCEPTED))
    page = own.get(f"{API}/notifications?limit=3").json()
    assert [item["id"] for item in page["items"]] == [other, told[2], told[1]] and page["total"] == 4
    assert ids(own, f"?limit=3&cursor={page['next_cursor']}") == [told[0]]
    assert ids(own, "?event=invitation_accepted") == [other]
    assert own.post(f"{API}/notifications/{other}/read").status_code == 200
    assert ids(own, "?unread=true") == told[::-1] and ids(own, "?unread=false") == [other]


def test_reading_twice_keeps_the_first_time(own: TestClient, tell: Tell) -> None:
    path = f"{API}/notifications/{tell()}/read"
    first, second = own.post(path).json(), own.post(path).json()
    assert first["read_at"] is not None and first["read_at"] == second["read_at"]


def test_reading_all_leaves_what_came_in_since(own: TestClient, db: Database, tell: Tell) -> None:
    tell()
    late = tell()
    with db.write() as session:
        session.get_one(Notification, late).created_at = now() + timedelta(minutes=5)
    until = now().isoformat()
    assert own.post(f"{API}/notifications/read-all", json={"until": until}).json() == {"count": 1}
    assert ids(own, "?unread=true") == [str(late)]
    assert own.post(f"{API}/notifications/read-all").json() == {"count": 1}
    assert own.post(f"{API}/notifications/read-all").json() == {"count": 0}


def test_nobody_sees_or_reads_anothers_messages(
    own: TestClient, seeker: TestClient, other_seeker: TestClient, admin: TestClient, tell: Tell
) -> None:
    told = tell()
    for stranger in (seeker, other_seeker, admin):
        assert stranger.get(f"{API}/notifications").json() == {"items": [], "next_cursor": None, "total": 0}
        assert stranger.post(f"{API}/notifications/{told}/read").status_code == 404
        assert stranger.post(f"{API}/notifications/read-all").json() == {"count": 0}
    assert ids(own, "?unread=true") == [str(told)]
    assert own.post(f"{API}/notifications/{uuid.uuid4()}/read").status_code == 404


def test_whoever_leaves_a_unit_no_longer_sees_what_was_told_on_its_behalf(
    client: TestClient,
    settings: Settings,
    db: Database,
    person: User,
    seeker_organization: Organization,
    other_organization: Organization,
    tell: Tell,
) -> None:
    personal = str(tell())
    tell(recipients=[Person(person.id, seeker_organization.id)])
    assert len(ids(client_of(client, settings, person))) == 2
    with db.write() as session:
        user = session.get_one(User, person.id)
        user.memberships = [Membership(role=Role.SEEKER, organization_id=other_organization.id)]
    assert ids(client_of(client, settings, person)) == [personal]


def test_a_key_for_one_membership_sees_nothing_of_the_other(
    client: TestClient,
    own: TestClient,
    db: Database,
    person: User,
    other_organization: Organization,
    seeker_organization: Organization,
    tell: Tell,
) -> None:
    with db.write() as session:
        session.add(Membership(user_id=person.id, role=Role.SOLVER, organization_id=other_organization.id))
    mine = str(tell(recipients=[Person(person.id, seeker_organization.id)]))
    tell(recipients=[Person(person.id, other_organization.id)])
    body = {"name": "ERP", "scopes": ["notifications:read"]}
    key = own.post(f"{API}/auth/api-keys", json=body).json()["key"]
    machine = TestClient(client.app, headers={"Authorization": f"Bearer {key}"})
    assert ids(machine) == [mine]
    assert machine.post(f"{API}/notifications/{mine}/read").status_code == 403


def test_preferences_begin_with_everything_and_keep_what_is_set(own: TestClient) -> None:
    path = f"{API}/me/notification-preferences"
    before = own.get(path).json()
    assert before["language"] == "zh" and len(before["groups"]) == len(EventGroup)
    assert all(group["inbox"] and group["email"] and group["webhook"] for group in before["groups"])
    switch = {"group": "challenges", "channel": "email", "is_on": False}
    changed = own.patch(path, json={"switches": [switch]}).json()
    assert changed == own.get(path).json()
    off = {group["group"]: group for group in changed["groups"]}
    assert off["challenges"]["email"] is False and off["challenges"]["inbox"] is True
    restored = own.patch(path, json={"switches": [{**switch, "is_on": True}]}).json()
    assert restored == before


def test_account_security_cannot_be_switched_off(own: TestClient) -> None:
    path = f"{API}/me/notification-preferences"
    switches = [
        {"group": "challenges", "channel": "email", "is_on": False},
        {"group": "security", "channel": "email", "is_on": False},
    ]
    response = own.patch(path, json={"switches": switches})
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["field"], error["code"]) == ("switches.1.is_on", "mandatory_channel")
    groups = {group["group"]: group for group in own.get(path).json()["groups"]}
    assert groups["challenges"]["email"] is True
    assert groups["security"]["mandatory"] == ["inbox", "email"]


@pytest.mark.parametrize(
    "body",
    [
        {"language": "fr"},
        {"switches": [{"group": "nothing", "channel": "email", "is_on": False}]},
        {"switches": [{"group": "system", "channel": "email", "is_on": "no"}]},
        {"switches": [{"group": "system", "channel": "email"}]},
        {"everything": False},
    ],
)
def test_bad_preferences_are_refused(own: TestClient, body: dict[str, object]) -> None:
    assert own.patch(f"{API}/me/notification-preferences", json=body).status_code == 422
