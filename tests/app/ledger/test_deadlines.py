"""What time brings: to the second, once, also after a restart, and only to those whom it concerns."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.db import Database
from app.errors import InvalidInput
from app.kit.clock import SHANGHAI
from app.ledger import calendar, deadlines, escalation, obligations
from app.ledger import service as ledger
from app.models import (
    AuditEntry,
    Challenge,
    Membership,
    Notification,
    NotificationPreference,
    Obligation,
    Organization,
    Requirement,
    Role,
    User,
)
from app.models.ledger import ObligationKind
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from app.requirements import service as requirements
from tests import factories
from tests.app.requirements.states import requirement_in

S = RequirementStatus
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# A Monday; the formal review is due at the end of the next Monday, the Tuesday's midnight.
START, DUE = at("2026-06-01 09:00"), at("2026-06-09 00:00")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def organizer_user(db: Database, bureau: Organization) -> User:
    return factories.make_user(db, Role.ORGANIZER, bureau)


@pytest.fixture
def administrator(db: Database) -> User:
    return factories.make_user(db, Role.ADMIN)


@pytest.fixture
def submitted(db: Database, clock: time_machine.Traveller, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, S.SUBMITTED)


def owed(db: Database, requirement: Requirement) -> Obligation:
    with db.read() as session:
        found = ledger.open_obligation(session, requirement.id)
    assert found is not None
    return found


def told(db: Database, event: Event, user: User | None = None) -> list[Notification]:
    with db.read() as session:
        statement = select(Notification).where(Notification.event == event)
        if user is not None:
            statement = statement.where(Notification.user_id == user.id)
        return list(session.scalars(statement.order_by(Notification.id)))


def audited(db: Database, action: str) -> int:
    with db.read() as session:
        return len(list(session.scalars(select(AuditEntry).where(AuditEntry.action == action))))


def restart(db: Database) -> Database:
    """Another process: nothing is remembered but what the database holds."""
    return Database(db.url)


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


def test_the_digest_goes_once_a_day_to_those_who_have_something(
    db: Database,
    clock: time_machine.Traveller,
    submitted: Requirement,
    organizer_user: User,
    bureau: Organization,
) -> None:
    idle = factories.make_user(db, Role.REVIEWER, bureau)
    clock.move_to(at("2026-06-05 08:00") - SECOND)
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_DIGEST) == []
    clock.move_to(at("2026-06-05 08:00"))
    deadlines.settle(db)
    other = restart(db)
    deadlines.settle(other)
    other.dispose()
    clock.move_to(at("2026-06-05 18:00"))
    deadlines.settle(db)
    (row,) = told(db, Event.OBLIGATION_DIGEST)
    assert row.user_id == organizer_user.id != idle.id
    assert row.parameters == {"overdue": 0, "due": 1}
    # Saturday and Sunday are left alone; on Tuesday it is overdue.
    for day in ("2026-06-06 09:00", "2026-06-07 09:00", "2026-06-09 09:00"):
        clock.move_to(at(day))
        deadlines.settle(db)
    assert [row.parameters for row in told(db, Event.OBLIGATION_DIGEST)[1:]] == [{"overdue": 1, "due": 0}]


def test_a_digest_that_is_switched_off_is_not_sent(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    switches = [f"obligations:{channel}" for channel in ("inbox", "email", "webhook")]
    with db.write() as session:
        session.add(NotificationPreference(user_id=organizer_user.id, switched_off=switches))
    clock.move_to(at("2026-06-05 08:00"))
    deadlines.settle(db)
    assert told(db, Event.OBLIGATION_DIGEST) == []


def test_a_named_owner_alone_gets_it_in_the_digest_and_is_reminded_when_the_day_is_near(
    db: Database,
    clock: time_machine.Traveller,
    submitted: Requirement,
    organizer_user: User,
    bureau: Organization,
) -> None:
    owner = factories.make_user(db, Role.ORGANIZER, bureau)
    with db.write() as session:
        obligation = session.get_one(Obligation, owed(db, submitted).id)
        obligations.assign(session, SYSTEM, obligation, owner.id)
    clock.move_to(at("2026-06-05 08:00"))
    deadlines.settle(db)
    assert [row.user_id for row in told(db, Event.OBLIGATION_DIGEST)] == [owner.id]
    assert [row.user_id for row in told(db, Event.OBLIGATION_DUE_SOON)] == [owner.id]
    assert [row.user_id for row in told(db, Event.OBLIGATION_ASSIGNED)] == [owner.id]


def test_reviewers_get_what_they_are_assigned_to(
    db: Database,
    clock: time_machine.Traveller,
    seeker_organization: Organization,
    organizer_user: User,
    bureau: Organization,
) -> None:
    reviewer = factories.make_user(db, Role.REVIEWER, bureau)
    requirement = requirement_in(db, seeker_organization, S.TECHNICAL_REVIEW)
    assert owed(db, requirement).kind is ObligationKind.TECHNICAL_REVIEW
    factories.assign_reviewer(db, requirement, reviewer.id)
    clock.move_to(at("2026-06-12 08:00"))
    deadlines.settle(db)
    assert [row.user_id for row in told(db, Event.OBLIGATION_DIGEST)] == [reviewer.id]


UNKNOWN = 2046


def test_a_year_that_nobody_knows_is_said_once_and_an_entered_one_moves_the_day(
    db: Database,
    clock: time_machine.Traveller,
    seeker_organization: Organization,
    organizer_user: User,
    administrator: User,
) -> None:
    clock.move_to(at(f"{UNKNOWN - 1}-12-29 09:00"))  # a Friday
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    found = owed(db, requirement)
    assert (found.due_at, found.uncounted_year) == (at(f"{UNKNOWN}-01-06 00:00"), UNKNOWN - 1)
    deadlines.settle(db)
    deadlines.settle(db)
    people = sorted(row.user_id for row in told(db, Event.CALENDAR_UNKNOWN))
    assert people == sorted([organizer_user.id, administrator.id])
    new_year = at(f"{UNKNOWN}-01-01 00:00").date()
    with db.write() as session:
        calendar.enter_year(session, SYSTEM, UNKNOWN - 1, days_off={}, days_worked={})
    assert owed(db, requirement).uncounted_year == UNKNOWN
    with db.write() as session:
        entered = calendar.enter_year(session, SYSTEM, UNKNOWN, days_off={new_year: "元旦"}, days_worked={})
    assert entered.moved == 1
    found = owed(db, requirement)
    assert (found.due_at, found.uncounted_year) == (at(f"{UNKNOWN}-01-09 00:00"), None)


def test_two_workers_that_see_the_same_lateness_note_it_once(
    db: Database, clock: time_machine.Traveller, submitted: Requirement, organizer_user: User
) -> None:
    clock.move_to(DUE)
    id = owed(db, submitted).id
    for _ in range(2):
        # Both have found it before either has taken it.
        deadlines._each(db, [id], escalation.note_overdue)
    assert len(told(db, Event.OBLIGATION_OVERDUE)) == audited(db, "obligation.overdue") == 1


def test_a_person_who_left_does_not_keep_the_answers_from_the_others(
    db: Database,
    clock: time_machine.Traveller,
    submitted: Requirement,
    organizer_user: User,
    bureau: Organization,
) -> None:
    gone = factories.make_user(db, Role.ORGANIZER, bureau)
    with db.write() as session:
        session.get_one(Obligation, owed(db, submitted).id).owner_id = gone.id
        session.get_one(User, gone.id).is_active = False
        assert session.scalar(select(Membership.id).where(Membership.user_id == gone.id)) is not None
    clock.move_to(at("2026-06-05 08:00"))
    deadlines.settle(db)
    assert [row.user_id for row in told(db, Event.OBLIGATION_DIGEST)] == [organizer_user.id]


def test_a_stranger_cannot_be_made_responsible(
    db: Database, submitted: Requirement, seeker_organization: Organization
) -> None:
    seeker = factories.make_user(db, Role.SEEKER, seeker_organization)
    for person in (seeker.id, uuid.uuid4()):
        with pytest.raises(InvalidInput), db.write() as session:
            obligation = session.get_one(Obligation, owed(db, submitted).id)
            obligations.assign(session, SYSTEM, obligation, person)
