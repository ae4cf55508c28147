"""Monitoring over REST: who may do and see what, targets, recipients, and the messages of an edition."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from app.db import Database
from app.models import User
from app.models.notification import Event
from tests.app.ledger.conftest import told
from tests.app.monitoring.conftest import EAST, PORT
from tests.conftest import client_of

pytestmark = pytest.mark.usefixtures("clock", "work")

REPORTS, TARGETS, RECIPIENTS = (
    "/api/v1/indicator-reports",
    "/api/v1/indicator-targets",
    "/api/v1/report-recipients",
)
OCTOBER = {"period_kind": "month", "year": 2026, "number": 10}


@pytest.fixture
def leader_client(client: TestClient, settings: Settings, leader: User) -> TestClient:
    return client_of(client, settings, leader)


def test_a_leader_reads_what_is_issued_on_the_district_and_nothing_else(
    db: Database, organizer: TestClient, leader_client: TestClient, leader: User
) -> None:
    named = organizer.post(RECIPIENTS, json={"region": EAST, "user_id": str(leader.id)})
    assert named.status_code == 201, named.text
    made = organizer.post(REPORTS, json=OCTOBER)
    assert made.status_code == 201, made.text
    ids = {row["region"]: row["id"] for row in made.json()}
    assert leader_client.get(REPORTS).json()["total"] == 0
    for region in ids:
        path = f"{REPORTS}/{ids[region]}"
        etag = organizer.get(path).headers["ETag"]
        assert organizer.post(f"{path}/issue").status_code == 428
        assert organizer.post(f"{path}/issue", headers={"If-Match": '"99"'}).status_code == 412
        assert organizer.post(f"{path}/issue", headers={"If-Match": etag}).status_code == 200
    assert [row["region"] for row in leader_client.get(REPORTS).json()["items"]] == [EAST]
    for region, status in ((EAST, 200), (PORT, 404), ("", 404)):
        assert leader_client.get(f"{REPORTS}/{ids[region]}").status_code == status
        assert leader_client.get(f"{REPORTS}/{ids[region]}/files/docx").status_code == status
    (message,) = told(db, Event.MONITORING_ISSUED)
    assert (message.user_id, str(message.subject_id)) == (leader.id, ids[EAST])
    assert message.parameters == {"kind": "month", "year": 2026, "number": 10, "edition": 1}
    recipient = organizer.get(RECIPIENTS).json()[0]["id"]
    assert organizer.delete(f"{RECIPIENTS}/{recipient}").status_code == 204
    assert leader_client.get(f"{REPORTS}/{ids[EAST]}").status_code == 404


def test_only_staff_set_targets_name_leaders_and_issue(
    seeker: TestClient, reviewer: TestClient, organizer: TestClient, leader: User
) -> None:
    row = organizer.post(REPORTS, json=OCTOBER).json()[0]["id"]
    for client in (seeker, reviewer):
        assert client.post(REPORTS, json=OCTOBER).status_code == 403
        assert client.post(f"{REPORTS}/{row}/issue").status_code == 403
        assert client.post(RECIPIENTS, json={"user_id": str(leader.id)}).status_code == 403
        assert client.put(f"{TARGETS}/2026", json={"targets": []}).status_code == 403
        assert client.get(f"{REPORTS}/{row}").status_code == 404


def test_targets_of_a_district_are_set_whole_and_checked(organizer: TestClient) -> None:
    body = {
        "region": EAST,
        "targets": [{"indicator": "filed", "annual": 24}, {"indicator": "amount", "annual": 1500.5}],
    }
    assert organizer.put(f"{TARGETS}/2026", json=body).status_code == 200
    body["targets"] = [{"indicator": "timely", "annual": 95, "green_from": 100, "yellow_from": 90}]
    organizer.put(f"{TARGETS}/2026", json=body)
    (row,) = organizer.get(f"{TARGETS}/2026").json()
    assert (row["indicator"], row["annual"], row["yellow_from"]) == ("timely", 95.0, 90)
    for wrong in (
        {"indicator": "filed", "annual": 2.5},
        {"indicator": "timely", "annual": 101},
        {"indicator": "satisfaction", "annual": 5.5},
        {"indicator": "filed", "annual": 5, "green_from": 80, "yellow_from": 90},
    ):
        answer = organizer.put(f"{TARGETS}/2026", json={"region": EAST, "targets": [wrong]})
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["field"] == wrong["indicator"]


def test_a_correction_over_rest_tells_the_leaders_again(
    db: Database, organizer: TestClient, leader: User
) -> None:
    organizer.post(RECIPIENTS, json={"region": "", "user_id": str(leader.id)})
    row = organizer.post(REPORTS, json=OCTOBER).json()[0]["id"]
    every = {"If-Match": "*"}
    assert organizer.post(f"{REPORTS}/{row}/corrections", json={"reason": "早了"}).status_code == 409
    organizer.post(f"{REPORTS}/{row}/issue", headers=every)
    assert organizer.post(f"{REPORTS}/{row}/corrections", json={"reason": ""}).status_code == 422
    second = organizer.post(f"{REPORTS}/{row}/corrections", json={"reason": "更正口径"})
    assert second.status_code == 201, second.text
    assert (second.json()["edition"], second.json()["reason"]) == (2, "更正口径")
    again = organizer.post(f"{REPORTS}/{second.json()['id']}/issue", headers=every)
    assert again.status_code == 200
    assert [item.parameters["edition"] for item in told(db, Event.MONITORING_ISSUED)] == [1, 2]


def test_a_period_that_is_none_or_not_over_is_refused(organizer: TestClient) -> None:
    assert organizer.post(REPORTS, json={**OCTOBER, "period_kind": "quarter"}).status_code == 422
    assert organizer.post(REPORTS, json={**OCTOBER, "number": 11}).json()["code"] == "period_not_over"
