"""What agreements add up to: each figure equals its list, and the groups add up to the whole."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.agreements import delivery, repository
from app.agreements.figures import Grouping
from app.auth.actor import SYSTEM
from app.challenges import entries
from app.db import Database
from app.models import Agreement, Organization, SolverProfile
from app.models.agreement import AgreementStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.agreements.agreements_in import SIGNED_ON, agreement_in, agreement_on
from tests.app.requirements.states import requirement_in

A = AgreementStatus
URL = "/api/v1/agreements/figures"
AMOUNTS = {"signed": "amount_wan", "paid": "paid_wan", "terminated": "amount_wan"}
SUMS = {"signed": "amount_wan", "paid": "paid_wan", "terminated": "terminated_wan"}


def pay(db: Database, agreement: Agreement, *amounts: str, void_last: bool = False) -> None:
    for amount in amounts:
        with db.write() as session:
            locked = repository.lock(session, SYSTEM, agreement.id)
            delivery.record_payment(
                session, SYSTEM, locked, amount_wan=Decimal(amount), received_on=SIGNED_ON
            )
    if void_last:
        with db.write() as session:
            locked = repository.lock(session, SYSTEM, agreement.id)
            delivery.void_payment(session, SYSTEM, locked, locked.payments[-1].id, reason="误登")


@pytest.fixture
def field_of_agreements(
    db: Database,
    seeker_organization: Organization,
    other_organization: Organization,
    team: SolverProfile,
    other_team: SolverProfile,
) -> Iterator[None]:
    """Agreements in every state, of two units, in and out of a challenge, some of them paid."""
    challenge = factories.make_challenge(db)
    regions = [
        "江苏省/通海市/城东街道",
        "江苏省/通海市",
        "江苏省/通海市/城东街道/三里",
        "江苏省/通海市/100%_区",
        "",
    ]
    for position, status in enumerate(A):
        unit = (seeker_organization, other_organization)[position % 2]
        fields = {"region": regions[position % 5], "field": ("海洋", None, "其他")[position % 3]}
        requirement = requirement_in(db, unit, RequirementStatus.IN_CONTACT, fields)
        if position % 2:
            with db.write() as session:
                entries.enter(session, challenge.id, requirement.id)
        crowd = (team, other_team)[position % 2]
        agreement = agreement_on(db, requirement.id, crowd, status, {"amount_wan": Decimal("10.1")})
        if status in (A.SIGNED, A.TERMINATED, A.COMPLETED):
            pay(db, agreement, "0.1", "0.2")
        if status is A.IN_DELIVERY:
            pay(db, agreement, "3", void_last=True)
    yield


def total_of(client: TestClient, figure: str, **query: str) -> tuple[int, Decimal]:
    page = client.get(f"{URL}/{figure}", params={"limit": 200, **query}).json()
    assert page["total"] == len(page["items"])
    amounts = [Decimal(str(item[AMOUNTS[figure]])) for item in page["items"]]
    return page["total"], sum(amounts, Decimal(0))


def figures_of(totals: dict[str, Any], figure: str) -> tuple[int, Decimal]:
    return totals[figure], Decimal(str(totals[SUMS[figure]]))


@pytest.mark.parametrize("by", list(Grouping))
def test_every_figure_equals_its_list_for_every_reader(
    organizer: TestClient,
    seeker: TestClient,
    other_seeker: TestClient,
    member: TestClient,
    outsider: TestClient,
    field_of_agreements: None,
    by: Grouping,
) -> None:
    for client in (organizer, seeker, other_seeker, member, outsider):
        summary = client.get(URL, params={"by": by}).json()
        for figure in AMOUNTS:
            assert figures_of(summary["total"], figure) == total_of(client, figure)
            parts = []
            for group in summary["groups"]:
                found = figures_of(group, figure)
                assert found == total_of(client, figure, by=by, key=group["key"]), group
                parts.append(found)
            counts = sum(count for count, _ in parts)
            amounts = sum((amount for _, amount in parts), Decimal(0))
            assert (counts, amounts) == figures_of(summary["total"], figure)


def test_the_whole_is_what_was_signed_paid_and_terminated(
    organizer: TestClient, field_of_agreements: None
) -> None:
    assert organizer.get(URL).json()["total"] == {
        "signed": 3,
        "amount_wan": 30.3,
        "paid": 3,
        "paid_wan": 0.9,
        "terminated": 1,
        "terminated_wan": 10.1,
    }


def test_groups_have_names_and_districts_end_at_the_third_part(
    organizer: TestClient, field_of_agreements: None
) -> None:
    by_district = organizer.get(URL, params={"by": "district"}).json()["groups"]
    assert [group["key"] for group in by_district] == [
        "",
        "江苏省/通海市",
        "江苏省/通海市/100%_区",
        "江苏省/通海市/城东街道",
    ][-len(by_district) :]
    by_challenge = organizer.get(URL, params={"by": "challenge"}).json()["groups"]
    assert {group["label"] for group in by_challenge} == {"未列入赛事", "通海市技术创新挑战赛"}


def test_figures_are_narrowed_by_the_day_of_signing(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    agreement_in(db, seeker_organization, team, A.SIGNED)
    for query, signed in (({"signed_to": "2026-06-01"}, 1), ({"signed_from": "2026-06-02"}, 0)):
        assert organizer.get(URL, params=query).json()["total"]["signed"] == signed


@pytest.mark.parametrize(
    ("by", "key"), [("challenge", "nonsense"), ("field", "nonsense"), ("district", "无")]
)
def test_a_group_that_does_not_exist_is_empty(
    organizer: TestClient, field_of_agreements: None, by: str, key: str
) -> None:
    page = organizer.get(f"{URL}/signed", params={"by": by, "key": key}).json()
    assert page == {"items": [], "next_cursor": None, "total": 0}
