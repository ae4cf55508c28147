"""How one attempt at a delivery ended, whatever the channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Ending(Enum):
    SENT = auto()
    RETRY = auto()
    """The receiver did not take it now; counts as an attempt."""
    PARK = auto()
    """The receiver will never take it."""
    SKIP = auto()
    """Nobody is to get it any more."""
    UNREACHABLE = auto()
    """Our own way out is blocked (mail server, its settings): no fault of this delivery, so no attempt is
    counted."""


@dataclass(frozen=True)
class Outcome:
    """`code` is stable and says what went wrong; answers of foreign servers are never kept beyond their
    number."""

    ending: Ending
    code: str = ""
    http_status: int | None = None


SENT = Outcome(Ending.SENT)
