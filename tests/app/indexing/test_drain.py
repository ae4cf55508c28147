"""The drain: what is encoded, what is stored, and what a crash between any two steps leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from app.config import Settings
from app.db import Database
from app.indexing import drain, outbox, replica, store
from app.indexing.outbox import note
from app.indexing.service import SearchIndex
from app.models import Achievement, IndexDocument, OutboxEntry, SolverProfile
from app.models.indexing import IndexCollection
from matching import Document, Engine
from matching.text import passage
from tests import factories
from tests.app.indexing.conftest import CountingEncoder, World, is_faithful

A = IndexCollection.ACHIEVEMENTS


class PowerCut(BaseException):
    """Ends the process in the middle of something; nothing may catch it."""


def cut(*_: object, **__: object) -> None:
    raise PowerCut


def outbox_size(db: Database) -> int:
    with db.read() as session:
        return outbox.backlog(session).waiting


def test_everything_that_was_noted_is_indexed(db: Database, world: World, index: SearchIndex) -> None:
    done = index.settle()
    assert done.settled == 6
    assert outbox_size(db) == 0
    assert is_faithful(index)
    assert index.counts() == {"requirements": 1, "achievements": 3, "solvers": 2}


def test_a_text_is_encoded_once_however_often_its_facts_change(
    db: Database, world: World, index: SearchIndex, encoder: CountingEncoder
) -> None:
    index.settle()
    encoder.texts.clear()
    with db.write() as session:
        session.execute(update(Achievement).values(year=2025))
        note(session, A, [row.id for row in world.achievements])
    done = index.settle()
    assert (done.written, done.encoded, encoder.texts) == (3, 0, [])
    assert is_faithful(index)


def test_an_unchanged_row_is_settled_without_a_new_document(
    db: Database, world: World, index: SearchIndex
) -> None:
    index.settle()
    with db.write() as session:
        note(session, A, world.achievements[0].id)
    before = index.status().applied
    assert index.settle().written == 0
    assert index.status().applied == before


def test_a_changed_text_is_encoded_again_and_found_by_its_new_words(
    db: Database, world: World, index: SearchIndex
) -> None:
    index.settle()
    key = world.achievements[2].id
    with db.write() as session:
        session.execute(update(Achievement).where(Achievement.id == key).values(title="水泵气堵自动排除装置"))
        note(session, A, key)
    assert index.settle().encoded == 1
    assert index.search("achievements", "水泵气堵").hits[0].key == str(key)


def test_a_deleted_row_leaves_a_tombstone_and_is_not_found(
    db: Database, world: World, index: SearchIndex
) -> None:
    index.settle()
    key = world.achievements[2].id
    with db.write() as session:
        session.execute(delete(Achievement).where(Achievement.id == key))
        note(session, A, key)
    index.settle()
    with db.read() as session:
        tombstone = session.scalars(select(IndexDocument).where(IndexDocument.key == key)).one()
    assert (tombstone.is_deleted, tombstone.title, tombstone.vector) == (True, "", None)
    assert str(key) not in [hit.key for hit in index.search("achievements", "行星减速器").hits]
    assert is_faithful(index)


def test_a_solver_that_moves_takes_its_achievements_along(
    db: Database, world: World, index: SearchIndex
) -> None:
    index.settle()
    solver = world.solvers[0]
    with db.write() as session:
        session.execute(
            update(SolverProfile)
            .where(SolverProfile.id == solver.id)
            .values(region="浙江省/杭州市", version=2)
        )
        note(session, IndexCollection.SOLVERS, solver.id)
    index.settle()
    assert is_faithful(index)


def test_a_solver_edited_before_its_first_drain_still_reaches_its_achievements(
    db: Database, world: World, index: SearchIndex
) -> None:
    solver = world.solvers[0]
    with db.write() as session:
        session.execute(delete(OutboxEntry).where(OutboxEntry.collection == IndexCollection.SOLVERS))
    index.settle()
    with db.write() as session:
        session.execute(
            update(SolverProfile)
            .where(SolverProfile.id == solver.id)
            .values(region="浙江省/杭州市", version=2)
        )
        note(session, IndexCollection.SOLVERS, [row.id for row in world.solvers])
    index.settle()
    assert is_faithful(index)


CRASHES: dict[str, tuple[object, str]] = {
    "before the rows are read": (drain, "build_all"),
    "before the vectors are made": (drain, "passage"),
    "before the documents are written": (store, "write"),
    "after the documents, before the outbox is settled": (outbox, "settle"),
    "after the commit, before the engine has it": (replica, "apply"),
    "before a snapshot is written": (Engine, "save"),
}


@pytest.mark.parametrize("place", list(CRASHES))
def test_after_a_crash_the_index_equals_the_database(
    place: str,
    settings: Settings,
    db: Database,
    world: World,
    encoder: CountingEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = SearchIndex(settings, db, encoder=lambda: encoder)
    first.load()
    owner, name = CRASHES[place]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, cut)
        with pytest.raises(PowerCut):
            first.settle()
            first.save()

    second = SearchIndex(settings, db, encoder=lambda: encoder)
    second.load()
    second.settle()
    assert outbox_size(db) == 0
    assert is_faithful(second)
    assert second.counts()["achievements"] == 3
    second.close()


def test_two_drains_at_once_leave_the_newest_text(
    db: Database, world: World, index: SearchIndex, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first drain reads, a rename and a whole second drain pass by, then the first one writes."""
    index.settle()
    key = world.achievements[0].id

    def rename(title: str) -> None:
        with db.write() as session:
            session.execute(update(Achievement).where(Achievement.id == key).values(title=title))
            note(session, A, key)

    rename("第一次改名")
    encode: Callable[..., object] = encoder.encode

    def overtaken(texts: list[str]) -> object:
        monkeypatch.setattr(encoder, "encode", encode)
        rename("第二次改名")
        drain.drain_batch(db, encoder)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", overtaken)
    drain.drain_batch(db, encoder)
    index.settle()
    with db.read() as session:
        stored = session.scalars(select(IndexDocument).where(IndexDocument.key == key)).one()
    assert stored.title == "第二次改名"
    assert is_faithful(index)


