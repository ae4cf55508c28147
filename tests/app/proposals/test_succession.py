"""The selected team drops out: the next on the shortlist follows, with reasons, and everybody is told."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from app.db import Database
from app.models import Proposal, Requirement, User
from app.models.notification import Event
from app.models.proposal import ProposalStatus
from tests.app.proposals.conftest import Clients, Team
from tests.app.proposals.proposals_in import assess, close, decide, proposal_in, read, submitted, told

P = ProposalStatus
REASON = "合作单位退出，无法按期完成。"


def succession(clients: Clients, requirement: Requirement, proposal: Proposal, **fields: Any) -> Any:
    body = {"proposal_id": str(proposal.id), "reason": REASON, **fields}
    return clients.organizer.post(
        f"/api/v1/requirements/{requirement.id}/proposal-results/succession", json=body
    )


@pytest.fixture
def ranked(
    db: Database,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
    one: User,
) -> tuple[Proposal, ...]:
    """The first is selected; the second and third are shortlisted, the third with the better mean."""
    a, b, c = (submitted(db, requirement, team) for team in (first, second, third))
    close(db, clock)
    assess(db, requirement, one, {a.id: 90, b.id: 60, c.id: 70})
    decide(db, requirement, [(a.id, P.SELECTED), (b.id, P.SHORTLISTED), (c.id, P.SHORTLISTED)])
    return a, b, c


def test_the_best_of_the_shortlist_follows_and_all_are_told(
    db: Database,
    clients: Clients,
    requirement: Requirement,
    first: Team,
    third: Team,
    ranked: tuple[Proposal, ...],
) -> None:
    a, b, c = ranked
    before = told(db, Event.PROPOSAL_RESULT)
    answer = succession(clients, requirement, a)
    assert answer.status_code == 200, answer.text
    assert [(row["id"], row["status"]) for row in answer.json()["items"]] == [
        (str(a.id), "withdrawn"),
        (str(c.id), "selected"),
    ]
    assert read(db, b.id).status is P.SHORTLISTED
    assert read(db, a.id).reason == REASON
    assert "递补" in clients.of(third).get(f"/api/v1/proposals/{c.id}").json()["reason"]
    new = told(db, Event.PROPOSAL_RESULT)[len(before) :]
    assert sorted(map(str, new)) == sorted([str(first.unit.id), str(third.unit.id)])
    last = clients.seeker.get(f"/api/v1/requirements/{requirement.id}/responses").json()["items"][-1]
    assert last["kind"] == "proposal_result"
    assert REASON in last["text"] and third.profile.name in last["text"]


def test_a_successor_can_be_named_but_only_from_the_shortlist(
    db: Database, clients: Clients, requirement: Requirement, ranked: tuple[Proposal, ...]
) -> None:
    a, b, _ = ranked
    refused = succession(clients, requirement, a, successor_id=str(a.id))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "successor_id")
    assert read(db, a.id).status is P.SELECTED
    assert succession(clients, requirement, a, successor_id=str(b.id)).status_code == 200
    assert read(db, b.id).status is P.SELECTED


def test_with_nobody_left_the_seeker_reads_so(
    db: Database, clients: Clients, requirement: Requirement, ranked: tuple[Proposal, ...]
) -> None:
    for proposal in (ranked[0], ranked[2], ranked[1]):
        done = succession(clients, requirement, proposal)
        assert done.status_code == 200, done.text
    assert {read(db, proposal.id).status for proposal in ranked} == {P.WITHDRAWN}
    last = clients.seeker.get(f"/api/v1/requirements/{requirement.id}/responses").json()["items"][-1]
    assert "没有其他入围方案" in last["text"]


@pytest.mark.parametrize("status", [P.UNDER_EVALUATION, P.SHORTLISTED, P.NOT_SELECTED])
def test_only_a_selected_proposal_is_succeeded(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    one: User,
    status: ProposalStatus,
) -> None:
    proposal = proposal_in(db, clock, requirement, first, status, one)
    refused = succession(clients, requirement, proposal)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_not_allowed")


def test_a_proposal_under_contract_is_not_succeeded_and_not_withdrawn(
    db: Database, clients: Clients, requirement: Requirement, first: Team, ranked: tuple[Proposal, ...]
) -> None:
    a = ranked[0]
    body = {
        "requirement_id": str(requirement.id),
        "solver_id": str(first.profile.id),
        "proposal_id": str(a.id),
        "kind": "joint",
        "title": "联合开发合同",
        "amount_wan": 80,
    }
    agreement = clients.seeker.post("/api/v1/agreements", json=body).json()["id"]
    refused = succession(clients, requirement, a)
    assert (refused.status_code, refused.json()["code"]) == (409, "agreement_stands")
    own = clients.of(first).post(f"/api/v1/proposals/{a.id}/withdraw", json={"reason": REASON})
    assert (own.status_code, own.json()["code"]) == (409, "agreement_stands")
    ended = clients.seeker.post(f"/api/v1/agreements/{agreement}/cancel", json={"reason": "对方退出。"})
    assert ended.status_code == 200, ended.text
    assert succession(clients, requirement, a).status_code == 200
