"""Compares the index with the rows it is made from and has every difference drained again.

It repairs nothing itself: what differs is noted in the outbox, so that there is one way into the index.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db import Database
from app.indexing import documents, outbox, store
from app.indexing.drain import build_all, is_current
from app.indexing.replica import name_of
from app.models.indexing import IndexCollection
from matching import Encoder, Engine

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """How one collection differs from the database: rows without a document, documents without a row, and
    documents that say something else or were encoded by another model. Keys as text, sorted."""

    collection: IndexCollection
    rows: int
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.surplus or self.changed)

    @property
    def keys(self) -> list[uuid.UUID]:
        return [uuid.UUID(key) for key in (*self.missing, *self.surplus, *self.changed)]


def compare_table(session: Session, collection: IndexCollection, encoder: Encoder) -> Difference:
    """Compares the table of index documents with the rows, text by text and fact by fact."""
    missing: list[str] = []
    changed: list[str] = []
    surplus: list[str] = []
    rows = 0
    for keys in documents.keys(session, collection):
        rows += len(keys)
        built, _ = build_all(session, collection, keys)
        stored = store.stored(session, collection, keys)
        for key, document in built.items():
            before = stored.get(key)
            if before is None or before.is_deleted:
                missing.append(str(key))
            elif not is_current(document, before, encoder):
                changed.append(str(key))
    for keys in store.living_keys(session, collection):
        found = {key for key, _ in documents.load(session, collection, keys)}
        surplus += [str(key) for key in keys if key not in found]
    return Difference(
        collection, rows, tuple(sorted(missing)), tuple(sorted(surplus)), tuple(sorted(changed))
    )


def compare_engine(
    session: Session, collection: IndexCollection, encoder: Encoder, engine: Engine
) -> Difference:
    """Compares an engine with the table of index documents."""
    expected = store.living_hashes(session, collection, encoder)
    found = engine.verify(name_of(collection), expected)
    return Difference(
        collection,
        len(expected),
        tuple(sorted(found.missing)),
        tuple(sorted(found.surplus)),
        tuple(sorted(found.changed)),
    )


def note_differences(db: Database, encoder: Encoder, progress: Progress = lambda done, total: None) -> int:
    """Notes every row whose document is missing, surplus or different; returns how many."""
    count = 0
    for position, collection in enumerate(IndexCollection):
        with db.read() as session:
            keys = compare_table(session, collection, encoder).keys
        with db.write() as session:
            outbox.note(session, collection, keys)
        count += len(keys)
        progress(position + 1, len(IndexCollection))
    return count


def note_unfit(db: Database, encoder: Encoder) -> int:
    """Notes every document that was encoded by another model or has a damaged vector; returns how many.

    Those that wait in the outbox already are left alone, so a restart in the middle adds nothing.
    """
    with db.read() as session:
        unfit = store.unfit_keys(session, encoder)
        waiting = outbox.waiting_keys(session) if unfit else set()
    fresh = {collection: [key for key in keys if key not in waiting] for collection, keys in unfit.items()}
    count = sum(len(keys) for keys in fresh.values())
    if count:
        with db.write() as session:
            for collection, keys in fresh.items():
                outbox.note(session, collection, keys)
    return count
