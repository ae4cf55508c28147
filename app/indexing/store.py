"""Reads and writes the table of index documents: the texts as they are searched, with their vectors.

`seq` orders the changes of all collections; writers hold one lock, so the numbers become visible in order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, select, text
from sqlalchemy.orm import Session

from app.indexing import outbox
from app.models.indexing import IndexCollection, IndexDocument, OutboxEntry
from matching import Document, Encoder, Vectors

CHUNK = 500
OWNER = "owner"
FLOAT_BYTES = 4
LOCK = 0x6A62_696E_6478
"""Key of the PostgreSQL advisory lock that serialises writers; SQLite has one writer anyway."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a document, without its texts; `vector_size` is in bytes."""

    seq: int
    is_deleted: bool
    text_hash: str
    model_id: str
    attributes: dict[str, Any]
    vector_size: int

    def fits(self, encoder: Encoder) -> bool:
        """Whether the vector was made by this model and is whole."""
        return self.model_id == encoder.model_id and self.vector_size == encoder.dimension * FLOAT_BYTES


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the table as an engine applies it; `document` is None for a deletion."""

    seq: int
    collection: IndexCollection
    key: str
    model_id: str
    document: Document | None
    vector: bytes | None

    def fits(self, encoder: Encoder) -> bool:
        """Whether the document has a whole vector of this model."""
        size = len(self.vector or b"")
        return self.model_id == encoder.model_id and size == encoder.dimension * FLOAT_BYTES


@dataclass(frozen=True, slots=True)
class Write:
    """One row to be written; `document` None leaves a tombstone."""

    collection: IndexCollection
    key: uuid.UUID
    document: Document | None
    text_hash: str = ""
    model_id: str = ""
    vector: bytes | None = None


def plain_attributes(document: Document) -> dict[str, Any]:
    """Attributes as JSON keeps them: lists for tuples, the owner among them."""
    plain: dict[str, Any] = {
        name: value if isinstance(value, str) else list(value) for name, value in document.attributes.items()
    }
    return plain if document.owner is None else {**plain, OWNER: document.owner}


def last_seq(session: Session) -> int:
    """The number of the last change; 0 before the first."""
    return session.scalar(select(func.max(IndexDocument.seq))) or 0


def stored(
    session: Session, collection: IndexCollection, keys: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Stored]:
    """What is stored of each of `keys` that was ever indexed."""
    found: dict[uuid.UUID, Stored] = {}
    for start in range(0, len(keys), CHUNK):
        statement = select(
            IndexDocument.key,
            IndexDocument.seq,
            IndexDocument.is_deleted,
            IndexDocument.text_hash,
            IndexDocument.model_id,
            IndexDocument.attributes,
            func.coalesce(func.length(IndexDocument.vector), 0).label("size"),
        ).where(IndexDocument.collection == collection, IndexDocument.key.in_(keys[start : start + CHUNK]))
        for row in session.execute(statement):
            found[row.key] = Stored(
                row.seq, row.is_deleted, row.text_hash, row.model_id, row.attributes, row.size
            )
    return found


def vectors(
    session: Session, collection: IndexCollection, keys: Sequence[uuid.UUID]
) -> dict[uuid.UUID, bytes | None]:
    """The stored vectors of `keys`."""
    found: dict[uuid.UUID, bytes | None] = {}
    for start in range(0, len(keys), CHUNK):
        statement = select(IndexDocument.key, IndexDocument.vector).where(
            IndexDocument.collection == collection, IndexDocument.key.in_(keys[start : start + CHUNK])
        )
        found.update((row.key, row.vector) for row in session.execute(statement))
    return found


def lock(session: Session) -> None:
    """Waits until no other process writes index documents; held until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def write(session: Session, writes: Sequence[Write]) -> int:
    """Stores rows under new numbers, in order, and returns the last number. The caller holds `lock`."""
    seq = last_seq(session)
    by_collection: dict[IndexCollection, list[uuid.UUID]] = {}
    for item in writes:
        by_collection.setdefault(item.collection, []).append(item.key)
    for collection, keys in by_collection.items():
        for start in range(0, len(keys), CHUNK):
            session.execute(
                delete(IndexDocument).where(
                    IndexDocument.collection == collection, IndexDocument.key.in_(keys[start : start + CHUNK])
                )
            )
    rows = []
    for item in writes:
        seq += 1
        rows.append(_row(item, seq))
    if rows:
        session.execute(insert(IndexDocument), rows)
    return seq


