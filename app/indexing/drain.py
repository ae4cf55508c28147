"""Brings index documents up to date with the rows that the outbox names: reads, encodes, stores, settles.

Encoding happens outside every transaction; the documents and the removal of their outbox entries are one.
A row that fails on its own is tried again and finally parked; a failure of the surroundings is the caller's
to wait out.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from app.db import Database
from app.indexing import documents, outbox, store
from app.indexing.outbox import Note
from app.indexing.store import Stored, Write
from app.models.indexing import IndexCollection
from app.models.solver import Achievement
from matching import Document, Encoder, ModelUnavailable, Overloaded
from matching.text import passage, text_hash

BATCH = 512
"""Rows at a time, at most; as many of them as `CHARACTERS` allows."""
CHARACTERS = 8192
"""Characters to encode at a time: about a second, which is what a new requirement may have to wait."""
log = logging.getLogger(__name__)

Progress = Callable[["Drained"], None]


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of a batch: rows settled, documents written, texts encoded; and rows that failed."""

    settled: int = 0
    written: int = 0
    encoded: int = 0
    failed: int = 0

    def __add__(self, other: Drained) -> Drained:
        return Drained(
            self.settled + other.settled,
            self.written + other.written,
            self.encoded + other.encoded,
            self.failed + other.failed,
        )

    @property
    def is_idle(self) -> bool:
        return not (self.settled or self.failed)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A noted row beside what is stored of it. `version` is known for solvers only."""

    note: Note
    document: Document | None
    stored: Stored | None
    version: int


def is_current(document: Document | None, stored: Stored | None, encoder: Encoder) -> bool:
    """Whether what is stored says the same as `document` (None: the row is gone), in this model's vectors."""
    if document is None or stored is None or stored.is_deleted:
        return document is None and (stored is None or stored.is_deleted)
    is_same_text = stored.text_hash == text_hash(document)
    return is_same_text and stored.fits(encoder) and stored.attributes == store.plain_attributes(document)


def drain_batch(db: Database, encoder: Encoder, *, limit: int = BATCH) -> Drained:
    """Settles up to `limit` noted rows.

    Raises `Overloaded`, `ModelUnavailable` and database errors that are no row's own; nothing was stored.
    """
    with db.read() as session:
        notes = outbox.next_notes(session, limit)
    if not notes:
        return Drained()
    try:
        return _settle(db, encoder, notes)
    except Exception as error:
        if not _is_own_fault(error):
            raise
        if len(notes) == 1:
            return _record_failure(db, notes[0], error)
        log.warning(
            "a batch of index changes failed and is tried row by row", extra={"error": type(error).__name__}
        )
    total = Drained()
    for note in notes:
        try:
            total += _settle(db, encoder, [note])
        except Exception as error:
            if not _is_own_fault(error):
                raise
            total += _record_failure(db, note, error)
    return total


def _is_own_fault(error: Exception) -> bool:
    if isinstance(error, Overloaded | ModelUnavailable | MemoryError | OSError):
        return False
    if isinstance(error, SQLAlchemyError):
        return isinstance(error, DataError | IntegrityError) or type(error) is StatementError
    return True


def _record_failure(db: Database, note: Note, error: Exception) -> Drained:
    code = str(getattr(error, "code", None) or type(error).__name__)
    log.error(
        "an index change failed",
        extra={"collection": note.collection.value, "key": str(note.key), "error": type(error).__name__},
    )
    with db.write() as session:
        outbox.record_failure(session, note, code)
    return Drained(failed=1)


def _settle(db: Database, encoder: Encoder, notes: Sequence[Note]) -> Drained:
    with db.read() as session:
        planned, changed = _affordable(_plan(session, notes), encoder)
        kept = _kept_vectors(session, changed, encoder)
    fresh = [item.document for item in changed if item.document is not None and item.note.key not in kept]
    encoded = encoder.encode([passage(document) for document in fresh]) if fresh else None
    for position, document in enumerate(fresh):
        assert encoded is not None
        kept[uuid.UUID(document.key)] = store.to_bytes(encoded[position])
    with db.write() as session:
        store.lock(session)
        notes = [item.note for item in planned]
        alive = {(note.collection, note.key) for note in outbox.still_open(session, notes)}
        valid = [item for item in changed if (item.note.collection, item.note.key) in alive]
        store.write(session, [_write(item, kept, encoder) for item in valid])
        _note_achievements(session, [item for item in valid if _concerns_achievements(item)])
        outbox.settle(session, notes)
    return Drained(settled=len(notes), written=len(valid), encoded=len(fresh))


