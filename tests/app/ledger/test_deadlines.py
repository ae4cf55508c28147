"""What time brings: to the second, once, also after a restart, and only to those whom it concerns."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.db import Database
from app.errors import InvalidInput
from app.ledger import deadlines, escalation, obligations
from app.ledger import service as ledger
from app.models import (
    Challenge,
    Obligation,
    Organization,
    Requirement,
    Role,
    User,
)
from app.models.notification import Event
from app.requirements import service as requirements
from tests import factories
from tests.app.ledger.conftest import DUE, SECOND, at, audited, owed, restart, told


def test_an_answer_is_overdue_at_its_instant_and_not_a_second_before(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(DUE - SECOND)
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_OVERDUE) == []
    clock.move_to(DUE)
    deadlines.settle(db)
    (row,) = told(db, Event.OBLIGATION_OVERDUE)
    assert (row.user_id, row.requirement_id) == (organizer_user.id, submitted.id)
    assert owed(db, submitted).overdue_at == DUE


def test_lateness_is_noted_once_also_after_a_restart(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(DUE + SECOND)
    deadlines.settle(db)
    other = restart(db)
    deadlines.settle(other)
    other.dispose()
    assert len(told(db, Event.OBLIGATION_OVERDUE)) == audited(db, "obligation.overdue") == 1


def test_an_answer_in_time_is_never_overdue(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(DUE - SECOND)
    with db.write() as session:
        requirements.accept(session, SYSTEM, session.get_one(Requirement, submitted.id))
    clock.move_to(DUE + SECOND)
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_OVERDUE) == []


@pytest.fixture
def challenge(db: Database, submitted: Requirement) -> Challenge:
    challenge = factories.make_challenge(db)
    with db.write() as session:
        entries.enter(session, challenge.id, submitted.id)
    return challenge


def name_superior(db: Database, challenge: Challenge, superior: User, days: int) -> None:
    with db.write() as session:
        owner = session.get_one(Challenge, challenge.id)
        escalation.set_rule(session, SYSTEM, owner, superior_id=superior.id, after_days=days)


@pytest.mark.parametrize(
    ("days", "up"),
    # The due day is Monday, 8 June; the weekend of 13 June counts for nothing.
    [(1, "2026-06-10 00:00"), (4, "2026-06-13 00:00"), (5, "2026-06-16 00:00")],
)
def test_lateness_goes_to_the_named_superior_after_the_stated_working_days(
    db: Database,
    clock: time_machine.Traveller,
    submitted: Requirement,
    challenge: Challenge,
    organizer_user: User,
    administrator: User,
    bureau: Organization,
    days: int,
    up: str,
) -> None:
    superior = factories.make_user(db, Role.ORGANIZER, bureau)
    name_superior(db, challenge, superior, days)
    clock.move_to(at(up) - SECOND)
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_ESCALATED) == []
    clock.move_to(at(up))
    deadlines.settle(db)
    other = restart(db)
    deadlines.settle(other)
    other.dispose()
    (row,) = told(db, Event.OBLIGATION_ESCALATED)
    assert row.user_id == superior.id
    found = owed(db, submitted)
    assert (found.escalated_at, found.escalated_to_id) == (at(up), superior.id)
    assert audited(db, "obligation.escalated") == 1


def test_without_a_rule_the_administrators_are_told_after_three_days(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, administrator: User
) -> None:
    clock.move_to(at("2026-06-12 00:00") - SECOND)
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_ESCALATED) == []
    clock.move_to(at("2026-06-12 00:00"))
    deadlines.settle(db)
    (row,) = told(db, Event.OBLIGATION_ESCALATED)
    assert row.user_id == administrator.id


def test_a_superior_whose_account_is_switched_off_does_not_swallow_lateness(
    db: Database,
    clock: time_machine.Traveller,
    submitted: Requirement,
    challenge: Challenge,
    organizer_user: User,
    administrator: User,
) -> None:
    name_superior(db, challenge, organizer_user, 1)
    with db.write() as session:
        session.get_one(User, organizer_user.id).is_active = False
    clock.move_to(at("2026-06-10 00:00"))
    deadlines.settle(db)
    (row,) = told(db, Event.OBLIGATION_ESCALATED)
    assert row.user_id == administrator.id


def ask(db: Database, requirement: Requirement, days: int = 5) -> None:
    with db.write() as session:
        obligation = ledger.open_obligation(session, requirement.id)
        assert obligation is not None
        row = session.get_one(Requirement, requirement.id)
        obligations.ask(session, SYSTEM, row, obligation, question="请补充工艺参数。", days=days)


def test_the_clock_goes_on_where_it_stopped(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(at("2026-06-03 15:00"))
    ask(db, submitted)
    paused = owed(db, submitted)
    # Thursday, Friday and Monday are left.
    assert (paused.due_at, paused.remaining_days) == (None, 3)
    clock.move_to(at("2026-06-08 10:00"))
    with db.write() as session:
        obligation = session.get_one(Obligation, paused.id)
        obligations.go_on(session, SYSTEM, obligation, reply="工作温度 220 ℃")
    assert owed(db, submitted).due_at == at("2026-06-12 00:00")


def test_a_question_without_a_reply_lets_the_clock_go_on_by_itself_to_the_second(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(at("2026-06-03 15:00"))
    ask(db, submitted, days=5)
    clock.move_to(at("2026-06-11 00:00") - SECOND)
    deadlines.settle(db)
    assert owed(db, submitted).due_at is None
    clock.move_to(at("2026-06-11 00:00"))
    deadlines.settle(db)
    deadlines.settle(db)
    assert owed(db, submitted).due_at == at("2026-06-17 00:00")
    assert len(told(db, Event.OBLIGATION_RESUMED, organizer_user)) == 1


def test_nothing_is_overdue_while_the_seeker_is_to_act(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    ask(db, submitted, days=20)
    clock.move_to(DUE + timedelta(days=7))
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_OVERDUE) == []


def test_an_overdue_clock_cannot_be_stopped(
    db: Database, clock: time_machine.Traveller, submitted: Requirement
) -> None:
    clock.move_to(DUE)
    with pytest.raises(obligations.AlreadyOverdue):
        ask(db, submitted)


def test_a_clock_is_stopped_twice_at_most(
    db: Database, clock: time_machine.Traveller, submitted: Requirement
) -> None:
    for _ in range(obligations.MOST_PAUSES):
        ask(db, submitted)
        with db.write() as session:
            obligation = session.get_one(Obligation, owed(db, submitted).id)
            obligations.go_on(session, SYSTEM, obligation, reply="见附件")
    with pytest.raises(obligations.TooManyPauses):
        ask(db, submitted)


def test_who_stops_the_clock_on_the_last_day_has_the_rest_of_a_day(
    db: Database, clock: time_machine.Traveller, submitted: Requirement
) -> None:
    clock.move_to(at("2026-06-08 17:00"))
    ask(db, submitted)
    assert owed(db, submitted).remaining_days == 0
    clock.move_to(at("2026-06-13 10:00"))  # a Saturday
    with db.write() as session:
        obligations.go_on(session, SYSTEM, session.get_one(Obligation, owed(db, submitted).id), reply="好")
    assert owed(db, submitted).due_at == at("2026-06-16 00:00")


def test_two_workers_that_see_the_same_lateness_note_it_once(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(DUE)
    id = owed(db, submitted).id
    for _ in range(2):
        # Both have found it before either has taken it.
        deadlines._each(db, [id], escalation.note_overdue)
    assert len(told(db, Event.OBLIGATION_OVERDUE)) == audited(db, "obligation.overdue") == 1


def test_a_stranger_cannot_be_made_responsible(
    db: Database, submitted: Requirement, seeker_organization: Organization
) -> None:
    seeker = factories.make_user(db, Role.SEEKER, seeker_organization)
    for person in (seeker.id, uuid.uuid4()):
        with pytest.raises(InvalidInput), db.write() as session:
            obligation = session.get_one(Obligation, owed(db, submitted).id)
            obligations.assign(session, SYSTEM, obligation, person)
