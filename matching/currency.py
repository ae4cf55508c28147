"""What an achievement's year and readiness add to a score: little, never a loss, and shown as parts of their own.

The texts decide whether an achievement fits. Between two that fit alike, the newer and the readier one goes first.
"""

from __future__ import annotations

RECENCY_WEIGHT = 0.05
READINESS_WEIGHT = 0.05
"""In units of the score (deviations of the reference sample); neighbours in a ranking lie about 0.05 to 0.2 apart,
so both together weigh as much as stated preferences do. No graded data has years or levels: chosen, not fitted."""

YEARS = 10
"""An achievement older than this gains nothing; one of the current year gains all."""


def recency(year: int | None, this_year: int) -> float:
    """What the year adds, in [0, `RECENCY_WEIGHT`], falling evenly over `YEARS`; 0 when it is not known."""
    if year is None:
        return 0.0
    age = min(max(this_year - year, 0), YEARS)
    return RECENCY_WEIGHT * (1.0 - age / YEARS)


def readiness(level: int | None, wanted: int | None) -> float:
    """What the technology readiness level (GB/T 22900, 1–9) adds, in [0, `READINESS_WEIGHT`].

    All at the wanted level or above it, a quarter less for each level below; 0 when either is not known.
    """
    if level is None or wanted is None:
        return 0.0
    return READINESS_WEIGHT * max(0.0, 1.0 - 0.25 * max(wanted - level, 0))
