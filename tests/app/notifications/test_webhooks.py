"""Webhooks over REST: filed, changed, tested, replayed and removed by their owner, unseen by others."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.models import Delivery, Membership, Organization, Role, User, Webhook, WebhookPause
from app.models.audit import AuditEntry
from app.models.notification import Channel, Event
from app.notifications.outcome import Ending, Outcome
from tests.app.notifications.conftest import Receiver, Tell, deliver_all, deliveries
from tests.conftest import client_of

PATH = "/api/v1/webhooks"
URL = "https://erp.example.com/jiebang"

Make = Callable[..., tuple[Webhook, str]]


@pytest.fixture
def own(client: TestClient, settings: Settings, person: User) -> TestClient:
    return client_of(client, settings, person)


def created(client: TestClient, **body: Any) -> dict[str, Any]:
    response = client.post(PATH, json={"url": URL, **body})
    assert response.status_code == 201, response.text
    result: dict[str, Any] = response.json()
    return result


def problem_codes(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def test_the_secret_is_shown_once_and_not_kept(own: TestClient, db: Database) -> None:
    webhook = created(own, name="ERP", events=["requirement_returned"])
    secret = webhook.pop("secret")
    assert secret.startswith("whsec_") and len(secret) > 40
    response = own.get(f"{PATH}/{webhook['id']}")
    assert response.json() == webhook and response.headers["etag"] == '"1"'
    assert own.get(PATH).json()["items"] == [webhook]
    with db.read() as session:
        row = session.scalars(select(Webhook)).one()
        assert secret not in {row.secret_salt, row.secret_hash}


def test_only_allowed_addresses_can_be_filed(own: TestClient, db: Database) -> None:
    for url in (
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://localhost/",
    ):
        assert problem_codes(own.post(PATH, json={"url": url})) == [("url", "address_not_allowed")]
    assert problem_codes(own.post(PATH, json={"url": "http://erp.example.com/"})) == [
        ("url", "https_required")
    ]
    assert problem_codes(own.post(PATH, json={"url": "gopher://erp.example.com/"})) == [
        ("url", "invalid_url")
    ]
    with db.read() as session:
        assert session.scalar(select(func.count(Webhook.id))) == 0


def test_a_change_needs_the_version_and_checks_the_address(own: TestClient) -> None:
    path = f"{PATH}/{created(own)['id']}"
    assert own.patch(path, json={"name": "A"}).status_code == 428
    assert own.patch(path, json={"name": "A"}, headers={"If-Match": '"7"'}).status_code == 412
    fresh = {"If-Match": '"1"'}
    assert problem_codes(own.patch(path, json={"url": "https://10.0.0.1/"}, headers=fresh)) == [
        ("url", "address_not_allowed")
    ]
    body = {"name": "A", "is_active": False, "events": ["stage_changed", "requirement_returned"]}
    changed = own.patch(path, json=body, headers=fresh)
    assert changed.status_code == 200 and changed.headers["etag"] == '"2"'
    assert changed.json()["events"] == ["requirement_returned", "stage_changed"]
    assert (changed.json()["url"], changed.json()["is_active"]) == (URL, False)


def test_strangers_find_nothing(
    own: TestClient,
    seeker: TestClient,
    admin: TestClient,
    db: Database,
    tell: Tell,
    settings: Settings,
) -> None:
    path = f"{PATH}/{created(own)['id']}"
    tell()
    [delivery] = deliveries(db, Channel.WEBHOOK)
    for stranger in (seeker, admin):
        assert stranger.get(PATH).json()["total"] == 0
        for method, suffix in (
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/secret"),
            ("POST", "/test"),
            ("GET", "/deliveries"),
            ("POST", f"/deliveries/{delivery.id}/replay"),
        ):
            assert stranger.request(method, path + suffix).status_code == 404
        body = {"json": {"name": "mine"}, "headers": {"If-Match": "*"}}
        assert stranger.patch(path, **body).status_code == 404
    other = created(seeker)["id"]
    replay = seeker.post(f"{PATH}/{other}/deliveries/{delivery.id}/replay")
    assert replay.status_code == 404, "a delivery is found under its own webhook only"


def test_a_webhook_acts_as_one_membership_of_its_owner(
    own: TestClient,
    db: Database,
    person: User,
    other_seeker: TestClient,
    other_organization: Organization,
) -> None:
    with db.write() as session:
        second = Membership(user_id=person.id, role=Role.SOLVER, organization_id=other_organization.id)
        session.add(second)
        session.flush()
    assert created(own, membership_id=str(second.id))["membership_id"] == str(second.id)
    refused = other_seeker.post(PATH, json={"url": URL, "membership_id": str(second.id)})
    assert refused.status_code == 404


def test_there_is_a_limit_per_person(own: TestClient) -> None:
    for _ in range(10):
        created(own)
    response = own.post(PATH, json={"url": URL})
    assert (response.status_code, response.json()["code"]) == (409, "too_many_webhooks")


def test_a_retried_post_files_one_webhook(own: TestClient) -> None:
    first, again = (own.post(PATH, json={"url": URL}, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "answer_not_kept")
    assert own.get(PATH).json()["total"] == 1


def test_a_test_reaches_the_receiver_and_nothing_else(
    own: TestClient, open_context: AppContext, receiver: Receiver, person: User, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(person, receiver.url, events=(Event.STAGE_CHANGED,))
    make_webhook(person, receiver.url.replace("jiebang", "other"))
    response = own.post(f"{PATH}/{webhook.id}/test")
    assert response.status_code == 202 and response.json()["status"] == "waiting"
    again = own.post(f"{PATH}/{webhook.id}/test")
    assert (again.status_code, again.json()["code"]) == (409, "test_is_waiting")
    assert len(deliver_all(open_context, Channel.WEBHOOK)) == 1
    [call] = receiver.calls
    assert call.path.startswith("/jiebang") and call.json["event"] == "webhook_test"
    assert own.get("/api/v1/notifications").json()["total"] == 0
    assert own.post(f"{PATH}/{webhook.id}/test").status_code == 202


def test_a_delivery_can_be_replayed_under_its_own_id(
    own: TestClient,
    open_context: AppContext,
    receiver: Receiver,
    db: Database,
    person: User,
    tell: Tell,
    make_webhook: Make,
) -> None:
    webhook, _ = make_webhook(person, receiver.url)
    tell()
    path = f"{PATH}/{webhook.id}/deliveries"
    [waiting] = own.get(path).json()["items"]
    early = own.post(f"{path}/{waiting['id']}/replay")
    assert (early.status_code, early.json()["code"]) == (409, "delivery_is_waiting")

    receiver.status = 410
    deliver_all(open_context, Channel.WEBHOOK)
    [parked] = own.get(f"{path}?status=parked").json()["items"]
    assert (parked["code"], parked["http_status"], parked["attempts"]) == ("gone", 410, 1)

    receiver.status = 200
    replayed = own.post(f"{path}/{parked['id']}/replay")
    assert replayed.status_code == 202
    assert (replayed.json()["status"], replayed.json()["attempts"]) == ("waiting", 0)
    assert deliver_all(open_context, Channel.WEBHOOK) == [Outcome(Ending.SENT, http_status=200)]
    [sent] = own.get(f"{path}?status=sent").json()["items"]
    assert {call.headers["Jiebang-Delivery"] for call in receiver.calls} == {sent["id"]} == {parked["id"]}
    assert len(receiver.calls) == 2


def test_a_switched_off_webhook_gets_nothing(
    own: TestClient,
    open_context: AppContext,
    receiver: Receiver,
    person: User,
    tell: Tell,
    make_webhook: Make,
) -> None:
    webhook, _ = make_webhook(person, receiver.url)
    tell()
    path = f"{PATH}/{webhook.id}"
    own.patch(path, json={"is_active": False}, headers={"If-Match": "*"})
    tell()
    outcomes = deliver_all(open_context, Channel.WEBHOOK)
    assert [outcome.code for outcome in outcomes] == ["webhook_inactive"]
    assert receiver.calls == []
    for suffix in ("/test", f"/deliveries/{own.get(f'{path}/deliveries').json()['items'][0]['id']}/replay"):
        response = own.post(path + suffix)
        assert (response.status_code, response.json()["code"]) == (409, "webhook_inactive")


def test_a_new_secret_signs_what_is_sent_from_then_on(
    own: TestClient,
    open_context: AppContext,
    receiver: Receiver,
    person: User,
    tell: Tell,
    make_webhook: Make,
) -> None:
    webhook, old = make_webhook(person, receiver.url)
    tell()
    new = own.post(f"{PATH}/{webhook.id}/secret").json()["secret"]
    assert new != old
    deliver_all(open_context, Channel.WEBHOOK)
    [call] = receiver.calls
    timestamp, _, signature = call.headers["Jiebang-Signature"].removeprefix("t=").partition(",v1=")
    signed = f"{timestamp}.{call.headers['Jiebang-Delivery']}.".encode() + call.body
    assert hmac.new(new.encode(), signed, hashlib.sha256).hexdigest() == signature


def test_removing_a_webhook_ends_its_deliveries_and_is_on_record(
    own: TestClient,
    open_context: AppContext,
    receiver: Receiver,
    db: Database,
    person: User,
    tell: Tell,
    make_webhook: Make,
) -> None:
    webhook, _ = make_webhook(person, receiver.url)
    receiver.status = 500
    tell()
    deliver_all(open_context, Channel.WEBHOOK)
    assert own.delete(f"{PATH}/{webhook.id}", headers={"If-Match": '"9"'}).status_code == 412
    assert own.delete(f"{PATH}/{webhook.id}").status_code == 204
    with db.read() as session:
        assert session.scalar(select(func.count(Delivery.id)).where(Delivery.webhook_id.is_not(None))) == 0
        assert session.scalar(select(func.count()).select_from(WebhookPause)) == 0
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == webhook.id))
        assert list(actions) == ["webhook.removed"]
    assert deliver_all(open_context, Channel.WEBHOOK) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": ""},
        {"url": "https://e.example/" + "a" * 500},
        {"url": URL, "events": ["nothing"]},
        {"url": URL, "events": "all"},
        {"url": URL, "secret": "mine"},
        {"url": URL, "membership_id": "x"},
    ],
)
def test_bad_webhooks_are_refused(own: TestClient, body: dict[str, Any]) -> None:
    assert own.post(PATH, json=body).status_code == 422
