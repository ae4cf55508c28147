"""How sure a figure is: bootstrap intervals over requirements, alone and as a difference to another recipe.

Requirements, not pairs, are drawn: what is judged for one requirement is no independent evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Row = TypeVar("Row")

REPEATS = 2000
COVERAGE = 0.95
SEED = 2019


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the bounds between which 95 % of the resampled figures lie."""

    value: float
    low: float
    high: float


def mean_interval(values: Sequence[float | None], *, repeats: int = REPEATS) -> Interval | None:
    """Of the mean of one value per requirement; those without one (None) do not count."""
    counted = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(counted):
        return None
    return _interval(float(counted.mean()), counted[_draws(len(counted), repeats)].mean(axis=1))


def difference_interval(
    values: Sequence[float | None], others: Sequence[float | None], *, repeats: int = REPEATS
) -> Interval | None:
    """Of the mean of values - others, requirement by requirement in the same order."""
    pairs = zip(values, others, strict=True)
    paired = [one - other for one, other in pairs if one is not None and other is not None]
    return mean_interval(paired, repeats=repeats)


def grouped_intervals(
    groups: Mapping[str, Sequence[Row]],
    figures: Callable[[Sequence[Row]], Mapping[str, float]],
    *,
    repeats: int = 300,
) -> dict[str, Interval]:
    """Of figures of many rows, whole groups (the pairs of a requirement) being drawn."""
    lists = [groups[name] for name in sorted(groups)]
    if not lists:
        return {}
    drawn = [
        figures([row for place in places for row in lists[place]]) for places in _draws(len(lists), repeats)
    ]
    whole = figures([row for rows in lists for row in rows])
    return {name: _interval(whole[name], np.array([one[name] for one in drawn])) for name in whole}


def _draws(number: int, repeats: int) -> NDArray[np.int64]:
    # The same draws for every figure of as many requirements, so that runs repeat and figures compare.
    return np.random.default_rng(SEED).integers(0, number, (repeats, number))


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    tail = (1.0 - COVERAGE) / 2.0
    return Interval(value, float(np.quantile(drawn, tail)), float(np.quantile(drawn, 1.0 - tail)))
