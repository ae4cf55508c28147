"""Judged pairs whose grades follow from known weights of the parts, as few or as noisy as a test wants them."""

from __future__ import annotations

import numpy as np

from matching.learn import Example, Judged, gather
from matching.rank import PARTS


def examples(
    truth: dict[str, float], *, requirements: int = 40, items: int = 10, wrong: float = 0.0, seed: int = 1
) -> list[Example]:
    """Grades 1 to 4 by the true score among all pairs; a share of them turned round."""
    chance = np.random.default_rng(seed)
    factors = np.array([truth.get(name, 1.0) for name in PARTS])
    parts = chance.normal(size=(requirements * items, len(PARTS)))
    scores = parts @ factors + chance.normal(scale=0.5, size=len(parts))
    grades = 1 + np.searchsorted(np.quantile(scores, [0.4, 0.88, 0.96]), scores)
    is_wrong = chance.random(len(grades)) < wrong
    grades[is_wrong] = 5 - grades[is_wrong]
    return [
        Example(f"r{row // items:03}", f"a{row:05}", dict(zip(PARTS, part, strict=True)), float(grade))
        for row, (part, grade) in enumerate(zip(parts.tolist(), grades, strict=True))
    ]


def judged(
    truth: dict[str, float], *, requirements: int = 40, items: int = 10, wrong: float = 0.0, seed: int = 1
) -> Judged:
    return gather(examples(truth, requirements=requirements, items=items, wrong=wrong, seed=seed))
