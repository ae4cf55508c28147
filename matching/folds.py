"""Cross-validation by requirement: what is fitted is measured on requirements that it has not seen.

Near-duplicate requirements go into one fold, for one of them would tell the answer to the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matching.calibration_fit import fit_curves
from matching.types import Grade, Vectors

DUPLICATE_COSINE = 0.9
"""Between the vectors of two titles."""


def folds_of(keys: Sequence[str], titles: Vectors, *, number: int, seed: int = 0) -> dict[str, int]:
    """The fold, 0 … number - 1, of each requirement; `titles` (n, d) are the unit vectors of their titles.

    Near-duplicates, also by way of a third one, share a fold; folds are as equal in size as that allows.
    """
    order = sorted(range(len(keys)), key=lambda place: keys[place])
    leader = list(range(len(keys)))
    near = titles @ titles.T > DUPLICATE_COSINE
    for place in order:
        for other in np.flatnonzero(near[place]).tolist():
            _join(leader, place, other)
    groups: dict[int, list[int]] = {}
    for place in order:
        groups.setdefault(_leader_of(leader, place), []).append(place)
    shuffled = [
        list(groups.values())[place] for place in np.random.default_rng(seed).permutation(len(groups))
    ]
    sizes = [0] * number
    folds: dict[str, int] = {}
    for group in sorted(shuffled, key=len, reverse=True):
        smallest = sizes.index(min(sizes))
        sizes[smallest] += len(group)
        folds.update((keys[place], smallest) for place in group)
    return folds


def held_out_grades(pairs: Sequence[tuple[str, float, int]], folds: Mapping[str, int]) -> list[Grade]:
    """The reading of each pair (requirement, score, true grade) by curves fitted on the other folds only."""
    fold_of = np.array([folds[requirement] for requirement, _, _ in pairs], dtype=np.int64)
    scores = np.array([score for _, score, _ in pairs], dtype=np.float64)
    grades = np.array([grade for _, _, grade in pairs], dtype=np.int64)
    fitted = {
        fold: fit_curves(scores[fold_of != fold], grades[fold_of != fold])
        for fold in np.unique(fold_of).tolist()
    }
    return [fitted[fold].grade(score) for fold, score in zip(fold_of.tolist(), scores.tolist(), strict=True)]


def _leader_of(leader: list[int], place: int) -> int:
    while leader[place] != place:
        leader[place] = leader[leader[place]]
        place = leader[place]
    return place


def _join(leader: list[int], one: int, other: int) -> None:
    first, second = _leader_of(leader, one), _leader_of(leader, other)
    leader[max(first, second)] = min(first, second)
