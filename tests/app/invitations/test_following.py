"""The organizer reminds by hand and gives more time; the seeker follows who was asked, without reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from app.db import Database
from app.invitations import deadlines
from app.models import Organization, Requirement, Role
from app.models.invitation import OPEN_STATUSES, InvitationStatus
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from tests.app.invitations.conftest import START, Clients, Team
from tests.app.invitations.invitations_in import invitation_in, read, told
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

N = InvitationStatus
URL = "/api/v1/invitations"
DEADLINE = START + timedelta(days=6)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def requirement(clock: object, db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.MATCHING)


@pytest.mark.parametrize("verb", ["remind", "extend"])
@pytest.mark.parametrize("status", list(N))
def test_reminding_and_extending_are_for_invitations_that_await_a_reply(
    db: Database, clients: Clients, requirement: Requirement, first: Team, verb: str, status: InvitationStatus
) -> None:
    invitation = invitation_in(db, requirement, first.profile, status)
    body = {"reply_by": (DEADLINE + HOUR).isoformat()} if verb == "extend" else None
    answer = clients.organizer.post(f"{URL}/{invitation.id}/{verb}", json=body)
    assert answer.status_code == (200 if status in OPEN_STATUSES else 409), answer.text
    if status not in OPEN_STATUSES:
        assert answer.json()["code"] == "no_reply_awaited"
    assert clients.of(first).post(f"{URL}/{invitation.id}/{verb}", json=body).status_code == 403


def test_a_team_is_reminded_by_hand_at_most_once_in_24_hours(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    invitation = invitation_in(db, requirement, first.profile)
    url = f"{URL}/{invitation.id}/remind"
    assert clients.organizer.post(url).status_code == 200
    clock.move_to(START + 24 * HOUR - SECOND)
    refused = clients.organizer.post(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "reminded_lately")
    clock.move_to(START + 24 * HOUR)
    assert clients.organizer.post(url).status_code == 200
    assert told(db, Event.INVITATION_REMINDER) == [first.unit.id] * 2
    clock.move_to(START + timedelta(days=5))
    assert deadlines.settle(db) == 0


def test_more_time_counts_to_the_second_and_brings_a_new_reminder(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    invitation = invitation_in(db, requirement, first.profile)
    clock.move_to(START + timedelta(days=5))
    assert deadlines.settle(db) == 1
    later = DEADLINE + timedelta(days=5)
    body = {"reply_by": later.isoformat()}
    extended = clients.organizer.post(f"{URL}/{invitation.id}/extend", json=body)
    assert (extended.status_code, extended.json()["reminded_at"]) == (200, None)
    assert told(db, Event.INVITATION_EXTENDED) == [first.unit.id]
    clock.move_to(later - SECOND)
    assert [deadlines.settle(db) for _ in range(2)] == [1, 0]
    assert told(db, Event.INVITATION_REMINDER) == [first.unit.id] * 2
    assert read(db, invitation.id).status is N.SENT
    clock.move_to(later)
    assert deadlines.settle(db) == 1
    assert read(db, invitation.id).status is N.EXPIRED


@pytest.mark.parametrize(("moved", "code"), [(-HOUR, "invalid_input"), (0 * HOUR, "invalid_input")])
def test_a_deadline_is_never_brought_forward(
    db: Database, clients: Clients, requirement: Requirement, first: Team, moved: timedelta, code: str
) -> None:
    invitation = invitation_in(db, requirement, first.profile)
    body = {"reply_by": (DEADLINE + moved).isoformat()}
    refused = clients.organizer.post(f"{URL}/{invitation.id}/extend", json=body)
    assert refused.json()["code"] == code
    assert read(db, invitation.id).reply_by == DEADLINE


def test_a_deadline_that_has_passed_stays_passed(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    invitation = invitation_in(db, requirement, first.profile)
    clock.move_to(DEADLINE)
    body = {"reply_by": (DEADLINE + HOUR).isoformat()}
    refused = clients.organizer.post(f"{URL}/{invitation.id}/extend", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "invitation_expired")


@pytest.mark.parametrize(
    ("role", "place", "expected"),
    [
        (Role.SEEKER, "seeking", 200),
        (Role.SEEKER, "other", 404),
        (Role.SOLVER, "invited", 403),
        (Role.REVIEWER, "other", 403),
        (Role.ORGANIZER, "other", 200),
        (Role.ADMIN, "other", 200),
    ],
)
def test_the_seeker_follows_the_invitations_to_its_own_problem(
    db: Database,
    sign_in: Login,
    requirement: Requirement,
    seeker_organization: Organization,
    other_organization: Organization,
    first: Team,
    second: Team,
    role: Role,
    place: str,
    expected: int,
) -> None:
    invitation_in(db, requirement, first.profile, N.DECLINED)
    invitation_in(db, requirement, second.profile)
    units = {"seeking": seeker_organization, "other": other_organization, "invited": first.unit}
    answer = sign_in(role, units[place]).get(f"/api/v1/requirements/{requirement.id}/invitations")
    assert answer.status_code == expected
    if expected == 200:
        found = [(item["solver"]["name"], item["status"]) for item in answer.json()["items"]]
        assert found == [(first.profile.name, "declined"), (second.profile.name, "sent")]
        assert "任务已满" not in answer.text
