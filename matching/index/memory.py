"""Hands memory back to the system after a large load: the C library keeps what it has freed, here some 90 MB."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Where the C library can (glibc); elsewhere nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
