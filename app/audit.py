"""Writes the audit log: every act is one entry, chained to the one before, in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.models.audit import AuditEntry, AuditHead

FIRST_HASH = "0" * 64


def record(
    session: Session,
    action: str,
    *,
    actor_id: uuid.UUID | None,
    object_kind: str,
    object_id: uuid.UUID | None = None,
    **detail: str | int | bool | None,
) -> AuditEntry:
    """Appends one entry. `detail` holds codes, counts and ids, never problem text, names or secrets."""
    head = session.get(AuditHead, 1, with_for_update=True)
    if head is None:
        head = AuditHead(id=1, seq=0, hash=FIRST_HASH)
        session.add(head)
    entry = AuditEntry(
        seq=head.seq + 1,
        at=now(),
        actor_id=actor_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        detail=detail,
    )
    entry.hash = chain_hash(head.hash, entry)
    head.seq, head.hash = entry.seq, entry.hash
    session.add(entry)
    session.flush()
    return entry


def chain_hash(previous: str, entry: AuditEntry) -> str:
    """SHA-256 over the previous hash and every field of the entry, as canonical JSON."""
    fields = [
        previous,
        entry.seq,
        _instant(entry.at),
        str(entry.actor_id or ""),
        entry.action,
        entry.object_kind,
        str(entry.object_id or ""),
        entry.detail,
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_broken_entry(session: Session) -> int | None:
    """The sequence number at which the chain stops being whole, or None when it is."""
    previous, expected = FIRST_HASH, 1
    statement = select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)
    # Closed explicitly: left in the middle, the cursor would stay open on the server.
    with session.scalars(statement) as entries:
        for entry in entries:
            if entry.seq != expected or entry.hash != chain_hash(previous, entry):
                return expected
            previous, expected = entry.hash, expected + 1
    head = session.get(AuditHead, 1)
    is_whole = head is None or (head.seq == expected - 1 and head.hash == previous)
    return None if is_whole else expected


def history(session: Session, object_kind: str, object_id: uuid.UUID) -> list[AuditEntry]:
    """All acts on one object, oldest first."""
    statement = select(AuditEntry).where(
        AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id
    )
    return list(session.scalars(statement.order_by(AuditEntry.seq)))


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
