"""What a score means: probabilities of the grades a reviewer would give, by three logistic curves.

The curves are fitted by `scripts/fit_calibration.py` on graded pairs. Scores are in deviations of a
reference sample blended with shipped figures (see `rank.Standard`), which is what keeps the curves
meaningful for pools of another size. They hold for pairs that a reviewer would be shown, the top fifty or
so; over all pairs the chances are lower.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from matching.types import Grade, Letter

LETTERS: tuple[tuple[Letter, float], ...] = (("A", 0.50), ("B", 0.35), ("C", 0.25))
"""Each letter's least P(grade >= 3); D below. In the fitted data one judged pair in eight has grade 3 or
4.
"""
ADEQUATE = 0.25
"""From this P(grade >= 3) on a candidate is worth telling the seeker."""


@dataclass(frozen=True, slots=True)
class Curves:
    """P(grade >= 2, 3, 4) = 1 / (1 + exp(-(intercept + slope * score))), made to fall from one to the
    next.
    """

    intercepts: tuple[float, float, float]
    slopes: tuple[float, float, float]

    def grade(self, score: float) -> Grade:
        chances: list[float] = []
        for intercept, slope in zip(self.intercepts, self.slopes, strict=True):
            exponent = max(min(intercept + slope * score, 60.0), -60.0)
            chances.append(min([1.0 / (1.0 + math.exp(-exponent)), *chances[-1:]]))
        p2, p3, p4 = chances
        letter: Letter = next((letter for letter, least in LETTERS if p3 >= least), "D")
        return Grade(p2, p3, p4, 1.0 + p2 + p3 + p4, letter, p3 >= ADEQUATE)


@lru_cache(maxsize=1)
def shipped_curves() -> Curves:
    content = json.loads(
        resources.files("matching").joinpath("data", "calibration.json").read_text(encoding="utf-8")
    )
    first, second, third = (float(value) for value in content["intercepts"])
    one, two, three = (float(value) for value in content["slopes"])
    return Curves((first, second, third), (one, two, three))
