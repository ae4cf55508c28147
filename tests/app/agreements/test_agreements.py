"""Filing, reading and editing agreements over REST: who sees which, what is refused, who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.challenges import entries
from app.db import Database
from app.kit.clock import in_shanghai, now
from app.models import Challenge, Membership, Notification, Organization, SolverProfile
from app.models.agreement import AgreementStatus
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.agreements.agreements_in import agreement_in
from tests.app.requirements.states import requirement_in

A = AgreementStatus
URL = "/api/v1/agreements"


def body(requirement_id: Any, team: SolverProfile, **fields: Any) -> dict[str, Any]:
    given = {"kind": "joint", "title": "联合开发合同", "amount_wan": 80}
    return {"requirement_id": str(requirement_id), "solver_id": str(team.id), **given, **fields}


def told(db: Database, event: Event) -> set[Any]:
    """The units whose people were told of the event; None for those told as persons."""
    with db.read() as session:
        rows = session.scalars(select(Notification).where(Notification.event == event)).all()
        for row in rows:
            held = select(Membership.organization_id).where(Membership.user_id == row.user_id)
            assert row.organization_id in session.scalars(held).all()
        return {row.organization_id for row in rows}


def test_a_seeker_files_and_edits_an_agreement_on_its_own_requirement(
    db: Database, seeker: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.IN_CONTACT)
    filed = seeker.post(URL, json=body(requirement.id, team, amount_wan=82.5, other_parties=["通海检测院"]))
    assert filed.status_code == 201, filed.text
    url, view = filed.headers["location"], filed.json()
    assert (view["status"], view["amount_wan"], view["paid_wan"]) == ("draft", 82.5, 0)
    assert view["organization"]["name"] == seeker_organization.name
    assert view["solver"]["name"] == team.name
    edited = seeker.patch(url, json={"amount_wan": 90, "title": "新合同"}, headers={"If-Match": '"1"'})
    assert (edited.json()["amount_wan"], edited.json()["title"]) == (90, "新合同")
    assert edited.json()["other_parties"] == ["通海检测院"]
    stale = seeker.patch(url, json={"amount_wan": 1}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert seeker.patch(url, json={"amount_wan": 1}).status_code == 428


def test_a_seeker_files_nothing_on_another_seekers_requirement(
    db: Database, other_seeker: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.IN_CONTACT)
    refused = other_seeker.post(URL, json=body(requirement.id, team))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "unknown_requirement"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"solver_id": "01990000-0000-7000-8000-000000000000"}, "unknown_solver"),
        ({"challenge_id": "01990000-0000-7000-8000-000000000000"}, "not_entered"),
        ({"amount_wan": -1}, "greater_than_equal"),
        ({"amount_wan": 0.00001}, "decimal_max_places"),
        ({"title": " "}, "string_too_short"),
        ({"kind": "handshake"}, "enum"),
        ({"status": "signed"}, "extra_forbidden"),
    ],
)
def test_a_form_that_is_wrong_is_refused_by_its_field(
    db: Database,
    organizer: TestClient,
    seeker_organization: Organization,
    team: SolverProfile,
    change: dict[str, Any],
    code: str,
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.IN_CONTACT)
    refused = organizer.post(URL, json=body(requirement.id, team, **change))
    assert refused.status_code == 422
    problem = refused.json()["errors"][0]
    assert (problem["field"], problem["code"]) == (next(iter(change)), code)
    assert organizer.get(URL).json()["total"] == 0


def test_the_only_challenge_of_a_requirement_counts_its_agreement(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.IN_CONTACT)
    first, second = (factories.make_challenge(db, code) for code in ("TH2026", "TH2027"))
    enter(db, first, requirement.id)
    assert organizer.post(URL, json=body(requirement.id, team)).json()["challenge_id"] == str(first.id)
    enter(db, second, requirement.id)
    assert organizer.post(URL, json=body(requirement.id, team)).json()["challenge_id"] is None
    named = organizer.post(URL, json=body(requirement.id, team, challenge_id=str(second.id)))
    assert named.json()["challenge_id"] == str(second.id)


def test_the_list_holds_what_the_reader_may_see_and_no_more(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    other_seeker: TestClient,
    member: TestClient,
    outsider: TestClient,
    seeker_organization: Organization,
    other_organization: Organization,
    team: SolverProfile,
) -> None:
    signed = agreement_in(db, seeker_organization, team, A.SIGNED)
    draft = agreement_in(db, seeker_organization, team, A.DRAFT)
    foreign = agreement_in(db, other_organization, team, A.SIGNED)
    seen = {
        organizer: {signed.id, draft.id, foreign.id},
        seeker: {signed.id, draft.id},
        other_seeker: {foreign.id},
        member: {signed.id, foreign.id},
        outsider: set(),
    }
    for client, expected in seen.items():
        page = client.get(URL).json()
        assert {item["id"] for item in page["items"]} == {str(id) for id in expected}
        assert page["total"] == len(expected)


def test_the_list_is_narrowed(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    wanted = agreement_in(
        db,
        seeker_organization,
        team,
        A.SIGNED,
        requirement={"field": "海洋", "region": "江苏省/通海市/川桥镇"},
    )
    agreement_in(db, seeker_organization, team, A.DRAFT, {"kind": "transfer"})
    for query in (
        {"status": "signed"},
        {"kind": "joint"},
        {"field": "海洋"},
        {"requirement_id": str(wanted.requirement_id)},
        {"signed_from": "2026-06-01"},
        {"region": "川桥"},
        {"signed_to": "2026-06-01"},
    ):
        assert [item["id"] for item in organizer.get(URL, params=query).json()["items"]] == [str(wanted.id)]
    for query in ({"signed_from": "2026-06-02"}, {"signed_to": "2026-05-31"}):
        assert organizer.get(URL, params=query).json()["total"] == 0


def test_nothing_is_signed_tomorrow(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.DRAFT)
    tomorrow = in_shanghai(now()).date() + timedelta(days=1)
    refused = organizer.post(f"{URL}/{agreement.id}/sign", json={"signed_on": tomorrow.isoformat()})
    assert refused.json()["errors"][0]["code"] == "in_the_future"


def test_signing_is_told_once_to_the_seeker_and_the_team_and_to_nobody_else(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    other_seeker: TestClient,
    member: TestClient,
    outsider: TestClient,
    seeker_organization: Organization,
    university: Organization,
    team: SolverProfile,
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.DRAFT)
    assert told(db, Event.AGREEMENT_SIGNED) == set()
    organizer.post(f"{URL}/{agreement.id}/sign", json={"signed_on": "2026-06-01"})
    assert told(db, Event.AGREEMENT_SIGNED) == {seeker_organization.id, university.id}
    headlines = [item["headline"] for item in member.get("/api/v1/notifications").json()["items"]]
    assert len(headlines) == 1 and "协议已签署" in headlines[0]


def test_a_team_that_signed_is_not_deleted(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.SIGNED)
    assert organizer.delete(f"/api/v1/solvers/{team.id}").status_code == 204
    assert organizer.get(f"/api/v1/solvers/{team.id}").json()["is_active"] is False
    assert organizer.get(f"{URL}/{agreement.id}").json()["solver"]["name"] == team.name


def enter(db: Database, challenge: Challenge, requirement_id: Any) -> None:
    with db.write() as session:
        entries.enter(session, challenge.id, requirement_id)
