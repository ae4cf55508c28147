"""A team's places: what takes them, what gives them back, and that nobody is invited beyond them by accident."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db import Database
from app.kit.clock import now
from app.models import Challenge, Organization, Requirement, RoundResult, SolverProfile
from app.models.invitation import BINDING_STATUSES, InvitationStatus
from app.models.requirement import RequirementStatus
from app.solvers.places import places_of, today
from tests.app.invitations.conftest import Clients, Team, make_team
from tests.app.invitations.invitations_in import invitation_in, invitations_to, published_round, terms
from tests.app.requirements.states import requirement_in

N = InvitationStatus
URL = "/api/v1/invitations"


def problem(db: Database, organization: Organization) -> Requirement:
    return requirement_in(db, organization, RequirementStatus.MATCHING)


def places(db: Database, team: Team) -> tuple[int, int]:
    with db.read() as session:
        found = places_of(session, [session.get_one(SolverProfile, team.profile.id)])
    return found[team.profile.id].taken, found[team.profile.id].free


def assign(db: Database, challenge: Challenge, requirement: Requirement, team: Team) -> Any:
    found = published_round(db, challenge, requirement, [team.profile])
    with db.write() as session:
        session.add(
            RoundResult(
                round_id=found.id,
                requirement_id=requirement.id,
                number=1,
                level=1,
                best_adequate=0.6,
                assigned=1,
                passed_over_count=0,
            )
        )
    return found


def body(requirement: Requirement, team: Team, **fields: Any) -> dict[str, Any]:
    given = {"requirement_id": str(requirement.id), "solver_id": str(team.profile.id)}
    return {**given, "reply_by": (now() + timedelta(days=6)).isoformat(), **fields}


@pytest.mark.parametrize("status", list(N))
def test_an_invitation_takes_a_place_while_it_binds(
    db: Database, clients: Clients, seeker_organization: Organization, first: Team, status: InvitationStatus
) -> None:
    invitation_in(db, problem(db, seeker_organization), first.profile, status)
    assert places(db, first) == ((1, 1) if status in BINDING_STATUSES else (0, 2))


def test_a_problem_takes_one_place_however_often_it_is_named(
    db: Database, seeker_organization: Organization, challenge: Challenge, first: Team
) -> None:
    requirement = problem(db, seeker_organization)
    assign(db, challenge, requirement, first)
    assert places(db, first) == (1, 1)
    invitation_in(db, requirement, first.profile)
    assert places(db, first) == (1, 1)


def test_a_team_that_declines_gets_its_place_back_from_the_round(
    db: Database, seeker_organization: Organization, challenge: Challenge, first: Team
) -> None:
    requirement = problem(db, seeker_organization)
    assign(db, challenge, requirement, first)
    invitation_in(db, requirement, first.profile, N.DECLINED)
    assert places(db, first) == (0, 2)


def test_nobody_is_invited_beyond_its_places_unless_a_person_says_so(
    db: Database, clients: Clients, seeker_organization: Organization
) -> None:
    team = make_team(db, "独", capacity=1)
    invitation_in(db, problem(db, seeker_organization), team.profile)
    another = problem(db, seeker_organization)
    refused = clients.organizer.post(URL, json=body(another, team))
    assert (refused.status_code, refused.json()["code"]) == (409, "team_full")
    sent = clients.organizer.post(URL, json=body(another, team, beyond_capacity=True))
    assert sent.status_code == 201
    assert places(db, team) == (2, 0)


def test_a_round_passes_over_a_team_that_has_filled_up_since(
    db: Database, clients: Clients, seeker_organization: Organization, challenge: Challenge, second: Team
) -> None:
    team = make_team(db, "独", capacity=1)
    requirement = problem(db, seeker_organization)
    found = published_round(db, challenge, requirement, [team.profile, second.profile])
    invitation_in(db, problem(db, seeker_organization), team.profile)
    sent = clients.organizer.post(
        f"/api/v1/rounds/{found.id}/invitations", json={"reply_by": terms().reply_by.isoformat()}
    ).json()
    assert [row["code"] for row in sent["passed"]] == ["team_full"]
    assert set(invitations_to(db, requirement)) == {second.profile.id}


def patch(client: TestClient, team: Team, **fields: Any) -> Any:
    url = f"/api/v1/solvers/{team.profile.id}"
    return client.patch(url, json=fields, headers={"If-Match": client.get(url).headers["ETag"]})


def test_a_paused_team_is_not_invited_until_the_day_has_passed(
    db: Database, clients: Clients, clock: Any, seeker_organization: Organization, first: Team
) -> None:
    requirement = problem(db, seeker_organization)
    shown = patch(clients.of(first), first, paused_until="2026-06-03").json()
    assert (shown["is_paused"], shown["taken"], shown["free"]) == (True, 0, 0)
    refused = clients.organizer.post(URL, json=body(requirement, first))
    assert (refused.status_code, refused.json()["code"]) == (409, "team_paused")
    clock.shift(timedelta(days=3))
    assert today() == date(2026, 6, 4)
    assert clients.of(first).get(f"/api/v1/solvers/{first.profile.id}").json()["free"] == 2
    assert clients.organizer.post(URL, json=body(requirement, first)).status_code == 201


def test_rivals_do_not_read_how_busy_a_team_is(clients: Clients, first: Team, second: Team) -> None:
    seen = clients.of(second).get(f"/api/v1/solvers/{first.profile.id}").json()
    assert (seen["taken"], seen["free"], seen["capacity"]) == (None, None, 2)
    listed = clients.of(first).get("/api/v1/solvers").json()["items"]
    assert {row["name"]: row["free"] for row in listed} == {first.profile.name: 2, second.profile.name: None}
