"""Year and readiness weigh little, never take away, and say nothing when they are not known."""

from __future__ import annotations

import pytest

from matching.currency import READINESS_WEIGHT, RECENCY_WEIGHT, readiness, recency


@pytest.mark.parametrize(
    ("year", "share"), [(2026, 1.0), (2027, 1.0), (2021, 0.5), (2016, 0.0), (1980, 0.0), (None, 0.0)]
)
def test_a_newer_achievement_gains_more(year: int | None, share: float) -> None:
    assert recency(year, 2026) == pytest.approx(share * RECENCY_WEIGHT)


@pytest.mark.parametrize(
    ("level", "wanted", "share"),
    [(7, 7, 1.0), (9, 7, 1.0), (6, 7, 0.75), (3, 7, 0.0), (1, 9, 0.0), (None, 7, 0.0), (7, None, 0.0)],
)
def test_a_readier_achievement_gains_more_up_to_the_wanted_level(
    level: int | None, wanted: int | None, share: float
) -> None:
    assert readiness(level, wanted) == pytest.approx(share * READINESS_WEIGHT)
