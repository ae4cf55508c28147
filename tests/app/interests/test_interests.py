"""Teams offer themselves for published problems: who reads it, who answers, and that every offer is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.interests import service
from app.kit.clock import now
from app.models import Challenge, ChallengeEntry, Organization, PairRule, Requirement, Role
from app.models.interest import INTEREST_TRANSITIONS, InterestStatus
from app.models.matching import PairVerdict
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.invitations.conftest import Clients, Team, make_team
from tests.app.invitations.invitations_in import invitation_in, published_round, told
from tests.app.requirements.states import requirement_in
from tests.conftest import Login, client_of

N = InterestStatus
URL = "/api/v1/interests"


@pytest.fixture
def team(db: Database) -> Team:
    return make_team(db, "甲")


@pytest.fixture
def clients(client: TestClient, settings: Any, db: Database, bureau: Organization) -> Clients:
    return Clients(client, settings, factories.make_user(db, Role.ORGANIZER, bureau))


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.MATCHING)


def express(clients: Clients, team: Team, requirement: Requirement) -> Any:
    return clients.of(team).post(URL, json={"requirement_id": str(requirement.id), "text": "有中试线。"})


def terms() -> dict[str, str]:
    return {"reply_by": (now() + timedelta(days=6)).isoformat()}


def test_an_interest_is_read_by_staff_and_the_seeker_and_by_no_rival(
    db: Database,
    clients: Clients,
    team: Team,
    requirement: Requirement,
    seeker: TestClient,
    other_seeker: TestClient,
) -> None:
    filed = express(clients, team, requirement)
    assert filed.status_code == 201, filed.text
    assert express(clients, team, requirement).json()["code"] == "already_interested"
    url = f"{URL}/{filed.json()['id']}"
    assert [client.get(url).status_code for client in (clients.organizer, seeker)] == [200, 200]
    rival = clients.of(make_team(db, "乙"))
    assert [client.get(url).status_code for client in (other_seeker, rival)] == [404, 404]
    assert requirement.organization_id in told(db, Event.INTEREST_EXPRESSED)


def test_an_interest_becomes_an_invitation(
    clients: Clients, team: Team, requirement: Requirement, seeker: TestClient
) -> None:
    filed = express(clients, team, requirement).json()
    invited = clients.organizer.post(f"{URL}/{filed['id']}/invite", json=terms())
    assert (invited.status_code, invited.json()["status"]) == (200, "invited"), invited.text
    assert clients.of(team).get("/api/v1/invitations").json()["total"] == 1
    assert seeker.get(f"{URL}/{filed['id']}").json()["invitation_id"] is None


def test_a_refusal_is_read_by_the_team_and_can_forbid_the_pair(
    db: Database, clients: Clients, team: Team, requirement: Requirement, seeker: TestClient
) -> None:
    filed = express(clients, team, requirement).json()
    url = f"{URL}/{filed['id']}"
    body = {"reason": "须省内单位。", "forbids_pair": True}
    assert clients.organizer.post(f"{url}/decline", json=body).json()["code"] == "pair_outside_challenge"
    challenge: Challenge = factories.make_challenge(db)
    with db.write() as session:
        session.add(ChallengeEntry(challenge_id=challenge.id, requirement_id=requirement.id))
    assert clients.organizer.post(f"{url}/decline", json=body).status_code == 200
    assert clients.of(team).get(url).json()["answer"] == "须省内单位。"
    assert seeker.get(url).json()["answer"] is None
    assert told(db, Event.INTEREST_ANSWERED) == [team.unit.id]
    with db.read() as session:
        assert session.scalars(select(PairRule.verdict)).one() is PairVerdict.FORBIDDEN


@pytest.mark.parametrize("ending", ["invited", "closed"])
def test_an_interest_that_events_overtake_is_answered_once(
    db: Database, clients: Clients, team: Team, requirement: Requirement, ending: str
) -> None:
    filed = express(clients, team, requirement).json()
    assert service.settle(db) == 0
    if ending == "invited":
        invitation_in(db, requirement, team.profile)
    else:
        clients.organizer.post(f"/api/v1/requirements/{requirement.id}/close", json={"reason": "办结。"})
    assert [service.settle(db), service.settle(db)] == [1, 0]
    shown = clients.of(team).get(f"{URL}/{filed['id']}").json()
    assert shown["status"] == ("invited" if ending == "invited" else "lapsed")
    assert bool(shown["answer"]) is (ending == "closed")


def test_a_round_shows_interests_beside_its_pairs_and_changes_nothing_for_them(
    db: Database, clients: Clients, team: Team, requirement: Requirement
) -> None:
    other = make_team(db, "乙")
    found = published_round(db, factories.make_challenge(db), requirement, [team.profile])
    for one in (team, other):
        express(clients, one, requirement)
    items = clients.organizer.get(f"/api/v1/rounds/{found.id}/interests").json()["items"]
    assert [(row["solver"]["name"], row["role"]) for row in items] == [
        (team.profile.name, "assigned"),
        (other.profile.name, None),
    ]


VERBS = {"withdraw": N.WITHDRAWN, "invite": N.INVITED, "decline": N.DECLINED}


@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("status", [N.WAITING, N.WITHDRAWN, N.INVITED, N.DECLINED])
@pytest.mark.parametrize("role", list(Role))
def test_an_interest_moves_exactly_where_the_table_and_the_role_allow_it(
    client: TestClient,
    settings: Any,
    sign_in: Login,
    bureau: Organization,
    clients: Clients,
    team: Team,
    requirement: Requirement,
    role: Role,
    status: InterestStatus,
    verb: str,
) -> None:
    bodies: dict[str, Any] = {"withdraw": None, "invite": terms(), "decline": {"reason": "不符。"}}
    url = f"{URL}/{express(clients, team, requirement).json()['id']}"
    for name, target in VERBS.items():
        if target is status:
            by = clients.of(team) if name == "withdraw" else clients.organizer
            by.post(f"{url}/{name}", json=bodies[name]).raise_for_status()
    caller = client_of(client, settings, team.user) if role is Role.SOLVER else sign_in(role, bureau)
    answer = caller.post(f"{url}/{verb}", json=bodies[verb])
    is_staff = role in (Role.ORGANIZER, Role.ADMIN)
    if (role is not Role.SOLVER) if verb == "withdraw" else not is_staff:
        assert answer.status_code == 403
    else:
        assert answer.status_code == (200 if VERBS[verb] in INTEREST_TRANSITIONS[status] else 409), (
            answer.text
        )
