"""Deadlines to the second: replies, reminders, expiry and alternates, each once, whoever looks how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from app.context import AppContext
from app.db import Database
from app.invitations import deadlines, repository
from app.kit.clock import now
from app.models import Challenge, MatchRound, Organization, PairRule, Requirement, SolverProfile
from app.models.invitation import InvitationStatus
from app.models.matching import PairVerdict, RoundStatus
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from app.operation.housekeeping import Housekeeping
from app.solvers.places import held
from tests.app.invitations.conftest import START, Clients, Team
from tests.app.invitations.invitations_in import (
    invitation_in,
    invitations_to,
    published_round,
    read,
    terms,
    told,
)
from tests.app.requirements.states import requirement_in

N = InvitationStatus
URL = "/api/v1/invitations"
SECOND = timedelta(seconds=1)
DEADLINE = START + timedelta(days=6)


@pytest.fixture
def requirement(clock: object, db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.MATCHING)


@pytest.mark.parametrize("verb", ["open", "accept", "decline"])
@pytest.mark.parametrize("status", [N.SENT, N.OPENED])
def test_a_reply_counts_until_the_deadline_and_not_from_it_on(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    verb: str,
    status: InvitationStatus,
) -> None:
    in_time = invitation_in(db, requirement, first.profile, status)
    late = invitation_in(db, requirement, second.profile, status)
    body = {"reason": "任务已满。"} if verb == "decline" else None
    clock.move_to(DEADLINE - SECOND)
    assert clients.of(first).post(f"{URL}/{in_time.id}/{verb}", json=body).status_code == 200
    clock.move_to(DEADLINE)
    refused = clients.of(second).post(f"{URL}/{late.id}/{verb}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "invitation_expired")
    assert read(db, late.id).status is status


def test_an_invitation_expires_at_its_deadline_and_is_told_once(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    bureau: Organization,
) -> None:
    silent = invitation_in(db, requirement, first.profile)
    settled = invitation_in(db, requirement, second.profile, N.ACCEPTED)
    clock.move_to(DEADLINE - SECOND)
    deadlines.settle(db)
    assert read(db, silent.id).status is N.SENT
    clock.move_to(DEADLINE)
    assert [deadlines.settle(db) for _ in range(3)] == [1, 0, 0]
    assert (read(db, silent.id).status, read(db, silent.id).ended_at) == (N.EXPIRED, DEADLINE)
    assert read(db, settled.id).status is N.ACCEPTED
    assert sorted(map(str, told(db, Event.INVITATION_EXPIRED))) == sorted(
        [str(first.unit.id), str(bureau.id)]
    )


def test_what_came_due_while_nothing_ran_is_settled_by_the_next_process(
    context: AppContext, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    silent = invitation_in(context.db, requirement, first.profile)
    clock.move_to(DEADLINE + timedelta(days=30))
    for _ in range(2):
        assert "settle_invitations" in Housekeeping(context).do_due(at=0.0)
    assert read(context.db, silent.id).status is N.EXPIRED
    assert told(context.db, Event.INVITATION_EXPIRED) == [first.unit.id]
    # Too late for a reminder: none is sent after the deadline.
    assert told(context.db, Event.INVITATION_REMINDER) == []


def test_a_silent_team_is_reminded_once_and_nobody_else(
    db: Database,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
) -> None:
    silent = invitation_in(db, requirement, first.profile)
    invitation_in(db, requirement, second.profile, N.ACCEPTED)
    invitation_in(db, requirement, third.profile, N.DECLINED)
    clock.move_to(START + timedelta(days=4) - SECOND)
    assert deadlines.settle(db) == 0
    clock.move_to(START + timedelta(days=4))
    assert [deadlines.settle(db) for _ in range(2)] == [1, 0]
    assert told(db, Event.INVITATION_REMINDER) == [first.unit.id]
    assert read(db, silent.id).reminded_at == now()


def test_a_reminder_comes_when_the_organizer_wished_it(
    db: Database, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    invitation_in(db, requirement, first.profile, given=terms(remind_at=START + timedelta(days=1)))
    clock.move_to(START + timedelta(days=1))
    assert deadlines.settle(db) == 1


@pytest.mark.parametrize("how", ["declines", "expires"])
@pytest.mark.parametrize("is_wished", [True, False])
def test_the_next_alternate_is_invited_on_its_own_if_the_organizer_wishes(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    challenge: Challenge,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
    how: str,
    is_wished: bool,
) -> None:
    found = published_round(db, challenge, requirement, [first.profile], [second.profile, third.profile])
    body = {"reply_by": DEADLINE.isoformat(), "invites_alternates": is_wished, "message": "请参加。"}
    clients.organizer.post(f"/api/v1/rounds/{found.id}/invitations", json=body)
    sent = invitations_to(db, requirement)[first.profile.id]
    clock.move_to(DEADLINE - SECOND if how == "declines" else DEADLINE)
    if how == "declines":
        clients.of(first).post(f"{URL}/{sent.id}/decline", json={"reason": "任务已满。"})
    else:
        for _ in range(2):
            deadlines.settle(db)
    following = invitations_to(db, requirement)
    assert set(following) == {first.profile.id} | ({second.profile.id} if is_wished else set())
    if is_wished:
        stand_in = following[second.profile.id]
        assert (stand_in.instead_of_id, stand_in.message) == (sent.id, "请参加。")
        assert stand_in.reply_by == now() + timedelta(days=6)
        assert told(db, Event.INVITATION_SENT) == [first.unit.id, second.unit.id]
        # The one who stands in makes way in the same manner.
        clients.of(second).post(f"{URL}/{stand_in.id}/decline", json={"reason": "任务已满。"})
        assert third.profile.id in invitations_to(db, requirement)


@pytest.mark.parametrize("hindrance", ["full", "banned", "excluded", "inactive", "unclaimed", "invited"])
def test_an_alternate_who_cannot_come_is_passed_over(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    requirement: Requirement,
    seeker_organization: Organization,
    first: Team,
    second: Team,
    third: Team,
    hindrance: str,
) -> None:
    published_round(db, challenge, requirement, [first.profile], [second.profile, third.profile])
    sent = invitation_in(db, requirement, first.profile, given=terms(invites_alternates=True))
    if hindrance == "invited":
        invitation_in(db, requirement, second.profile, N.DECLINED)
    with db.write() as session:
        team = session.get_one(SolverProfile, second.profile.id)
        if hindrance == "full":
            team.capacity = 0
        elif hindrance == "excluded":
            team.exclusions = [seeker_organization.name]
        elif hindrance == "inactive":
            team.is_active = False
        elif hindrance == "unclaimed":
            team.organization_id = None
        elif hindrance == "banned":
            pair = {"requirement_id": requirement.id, "solver_id": team.id}
            session.add(
                PairRule(challenge_id=challenge.id, verdict=PairVerdict.FORBIDDEN, reason="回避", **pair)
            )
    clients.of(first).post(f"{URL}/{sent.id}/decline", json={"reason": "任务已满。"})
    statuses = {team: row.status for team, row in invitations_to(db, requirement).items()}
    assert statuses[third.profile.id] is N.SENT
    assert statuses.get(second.profile.id) is (N.DECLINED if hindrance == "invited" else None)


def test_a_place_is_bound_until_its_requirement_has_ended(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    invitation_in(db, requirement, first.profile, N.ACCEPTED)
    with db.read() as session:
        assert len(held(session, [first.profile.id])[first.profile.id]) == 1
    clients.organizer.post(f"/api/v1/requirements/{requirement.id}/close", json={"reason": "办结。"})
    with db.read() as session:
        assert not held(session, [first.profile.id])[first.profile.id]


def test_a_withdrawn_requirement_is_told_to_every_team_that_was_to_come(
    db: Database, clients: Clients, requirement: Requirement, first: Team, second: Team, third: Team
) -> None:
    waiting = invitation_in(db, requirement, first.profile)
    coming = invitation_in(db, requirement, second.profile, N.ACCEPTED)
    gone = invitation_in(db, requirement, third.profile, N.DECLINED)
    url = f"/api/v1/requirements/{requirement.id}/withdraw"
    assert clients.organizer.post(url, json={"reason": "已自行解决。"}).status_code == 200
    assert [deadlines.settle(db) for _ in range(2)] == [2, 0]
    assert [read(db, row.id).status for row in (waiting, coming, gone)] == [
        N.CANCELLED,
        N.CANCELLED,
        N.DECLINED,
    ]
    teams = {first.unit.id, second.unit.id}
    assert {unit for unit in told(db, Event.REQUIREMENT_WITHDRAWN) if unit in teams} == teams
    assert third.unit.id not in told(db, Event.REQUIREMENT_WITHDRAWN)


def test_a_withdrawn_round_takes_its_open_invitations_along(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    requirement: Requirement,
    first: Team,
    second: Team,
) -> None:
    found = published_round(db, challenge, requirement, [first.profile])
    url = f"/api/v1/rounds/{found.id}/invitations"
    clients.organizer.post(url, json={"reply_by": DEADLINE.isoformat()})
    by_hand = invitation_in(db, requirement, second.profile)
    with db.write() as session:
        session.get_one(MatchRound, found.id).status = RoundStatus.WITHDRAWN
    assert [deadlines.settle(db) for _ in range(2)] == [1, 0]
    assert invitations_to(db, requirement)[first.profile.id].status is N.CANCELLED
    assert read(db, by_hand.id).status is N.SENT
    assert told(db, Event.INVITATION_CANCELLED) == [first.unit.id]


def test_one_invitation_that_cannot_be_settled_holds_no_other_up(
    db: Database,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    requirement: Requirement,
    first: Team,
    second: Team,
) -> None:
    bad, good = (invitation_in(db, requirement, team.profile) for team in (first, second))
    clock.move_to(DEADLINE)
    lock = repository.lock

    def failing(session: object, actor: object, id: object) -> object:
        if id == bad.id:
            raise RuntimeError("damaged")
        return lock(session, actor, id)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "lock", failing)
    assert deadlines.settle(db) == 1
    assert [read(db, row.id).status for row in (bad, good)] == [N.SENT, N.EXPIRED]
