"""Counts failed sign-ins of addresses that nobody can sign in with, so that a lock does not tell who exists."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from app.kit.clock import now

MAX_ENTRIES = 10_000
"""So many addresses are remembered, under 2 MB; the one that was tried longest ago is forgotten first."""


class Strangers:
    """Failures and lock per address, as `users` keeps them for its own; counted in this process."""

    def __init__(self, *, failures_before_lock: int, lock_minutes: int, capacity: int = MAX_ENTRIES) -> None:
        self._allowed, self._minutes, self._capacity = failures_before_lock, lock_minutes, capacity
        self._entries: OrderedDict[bytes, tuple[int, datetime | None]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def locked_until(self, email: str) -> datetime | None:
        """When the address may try again, if it was locked."""
        with self._lock:
            return self._entries.get(_digest(email), (0, None))[1]

    def count(self, email: str) -> None:
        """One more failure; the last one allowed locks the address and starts the count anew."""
        key = _digest(email)
        with self._lock:
            failures, until = self._entries.pop(key, (0, None))
            failures += 1
            if failures >= self._allowed:
                failures, until = 0, now() + timedelta(minutes=self._minutes)
            self._entries[key] = failures, until
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)


def _digest(email: str) -> bytes:
    # Typed by mistake, an address may be a password.
    return hashlib.sha256(email.strip().lower().encode(errors="replace")).digest()
