"""Of two people who act at the same moment on one thing, one wins; the other reads why, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.config import Settings
from app.db import Database
from app.models import Challenge, Organization, Response, Role
from app.models.agreement import AgreementStatus
from app.models.invitation import InvitationStatus
from app.models.matching import RoundStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.agreements.agreements_in import agreement_in
from tests.app.invitations.conftest import make_team
from tests.app.invitations.invitations_in import invitation_in
from tests.app.matches.conftest import publish
from tests.app.matches.rounds_of import make_round
from tests.app.meetings.conftest import NINE, SESSION
from tests.app.requirements.states import requirement_in
from tests.conftest import client_of

API = "/api/v1"
REASON = {"reason": "说明理由。"}
Act = Callable[[TestClient], Any]


@pytest.fixture
def rivals(client: TestClient, settings: Settings, db: Database, bureau: Organization) -> list[TestClient]:
    """Two organizers of one bureau."""
    people = [factories.make_user(db, Role.ORGANIZER, bureau) for _ in range(2)]
    return [client_of(client, settings, person) for person in people]


def at_once(rivals: list[TestClient], acts: tuple[Act, Act]) -> list[Any]:
    """Both acts, begun at one moment; the answers."""
    together, answers = Barrier(2), []

    def run(own: TestClient, act: Act) -> None:
        together.wait()
        answers.append(act(own))

    threads = [Thread(target=run, args=pair) for pair in zip(rivals, acts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def check_one_wins(answers: list[Any], *, refusal: str = "move_not_allowed") -> Any:
    """The body of the answer that won."""
    assert sorted(answer.status_code for answer in answers) == [200, 409], [row.text for row in answers]
    winner, loser = sorted(answers, key=lambda answer: int(answer.status_code))
    assert loser.json()["code"] == refusal
    return winner.json()


def post(path: str, body: dict[str, Any] | None = None) -> Act:
    return lambda client: client.post(f"{API}{path}", json=body)


def test_a_requirement_is_rejected_or_withdrawn(
    db: Database, rivals: list[TestClient], seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.TECHNICAL_REVIEW)
    path = f"/requirements/{requirement.id}"
    acts = post(f"{path}/reject", REASON), post(f"{path}/withdraw", REASON)
    won = check_one_wins(at_once(rivals, acts))
    assert rivals[0].get(f"{API}{path}").json()["status"] == won["status"]
    with db.read() as session:
        ends = select(func.count()).select_from(Response)
        ends = ends.where(
            Response.requirement_id == requirement.id, Response.kind.in_(["rejected", "withdrawn"])
        )
        assert session.scalar(ends) == 1


def test_an_invitation_is_accepted_or_cancelled(
    db: Database, rivals: list[TestClient], seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.MATCHING)
    invitation = invitation_in(db, requirement, make_team(db, "甲").profile, InvitationStatus.SENT)
    path = f"/invitations/{invitation.id}"
    acts = post(f"{path}/accept"), post(f"{path}/cancel", REASON)
    won = check_one_wins_or_follows(at_once(rivals, acts))
    assert rivals[0].get(f"{API}{path}").json()["status"] in won


def check_one_wins_or_follows(answers: list[Any]) -> set[str]:
    """As `check_one_wins`, where the table also lets the one act follow the other; the states that can remain."""
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([200, 200], [200, 409]), [row.text for row in answers]
    return {row.json()["status"] for row in answers if row.status_code == 200}


def test_an_agreement_is_signed_or_cancelled(
    db: Database, rivals: list[TestClient], seeker_organization: Organization
) -> None:
    team = make_team(db, "甲").profile
    agreement = agreement_in(db, seeker_organization, team, AgreementStatus.DRAFT)
    path = f"/agreements/{agreement.id}"
    acts = post(f"{path}/sign", {"signed_on": "2026-06-01"}), post(f"{path}/cancel")
    won = check_one_wins(at_once(rivals, acts))
    assert rivals[0].get(f"{API}{path}").json()["status"] == won["status"]


def test_a_round_is_published_once(
    db: Database, rivals: list[TestClient], seeker_organization: Organization
) -> None:
    challenge: Challenge = factories.make_challenge(db)
    requirement = requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED)
    team = make_team(db, "甲").profile
    found = make_round(db, challenge, [requirement], {(requirement, team): 0.9})
    publish = post(f"/rounds/{found.id}/publish")
    check_one_wins(at_once(rivals, (publish, publish)), refusal="round_not_publishable")
    assert rivals[0].get(f"{API}/rounds/{found.id}").json()["status"] == RoundStatus.PUBLISHED
    told = rivals[0].get(f"{API}/requirements/{requirement.id}/responses").json()["items"]
    assert [row["kind"] for row in told].count("candidates") == 1


def test_a_challenge_is_edited_by_whoever_read_it_last(rivals: list[TestClient]) -> None:
    body = {"code": "TH2026", "name": "挑战赛"}
    made = rivals[0].post(f"{API}/challenges", json=body)
    path, headers = f"{API}/challenges/{made.json()['id']}", {"If-Match": made.headers["ETag"]}

    def rename(name: str) -> Act:
        return lambda client: client.patch(path, json={"name": name}, headers=headers)

    answers = at_once(rivals, (rename("甲"), rename("乙")))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_two_meetings_do_not_get_one_place_and_a_timetable_is_told_once(
    db: Database,
    rivals: list[TestClient],
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    challenge = factories.make_challenge(db)
    units = (seeker_organization, other_organization)
    problems = [publish(db, factories.make_requirement(db, unit), challenge) for unit in units]
    teams = [make_team(db, name).profile for name in ("甲", "乙")]
    organizer, sessions = rivals[0], f"{API}/challenges/{challenge.id}/meeting-sessions"
    event = f"/meeting-sessions/{organizer.post(sessions, json=SESSION).json()['id']}"
    room = organizer.post(f"{API}{event}/rooms", json={"name": "大"}).json()["rooms"][0]["id"]
    pairs = [
        {"requirement_id": str(problem.id), "solver_id": str(team.id)}
        for problem, team in zip(problems, teams, strict=True)
    ]
    made = organizer.post(f"{API}{event}/meetings", json={"pairs": pairs}).json()["made"]
    place = {"starts_at": NINE, "room_id": room}
    acts = (
        post(f"/meetings/{made[0]['id']}/move", place),
        post(f"/meetings/{made[1]['id']}/move", place),
    )
    check_one_wins(at_once(rivals, acts), refusal="timetable_clash")
    tell = post(f"{event}/publish", {"without_unplaced": True})
    won = check_one_wins(at_once(rivals, (tell, tell)), refusal="nothing_to_schedule")
    assert won["published"] == 1
