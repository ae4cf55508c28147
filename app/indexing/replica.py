"""Keeps one process's engine equal to the table of index documents: loads a snapshot, applies changes, saves.

The table is the truth; an engine that differs from it in any way is thrown away and built anew.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from app.db import Database
from app.indexing import store
from app.indexing.store import Change
from app.models.indexing import IndexCollection
from matching import (
    CollectionName,
    Document,
    Encoder,
    Engine,
    EngineConfig,
    ModelChanged,
    SnapshotDamaged,
    SnapshotMissing,
)
from matching.index.vectors import VectorBackend

READ_BATCH = 2000
log = logging.getLogger(__name__)

BuildProgress = Callable[[int, int], None]


def name_of(collection: IndexCollection) -> CollectionName:
    return cast(CollectionName, collection.value)


def applied(engine: Engine) -> int:
    """The number of the last change that every collection of the engine has seen."""
    return min(engine.sequence(name_of(collection)) for collection in IndexCollection)


def open_engine(
    db: Database,
    encoder: Encoder,
    snapshots: Path,
    backend: VectorBackend | None = None,
    config: EngineConfig = EngineConfig(),
) -> Engine:
    """An engine that holds what the table holds: from the newest sound snapshot, else from the table itself.

    Nothing is encoded: the table has every vector. `backend` keeps the vectors (default: in memory).
    """
    started = time.monotonic()
    try:
        engine = Engine.load(snapshots, encoder, config=config, backend=backend)
    except SnapshotMissing:
        log.info("no index snapshot, building from the database")
    except (SnapshotDamaged, ModelChanged) as error:
        log.warning("index snapshot not used, building from the database", extra={"reason": error.code})
    else:
        if _leads_on(db, engine):
            catch_up(db, encoder, engine)
            if is_equal(db, encoder, engine):
                log.info("index loaded", extra={"seconds": round(time.monotonic() - started, 2)})
                return engine
        log.warning("index snapshot disagrees with the database, building anew")
    engine = build_engine(db, encoder, backend, config=config)
    log.info("index built", extra={"seconds": round(time.monotonic() - started, 2)})
    return engine


def _leads_on(db: Database, engine: Engine) -> bool:
    # A snapshot that is ahead of the table stems from another database, one before a restore for instance.
    with db.read() as session:
        last = store.last_seq(session)
    return all(engine.sequence(name_of(collection)) <= last for collection in IndexCollection)


def build_engine(
    db: Database,
    encoder: Encoder,
    backend: VectorBackend | None = None,
    progress: BuildProgress = lambda done, total: None,
    *,
    config: EngineConfig = EngineConfig(),
) -> Engine:
    """A new engine from the table alone; `progress` gets the last applied number and the last of all."""
    engine = Engine(encoder, config=config, backend=backend)
    catch_up(db, encoder, engine, progress)
    return engine


@dataclass(frozen=True, slots=True)
class Applied:
    """How many changes were applied, and how many of them held no fitting vector and so left the engine."""

    changes: int = 0
    unfit: int = 0


def catch_up(
    db: Database, encoder: Encoder, engine: Engine, progress: BuildProgress = lambda done, total: None
) -> Applied:
    """Applies every change that the engine has not seen."""
    count = unfit = 0
    while True:
        after = applied(engine)
        with db.read() as session:
            changes = store.changes(session, after, READ_BATCH)
            last = store.last_seq(session) if changes else after
        if not changes:
            return Applied(count, unfit)
        apply(encoder, engine, changes)
        count += len(changes)
        unfit += sum(change.document is not None and not change.fits(encoder) for change in changes)
        progress(changes[-1].seq, last)


def apply(encoder: Encoder, engine: Engine, changes: Sequence[Change]) -> None:
    """Applies changes in order; those that a collection has already seen are passed over."""
    last = changes[-1].seq
    for collection in IndexCollection:
        name = name_of(collection)
        seen = engine.sequence(name)
        own = [change for change in changes if change.collection is collection and change.seq > seen]
        # A document without a fitting vector leaves the engine: vectors of two models never meet.
        gone = [change.key for change in own if change.document is None or not change.fits(encoder)]
        if gone:
            engine.delete(name, gone, sequence=seen)
        documents: list[Document] = []
        raw: list[bytes] = []
        for change in own:
            if change.document is not None and change.vector is not None and change.fits(encoder):
                documents.append(change.document)
                raw.append(change.vector)
        vectors = (
            store.to_matrix(raw, encoder.dimension)
            if raw
            else np.zeros((0, encoder.dimension), dtype=np.float32)
        )
        # Also without documents of its own the collection has now seen everything up to `last`.
        engine.upsert(name, documents, vectors, sequence=max(seen, last))


def is_equal(db: Database, encoder: Encoder, engine: Engine) -> bool:
    """Whether the engine holds exactly the table's living documents of its model, by key and text hash."""
    with db.read() as session:
        return all(
            engine.verify(name_of(collection), store.living_hashes(session, collection, encoder)).is_equal
            for collection in IndexCollection
        )


def save(engine: Engine, snapshots: Path) -> bool:
    """Saves a snapshot unless another process is just doing so; returns whether it did."""
    snapshots.mkdir(parents=True, exist_ok=True)
    with _sole_writer(snapshots / "writer.lock") as is_mine:
        if is_mine:
            engine.save(snapshots)
        return is_mine


def discard(snapshots: Path) -> None:
    """Removes every snapshot, because the database that they were made from is no more."""
    shutil.rmtree(snapshots, ignore_errors=True)


@contextmanager
def _sole_writer(path: Path) -> Iterator[bool]:
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
