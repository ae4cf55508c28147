"""Milestones, payments and reports: what is recorded, what is refused, what counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.db import Database
from app.kit.clock import in_shanghai, now
from app.models import Agreement, Organization, SolverProfile
from app.models.agreement import AgreementStatus
from app.models.notification import Event
from tests.app.agreements.agreements_in import agreement_in
from tests.app.agreements.test_agreements import told

A = AgreementStatus
URL = "/api/v1/agreements"


@pytest.fixture
def agreement(db: Database, seeker_organization: Organization, team: SolverProfile) -> Agreement:
    """In delivery, over 80 万元."""
    return agreement_in(db, seeker_organization, team, A.IN_DELIVERY)


def test_a_milestone_is_planned_changed_and_reached(seeker: TestClient, agreement: Agreement) -> None:
    url = f"{URL}/{agreement.id}/milestones"
    planned = seeker.post(url, json={"title": "样品", "due_on": "2027-01-01", "amount_wan": 30})
    milestone = planned.json()["milestones"][0]
    headers = {"If-Match": planned.headers["ETag"]}
    reached = seeker.patch(f"{url}/{milestone['id']}", json={"reached_on": "2026-06-30"}, headers=headers)
    assert reached.json()["milestones"][0] == {**milestone, "reached_on": "2026-06-30"}
    stale = seeker.patch(f"{url}/{milestone['id']}", json={"title": "又"}, headers=headers)
    assert stale.status_code == 412
    for change, code in (
        ({"due_on": None}, "due_on_required"),
        ({"reached_on": "2999-01-01"}, "in_the_future"),
    ):
        refused = seeker.patch(f"{url}/{milestone['id']}", json=change, headers={"If-Match": "*"})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


def test_a_milestone_of_another_agreement_is_not_found(
    db: Database,
    organizer: TestClient,
    agreement: Agreement,
    seeker_organization: Organization,
    team: SolverProfile,
) -> None:
    other = agreement_in(db, seeker_organization, team, A.SIGNED)
    planned = organizer.post(
        f"{URL}/{other.id}/milestones", json={"title": "样品", "due_on": "2027-01-01"}
    ).json()
    url = f"{URL}/{agreement.id}/milestones/{planned['milestones'][0]['id']}"
    assert organizer.patch(url, json={"title": "改"}, headers={"If-Match": "*"}).status_code == 404


def test_payments_add_up_exactly_and_never_beyond_the_amount(
    organizer: TestClient, agreement: Agreement
) -> None:
    url = f"{URL}/{agreement.id}/payments"
    for amount in (0.1, 0.2, 79.6999):
        paid = organizer.post(url, json={"amount_wan": amount, "received_on": "2026-07-01"})
        assert paid.status_code == 201, paid.text
    assert paid.json()["paid_wan"] == 79.9999
    over = organizer.post(url, json={"amount_wan": 0.0002, "received_on": "2026-07-01"})
    assert (over.status_code, over.json()["code"]) == (409, "payment_exceeds_amount")
    last = organizer.post(url, json={"amount_wan": 0.0001, "received_on": "2026-07-01"})
    assert last.json()["paid_wan"] == 80


def test_a_voided_payment_stays_on_record_and_counts_no_longer(
    organizer: TestClient, agreement: Agreement
) -> None:
    url = f"{URL}/{agreement.id}/payments"
    paid = organizer.post(url, json={"amount_wan": 80, "received_on": "2026-07-01"}).json()
    void = f"{url}/{paid['payments'][0]['id']}/void"
    voided = organizer.post(void, json={"reason": "重复登记"}).json()
    assert (voided["paid_wan"], voided["payments"][0]["void_reason"]) == (0, "重复登记")
    assert organizer.post(void, json={"reason": "再来"}).json()["code"] == "payment_voided"
    assert organizer.post(url, json={"amount_wan": 80, "received_on": "2026-07-01"}).status_code == 201


@pytest.mark.parametrize("amount", [0, -1, True, "5", 0.00001])
def test_a_payment_of_nothing_or_of_no_number_is_refused(
    organizer: TestClient, agreement: Agreement, amount: object
) -> None:
    body = {"amount_wan": amount, "received_on": "2026-07-01"}
    assert organizer.post(f"{URL}/{agreement.id}/payments", json=body).status_code == 422


def test_no_payment_is_received_tomorrow(organizer: TestClient, agreement: Agreement) -> None:
    tomorrow = in_shanghai(now()).date() + timedelta(days=1)
    body = {"amount_wan": 1, "received_on": tomorrow.isoformat()}
    refused = organizer.post(f"{URL}/{agreement.id}/payments", json=body)
    assert refused.json()["errors"][0]["code"] == "in_the_future"


def test_a_payment_repeated_under_its_key_is_recorded_once(
    organizer: TestClient, agreement: Agreement
) -> None:
    url = f"{URL}/{agreement.id}/payments"
    body = {"amount_wan": 10, "received_on": "2026-07-01"}
    for _ in range(2):
        organizer.post(url, json=body, headers={"Idempotency-Key": "payment-1"})
    assert organizer.get(f"{URL}/{agreement.id}").json()["paid_wan"] == 10


def test_a_payment_is_told_to_both_parties_alone(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    other_seeker: TestClient,
    member: TestClient,
    outsider: TestClient,
    agreement: Agreement,
    seeker_organization: Organization,
    university: Organization,
) -> None:
    organizer.post(f"{URL}/{agreement.id}/payments", json={"amount_wan": 1, "received_on": "2026-07-01"})
    assert told(db, Event.PAYMENT_RECORDED) == {seeker_organization.id, university.id}


def test_a_returned_report_is_handed_in_anew_and_both_stay_on_record(
    db: Database, organizer: TestClient, seeker: TestClient, member: TestClient, agreement: Agreement
) -> None:
    url = f"{URL}/{agreement.id}/reports"
    first = member.post(url, json={"kind": "midterm", "text": "第一稿"}).json()["reports"][0]
    assert seeker.post(url, json={"kind": "midterm", "text": "另一稿"}).json()["code"] == "report_pending"
    assert member.post(url, json={"kind": "final", "text": "结题稿"}).status_code == 201
    returned = organizer.post(f"{url}/{first['id']}/return", json={"reason": "缺检测数据"}).json()
    assert returned["reports"][0]["decision_reason"] == "缺检测数据"
    again = organizer.post(f"{url}/{first['id']}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "move_not_allowed")
    second = member.post(url, json={"kind": "midterm", "text": "第二稿"}).json()["reports"][-1]
    organizer.post(f"{url}/{second['id']}/accept")
    shown = member.get(f"{URL}/{agreement.id}").json()["reports"]
    assert [(row["text"], row["status"]) for row in shown] == [
        ("第一稿", "returned"),
        ("结题稿", "submitted"),
        ("第二稿", "accepted"),
    ]


def test_reports_are_told_to_the_organizers_and_decisions_to_the_parties(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    member: TestClient,
    agreement: Agreement,
    bureau: Organization,
    seeker_organization: Organization,
    university: Organization,
) -> None:
    url = f"{URL}/{agreement.id}/reports"
    report = member.post(url, json={"kind": "midterm", "text": "进展"}).json()["reports"][0]
    assert told(db, Event.REPORT_RECEIVED) == {bureau.id}
    organizer.post(f"{url}/{report['id']}/accept")
    assert told(db, Event.REPORT_DECIDED) == {seeker_organization.id, university.id}
