"""Every state × every move × every role; what is expected is worked out from the tables and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.auth.permissions import PERMISSIONS
from app.db import Database
from app.models import Challenge, Organization, Proposal, Requirement, Role, User
from app.models.proposal import EDITABLE_STATUSES, EVALUATED_STATUSES, PROPOSAL_TRANSITIONS, ProposalStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.proposals.conftest import START, Clients, Team, called_for
from tests.app.proposals.proposals_in import FORM, assess, proposal_in, read

P = ProposalStatus
S = RequirementStatus
URL = "/api/v1/proposals"
OUTCOMES = (P.SHORTLISTED, P.SELECTED, P.NOT_SELECTED)


@dataclass(frozen=True)
class Move:
    """A route that moves a proposal: where it leads and who may take it."""

    target: ProposalStatus
    permission: str

    def call(self, client: TestClient, proposal: Proposal) -> Any:
        if self.target is P.SUBMITTED:
            return client.post(f"{URL}/{proposal.id}/submit")
        if self.target is P.WITHDRAWN:
            return client.post(f"{URL}/{proposal.id}/withdraw", json={"reason": "合作单位退出。"})
        decision = {"proposal_id": str(proposal.id), "outcome": self.target.value, "reason": "评审意见。"}
        url = f"/api/v1/requirements/{proposal.requirement_id}/proposal-results"
        return client.post(url, json={"decisions": [decision]})

    def is_allowed_from(self, status: ProposalStatus) -> bool:
        if self.target in OUTCOMES and status is P.SUBMITTED:
            # Before the closing instant only the end of its requirement ends a proposal; nobody decides on it.
            return False
        # The same version handed in once more gets the same receipt.
        is_again = self.target is P.SUBMITTED and status is P.SUBMITTED
        return is_again or self.target in PROPOSAL_TRANSITIONS[status]


MOVES = [
    Move(P.SUBMITTED, "proposals:write"),
    Move(P.WITHDRAWN, "proposals:write"),
    *(Move(outcome, "proposals:manage") for outcome in OUTCOMES),
]


class Caller:
    """Someone who tries the moves: a role, as one of the team, of the seeker's unit or of neither."""

    def __init__(self, role: Role, place: str) -> None:
        self.role, self.place = role, place

    def __repr__(self) -> str:
        return f"{self.place} {self.role.value}"

    @property
    def is_team(self) -> bool:
        return self.role is Role.SOLVER and self.place == "team"

    def sees(self, status: ProposalStatus) -> bool:
        if self.role in (Role.ORGANIZER, Role.ADMIN):
            return status is not P.DRAFT
        if self.role is Role.SEEKER and self.place == "seeking":
            return status in EVALUATED_STATUSES
        return self.is_team

    def expected(self, move: Move, status: ProposalStatus) -> int:
        if self.role not in PERMISSIONS[move.permission]:
            return 403
        if move.permission == "proposals:write":
            if not self.is_team:
                return 404
            return 200 if move.is_allowed_from(status) else 409
        # Before the closing instant there is nothing to decide.
        return 200 if move.is_allowed_from(status) else 409


CALLERS = [
    Caller(Role.SOLVER, "team"),
    Caller(Role.SOLVER, "other"),
    Caller(Role.SEEKER, "seeking"),
    Caller(Role.SEEKER, "team"),
    Caller(Role.REVIEWER, "other"),
    Caller(Role.ORGANIZER, "other"),
    Caller(Role.ADMIN, "other"),
]


def test_the_moves_cover_every_state_that_people_bring_about() -> None:
    reachable = {target for targets in PROPOSAL_TRANSITIONS.values() for target in targets}
    assert {move.target for move in MOVES} == reachable - {P.UNDER_EVALUATION}
    assert set(PROPOSAL_TRANSITIONS) == set(P)


@pytest.mark.parametrize("status", list(P))
@pytest.mark.parametrize("caller", CALLERS, ids=repr)
def test_a_move_succeeds_exactly_where_the_tables_allow_it(
    db: Database,
    clock: time_machine.Traveller,
    clients: Clients,
    challenge: Challenge,
    seeker_organization: Organization,
    other_organization: Organization,
    first: Team,
    one: User,
    status: ProposalStatus,
    caller: Caller,
) -> None:
    units = {"team": first.unit, "seeking": seeker_organization, "other": other_organization}
    user = factories.make_user(db, caller.role, units[caller.place])

    def made() -> Proposal:
        clock.move_to(START)
        requirement = called_for(db, challenge, seeker_organization)
        proposal = proposal_in(db, clock, requirement, first, status, one)
        if status is P.UNDER_EVALUATION:
            assess(db, requirement, one)
        return proposal

    for move in MOVES:
        proposal = made()
        client = clients.by(user)
        seen = client.get(f"{URL}/{proposal.id}").status_code
        assert seen == (200 if caller.sees(status) else 404)
        response = move.call(client, proposal)
        expected = caller.expected(move, status)
        assert response.status_code == expected, f"{move.target} answered {response.text}"
        assert read(db, proposal.id).status is (move.target if expected == 200 else status)


@pytest.mark.parametrize("status", list(P))
def test_the_team_edits_what_it_can_still_hand_in(
    db: Database,
    clock: time_machine.Traveller,
    clients: Clients,
    requirement: Requirement,
    first: Team,
    one: User,
    status: ProposalStatus,
) -> None:
    proposal = proposal_in(db, clock, requirement, first, status, one)
    team = clients.of(first)
    response = team.patch(f"{URL}/{proposal.id}", json={"months": 9}, headers={"If-Match": "*"})
    assert response.status_code == (200 if status in EDITABLE_STATUSES else 409), response.text
    uploaded = team.post(f"{URL}/{proposal.id}/attachments", files={"file": ("方案.pdf", b"%PDF-1.7")})
    assert uploaded.status_code == (201 if status in EDITABLE_STATUSES else 409), uploaded.text


@pytest.mark.parametrize("status", list(S))
def test_proposals_are_taken_for_a_requirement_that_is_published_and_not_yet_agreed(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    seeker_organization: Organization,
    first: Team,
    status: RequirementStatus,
) -> None:
    requirement = called_for(db, challenge, seeker_organization, status)
    made = clients.of(first).post(URL, json={"requirement_id": str(requirement.id), **FORM})
    if status in (S.PUBLISHED, S.MATCHING, S.IN_CONTACT):
        assert made.status_code == 201, made.text
    elif status in (S.AGREED, S.IN_DELIVERY):
        assert (made.status_code, made.json()["code"]) == (409, "not_calling_for_proposals")
    else:
        # The team does not even see it.
        assert (made.status_code, made.json()["code"]) == (422, "invalid_input")