def _row(item: Write, seq: int) -> dict[str, Any]:
    document = item.document
    return {
        "collection": item.collection,
        "key": item.key,
        "seq": seq,
        "is_deleted": document is None,
        "title": document.title if document else "",
        "body": document.description if document else "",
        "attributes": plain_attributes(document) if document else {},
        "text_hash": item.text_hash,
        "model_id": item.model_id,
        "vector": item.vector,
    }


def changes(session: Session, after: int, limit: int) -> list[Change]:
    """The next `limit` changes with a number above `after`, in order."""
    statement = (
        select(
            IndexDocument.seq,
            IndexDocument.collection,
            IndexDocument.key,
            IndexDocument.model_id,
            IndexDocument.is_deleted,
            IndexDocument.title,
            IndexDocument.body,
            IndexDocument.attributes,
            IndexDocument.vector,
        )
        .where(IndexDocument.seq > after)
        .order_by(IndexDocument.seq)
        .limit(limit)
    )
    return [_change(row) for row in session.execute(statement)]


def _change(row: Any) -> Change:
    document = None
    if not row.is_deleted:
        attributes = dict(row.attributes)
        document = Document(
            key=str(row.key),
            title=row.title,
            description=row.body,
            owner=attributes.pop(OWNER, None),
            attributes={
                name: value if isinstance(value, str) else tuple(value) for name, value in attributes.items()
            },
        )
    return Change(row.seq, row.collection, str(row.key), row.model_id, document, row.vector)


def count_unfit(session: Session, encoder: Encoder) -> int:
    """How many living documents must be encoded again: made by another model, or with a damaged vector."""
    return session.scalar(select(func.count()).select_from(_unfit(encoder).subquery())) or 0


def unfit_keys(session: Session, encoder: Encoder) -> dict[IndexCollection, list[uuid.UUID]]:
    """The keys of those documents."""
    found: dict[IndexCollection, list[uuid.UUID]] = {}
    for row in session.execute(_unfit(encoder)):
        found.setdefault(row.collection, []).append(row.key)
    return found


def _unfit(encoder: Encoder) -> Select[IndexCollection, uuid.UUID]:
    # A parked row is reported as such; it must not keep everything else from being searched.
    is_parked = exists().where(
        OutboxEntry.key == IndexDocument.key, OutboxEntry.attempts >= outbox.MAX_ATTEMPTS
    )
    return select(IndexDocument.collection, IndexDocument.key).where(
        IndexDocument.is_deleted.is_(False), ~_fits(encoder), ~is_parked
    )


def _fits(encoder: Encoder) -> ColumnElement[bool]:
    size = func.coalesce(func.length(IndexDocument.vector), 0)
    return and_(IndexDocument.model_id == encoder.model_id, size == encoder.dimension * FLOAT_BYTES)


def living_hashes(session: Session, collection: IndexCollection, encoder: Encoder) -> dict[str, str]:
    """Every document that an engine of this model should hold: key → text hash."""
    statement = select(IndexDocument.key, IndexDocument.text_hash).where(
        IndexDocument.collection == collection,
        IndexDocument.is_deleted.is_(False),
        _fits(encoder),
    )
    return {str(row.key): row.text_hash for row in session.execute(statement)}


def living_keys(session: Session, collection: IndexCollection) -> Iterator[list[uuid.UUID]]:
    """Keys of living documents in order, in chunks."""
    last: uuid.UUID | None = None
    while True:
        statement = select(IndexDocument.key).where(
            IndexDocument.collection == collection, IndexDocument.is_deleted.is_(False)
        )
        if last is not None:
            statement = statement.where(IndexDocument.key > last)
        keys = list(session.scalars(statement.order_by(IndexDocument.key).limit(CHUNK)))
        if not keys:
            return
        yield keys
        last = keys[-1]


def to_bytes(vector: Vectors) -> bytes:
    """One vector as it is stored: float32, little-endian."""
    return vector.astype("<f4", copy=False).tobytes()


def to_matrix(raw: Sequence[bytes], dimension: int) -> Vectors:
    """(n, dimension) float32 from stored vectors. Raises `ValueError` when a vector has another length."""
    joined = np.frombuffer(b"".join(raw), dtype="<f4")
    return joined.reshape(len(raw), dimension).astype(np.float32)
