"""Notes which rows changed, inside the transaction of the change, and hands the notes to the drain.

What the index says about a row is left to `documents`; when it is brought up to date, to `drain`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.models.indexing import IndexCollection, OutboxEntry
from app.models.requirement import Requirement
from app.models.solver import SolverProfile

MAX_ATTEMPTS = 5
"""A row that failed this often on its own is parked: reported, no longer tried until it is noted again."""

CHUNK = 500
"""Keys per statement, below every database's limit of parameters."""


@dataclass(frozen=True, slots=True)
class Note:
    """A changed row and all outbox entries that speak of it."""

    collection: IndexCollection
    key: uuid.UUID
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits: entries that will be tried, when the oldest was noted, and entries that are parked."""

    waiting: int
    oldest: datetime | None
    parked: int


def note(session: Session, collection: IndexCollection, keys: uuid.UUID | Iterable[uuid.UUID]) -> None:
    """Notes rows that were created, changed or deleted; call it in the transaction of the change."""
    wanted = [keys] if isinstance(keys, uuid.UUID) else list(keys)
    moment = now()
    rows = [{"collection": collection, "key": key, "created_at": moment} for key in wanted]
    if rows:
        session.execute(insert(OutboxEntry), rows)


def note_organization(session: Session, organization_id: uuid.UUID) -> None:
    """Notes all that depends on an organization's name or region: its requirements and solvers."""
    requirements = select(Requirement.id).where(Requirement.organization_id == organization_id)
    solvers = select(SolverProfile.id).where(SolverProfile.organization_id == organization_id)
    note(session, IndexCollection.REQUIREMENTS, session.scalars(requirements))
    note(session, IndexCollection.SOLVERS, session.scalars(solvers))


def next_notes(session: Session, limit: int) -> list[Note]:
    """Up to `limit` changed rows that wait, in the order of their change.

    Requirements come first and by themselves, so that a new one is found soon even while thousands of
    achievements are being imported: in one batch with them it would wait for all of their texts.
    """
    waiting = select(OutboxEntry.collection, OutboxEntry.key).where(OutboxEntry.attempts < MAX_ATTEMPTS)
    in_order = waiting.order_by(OutboxEntry.seq).limit(limit)
    urgent = session.execute(in_order.where(OutboxEntry.collection == IndexCollection.REQUIREMENTS)).all()
    # Two questions in the order of the key, because one that sorts both kinds would sort the whole outbox.
    rows = urgent or session.execute(in_order).all()
    wanted = dict.fromkeys((row.collection, row.key) for row in rows)
    entries = _entries_of(session, [key for _, key in wanted])
    return [Note(collection, key, tuple(entries.get(key, ()))) for collection, key in wanted]


def _entries_of(session: Session, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[int]]:
    found: dict[uuid.UUID, list[int]] = {}
    for start in range(0, len(keys), CHUNK):
        statement = select(OutboxEntry.key, OutboxEntry.seq).where(
            OutboxEntry.key.in_(keys[start : start + CHUNK])
        )
        for key, seq in session.execute(statement):
            found.setdefault(key, []).append(seq)
    return found


def waiting_keys(session: Session) -> set[uuid.UUID]:
    """The keys of all rows that the drain will look at."""
    return set(session.scalars(select(OutboxEntry.key).where(OutboxEntry.attempts < MAX_ATTEMPTS)))


def still_open(session: Session, notes: Sequence[Note]) -> list[Note]:
    """Those notes of which at least one entry is still there; another drain may have settled the others."""
    wanted = [seq for item in notes for seq in item.entries]
    alive: set[int] = set()
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        alive.update(session.scalars(select(OutboxEntry.seq).where(OutboxEntry.seq.in_(chunk))))
    return [item for item in notes if alive.intersection(item.entries)]


def settle(session: Session, notes: Sequence[Note]) -> None:
    """Removes exactly the entries that were read; one that was added meanwhile stays."""
    wanted = [seq for item in notes for seq in item.entries]
    for start in range(0, len(wanted), CHUNK):
        session.execute(delete(OutboxEntry).where(OutboxEntry.seq.in_(wanted[start : start + CHUNK])))


def record_failure(session: Session, item: Note, code: str) -> None:
    """Counts one more failed attempt for a row; at `MAX_ATTEMPTS` it is parked."""
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.seq.in_(item.entries))
        .values(attempts=OutboxEntry.attempts + 1, error=code[:100])
    )


def backlog(session: Session) -> Backlog:
    """What waits and what is parked."""
    is_waiting = OutboxEntry.attempts < MAX_ATTEMPTS
    waiting, oldest = session.execute(
        select(func.count(OutboxEntry.seq), func.min(OutboxEntry.created_at)).where(is_waiting)
    ).one()
    parked = session.scalar(select(func.count(OutboxEntry.seq)).where(~is_waiting)) or 0
    return Backlog(waiting, oldest, parked)


def parked(session: Session, limit: int = 100) -> list[OutboxEntry]:
    """The parked entries, oldest first, with the code of what went wrong."""
    statement = select(OutboxEntry).where(OutboxEntry.attempts >= MAX_ATTEMPTS).order_by(OutboxEntry.seq)
    return list(session.scalars(statement.limit(limit)))
