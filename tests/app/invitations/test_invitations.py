"""Inviting by hand and from a round: who is invited, who is told, who reads what, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.db import Database
from app.kit.clock import now
from app.models import Candidate, Challenge, Invitation, MatchRound, Organization, Requirement, SolverProfile
from app.models.invitation import InvitationStatus
from app.models.matching import RoundStatus
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from tests.app.invitations.conftest import Clients, Team
from tests.app.invitations.invitations_in import invitation_in, invitations_to, published_round, told
from tests.app.requirements.states import requirement_in

N = InvitationStatus
URL = "/api/v1/invitations"


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.MATCHING)


def body(requirement: Requirement, team: Team, **fields: Any) -> dict[str, Any]:
    given = {"requirement_id": str(requirement.id), "solver_id": str(team.profile.id)}
    return {**given, "reply_by": (now() + timedelta(days=6)).isoformat(), **fields}


def in_days(days: float) -> str:
    return (now() + timedelta(days=days)).isoformat()


def test_an_invitation_reaches_the_people_of_its_team_alone(
    db: Database, clients: Clients, requirement: Requirement, first: Team, second: Team, seeker: TestClient
) -> None:
    sent = clients.organizer.post(URL, json=body(requirement, first, message="请参加。"))
    assert (sent.status_code, sent.json()["status"]) == (201, "sent")
    assert told(db, Event.INVITATION_SENT) == [first.unit.id]
    assert clients.of(first).get(URL).json()["total"] == 1
    assert clients.of(second).get(URL).json() == {"items": [], "next_cursor": None, "total": 0}
    assert seeker.get(URL).status_code == 403


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"reply_by": in_days(-1)}, "reply_by", "not_in_the_future"),
        ({"reply_by": "2027-01-01T00:00:00"}, "reply_by", "timezone_aware"),
        ({"remind_at": in_days(7)}, "remind_at", "not_before_deadline"),
        ({"remind_at": in_days(-1)}, "remind_at", "not_before_deadline"),
        ({"solver_id": "01990000-0000-7000-8000-000000000000"}, "solver_id", "unknown_solver"),
        ({"requirement_id": "01990000-0000-7000-8000-000000000000"}, "requirement_id", "unknown_requirement"),
        ({"status": "accepted"}, "status", "extra_forbidden"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_their_field(
    clients: Clients, requirement: Requirement, first: Team, fields: dict[str, Any], field: str, code: str
) -> None:
    refused = clients.organizer.post(URL, json=body(requirement, first, **fields))
    assert refused.status_code == 422
    problem = refused.json()["errors"][0]
    assert (problem["field"], problem["code"]) == (field, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"organization_id": None}, "team_unclaimed"),
        ({"is_active": False}, "team_inactive"),
        ({"exclusions": ["通海市锦绣家纺有限公司"]}, "pair_barred"),
        ({}, "already_invited"),
    ],
)
def test_what_stands_in_the_way_of_a_team_is_named(
    db: Database,
    clients: Clients,
    requirement: Requirement,
    first: Team,
    change: dict[str, Any],
    code: str,
) -> None:
    if not change:
        invitation_in(db, requirement, first.profile)
    with db.write() as session:
        team = session.get_one(SolverProfile, first.profile.id)
        for name, value in change.items():
            setattr(team, name, value)
    refused = clients.organizer.post(URL, json=body(requirement, first))
    assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_a_team_of_the_seekers_own_unit_is_not_invited(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    with db.write() as session:
        session.get_one(SolverProfile, first.profile.id).organization_id = requirement.organization_id
    refused = clients.organizer.post(URL, json=body(requirement, first))
    assert refused.json()["code"] == "pair_barred"


def test_a_team_that_breaks_a_must_have_condition_is_not_invited(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    with db.write() as session:
        session.get_one(SolverProfile, first.profile.id).region = "浙江省/杭州市"
        session.get_one(Requirement, requirement.id).must_have = "仅限江苏省内的单位"
    refused = clients.organizer.post(URL, json=body(requirement, first))
    assert (refused.status_code, refused.json()["code"]) == (409, "pair_barred")
    assert "必备条件" in refused.json()["detail"]


def test_a_team_that_declined_can_be_asked_again_by_hand(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    invitation_in(db, requirement, first.profile, N.DECLINED)
    assert clients.organizer.post(URL, json=body(requirement, first)).status_code == 201


def test_the_database_itself_holds_a_pair_to_one_binding_invitation(
    db: Database, requirement: Requirement, first: Team
) -> None:
    invitation_in(db, requirement, first.profile, N.ACCEPTED)
    with pytest.raises(IntegrityError), db.write() as session:
        session.add(
            Invitation(
                requirement_id=requirement.id, solver_id=first.profile.id, reply_by=now(), status=N.SENT
            )
        )
        session.flush()


@pytest.mark.parametrize("tier", ["anonymous", "restricted"])
def test_a_team_reads_the_problem_it_is_invited_to_but_not_whose_it_is(
    db: Database, clients: Clients, seeker_organization: Organization, first: Team, second: Team, tier: str
) -> None:
    fields = {
        "confidentiality": tier,
        "title": f"{seeker_organization.name}的面料耐洗性提升",
        "contact": "周敏",
    }
    hidden = requirement_in(db, seeker_organization, RequirementStatus.MATCHING, fields)
    invitation = invitation_in(db, hidden, first.profile)
    for text in (
        clients.of(first).get(f"{URL}/{invitation.id}").text,
        clients.of(first).post(f"{URL}/{invitation.id}/open").text,
        clients.of(first).get(URL).text,
        clients.of(first).get("/api/v1/notifications").text,
    ):
        assert "锦绣" not in text and "周敏" not in text
        assert str(seeker_organization.id) not in text
    shown = clients.of(first).get(f"{URL}/{invitation.id}").json()
    assert shown["requirement"]["problem"].startswith("现有后整理工艺")
    assert clients.of(second).get(f"{URL}/{invitation.id}").status_code == 404
    assert seeker_organization.name in clients.organizer.get(f"{URL}/{invitation.id}").text


def test_a_team_does_not_learn_of_stand_ins(
    db: Database, clients: Clients, challenge: Challenge, requirement: Requirement, first: Team, second: Team
) -> None:
    found = published_round(db, challenge, requirement, [first.profile], [second.profile])
    terms = {"reply_by": in_days(6), "invites_alternates": True}
    clients.organizer.post(f"/api/v1/rounds/{found.id}/invitations", json=terms)
    shown = clients.of(first).get(URL).json()["items"][0]
    assert (shown["round_id"], shown["instead_of_id"], shown["invites_alternates"]) == (None, None, None)
    assert clients.organizer.get(URL).json()["items"][0]["invites_alternates"] is True


def test_replies_are_told_to_the_organizers_and_a_reason_is_theirs_to_read(
    db: Database,
    clients: Clients,
    requirement: Requirement,
    bureau: Organization,
    first: Team,
    second: Team,
    seeker: TestClient,
) -> None:
    coming, staying = (invitation_in(db, requirement, team.profile) for team in (first, second))
    clients.of(first).post(f"{URL}/{coming.id}/accept")
    clients.of(second).post(f"{URL}/{staying.id}/decline", json={"reason": "任务已满。"})
    organizer = clients.organizer
    assert organizer.get(f"{URL}/{staying.id}").json()["reason"] == "任务已满。"
    assert told(db, Event.INVITATION_ACCEPTED) == [bureau.id]
    assert told(db, Event.INVITATION_DECLINED) == [bureau.id]
    listed = organizer.get(URL, params={"status": "declined"}).json()
    assert [item["id"] for item in listed["items"]] == [str(staying.id)]


def test_a_cancelled_invitation_is_told_to_its_team_with_the_reason(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    invitation = invitation_in(db, requirement, first.profile, N.OPENED)
    clients.organizer.post(f"{URL}/{invitation.id}/cancel", json={"reason": "另有安排。"})
    assert told(db, Event.INVITATION_CANCELLED) == [first.unit.id]
    assert clients.of(first).get(f"{URL}/{invitation.id}").json()["reason"] == "另有安排。"


@pytest.mark.parametrize("status", list(RoundStatus))
def test_only_a_published_round_sends_invitations(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    requirement: Requirement,
    first: Team,
    status: RoundStatus,
) -> None:
    found = published_round(db, challenge, requirement, [first.profile])
    with db.write() as session:
        session.get_one(MatchRound, found.id).status = status
    sent = clients.organizer.post(f"/api/v1/rounds/{found.id}/invitations", json={"reply_by": in_days(6)})
    assert sent.status_code == (201 if status is RoundStatus.PUBLISHED else 409), sent.text
    assert len(invitations_to(db, requirement)) == (1 if status is RoundStatus.PUBLISHED else 0)


def test_a_round_invites_each_assigned_team_once_and_says_who_could_not_be(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
) -> None:
    found = published_round(db, challenge, requirement, [first.profile, second.profile], [third.profile])
    with db.write() as session:
        session.get_one(SolverProfile, second.profile.id).organization_id = None
    url = f"/api/v1/rounds/{found.id}/invitations"
    mailing = clients.organizer.post(url, json={"reply_by": in_days(6)}).json()
    assert [row["solver"]["name"] for row in mailing["sent"]] == [first.profile.name]
    passed = {"requirement_id": str(requirement.id), "solver_id": str(second.profile.id)}
    assert mailing["passed"] == [{**passed, "code": "team_unclaimed"}]
    assert set(invitations_to(db, requirement)) == {first.profile.id}
    with db.write() as session:
        session.get_one(SolverProfile, second.profile.id).organization_id = second.unit.id
    again = clients.organizer.post(url, json={"reply_by": in_days(6)}).json()
    assert [row["solver"]["name"] for row in again["sent"]] == [second.profile.name]
    assert [row["code"] for row in again["passed"]] == ["already_invited"]
    assert told(db, Event.INVITATION_SENT) == [first.unit.id, second.unit.id]


def test_nobody_is_invited_of_whom_the_seeker_was_not_told(
    db: Database, clients: Clients, challenge: Challenge, requirement: Requirement, first: Team, second: Team
) -> None:
    """Rounds of an earlier version assigned teams that are not adequate."""
    found = published_round(db, challenge, requirement, [first.profile], [second.profile])
    with db.write() as session:
        for row in session.scalars(select(Candidate).where(Candidate.round_id == found.id)):
            row.is_adequate = False
    url = f"/api/v1/rounds/{found.id}/invitations"
    sent = clients.organizer.post(url, json={"reply_by": in_days(6)}).json()
    assert (sent["sent"], sent["passed"]) == ([], [])
    with db.write() as session:
        for row in session.scalars(select(Candidate).where(Candidate.round_id == found.id)):
            row.rules = ["pinned"] if row.solver_id == first.profile.id else []
    sent = clients.organizer.post(url, json={"reply_by": in_days(6)}).json()
    assert [row["solver"]["name"] for row in sent["sent"]] == [first.profile.name]


def test_a_round_does_not_ask_again_who_declined(
    db: Database, clients: Clients, challenge: Challenge, requirement: Requirement, first: Team
) -> None:
    found = published_round(db, challenge, requirement, [first.profile])
    invitation_in(db, requirement, first.profile, N.DECLINED)
    url = f"/api/v1/rounds/{found.id}/invitations"
    mailing = clients.organizer.post(url, json={"reply_by": in_days(6)}).json()
    assert (mailing["sent"], [row["code"] for row in mailing["passed"]]) == ([], ["already_invited"])


def test_a_team_that_was_invited_is_not_deleted(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    invitation_in(db, requirement, first.profile)
    organizer = clients.organizer
    assert organizer.delete(f"/api/v1/solvers/{first.profile.id}").status_code == 204
    assert organizer.get(f"/api/v1/solvers/{first.profile.id}").json()["is_active"] is False
