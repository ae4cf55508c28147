"""Every state of a round × every move × every role: rounds are read and moved by staff alone."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.auth.permissions import PERMISSIONS
from app.db import Database
from app.models import Organization, Role
from app.models.matching import RoundStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.matches.rounds_of import make_round, set_status
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

MOVES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("publish", {}),
    ("withdraw", {"reason": "重算"}),
    ("rerun", {}),
    ("invitations", {"reply_by": "2099-01-01T18:00:00+08:00"}),
)
DONE = {"publish": 200, "withdraw": 200, "rerun": 202, "invitations": 201}
POSSIBLE: dict[str, frozenset[RoundStatus]] = {
    "publish": frozenset({RoundStatus.DRAFT}),
    "withdraw": frozenset({RoundStatus.DRAFT, RoundStatus.PUBLISHED}),
    "rerun": frozenset({RoundStatus.DRAFT, RoundStatus.PUBLISHED}),
    "invitations": frozenset({RoundStatus.PUBLISHED}),
}


@pytest.mark.parametrize("status", list(RoundStatus))
@pytest.mark.parametrize("role", list(Role))
def test_a_move_succeeds_exactly_for_staff_in_its_states(
    db: Database, sign_in: Login, seeker_organization: Organization, role: Role, status: RoundStatus
) -> None:
    client: TestClient = sign_in(role, seeker_organization)
    challenge = factories.make_challenge(db)
    requirement = requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED)
    team = factories.make_solver(db)
    for verb, body in MOVES:
        found = make_round(db, challenge, [requirement], {(requirement, team): 0.9})
        set_status(db, found, status)
        path = f"/api/v1/rounds/{found.id}"
        shown = client.get(path)
        assert shown.status_code == (200 if role in PERMISSIONS["rounds:read"] else 403)
        answer = client.post(f"{path}/{verb}", json=body)
        may = role in PERMISSIONS["invitations:write" if verb == "invitations" else "rounds:write"]
        possible = status in POSSIBLE[verb]
        if verb == "rerun" and may and possible:
            # The challenge has no entry here: a run that may be begun finds nothing to match.
            assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_match")
            continue
        expected = 403 if not may else DONE[verb] if possible else 409
        assert answer.status_code == expected, (verb, answer.text)
