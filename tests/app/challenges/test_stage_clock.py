"""Stages turn by the clock, each turn once: to the second, after a restart, and by two processes at once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.challenges import schedule, stage_clock
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.models import Challenge, Organization, Role, StageChange
from app.models.challenge import ChallengeStatus
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from app.models.stage import StageKind, StageTurn
from app.operation.housekeeping import Housekeeping
from tests import factories
from tests.app.challenges.conftest import START, Clients
from tests.app.challenges.stages_in import SECOND, dated, entered, told
from tests.app.requirements.states import requirement_in

CLOSING = START + timedelta(days=29, hours=9)
OPENING = START + timedelta(days=1)
K = StageKind


def turns(db: Database) -> list[StageTurn]:
    with db.read() as session:
        return list(session.scalars(select(StageChange.turn).order_by(StageChange.id)))


def test_a_stage_opens_and_closes_at_its_instants_and_once(
    db: Database, clock: time_machine.Traveller, challenge: Challenge, clients: Clients
) -> None:
    dated(db, challenge, K.COLLECTION, OPENING, CLOSING)
    for moment, expected in (
        (OPENING - SECOND, []),
        (OPENING, [StageTurn.OPENED]),
        (CLOSING - SECOND, [StageTurn.OPENED]),
        (CLOSING, [StageTurn.OPENED, StageTurn.CLOSED]),
        (CLOSING + timedelta(days=9), [StageTurn.OPENED, StageTurn.CLOSED]),
    ):
        clock.move_to(moment)
        for _ in range(2):
            stage_clock.settle(db)
        assert turns(db) == expected
    assert told(db, Event.STAGE_CHANGED) == {clients.organizer_user.id, clients.seeker_user.id}
    # Nothing of the seeker waits for the collection, so its end is the organizers' affair.
    assert told(db, Event.STAGE_CLOSED) == {clients.organizer_user.id}


def test_what_came_while_nothing_ran_is_noted_by_the_next_process_in_order(
    context: AppContext, clock: time_machine.Traveller, challenge: Challenge, clients: Clients
) -> None:
    dated(context.db, challenge, K.COLLECTION, OPENING, CLOSING)
    dated(context.db, challenge, K.REVIEW, OPENING + SECOND, CLOSING + timedelta(days=30))
    clock.move_to(CLOSING + timedelta(days=1))
    for _ in range(2):
        assert "turn_stages" in Housekeeping(context).do_due(at=0.0)
    assert turns(context.db) == [StageTurn.OPENED, StageTurn.OPENED, StageTurn.CLOSED]
    # The collection opened and closed unseen: nobody is called to it any more, only the review has begun.
    assert told(context.db, Event.STAGE_CHANGED) == {clients.organizer_user.id}
    with context.db.read() as session:
        noted = session.scalars(select(StageChange).order_by(StageChange.id)).all()
    assert [row.due_at for row in noted] == [OPENING, OPENING + SECOND, CLOSING]


def test_a_process_that_dies_in_the_middle_leaves_the_turn_for_the_next(
    db: Database,
    clock: time_machine.Traveller,
    challenge: Challenge,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dated(db, challenge, K.COLLECTION, OPENING, CLOSING)
    clock.move_to(OPENING)
    with monkeypatch.context() as broken:
        broken.setattr(stage_clock, "notify", lambda *_, **__: 1 / 0)
        assert stage_clock.settle(db) == 0
    assert turns(db) == []
    assert [stage_clock.settle(db) for _ in range(2)] == [1, 0]
    assert told(db, Event.STAGE_CHANGED) == {clients.organizer_user.id, clients.seeker_user.id}


def test_two_processes_at_once_note_a_turn_once(
    settings: Settings, db: Database, clock: object, challenge: Challenge, clients: Clients
) -> None:
    dated(db, challenge, K.COLLECTION, START, CLOSING)
    together, done = Barrier(2), []

    def run() -> None:
        own = Database(settings.database_url)
        together.wait()
        done.append(stage_clock.settle(own))
        own.dispose()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1]
    assert turns(db) == [StageTurn.OPENED]
    assert told(db, Event.STAGE_CHANGED) == {clients.organizer_user.id, clients.seeker_user.id}


def test_an_extended_stage_closes_at_its_new_instant_and_again_after_it_was_reopened(
    db: Database, clock: time_machine.Traveller, challenge: Challenge
) -> None:
    dated(db, challenge, K.COLLECTION, START, CLOSING)

    def extend(days: int) -> None:
        with db.write() as session:
            row = session.get_one(Challenge, challenge.id)
            schedule.extend(session, SYSTEM, row, K.COLLECTION, CLOSING + timedelta(days=days), "延期。")

    extend(1)
    clock.move_to(CLOSING)
    stage_clock.settle(db)
    assert turns(db) == [StageTurn.OPENED]
    clock.move_to(CLOSING + timedelta(days=1))
    stage_clock.settle(db)
    extend(2)
    clock.move_to(CLOSING + timedelta(days=2))
    for _ in range(2):
        stage_clock.settle(db)
    assert turns(db) == [StageTurn.OPENED, StageTurn.CLOSED, StageTurn.CLOSED]


@pytest.mark.parametrize("status", [ChallengeStatus.DRAFT, ChallengeStatus.CLOSED])
def test_only_an_announced_challenge_turns(
    db: Database, clock: time_machine.Traveller, status: ChallengeStatus
) -> None:
    challenge = factories.make_challenge(db, "X")
    dated(db, challenge, K.COLLECTION, OPENING, CLOSING)
    with db.write() as session:
        session.get_one(Challenge, challenge.id).status = status
    clock.move_to(CLOSING)
    assert stage_clock.settle(db) == 0


def test_a_unit_whose_form_was_not_handed_in_is_told_that_the_collection_is_over(
    db: Database,
    clock: time_machine.Traveller,
    challenge: Challenge,
    clients: Clients,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    factories.make_user(db, Role.SEEKER, other_organization)
    draft = requirement_in(db, seeker_organization, RequirementStatus.DRAFT)
    entered(db, challenge, draft)
    dated(db, challenge, K.COLLECTION, OPENING, CLOSING)
    clock.move_to(CLOSING)
    stage_clock.settle(db)
    assert told(db, Event.STAGE_CLOSED) == {clients.organizer_user.id, clients.seeker_user.id}
