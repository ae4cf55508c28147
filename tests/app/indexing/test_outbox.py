"""The outbox: what is noted with a change, in which order it is handed out, what a drain may settle."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.db import Database
from app.indexing import outbox
from app.models import Organization
from app.models.indexing import IndexCollection, OutboxEntry
from tests import factories

A, R = IndexCollection.ACHIEVEMENTS, IndexCollection.REQUIREMENTS


def noted(db: Database) -> list[uuid.UUID]:
    with db.read() as session:
        return list(session.scalars(select(OutboxEntry.key).order_by(OutboxEntry.seq)))


def test_a_note_is_rolled_back_with_its_change(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        outbox.note(session, A, uuid.uuid4())
        raise RuntimeError("the change failed")
    assert noted(db) == []


def test_noting_no_keys_notes_nothing(db: Database) -> None:
    with db.write() as session:
        outbox.note(session, A, [])
    assert noted(db) == []


def test_requirements_are_handed_out_by_themselves_before_achievements_that_wait_longer(
    db: Database,
) -> None:
    early, late = uuid.uuid4(), uuid.uuid4()
    with db.write() as session:
        outbox.note(session, A, early)
        outbox.note(session, R, late)
    with db.write() as session:
        (urgent,) = outbox.next_notes(session, 10)
        assert urgent.key == late
        outbox.settle(session, [urgent])
    with db.read() as session:
        assert [item.key for item in outbox.next_notes(session, 10)] == [early]


def test_a_row_noted_twice_is_handed_out_once_with_both_entries(db: Database) -> None:
    key = uuid.uuid4()
    with db.write() as session:
        outbox.note(session, A, [key, key])
    with db.read() as session:
        (item,) = outbox.next_notes(session, 10)
    assert item.key == key
    assert len(item.entries) == 2


def test_a_note_that_comes_after_reading_survives_settling(db: Database) -> None:
    key = uuid.uuid4()
    with db.write() as session:
        outbox.note(session, A, key)
    with db.read() as session:
        notes = outbox.next_notes(session, 10)
    with db.write() as session:
        outbox.note(session, A, key)
    with db.write() as session:
        outbox.settle(session, notes)
    assert noted(db) == [key]


def test_a_row_that_keeps_failing_is_parked_and_reported_but_a_new_note_tries_again(db: Database) -> None:
    key = uuid.uuid4()
    with db.write() as session:
        outbox.note(session, A, key)
    for _ in range(outbox.MAX_ATTEMPTS):
        with db.read() as session:
            (item,) = outbox.next_notes(session, 10)
        with db.write() as session:
            outbox.record_failure(session, item, "invalid_vectors")
    with db.read() as session:
        assert outbox.next_notes(session, 10) == []
        assert outbox.backlog(session).parked == 1
        assert outbox.backlog(session).waiting == 0
        assert outbox.parked(session)[0].error == "invalid_vectors"
    with db.write() as session:
        outbox.note(session, A, key)
    with db.read() as session:
        (item,) = outbox.next_notes(session, 10)
    assert len(item.entries) == 2


def test_an_organization_notes_its_requirements_and_solvers(
    db: Database, seeker_organization: Organization, other_organization: Organization
) -> None:
    own = factories.make_requirement(db, seeker_organization)
    factories.make_requirement(db, other_organization)
    solver = factories.make_solver(db, organization_id=seeker_organization.id)
    with db.write() as session:
        session.query(OutboxEntry).delete()
        outbox.note_organization(session, seeker_organization.id)
    assert noted(db) == [own.id, solver.id]
