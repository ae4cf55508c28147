"""How large an edition is, when its stages run, and what is to become of its problems: nothing is left to chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.kit.clock import SHANGHAI


@dataclass(frozen=True)
class Size:
    """Counts of an edition. `amount_wan` and `paid_wan` are the sums over all agreements, in 万元; every
    `stride_days` days the service does what has come due."""

    requirements: int
    enterprises: int
    teams: int
    reviewers: int
    agreements: int
    paid: int
    amount_wan: int
    paid_wan: int
    stride_days: int = 1

    def times(self, factor: int) -> Size:
        """An edition with `factor` times as much of everything."""
        counts = {name: value * factor for name, value in vars(self).items()}
        return Size(**counts | {"stride_days": self.stride_days})


COUNTY = Size(
    requirements=103,
    enterprises=46,
    teams=60,
    reviewers=6,
    agreements=29,
    paid=10,
    amount_wan=5_315,
    paid_wan=358,
)
"""A county city's edition of 2017, as it was reported; the number of reviewers is ours."""

SIZES = {
    "small": Size(
        requirements=14,
        enterprises=6,
        teams=12,
        reviewers=4,
        agreements=3,
        paid=1,
        amount_wan=550,
        paid_wan=36,
        stride_days=3,
    ),
    "county": COUNTY,
    "x10": COUNTY.times(10),
}


class Fate(StrEnum):
    """What becomes of a problem before it is published."""

    CLEAR = "clear"
    VAGUE = "vague"
    """Returned, put right by its seeker, handed in again."""
    ABANDONED = "abandoned"
    """Returned, and never handed in again."""
    NO_PROBLEM = "no_problem"
    """Not a technical problem: rejected."""
    WITHDRAWN = "withdrawn"
    """Published, and withdrawn by its seeker when teams are invited."""
    UNSOLVABLE = "unsolvable"
    """Nobody can solve it."""


SHARES: tuple[tuple[Fate, float], ...] = (
    (Fate.ABANDONED, 0.02),
    (Fate.NO_PROBLEM, 0.03),
    (Fate.WITHDRAWN, 0.02),
    (Fate.UNSOLVABLE, 0.02),
    (Fate.VAGUE, 0.2),
)
"""Shares of all problems, ours: every kind occurs at least once in the smallest edition."""

UNPUBLISHED = frozenset({Fate.ABANDONED, Fate.NO_PROBLEM})
RETURNED = frozenset({Fate.VAGUE, Fate.ABANDONED})


def fates(size: Size) -> list[Fate]:
    """The fate of each problem, spread evenly over the list."""
    found = [Fate.CLEAR] * size.requirements
    free = [place * 7 % size.requirements for place in range(size.requirements)]
    if len(set(free)) < size.requirements:
        free = list(range(size.requirements))
    for fate, share in SHARES:
        for _ in range(max(1, round(share * size.requirements))):
            found[free.pop(0)] = fate
    return found


def beijing(text: str) -> datetime:
    """An instant as papers write it: `2025-09-30 18:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


START = beijing("2025-08-25 09:00")
FILING = tuple(beijing(f"2025-09-{day:02} 10:00") for day in (2, 9, 16, 23))
"""When seekers hand in; their list is cut into so many parts."""
SECOND = timedelta(seconds=1)

STAGES: tuple[tuple[str, str, str], ...] = (
    ("collection", "2025-09-01 09:00", "2025-09-30 18:00"),
    ("review", "2025-09-01 09:00", "2025-10-24 18:00"),
    ("refinement", "2025-09-08 09:00", "2025-10-31 18:00"),
    ("publication", "2025-11-03 09:00", "2025-11-07 18:00"),
    ("matching", "2025-11-03 09:00", "2025-11-28 18:00"),
    ("proposals", "2025-11-04 09:00", "2025-12-05 18:00"),
    ("contact", "2025-12-15 09:00", "2025-12-31 18:00"),
    ("finals", "2025-12-22 09:00", "2025-12-26 18:00"),
    ("signing", "2025-12-29 09:00", "2026-03-31 18:00"),
    ("delivery", "2026-01-05 09:00", "2026-07-31 18:00"),
)
"""Beijing time, a year whose working days have been announced."""

COLLECTION_CLOSES = beijing("2025-09-30 18:00")
FORMAL_REVIEW_DUE = beijing("2025-10-15 00:00")
"""1 to 8 October are holidays and Saturday the 11th is worked, so the fifth working day is the 14th."""
PUT_RIGHT = beijing("2025-10-20 10:00")
REFINED = beijing("2025-10-24 10:00")
PUBLISHED = beijing("2025-11-03 10:00")
MATCHED = beijing("2025-11-05 09:30")
REPLY_BY = beijing("2025-11-14 18:00")
PROPOSING = beijing("2025-11-27 10:00")
PROPOSALS_CLOSE = beijing("2025-12-10 18:00")
"""After an extension by some days."""
ASSESSED = beijing("2025-12-16 10:00")
ARRANGED = beijing("2025-12-18 10:00")
MEETING_DAYS = ("2025-12-22", "2025-12-23", "2025-12-24")
MET = beijing("2025-12-24 18:00")
SIGNED = beijing("2026-01-12 10:00")
PARTED = beijing("2026-01-23 10:00")
PAID = beijing("2026-03-16 10:00")
ENDED = beijing("2026-06-15 10:00")
