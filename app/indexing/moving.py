"""Going over to another model: filling the table with its vectors, and letting go of the old one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.db import Database
from app.indexing import outbox, reconcile, store
from app.indexing.drain import BATCH, drain_batch
from matching import Encoder

CLOSE_SECONDS = 60.0


def encode_all(db: Database, encoder: Encoder, *, is_over: Callable[[], bool]) -> bool:
    """Encodes every text again that has no vector of this model; False when `is_over` ended it before."""
    reconcile.note_unfit(db, encoder)
    while not drain_batch(db, encoder, limit=BATCH).is_idle:
        if is_over():
            return False
    return True


def lacks_vectors(db: Database, encoder: Encoder) -> bool:
    """Whether documents still wait for a vector of this model; those that cannot be encoded do not count."""
    with db.read() as session:
        return store.count_unfit(session, encoder) > outbox.backlog(session).parked


def close_later(encoder: Encoder) -> None:
    """Questions that are being answered may still need the old model."""
    close = getattr(encoder, "close", None)
    if close is not None:
        timer = threading.Timer(CLOSE_SECONDS, close)
        timer.daemon = True
        timer.start()
