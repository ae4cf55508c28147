"""The life of a process's index: load, follow, snapshot, rebuild, verify, and what it says of itself."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from app.config import Settings
from app.db import Database
from app.errors import Unavailable
from app.indexing import outbox, service, store
from app.indexing.errors import IndexNotReady, IndexRebuilding, ModelMissing
from app.indexing.outbox import note
from app.indexing.service import SearchIndex
from app.indexing.status import IndexState
from app.models import Achievement, IndexDocument
from app.models.indexing import IndexCollection
from matching import Engine, ModelUnavailable
from tests import factories
from tests.app.indexing.conftest import CountingEncoder, World, is_faithful

A = IndexCollection.ACHIEVEMENTS


def found(index: SearchIndex, query: str) -> list[str]:
    return [hit.key for hit in index.search("achievements", query).hits]


def test_nothing_is_answered_before_the_index_is_loaded(settings: Settings, db: Database) -> None:
    index = SearchIndex(settings, db, encoder=CountingEncoder)
    with pytest.raises(IndexNotReady):
        index.search("achievements", "阻燃")
    assert index.status().state is IndexState.LOADING


def test_a_missing_model_is_named_and_everything_else_goes_on(settings: Settings, db: Database) -> None:
    def missing() -> CountingEncoder:
        raise ModelUnavailable("not fetched")

    index = SearchIndex(settings, db, encoder=missing)
    with pytest.raises(ModelMissing) as caught:
        index.load()
    assert "jiebang model fetch" in caught.value.detail("zh")
    with pytest.raises(Unavailable):
        index.search("achievements", "阻燃")
    status = index.status()
    assert (status.state, status.problem) == (IndexState.UNAVAILABLE, "model_unavailable")


def test_a_second_process_starts_from_the_snapshot_and_catches_up(
    db: Database, world: World, index: SearchIndex, another_index: SearchIndex, encoder: CountingEncoder
) -> None:
    index.settle()
    index.save()
    late = factories.make_achievement(db, world.solvers[1], "谐波齿轮的精密成形")
    with db.write() as session:
        note(session, A, late.id)
    index.settle()
    encoder.texts.clear()
    another_index.load()
    assert encoder.texts == [], "vectors come from the snapshot and the table"
    assert found(another_index, "谐波齿轮")[0] == str(late.id)
    assert is_faithful(another_index)


def test_a_damaged_snapshot_is_replaced_from_the_database(
    settings: Settings, world: World, index: SearchIndex, another_index: SearchIndex
) -> None:
    index.settle()
    index.save()
    for path in (settings.data_dir / "index").rglob("*"):
        if path.is_file() and path.stat().st_size > 100:
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 0xFF
            path.write_bytes(content)
    another_index.load()
    assert is_faithful(another_index)


def test_a_snapshot_of_another_database_is_not_believed(
    db: Database, world: World, index: SearchIndex, another_index: SearchIndex
) -> None:
    index.settle()
    index.save()
    with db.write() as session:
        session.execute(delete(IndexDocument).where(IndexDocument.collection == A))
    another_index.load()
    assert another_index.counts()["achievements"] == 0


def test_a_snapshot_with_another_text_under_the_same_numbers_is_not_believed(
    db: Database, world: World, index: SearchIndex, another_index: SearchIndex
) -> None:
    index.settle()
    index.save()
    with db.write() as session:
        session.execute(
            update(IndexDocument)
            .where(IndexDocument.key == world.achievements[0].id)
            .values(title="恢复自备份的文字", text_hash="0" * 64)
        )
    another_index.load()
    assert found(another_index, "恢复自备份的文字")[0] == str(world.achievements[0].id)


def test_a_searching_process_follows_what_another_one_drains(
    db: Database, world: World, index: SearchIndex, another_index: SearchIndex
) -> None:
    another_index.load()
    assert another_index.counts()["achievements"] == 0
    index.settle()
    assert another_index.catch_up() == 6
    assert is_faithful(another_index)


def test_a_filed_requirement_is_found_without_anyone_asking_for_it(
    db: Database, world: World, another_index: SearchIndex
) -> None:
    another_index.start(drain=True)
    assert another_index.wait_until(6, timeout=30)
    hits = another_index.search("requirements", "窗帘阻燃").hits
    assert [hit.key for hit in hits] == [str(world.requirement.id)]


def test_the_keeper_survives_an_error(
    db: Database, world: World, another_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "RETRY_SECONDS", 0.01)
    calls = []
    drain_batch = service.drain_batch

    def fail_once(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("disk")
        return drain_batch(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "drain_batch", fail_once)
    another_index.start(drain=True)
    assert another_index.wait_until(6, timeout=30)
    another_index.close()
    assert len(calls) > 1


def test_closing_a_draining_process_leaves_a_snapshot(
    settings: Settings, db: Database, world: World, another_index: SearchIndex
) -> None:
    another_index.start(drain=True)
    assert another_index.wait_until(6, timeout=30)
    another_index.close()
    assert Engine.load(settings.data_dir / "index", CountingEncoder()).sequence("achievements") == 6


def test_changes_are_applied_while_a_snapshot_is_written(
    settings: Settings,
    db: Database,
    world: World,
    another_index: SearchIndex,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "SAVE_CHANGES", 1)
    begun, go_on = threading.Event(), threading.Event()
    save = Engine.save

    def slowly(engine: Engine, directory: Path) -> Path:
        begun.set()
        assert go_on.wait(30)
        return save(engine, directory)

    monkeypatch.setattr(Engine, "save", slowly)
    another_index.start(drain=True)
    assert begun.wait(30)
    more = factories.make_achievement(db, world.solvers[0], "遮光窗帘固色技术")
    with db.write() as session:
        note(session, IndexCollection.ACHIEVEMENTS, [more.id])
    assert another_index.wait_until(7, timeout=30)
    go_on.set()
    another_index.close()
    assert Engine.load(settings.data_dir / "index", CountingEncoder()).sequence("achievements") == 7


def test_a_snapshot_that_cannot_be_written_is_reported_and_tried_again(
    db: Database, world: World, another_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SAVE_CHANGES", 1)
    monkeypatch.setattr(service, "RETRY_SECONDS", 0.01)
    tried: list[int] = []
    written = threading.Event()
    save = Engine.save

    def fail_once(engine: Engine, directory: Path) -> Path:
        tried.append(1)
        if len(tried) == 1:
            raise OSError("no space left on device")
        written.set()
        return save(engine, directory)

    monkeypatch.setattr(Engine, "save", fail_once)
    another_index.start(drain=True)
    assert written.wait(30)
    assert another_index.wait_until(6, timeout=30)


def test_a_small_collection_goes_over_to_compressed_vectors_where_the_setting_says_so(
    settings: Settings, db: Database, world: World
) -> None:
    lowered = settings.model_copy(update={"index_exact_below": 2, "index_recall": 0.5})
    index = SearchIndex(lowered, db, encoder=CountingEncoder)
    index.load()
    index.settle()
    index.close()
    again = SearchIndex(lowered, db, encoder=CountingEncoder)
    again.load()
    hits = again.search("achievements", "行星减速器").hits
    assert hits[0].key == str(world.achievements[2].id)
    assert is_faithful(again)
    again.close()


def test_the_status_tells_the_lag(db: Database, world: World, index: SearchIndex) -> None:
    with db.read() as session:
        noted = outbox.backlog(session).waiting
    before = index.status()
    assert (before.lag_rows, before.is_ready) == (noted, True)
    assert before.lag_seconds > 0
    while index.drain_once().settled:
        pass
    stored = index.status()
    assert stored.lag_rows == 6, "drained, but this process's searches do not see it yet"
    index.catch_up()
    after = index.status()
    assert (after.lag_rows, after.lag_seconds, after.parked) == (0, 0.0, 0)
    assert after.documents == {"requirements": 1, "achievements": 3, "solvers": 2}


def test_another_model_encodes_everything_again_and_answers_only_then(
    settings: Settings, db: Database, world: World, index: SearchIndex
) -> None:
    index.settle()
    index.save()
    other = CountingEncoder(dimension=32, name="another-model")
    changed = SearchIndex(settings, db, encoder=lambda: other)
    changed.load()
    with pytest.raises(IndexRebuilding):
        changed.search("achievements", "阻燃")
    assert changed.status().state is IndexState.REBUILDING
    assert changed.settle().encoded == 6
    assert changed.status().is_ready
    assert is_faithful(changed)

    index.catch_up()
    assert index.status().state is IndexState.REBUILDING, "vectors of two models are never mixed"
    changed.close()


def test_a_parked_row_does_not_keep_a_new_model_from_answering(
    settings: Settings, db: Database, world: World, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.settle()
    other = CountingEncoder(dimension=32, name="another-model")
    encode = other.encode

    def choke(texts: list[str]) -> object:
        if any("遮光涂层" in text for text in texts):
            raise ValueError("cannot embed this")
        return encode(texts)

    monkeypatch.setattr(other, "encode", choke)
    changed = SearchIndex(settings, db, encoder=lambda: other)
    changed.load()
    changed.settle()
    status = changed.status()
    assert (status.is_ready, status.parked, status.documents["achievements"]) == (True, 1, 2)
    changed.close()


def test_verify_names_every_kind_of_damage(db: Database, world: World, index: SearchIndex) -> None:
    index.settle()
    first, second, third = (row.id for row in world.achievements)
    with db.write() as session:
        session.execute(delete(IndexDocument).where(IndexDocument.key == first))
        session.execute(update(Achievement).where(Achievement.id == second).values(title="未经登记的改动"))
        session.execute(delete(Achievement).where(Achievement.id == third))
    (table, engine) = next(pair for pair in index.verify() if pair[0].collection is A)
    assert table.missing == (str(first),)
    assert table.changed == (str(second),)
    assert table.surplus == (str(third),)
    assert engine.surplus == (str(first),)


def test_verify_sees_a_fact_that_differs(db: Database, world: World, index: SearchIndex) -> None:
    index.settle()
    with db.write() as session:
        session.execute(
            update(Achievement).where(Achievement.id == world.achievements[0].id).values(year=1999)
        )
    (table, _) = next(pair for pair in index.verify() if pair[0].collection is A)
    assert table.changed == (str(world.achievements[0].id),)


def test_rebuild_repairs_damage_and_encodes_only_what_differs(
    db: Database, world: World, index: SearchIndex, encoder: CountingEncoder
) -> None:
    index.settle()
    encoder.texts.clear()
    first, second, third = (row.id for row in world.achievements)
    with db.write() as session:
        session.execute(delete(IndexDocument).where(IndexDocument.key == first))
        session.execute(update(Achievement).where(Achievement.id == second).values(title="未经登记的改动"))
        session.execute(delete(Achievement).where(Achievement.id == third))
    stages: list[str] = []
    index.rebuild(lambda stage, done, total: stages.append(stage))
    assert is_faithful(index)
    assert len(encoder.texts) == 2
    assert set(stages) == {"核对数据", "编码差异", "重建索引"}


def test_a_rebuild_swaps_only_when_the_new_index_is_whole(
    db: Database, world: World, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.settle()

    def broken(*_: object, **__: object) -> Engine:
        raise OSError("disk")

    monkeypatch.setattr(service.replica, "build_engine", broken)
    with pytest.raises(OSError):
        index.rebuild()
    assert found(index, "阻燃整理")[0] == str(world.achievements[0].id)


def test_a_damaged_vector_in_the_table_is_made_again(db: Database, world: World, index: SearchIndex) -> None:
    index.settle()
    with db.write() as session:
        session.execute(update(IndexDocument).where(IndexDocument.collection == A).values(vector=b"short"))
    with db.read() as session:
        assert store.count_unfit(session, CountingEncoder()) == 3
    index.rebuild()
    assert is_faithful(index)
