"""Units claim what an import filed; one of several wins, and external ids, rounds and bans outlive the merging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.models import (
    Achievement,
    Candidate,
    Challenge,
    Organization,
    OutboxEntry,
    PairRule,
    Role,
    SolverProfile,
    User,
)
from app.models.claim import CLAIM_TRANSITIONS, ClaimStatus
from app.models.matching import PairVerdict
from app.models.requirement import RequirementStatus
from app.models.solver import UNNAMED
from tests import factories
from tests.app.exchange.conftest import ImportFile, jsonl
from tests.app.invitations.invitations_in import invitations_to, published_round
from tests.app.requirements.states import requirement_in
from tests.conftest import Login, client_of

URL = "/api/v1/claims"
N = ClaimStatus


@dataclass(frozen=True)
class Unit:
    """A unit with one person who acts for it."""

    organization: Organization
    client: TestClient


@pytest.fixture
def university(db: Database, sign_in: Login) -> Unit:
    organization = factories.make_organization(db, "江东理工大学", kind="university")
    return Unit(organization, sign_in(Role.SOLVER, organization))


@pytest.fixture
def rival(db: Database, sign_in: Login) -> Unit:
    organization = factories.make_organization(db, "海州大学", kind="university")
    return Unit(organization, sign_in(Role.SOLVER, organization))


@pytest.fixture
def profile(db: Database) -> SolverProfile:
    """Imported, with one achievement, and nobody's."""
    found = factories.make_solver(db, "功能纺织品课题组", source="import", external_id="S-1")
    factories.make_achievement(db, found, source="import", external_id="A-1")
    return found


def claim(unit: Unit, **fields: Any) -> Any:
    return unit.client.post(URL, json={"reason": "是本校课题组。", **fields})


def decide(client: TestClient, claimed: Any, verb: str, **body: Any) -> Any:
    return client.post(f"{URL}/{claimed.json()['id']}/{verb}", json=body)


def test_an_approved_profile_belongs_to_the_unit_with_its_achievements(
    db: Database, organizer: TestClient, university: Unit, profile: SolverProfile
) -> None:
    filed = claim(university, solver_id=str(profile.id))
    assert filed.status_code == 201, filed.text
    assert decide(organizer, filed, "approve", note="已核对。").json()["status"] == "approved"
    patched = university.client.patch(
        f"/api/v1/solvers/{profile.id}",
        json={"capacity": 5},
        headers={"If-Match": university.client.get(f"/api/v1/solvers/{profile.id}").headers["ETag"]},
    )
    assert patched.status_code == 200
    shown = university.client.get(f"{URL}/{filed.json()['id']}").json()
    assert shown["answer"] == "已核对。"


def test_of_two_claims_on_one_profile_one_wins_and_the_other_is_answered(
    organizer: TestClient, university: Unit, rival: Unit, profile: SolverProfile
) -> None:
    first = claim(university, solver_id=str(profile.id))
    second = claim(rival, solver_id=str(profile.id))
    assert decide(organizer, second, "approve").status_code == 200
    lost = university.client.get(f"{URL}/{first.json()['id']}").json()
    assert (lost["status"], bool(lost["answer"])) == ("refused", True)
    assert decide(organizer, first, "approve").json()["code"] == "move_not_allowed"
    assert claim(university, solver_id=str(profile.id)).json()["code"] == "profile_taken"


def test_a_unit_claims_a_profile_once_at_a_time_and_sees_no_other_claim(
    university: Unit, rival: Unit, profile: SolverProfile
) -> None:
    first = claim(university, solver_id=str(profile.id))
    assert claim(university, solver_id=str(profile.id)).json()["code"] == "already_claimed"
    assert rival.client.get(f"{URL}/{first.json()['id']}").status_code == 404
    assert rival.client.get(URL).json()["total"] == 0


def test_a_profile_becomes_part_of_the_units_own_and_re_imports_find_it(
    db: Database, organizer: TestClient, university: Unit, profile: SolverProfile, import_file: ImportFile
) -> None:
    own = factories.make_solver(db, "本校课题组", organization_id=university.organization.id)
    filed = claim(university, solver_id=str(profile.id), into_id=str(own.id))
    assert decide(organizer, filed, "approve").status_code == 200
    with db.read() as session:
        assert session.scalars(select(Achievement.solver_id)).all() == [own.id]
        noted = set(session.scalars(select(OutboxEntry.key)))
        assert {own.id, profile.id} <= noted
    rows = [
        {"id": "A-1", "title": "新标题", "solver": {"id": "S-1", "name": "功能纺织品课题组"}},
        {"id": "A-2", "title": "另一项成果", "solver": {"id": "S-1", "name": "功能纺织品课题组"}},
    ]
    assert import_file(jsonl(*rows), "achievements.jsonl").counts == (1, 1, 0, 0)
    done = import_file(jsonl({"id": "S-1", "name": "改名", "kind": "other"}), "solvers.jsonl", kind="solvers")
    assert (done.counts, done.codes(1)) == ((0, 0, 1, 0), ["merged"])
    with db.read() as session:
        assert set(session.scalars(select(Achievement.solver_id))) == {own.id}
        assert session.get_one(SolverProfile, own.id).name == "本校课题组"
    listed = organizer.get("/api/v1/solvers").json()["items"]
    assert [row["id"] for row in listed] == [str(own.id)]