def _affordable(planned: Sequence[_Planned], encoder: Encoder) -> tuple[list[_Planned], list[_Planned]]:
    """The first of these, as many as have no more than `CHARACTERS` to encode (one at least), and of them
    those that are not current."""
    affordable: list[_Planned] = []
    changed: list[_Planned] = []
    characters = 0
    for item in planned:
        if not is_current(item.document, item.stored, encoder):
            characters += len(passage(item.document)) if item.document is not None else 0
            if characters > CHARACTERS and affordable:
                break
            changed.append(item)
        affordable.append(item)
    return affordable, changed


def _plan(session: Session, notes: Sequence[Note]) -> list[_Planned]:
    by_collection: dict[IndexCollection, list[Note]] = {}
    for note in notes:
        by_collection.setdefault(note.collection, []).append(note)
    planned = []
    for collection, group in by_collection.items():
        keys = [note.key for note in group]
        before = store.stored(session, collection, keys)
        built, versions = build_all(session, collection, keys)
        planned += [
            _Planned(note, built.get(note.key), before.get(note.key), versions.get(note.key, 1))
            for note in group
        ]
    return planned


def build_all(
    session: Session, collection: IndexCollection, keys: Sequence[uuid.UUID]
) -> tuple[dict[uuid.UUID, Document], dict[uuid.UUID, int]]:
    """The documents of those `keys` whose rows exist, and the row versions (solvers only)."""
    is_requirements = collection is IndexCollection.REQUIREMENTS
    challenges = documents.entries(session, keys) if is_requirements else {}
    reviewers = documents.reviewers(session, keys) if is_requirements else {}
    built: dict[uuid.UUID, Document] = {}
    versions: dict[uuid.UUID, int] = {}
    for key, row in documents.load(session, collection, keys):
        built[key] = documents.build(collection, row, challenges.get(key, ()), reviewers.get(key, ()))
        versions[key] = getattr(row, "version", 1)
    return built, versions


def _kept_vectors(session: Session, changed: Sequence[_Planned], encoder: Encoder) -> dict[uuid.UUID, bytes]:
    """Vectors that still hold: the text is the same and so is the model."""
    kept: dict[uuid.UUID, bytes] = {}
    for collection in IndexCollection:
        keys = [
            item.note.key
            for item in changed
            if item.note.collection is collection
            and item.document is not None
            and item.stored is not None
            and item.stored.fits(encoder)
            and item.stored.text_hash == text_hash(item.document)
        ]
        found = store.vectors(session, collection, keys) if keys else {}
        kept.update((key, raw) for key, raw in found.items() if raw is not None)
    return kept


def _write(item: _Planned, vectors: dict[uuid.UUID, bytes], encoder: Encoder) -> Write:
    note, document = item.note, item.document
    if document is None:
        return Write(note.collection, note.key, None)
    return Write(
        note.collection, note.key, document, text_hash(document), encoder.model_id, vectors[note.key]
    )


def _concerns_achievements(item: _Planned) -> bool:
    """Whether a solver's facts, which its achievements carry for filters, may differ from what these hold."""
    if item.note.collection is not IndexCollection.SOLVERS or item.document is None:
        return False
    if item.stored is None or item.stored.is_deleted:
        # A solver that was never edited is the one its achievements were indexed with.
        return item.version > 1
    return item.stored.attributes != store.plain_attributes(item.document)


def _note_achievements(session: Session, solvers: Sequence[_Planned]) -> None:
    for start in range(0, len(solvers), store.CHUNK):
        keys = [item.note.key for item in solvers[start : start + store.CHUNK]]
        statement = select(Achievement.id).where(Achievement.solver_id.in_(keys))
        outbox.note(session, IndexCollection.ACHIEVEMENTS, session.scalars(statement))
