"""The daily digest, and years that nobody has announced: once, and to those who have something."""

from __future__ import annotations

import time_machine
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.db import Database
from app.ledger import calendar, deadlines, obligations
from app.models import (
    Membership,
    NotificationPreference,
    Obligation,
    Organization,
    Requirement,
    Role,
    User,
)
from app.models.ledger import ObligationKind
from app.models.notification import Event
from tests import factories
from tests.app.ledger.conftest import SECOND, S, at, owed, restart, told
from tests.app.requirements.states import requirement_in


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
