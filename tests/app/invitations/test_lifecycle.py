"""Every state × every move × every role; what is expected is worked out from the tables and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.auth.permissions import PERMISSIONS
from app.db import Database
from app.models import Organization, Requirement, Role, SolverProfile
from app.models.invitation import INVITATION_TRANSITIONS, InvitationStatus
from app.models.requirement import RequirementStatus
from tests.app.invitations.conftest import Clients, Team
from tests.app.invitations.invitations_in import invitation_in, read, terms
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

N = InvitationStatus
S = RequirementStatus
URL = "/api/v1/invitations"


@dataclass(frozen=True)
class Move:
    """A route that moves an invitation: where it leads and who may take it."""

    verb: str
    target: InvitationStatus
    permission: str
    body: dict[str, Any] | None = None

    def is_allowed_from(self, status: InvitationStatus) -> bool:
        # Whoever reads it after a colleague is no error.
        is_read_again = self.verb == "open" and status is N.OPENED
        return is_read_again or self.target in INVITATION_TRANSITIONS[status]


MOVES = [
    Move("open", N.OPENED, "invitations:open"),
    Move("accept", N.ACCEPTED, "invitations:reply"),
    Move("decline", N.DECLINED, "invitations:reply", {"reason": "任务已满。"}),
    Move("cancel", N.CANCELLED, "invitations:write", {"reason": "另有安排。"}),
]


class Caller:
    """Someone who tries the moves: a role, as one of the team, of the seeker's unit or of neither."""

    def __init__(self, role: Role, place: str) -> None:
        self.role, self.place = role, place

    def __repr__(self) -> str:
        return f"{self.place} {self.role.value}"

    @property
    def sees(self) -> bool:
        return self.role in (Role.ORGANIZER, Role.ADMIN) or (
            self.role is Role.SOLVER and self.place == "invited"
        )

    def expected(self, move: Move, status: InvitationStatus) -> int:
        if self.role not in PERMISSIONS[move.permission]:
            return 403
        if not self.sees:
            return 404
        return 200 if move.is_allowed_from(status) else 409


CALLERS = [
    Caller(Role.SOLVER, "invited"),
    Caller(Role.SOLVER, "other"),
    Caller(Role.SEEKER, "seeking"),
    Caller(Role.SEEKER, "invited"),
    Caller(Role.REVIEWER, "other"),
    Caller(Role.ORGANIZER, "other"),
    Caller(Role.ADMIN, "other"),
]


def test_the_moves_cover_every_state_that_people_bring_about() -> None:
    reachable = {target for targets in INVITATION_TRANSITIONS.values() for target in targets}
    assert {move.target for move in MOVES} == reachable - {N.EXPIRED}
    assert set(INVITATION_TRANSITIONS) == set(N)


@pytest.mark.parametrize("status", list(N))
@pytest.mark.parametrize("caller", CALLERS, ids=repr)
def test_a_move_succeeds_exactly_where_the_tables_allow_it(
    db: Database,
    sign_in: Login,
    seeker_organization: Organization,
    other_organization: Organization,
    first: Team,
    status: InvitationStatus,
    caller: Caller,
) -> None:
    with db.write() as session:
        # Accepted invitations take places; here only the tables of moves are asked.
        session.get_one(SolverProfile, first.profile.id).capacity = 100
    units = {"invited": first.unit, "seeking": seeker_organization, "other": other_organization}
    client = sign_in(caller.role, units[caller.place])

    def invited() -> Any:
        return invitation_in(db, requirement_in(db, seeker_organization, S.MATCHING), first.profile, status)

    invitation = invited()
    can_read = caller.role in PERMISSIONS["invitations:read"]
    seen = client.get(f"{URL}/{invitation.id}").status_code
    assert seen == (403 if not can_read else 200 if caller.sees else 404)
    for move in MOVES:
        response = client.post(f"{URL}/{invitation.id}/{move.verb}", json=move.body)
        expected = caller.expected(move, status)
        assert response.status_code == expected, f"{move.verb} answered {response.text}"
        assert read(db, invitation.id).status is (move.target if expected == 200 else status)
        if expected == 409:
            assert response.json()["code"] == "move_not_allowed"
        if expected == 200:
            assert response.json()["status"] == move.target
            invitation = invited()


@pytest.mark.parametrize("status", list(S))
def test_teams_are_invited_to_a_requirement_that_is_published_and_not_yet_agreed(
    db: Database, clients: Clients, seeker_organization: Organization, first: Team, status: RequirementStatus
) -> None:
    requirement = requirement_in(db, seeker_organization, status)
    body = {
        "requirement_id": str(requirement.id),
        "solver_id": str(first.profile.id),
        "reply_by": terms().reply_by.isoformat(),
    }
    sent = clients.organizer.post(URL, json=body)
    expected = 201 if status in (S.PUBLISHED, S.MATCHING, S.IN_CONTACT) else 409
    assert sent.status_code == (422 if status is S.DRAFT else expected), sent.text
    if expected == 409 and status is not S.DRAFT:
        assert sent.json()["code"] == "requirement_not_invitable"


@pytest.mark.parametrize("status", [S.PUBLISHED, S.MATCHING, S.IN_CONTACT, S.AGREED, S.IN_DELIVERY, S.CLOSED])
def test_acceptance_brings_the_requirement_into_contact_and_its_seeker_reads_so(
    db: Database, clients: Clients, seeker_organization: Organization, first: Team, status: RequirementStatus
) -> None:
    requirement = requirement_in(db, seeker_organization, S.PUBLISHED)
    invitation = invitation_in(db, requirement, first.profile)
    for step in {
        S.PUBLISHED: (),
        S.MATCHING: ("matching",),
        S.IN_CONTACT: ("in_contact",),
        S.AGREED: ("in_contact", "agreed"),
        S.IN_DELIVERY: ("in_contact", "agreed", "in_delivery"),
        S.CLOSED: (),
    }[status]:
        url = f"/api/v1/requirements/{requirement.id}/advance"
        assert clients.organizer.post(url, json={"to": step, "text": "进展。"}).status_code == 200
    if status is S.CLOSED:
        clients.organizer.post(f"/api/v1/requirements/{requirement.id}/close", json={"reason": "办结。"})
    accepted = clients.of(first).post(f"{URL}/{invitation.id}/accept")
    if status is S.CLOSED:
        assert accepted.json()["code"] == "requirement_has_ended"
        return
    assert accepted.status_code == 200, accepted.text
    moved = S.IN_CONTACT if status in (S.PUBLISHED, S.MATCHING) else status
    with db.read() as session:
        assert session.get_one(Requirement, requirement.id).status is moved
    answers = clients.organizer.get(f"/api/v1/requirements/{requirement.id}/responses").json()["items"]
    assert first.profile.name in answers[-1]["text"]