def test_rounds_keep_their_record_and_bans_and_invitations_follow_the_team(
    db: Database,
    organizer: TestClient,
    university: Unit,
    profile: SolverProfile,
    seeker_organization: Organization,
) -> None:
    challenge: Challenge = factories.make_challenge(db)
    requirement = requirement_in(db, seeker_organization, RequirementStatus.MATCHING)
    banned = requirement_in(db, seeker_organization, RequirementStatus.MATCHING)
    found = published_round(db, challenge, requirement, [profile])
    own = factories.make_solver(db, "本校课题组", organization_id=university.organization.id)
    with db.write() as session:
        for team, verdict in ((profile, PairVerdict.FORBIDDEN), (own, PairVerdict.PINNED)):
            session.add(
                PairRule(
                    challenge_id=challenge.id,
                    requirement_id=banned.id,
                    solver_id=team.id,
                    verdict=verdict,
                    reason="……",
                )
            )
    filed = claim(university, solver_id=str(profile.id), into_id=str(own.id))
    decide(organizer, filed, "approve").raise_for_status()
    with db.read() as session:
        assert session.scalars(select(Candidate.solver_id)).all() == [profile.id]
        rules = [(rule.solver_id, rule.verdict) for rule in session.scalars(select(PairRule))]
    assert rules == [(own.id, PairVerdict.FORBIDDEN)]
    body = {"reply_by": "2099-01-01T00:00:00+08:00"}
    sent = organizer.post(f"/api/v1/rounds/{found.id}/invitations", json=body).json()
    assert not sent["passed"]
    assert set(invitations_to(db, requirement)) == {own.id}


def test_an_achievement_without_a_team_is_claimed_alone(
    db: Database, organizer: TestClient, university: Unit, rival: Unit
) -> None:
    unnamed = factories.make_solver(db, "耐久阻燃整理", source=UNNAMED)
    achievement = factories.make_achievement(db, unnamed, source="import", external_id="A-9")
    missing = claim(university, achievement_id=str(achievement.id))
    assert [row["field"] for row in missing.json()["errors"]] == ["into_id"]
    own = factories.make_solver(db, "本校课题组", organization_id=university.organization.id)
    other = factories.make_solver(db, "海大课题组", organization_id=rival.organization.id)
    foreign = claim(university, achievement_id=str(achievement.id), into_id=str(other.id))
    assert foreign.status_code == 422
    filed = claim(university, achievement_id=str(achievement.id))
    lost = claim(rival, achievement_id=str(achievement.id))
    assert decide(organizer, filed, "approve").status_code == 200
    with db.read() as session:
        assert session.get_one(Achievement, achievement.id).solver_id == own.id
        assert session.get_one(SolverProfile, unnamed.id).merged_into_id == own.id
    assert rival.client.get(f"{URL}/{lost.json()['id']}").json()["status"] == "refused"


VERBS = {"withdraw": N.WITHDRAWN, "approve": N.APPROVED, "refuse": N.REFUSED}
BODIES: dict[str, dict[str, str]] = {"withdraw": {}, "approve": {}, "refuse": {"reason": "不符。"}}


@pytest.mark.parametrize("status", list(N))
@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("place", ["own", "rival", "staff", "seeker"])
def test_a_claim_moves_exactly_where_the_table_and_the_role_allow_it(
    organizer: TestClient,
    seeker: TestClient,
    university: Unit,
    rival: Unit,
    profile: SolverProfile,
    status: ClaimStatus,
    verb: str,
    place: str,
) -> None:
    filed = claim(university, solver_id=str(profile.id))
    for name, target in VERBS.items():
        if target is status:
            by = university.client if name == "withdraw" else organizer
            decide(by, filed, name, **BODIES[name]).raise_for_status()
    callers = {"own": university.client, "rival": rival.client, "staff": organizer, "seeker": seeker}
    answer = decide(callers[place], filed, verb, **BODIES[verb])
    is_for_solvers = verb == "withdraw"
    if place == "seeker" or is_for_solvers != (place in ("own", "rival")):
        assert answer.status_code == 403
    elif place == "rival":
        assert answer.status_code == 404
    else:
        assert answer.status_code == (200 if VERBS[verb] in CLAIM_TRANSITIONS[status] else 409), answer.text


def test_a_person_of_no_unit_claims_nothing(
    client: TestClient, db: Database, settings: Any, profile: SolverProfile
) -> None:
    user: User = factories.make_user(db, Role.SOLVER)
    answer = client_of(client, settings, user).post(URL, json={"solver_id": str(profile.id), "reason": "……"})
    assert answer.status_code == 422
