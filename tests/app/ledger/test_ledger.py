"""The answer ledger: what opens, what closes, and when an answer is due."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.auth.actor import SYSTEM, Actor, Grant
from app.db import Database
from app.kit.clock import SHANGHAI, now
from app.ledger import service as ledger
from app.models import Obligation, Organization, Requirement, Role
from app.models.ledger import OWNER, WORKING_DAYS, ObligationKind, ResponseKind
from app.models.requirement import END_STATUSES, RequirementStatus, ReturnReason
from app.requirements import service as requirements
from tests.app.requirements.states import requirement_in

S = RequirementStatus


def obligations(db: Database, requirement: Requirement) -> list[Obligation]:
    with db.read() as session:
        statement = select(Obligation).where(Obligation.requirement_id == requirement.id)
        return list(session.scalars(statement.order_by(Obligation.id)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_draft_owes_nothing(db: Database, seeker_organization: Organization) -> None:
    assert obligations(db, requirement_in(db, seeker_organization, S.DRAFT)) == []


def test_a_submission_opens_the_formal_review(db: Database, seeker_organization: Organization) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    (owed,) = obligations(db, requirement)
    assert (owed.kind, owed.owner_role, owed.closed_at) == (
        ObligationKind.FORMAL_REVIEW,
        Role.ORGANIZER,
        None,
    )


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        # A Monday in an ordinary week: the fifth working day is the next Monday, due at its end.
        ("2026-06-01 09:00", "2026-06-09 00:00"),
        # Minutes before midnight count as much as the morning.
        ("2026-06-01 23:59", "2026-06-09 00:00"),
        # Before the National Day of 2025 (1 to 8 October off, Saturday 11 October worked).
        ("2025-09-29 10:00", "2025-10-14 00:00"),
        # On the holiday itself.
        ("2025-10-03 10:00", "2025-10-15 00:00"),
    ],
)
def test_five_working_days_are_counted_as_offices_work(
    db: Database, seeker_organization: Organization, submitted: str, due: str
) -> None:
    with time_machine.travel(at(submitted), tick=False):
        requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    (owed,) = obligations(db, requirement)
    assert owed.due_at == at(due)


def test_every_kind_has_a_time_and_an_owner() -> None:
    assert set(WORKING_DAYS) == set(OWNER) == set(ObligationKind)
    assert set(ledger.OWED) == set(RequirementStatus)
    assert all(ledger.OWED[status] is None for status in END_STATUSES)


def test_an_answer_ends_what_was_owed_and_opens_what_the_new_state_owes(
    db: Database, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    with db.write() as session:
        requirements.accept(session, SYSTEM, session.merge(requirement))
    first, second = obligations(db, requirement)
    with db.read() as session:
        (answer,) = ledger.responses_to(session, requirement.id)
    assert (answer.kind, answer.obligation_id) == (ResponseKind.REVIEW_PASSED, first.id)
    assert first.closed_at is not None
    assert (second.kind, second.closed_at) == (ObligationKind.TECHNICAL_REVIEW, None)


def test_a_returned_form_stops_the_clock_until_it_comes_back(
    db: Database, seeker_organization: Organization
) -> None:
    with time_machine.travel(at("2026-06-01 09:00"), tick=False) as clock:
        requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
        with db.write() as session:
            requirements.send_back(
                session, SYSTEM, session.merge(requirement), reason=ReturnReason.FORMAT, text=""
            )
        _, paused = obligations(db, requirement)
        assert (paused.kind, paused.due_at, paused.closed_at) == (ObligationKind.FORMAL_REVIEW, None, None)
        clock.move_to(at("2026-07-01 09:00"))
        seeker = Actor(user_id=None, grants=(Grant(Role.SEEKER, seeker_organization.id),))
        with db.write() as session:
            returned = session.get_one(Requirement, requirement.id)
            first_submitted_at = returned.submitted_at
            requirements.submit(session, seeker, returned)
            assert returned.submitted_at == first_submitted_at
        _, running = obligations(db, requirement)
        assert running.id == paused.id
        assert running.due_at == at("2026-07-09 00:00")


def test_a_written_answer_renews_the_obligation_of_the_same_state(
    db: Database, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.MATCHING)
    before = len(obligations(db, requirement))
    with db.write() as session:
        requirements.answer_in_writing(session, SYSTEM, session.merge(requirement), "正在联系两家高校。")
    *_, last, newest = obligations(db, requirement)
    assert len(obligations(db, requirement)) == before + 1
    assert (last.kind, newest.kind) == (ObligationKind.FOLLOW_UP, ObligationKind.FOLLOW_UP)
    assert last.closed_at is not None
    assert newest.closed_at is None


@pytest.mark.parametrize("status", sorted(END_STATUSES))
def test_an_ended_requirement_owes_nothing_and_has_its_answer(
    db: Database, seeker_organization: Organization, status: RequirementStatus
) -> None:
    requirement = requirement_in(db, seeker_organization, status)
    assert all(row.closed_at is not None for row in obligations(db, requirement))
    with db.read() as session:
        assert ledger.responses_to(session, requirement.id)


def test_the_database_itself_refuses_a_second_open_obligation(
    db: Database, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    with pytest.raises(Exception, match=r"(?i)unique"), db.write() as session:
        session.add(
            Obligation(
                requirement_id=requirement.id,
                kind=ObligationKind.FOLLOW_UP,
                owner_role=Role.ORGANIZER,
                opened_at=now(),
                due_at=now() + timedelta(days=1),
            )
        )
