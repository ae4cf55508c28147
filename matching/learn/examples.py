"""From judgments to arrays: what was judged, how it was scored, and how much each judgment counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.rank import PARTS

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

STEEPNESS = 0.5
"""Exponent of the chance that a place of a list is looked at. Not estimated: a short list that officials read
through falls off less steeply than the 1 of web search results."""
LEAST_PROPENSITY = 0.2
"""No judgment counts more than 1 / this for where it stood in a list."""
HALF_LIFE_DAYS = 730.0
"""A judgment of this age counts half: needs, techniques and judges change."""
CONTRADICTION = 2.0
"""Grades of one pair by different people that lie this far apart say nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """One judgment of a pair. `parts` are those of its score as shipped, by name; `grade` lies in [1, 4].

    `weight` > 0 says how much it counts. `is_graded`: a person gave the grade itself; otherwise it was
    concluded from what people did.
    """

    requirement: str
    item: str
    parts: Mapping[str, float]
    grade: float
    weight: float = 1.0
    is_graded: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """n judged pairs by requirement: parts (n, p) float64, grades, weights, is_graded and groups (n,).

    `groups` number the requirements from 0 in ascending order; `requirements[group]` is its key.
    """

    names: tuple[str, ...]
    parts: Doubles
    grades: Doubles
    weights: Doubles
    is_graded: NDArray[np.bool_]
    groups: Indices
    requirements: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.grades)

    def of(self, groups: Indices) -> Judged:
        """The pairs of these requirements; their numbers stay as they are."""
        rows = np.isin(self.groups, groups)
        return Judged(
            self.names,
            self.parts[rows],
            self.grades[rows],
            self.weights[rows],
            self.is_graded[rows],
            self.groups[rows],
            self.requirements,
        )

    def comparable(self) -> Indices:
        """The requirements of which at least two pairs have different grades, ascending."""
        return np.array(
            [
                group
                for group in np.unique(self.groups)
                if len(np.unique(self.grades[self.groups == group])) > 1
            ],
            dtype=np.int64,
        )


def propensity(rank: int | None) -> float:
    """The chance that somebody looked at this place of a list: (1 / rank) ** 0.5, at least 0.2.

    1 for what was not found through a list. The position-based model of Joachims, Swaminathan and Schnabel,
    "Unbiased Learning-to-Rank with Biased Feedback" (WSDM 2017), section 5, with its clipping: judgments
    weigh 1 / propensity, and the clip bounds the variance at the price of some bias.
    """
    if rank is None:
        return 1.0
    return max(LEAST_PROPENSITY, float((1.0 / max(rank, 1)) ** STEEPNESS))


def age_weight(days: float) -> float:
    """0.5 ** (days / 730), 1 for what lies in the future."""
    return float(0.5 ** (max(days, 0.0) / HALF_LIFE_DAYS))


def gather(examples: Iterable[Example], names: Sequence[str] = PARTS) -> Judged:
    """The examples as arrays, one row per pair: grades of the same pair are averaged by weight.

    Pairs whose graders contradict each other by two grades or more are left out; where somebody graded a
    pair, what was concluded from acts no longer counts. The weights are scaled to a mean of 1, so that only
    their proportions matter.
    """
    by_pair: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        by_pair.setdefault((example.requirement, example.item), []).append(example)
    kept: list[tuple[str, Example]] = []
    for (requirement, _), found in sorted(by_pair.items()):
        graded = [one for one in found if one.is_graded]
        counted = graded or found
        grades = [one.grade for one in counted]
        if graded and max(grades) - min(grades) >= CONTRADICTION:
            continue
        whole = sum(one.weight for one in counted)
        mean = sum(one.grade * one.weight for one in counted) / whole
        last = counted[-1]
        kept.append((requirement, Example(requirement, last.item, last.parts, mean, whole, bool(graded))))
    requirements = tuple(sorted({requirement for requirement, _ in kept}))
    number = {key: place for place, key in enumerate(requirements)}
    weights = np.array([one.weight for _, one in kept], dtype=np.float64)
    rows = [[one.parts.get(name, 0.0) for name in names] for _, one in kept]
    return Judged(
        names=tuple(names),
        parts=np.array(rows, dtype=np.float64).reshape(len(kept), len(names)),
        grades=np.array([one.grade for _, one in kept], dtype=np.float64),
        weights=weights / weights.mean() if len(kept) else weights,
        is_graded=np.array([one.is_graded for _, one in kept], dtype=np.bool_),
        groups=np.array([number[requirement] for requirement, _ in kept], dtype=np.int64),
        requirements=requirements,
    )