def test_a_poison_row_is_parked_and_the_others_go_through(
    db: Database, world: World, index: SearchIndex, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = encoder.encode

    def choke(texts: list[str]) -> object:
        if any("减速器" in text for text in texts):
            raise ValueError("cannot embed this")
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", choke)
    index.settle()
    status = index.status()
    assert status.parked == 2, "the gear and the institute that designs gears"
    assert status.lag_rows == 0
    assert status.is_ready
    assert status.documents == {"requirements": 1, "achievements": 2, "solvers": 1}
    with db.read() as session:
        assert {entry.error for entry in outbox.parked(session)} == {"ValueError"}

    monkeypatch.setattr(encoder, "encode", encode)
    with db.write() as session:
        note(session, A, world.achievements[2].id)
        note(session, IndexCollection.SOLVERS, world.solvers[1].id)
    index.settle()
    assert index.status().parked == 0
    assert is_faithful(index)


def test_a_failure_of_the_surroundings_parks_nothing(
    db: Database, world: World, index: SearchIndex, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(texts: list[str]) -> object:
        raise OSError("no space left on device")

    monkeypatch.setattr(encoder, "encode", disk_full)
    with pytest.raises(OSError):
        index.drain_once()
    with db.read() as session:
        assert session.scalars(select(OutboxEntry).where(OutboxEntry.attempts > 0)).all() == []
    assert outbox_size(db) == 6


def test_batches_are_no_larger_than_asked(db: Database, world: World, index: SearchIndex) -> None:
    assert index.drain_once(limit=2).settled == 1, "the requirement goes by itself"
    assert index.drain_once(limit=2).settled == 2
    assert outbox_size(db) == 3


def test_rows_noted_by_hundreds_are_all_indexed(db: Database, index: SearchIndex) -> None:
    solver = factories.make_solver(db)
    with db.write() as session:
        rows = [Achievement(solver_id=solver.id, title=f"第{number}号装置") for number in range(700)]
        session.add_all(rows)
        session.flush()
        note(session, A, [row.id for row in rows])
        note(session, IndexCollection.SOLVERS, solver.id)
    index.settle()
    assert index.counts()["achievements"] == 700
    assert is_faithful(index)


def test_long_texts_go_in_smaller_batches_so_that_a_new_requirement_need_not_wait(
    db: Database, index: SearchIndex
) -> None:
    solver = factories.make_solver(db)
    with db.write() as session:
        rows = [
            Achievement(solver_id=solver.id, title=f"{number:02}号装置", description="细" * 2000)
            for number in range(30)
        ]
        session.add_all(rows)
        session.flush()
        note(session, A, [row.id for row in rows])
        note(session, IndexCollection.SOLVERS, solver.id)
    length = len(passage(Document(key="", title="00号装置", description="细" * 2000)))
    assert index.drain_once().settled == drain.CHARACTERS // length < 30
    index.settle()
    assert index.counts()["achievements"] == 30
    assert is_faithful(index)
