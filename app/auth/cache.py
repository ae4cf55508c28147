"""Remembers actors for a few seconds, so that reading one row does not cost two more queries."""

from __future__ import annotations

import hashlib
import time
from threading import Lock
from typing import Any
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.models.access import ApiKey, Membership, User

TTL_SECONDS = 5.0
"""How long another process may still honour what this one has just taken away."""
MAX_ENTRIES = 10_000

_caches: WeakSet[ActorCache] = WeakSet()


class ActorCache:
    """Token digest → actor. Emptied at once when a commit of this process touched users, memberships or keys."""

    def __init__(self) -> None:
        self._entries: dict[bytes, tuple[float, Actor]] = {}
        self._lock = Lock()
        _caches.add(self)

    def get(self, token: str) -> Actor | None:
        entry = self._entries.get(_digest(token))
        if entry is None or entry[0] < time.monotonic():
            return None
        return entry[1]

    def put(self, token: str, actor: Actor) -> None:
        with self._lock:
            if len(self._entries) >= MAX_ENTRIES:
                self._entries.clear()
            self._entries[_digest(token)] = (time.monotonic() + TTL_SECONDS, actor)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=16).digest()


@event.listens_for(Session, "after_flush")
def _notice_access_changes(session: Session, _context: Any) -> None:
    changed = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(row, User | Membership | ApiKey) for row in changed):
        session.info["access_changed"] = True


@event.listens_for(Session, "after_commit")
def _forget_actors(session: Session) -> None:
    if session.info.pop("access_changed", False):
        for cache in _caches:
            cache.clear()
