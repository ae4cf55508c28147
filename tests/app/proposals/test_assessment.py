"""Reviewers: conflicts declared and enforced, blind to each other until all are in; ranking, ties, the result."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from app.db import Database
from app.models import Challenge, Membership, Organization, Requirement, Role, User
from app.models.notification import Event
from app.models.proposal import ProposalStatus
from app.proposals.criteria import DEFAULT_CRITERIA
from tests import factories
from tests.app.proposals.conftest import Clients, Team
from tests.app.proposals.proposals_in import assess, close, decide, read, submitted, told

P = ProposalStatus
URL = "/api/v1/proposal-assessments"
ANY = {"If-Match": "*"}


def of(requirement: Requirement, what: str) -> str:
    return f"/api/v1/requirements/{requirement.id}/proposal-{what}"


def assign(clients: Clients, requirement: Requirement, *reviewers: User) -> Any:
    body = {"reviewer_ids": [str(user.id) for user in reviewers]}
    return clients.organizer.post(of(requirement, "assessments"), json=body)


def test_the_usual_weights_sum_to_one() -> None:
    assert sum(row.weight for row in DEFAULT_CRITERIA) == Decimal(1)


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ([0.5, 0.4], "weights_do_not_sum_to_one"),
        ([0.5, 0.5001], "weights_do_not_sum_to_one"),
        ([0.1] * 10, None),
        ([1], None),
    ],
)
def test_the_weights_of_a_set_sum_to_one_exactly(
    clients: Clients, challenge: Challenge, weights: list[float], code: str | None
) -> None:
    rows = [{"code": f"c{place}", "name": "指标", "weight": weight} for place, weight in enumerate(weights)]
    url = f"/api/v1/challenges/{challenge.id}/proposal-criteria"
    answer = clients.organizer.put(url, json={"criteria": rows}, headers=ANY)
    assert answer.status_code == (200 if code is None else 422), answer.text
    if code is not None:
        assert answer.json()["errors"][0]["code"] == code


def test_criteria_come_from_the_requirement_then_its_challenge_then_the_usual_ones(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    challenge: Challenge,
    requirement: Requirement,
    first: Team,
) -> None:
    def codes() -> list[str]:
        shown = clients.of(first).get(of(requirement, "call")).json()
        return [row["code"] for row in shown["criteria"]]

    assert codes() == [row.code for row in DEFAULT_CRITERIA]
    for_challenge = {"criteria": [{"code": "fit", "name": "针对性", "weight": 1}]}
    url = f"/api/v1/challenges/{challenge.id}/proposal-criteria"
    assert clients.organizer.put(url, json=for_challenge, headers=ANY).status_code == 200
    assert codes() == ["fit"]
    own = {"criteria": [{"code": "own", "name": "自定", "weight": 1}]}
    assert clients.organizer.put(of(requirement, "call"), json=own, headers=ANY).status_code == 200
    assert codes() == ["own"]
    twice = {
        "criteria": [{"code": "x", "name": "一", "weight": 0.5}, {"code": "x", "name": "二", "weight": 0.5}]
    }
    refused = clients.organizer.put(of(requirement, "call"), json=twice, headers=ANY)
    assert refused.json()["errors"][0]["code"] == "duplicate_code"
    submitted(db, requirement, first)
    close(db, clock)
    assert codes() == ["own"]


def test_who_is_tied_to_a_party_is_not_assigned(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    seeker_organization: Organization,
    academy: Organization,
    first: Team,
    second: Team,
    one: User,
) -> None:
    submitted(db, requirement, first)
    early = assign(clients, requirement, one)
    assert (early.status_code, early.json()["code"]) == (409, "proposals_still_open")
    close(db, clock)
    for unit in (seeker_organization, first.unit):
        tied = factories.make_user(db, Role.REVIEWER, unit)
        refused = assign(clients, requirement, one, tied)
        assert (refused.status_code, refused.json()["code"]) == (409, "reviewer_conflict")
    assert clients.organizer.get(URL).json()["total"] == 0
    stranger = assign(clients, requirement, second.user)
    assert stranger.json()["errors"][0]["code"] == "unknown_reviewer"
    with db.write() as session:
        session.merge(first.profile).exclusions = [academy.name]
    assert assign(clients, requirement, one).json()["code"] == "reviewer_conflict"


def test_a_tie_that_comes_later_stops_the_scoring(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    one: User,
) -> None:
    made = submitted(db, requirement, first)
    close(db, clock)
    task = assign(clients, requirement, one).json()["items"][0]["id"]
    url = f"{URL}/{task}/scorecards/{made.id}"
    undeclared = clients.by(one).get(url)
    assert (undeclared.status_code, undeclared.json()["code"]) == (409, "conflict_not_declared")
    assert clients.by(one).get(f"/api/v1/proposals/{made.id}").status_code == 404
    assert clients.by(one).post(f"{URL}/{task}/declare", json={"has_conflict": False}).status_code == 200
    assert clients.by(one).get(f"/api/v1/proposals/{made.id}").status_code == 200
    with db.write() as session:
        session.add(Membership(user_id=one.id, role=Role.SOLVER, organization_id=first.unit.id))
    scored = clients.by(one).put(url, json={"scores": [], "comment": ""}, headers=ANY)
    assert (scored.status_code, scored.json()["code"]) == (409, "reviewer_conflict")


def test_a_declared_conflict_ends_the_task_and_voids_the_scores(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    bureau: Organization,
    first: Team,
    one: User,
    two: User,
) -> None:
    made = submitted(db, requirement, first)
    close(db, clock)
    task = assess(db, requirement, one, score=10)
    assess(db, requirement, two, score=90)
    assert ranking(clients, requirement)["items"][0]["mean"] == 50
    bare = clients.by(one).post(f"{URL}/{task.id}/declare", json={"has_conflict": True})
    assert bare.status_code == 422
    body = {"has_conflict": True, "reason": "与团队负责人有合作。"}
    recused = clients.by(one).post(f"{URL}/{task.id}/declare", json=body)
    assert recused.json()["status"] == "recused"
    assert told(db, Event.ASSESSMENT_RECUSED) == [bureau.id]
    assert ranking(clients, requirement)["items"][0]["mean"] == 90
    assert clients.by(one).get(f"/api/v1/proposals/{made.id}").status_code == 404
    again = assign(clients, requirement, one)
    assert (again.status_code, again.json()["code"]) == (409, "move_not_allowed")


def test_reviewers_are_blind_to_each_other_until_all_are_in(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    bureau: Organization,
    first: Team,
    second: Team,
    one: User,
    two: User,
) -> None:
    made, other = submitted(db, requirement, first), submitted(db, requirement, second)
    close(db, clock)
    task = assign(clients, requirement, two).json()["items"][0]["id"]
    assess(db, requirement, one, {made.id: 60, other.id: 70})
    clients.by(two).post(f"{URL}/{task}/declare", json={"has_conflict": False})

    def seen(user: User) -> int:
        total: int = clients.by(user).get(f"/api/v1/proposals/{made.id}/scorecards").json()["total"]
        return total

    def hand_in(proposal: Any) -> Any:
        url = f"{URL}/{task}/scorecards/{proposal.id}"
        rows = [{"code": row.code, "score": 87.5, "comment": "好"} for row in DEFAULT_CRITERIA]
        assert clients.by(two).put(url, json={"scores": rows[:1]}, headers=ANY).status_code == 200
        lacking = clients.by(two).post(f"{url}/submit")
        assert (lacking.status_code, len(lacking.json()["errors"])) == (422, 4)
        assert clients.by(two).put(url, json={"scores": rows}, headers=ANY).status_code == 200
        return clients.by(two).post(f"{url}/submit")

    assert hand_in(made).json()["total"] == 87.5
    assert (seen(one), seen(two)) == (1, 1)
    assert told(db, Event.ASSESSMENT_COMPLETED) == []
    assert decision(clients, requirement, made.id).json()["code"] == "assessment_incomplete"
    assert hand_in(other).status_code == 200
    assert (seen(one), seen(two)) == (2, 2)
    assert told(db, Event.ASSESSMENT_COMPLETED) == [bureau.id]
    final = clients.by(two).put(f"{URL}/{task}/scorecards/{made.id}", json={"scores": []}, headers=ANY)
    assert (final.status_code, final.json()["code"]) == (409, "scorecard_final")
    removed = clients.organizer.post(f"{URL}/{task}/remove", json={"reason": "出差。"})
    assert (removed.status_code, removed.json()["code"]) == (409, "assessment_has_scores")
    # Neither the team nor the seeker reads who gave how much.
    assert clients.seeker.get(f"/api/v1/proposals/{made.id}/scorecards").status_code == 403
    assert clients.of(first).get(f"/api/v1/proposals/{made.id}/scorecards").status_code == 403


def ranking(clients: Clients, requirement: Requirement) -> dict[str, Any]:
    found: dict[str, Any] = clients.organizer.get(of(requirement, "ranking")).json()
    return found


def decision(clients: Clients, requirement: Requirement, id: Any, outcome: str = "selected") -> Any:
    body = {"decisions": [{"proposal_id": str(id), "outcome": outcome, "reason": "指标响应完整。"}]}
    return clients.organizer.post(of(requirement, "results"), json=body)


def test_the_ranking_states_ties_and_shows_the_spread(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
    one: User,
    two: User,
) -> None:
    a, b, c = (submitted(db, requirement, team) for team in (first, second, third))
    close(db, clock)
    assess(db, requirement, one, {a.id: 80, b.id: 70, c.id: 60})
    assess(db, requirement, two, {a.id: 60, b.id: 70, c.id: 61})
    found = ranking(clients, requirement)
    assert (found["is_complete"], found["reviewers"], found["total"]) == (True, 2, 3)
    rows = {row["proposal_id"]: row for row in found["items"]}
    shown = {
        key: (row["rank"], row["is_tied"], row["mean"], row["spread"])
        for key, row in ((proposal.id, rows[str(proposal.id)]) for proposal in (a, b, c))
    }
    assert shown == {a.id: (1, True, 70, 20), b.id: (1, True, 70, 0), c.id: (3, False, 60.5, 1)}
    assert rows[str(c.id)]["by_criterion"]["fit"] == 60.5
    assert [row["rank"] for row in found["items"]] == [1, 1, 3]


def test_every_team_gets_a_result_with_reasons_and_the_seeker_one_answer(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    one: User,
) -> None:
    a, b = submitted(db, requirement, first), submitted(db, requirement, second)
    close(db, clock)
    assess(db, requirement, one, {a.id: 80, b.id: 40})
    assert decision(clients, requirement, a.id, "shortlisted").status_code == 200
    rows = [
        {"proposal_id": str(a.id), "outcome": "selected", "reason": "中试条件成熟。"},
        {"proposal_id": str(b.id), "outcome": "not_selected", "reason": "指标未量化。"},
    ]
    twice = clients.organizer.post(of(requirement, "results"), json={"decisions": [rows[0], rows[0]]})
    assert twice.json()["errors"][0]["code"] == "unknown_proposal"
    assert read(db, a.id).status is P.SHORTLISTED
    assert clients.organizer.post(of(requirement, "results"), json={"decisions": rows}).status_code == 200
    for team, proposal, reason in ((first, a, "中试条件成熟。"), (second, b, "指标未量化。")):
        assert clients.of(team).get(f"/api/v1/proposals/{proposal.id}").json()["reason"] == reason
    assert sorted(map(str, told(db, Event.PROPOSAL_RESULT))) == sorted(
        [str(first.unit.id)] * 2 + [str(second.unit.id)]
    )
    answers = clients.seeker.get(f"/api/v1/requirements/{requirement.id}/responses").json()["items"]
    assert [row["kind"] for row in answers[-2:]] == ["proposal_result", "proposal_result"]
    assert "中试条件成熟。" in answers[-1]["text"] and "指标未量化。" in answers[-1]["text"]
    late = clients.by(one).post(
        f"{URL}/{clients.by(one).get(URL).json()['items'][0]['id']}/declare",
        json={"has_conflict": True, "reason": "迟到的声明。"},
    )
    assert (late.status_code, late.json()["code"]) == (409, "assessment_over")


def test_two_organizers_who_decide_at_once_have_one_winner(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    one: User,
) -> None:
    made = submitted(db, requirement, first)
    close(db, clock)
    assess(db, requirement, one)
    barrier = threading.Barrier(2)
    answers: dict[str, Any] = {}

    def act(outcome: str) -> None:
        barrier.wait()
        answers[outcome] = decision(clients, requirement, made.id, outcome)

    threads = [threading.Thread(target=act, args=(outcome,)) for outcome in ("selected", "not_selected")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
    winner = next(outcome for outcome, answer in answers.items() if answer.status_code == 200)
    assert read(db, made.id).status == winner


def test_a_reviewer_who_has_not_scored_is_replaced(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    one: User,
    two: User,
) -> None:
    made = submitted(db, requirement, first)
    close(db, clock)
    task = assess(db, requirement, one, hands_in=False)
    assess(db, requirement, two)
    assert ranking(clients, requirement)["is_complete"] is False
    assert clients.organizer.post(f"{URL}/{task.id}/remove", json={"reason": "出差。"}).status_code == 200
    assert ranking(clients, requirement)["is_complete"] is True
    assert clients.by(one).get(f"{URL}/{task.id}").status_code == 404
    assert assign(clients, requirement, one, two).status_code == 201
    assert clients.by(one).get(f"{URL}/{task.id}").json()["status"] == "assigned"
    clients.organizer.post(f"{URL}/{task.id}/remove", json={"reason": "出差。"})
    decide(db, requirement, [(made.id, P.SELECTED)])
    over = assign(clients, requirement, one)
    assert (over.status_code, over.json()["code"]) == (409, "assessment_over")
