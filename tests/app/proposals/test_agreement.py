"""An agreement names the proposal that it carries out, and no other."""

from __future__ import annotations

from typing import Any

import time_machine

from app.db import Database
from app.models import Requirement, User
from app.models.proposal import ProposalStatus
from tests.app.proposals.conftest import Clients, Team
from tests.app.proposals.proposals_in import assess, close, decide, submitted

P = ProposalStatus


def test_an_agreement_names_the_selected_proposal_of_its_team(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    one: User,
) -> None:
    chosen, other = submitted(db, requirement, first), submitted(db, requirement, second)
    body: dict[str, Any] = {
        "requirement_id": str(requirement.id),
        "solver_id": str(first.profile.id),
        "proposal_id": str(chosen.id),
        "kind": "joint",
        "title": "联合开发合同",
        "amount_wan": 80,
    }
    url = "/api/v1/agreements"
    early = clients.seeker.post(url, json=body)
    assert (early.status_code, early.json()["errors"][0]["code"]) == (422, "not_selected")
    close(db, clock)
    assess(db, requirement, one)
    decide(db, requirement, [(chosen.id, P.SELECTED), (other.id, P.NOT_SELECTED)])
    foreign = clients.seeker.post(url, json=body | {"proposal_id": str(other.id)})
    assert foreign.json()["errors"][0]["field"] == "proposal_id"
    made = clients.seeker.post(url, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["proposal_id"] == str(chosen.id)
    agreement = f"{url}/{made.json()['id']}"
    patched = clients.seeker.patch(agreement, json={"proposal_id": str(other.id)}, headers={"If-Match": "*"})
    assert patched.status_code == 422
    without = clients.seeker.patch(agreement, json={"proposal_id": None}, headers={"If-Match": "*"})
    assert without.json()["proposal_id"] is None
