"""How good rankings and probabilities are against human grades (1 to 4); pure arithmetic on given lists.

Where the rankings come from and how figures are shown is left to the caller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Judgments = Mapping[str, Mapping[str, int]]
"""requirement -> achievement -> grade 1 … 4."""

RELEVANT = 3
"""From this grade on an achievement counts as relevant."""


@dataclass(frozen=True, slots=True)
class RankingQuality:
    """Means over requirements; `None` where no requirement could be counted.

    `ndcg`: over requirements with a judged achievement of grade 2 or more; `recall` and `mrr`: over
    those with a relevant one. `requirements` counts the first, `with_relevant` the second.
    """

    ndcg: float | None
    recall: float | None
    mrr: float | None
    requirements: int
    with_relevant: int


def gain(grade: int) -> float:
    """2^(grade - 1) - 1: 0, 1, 3, 7 for grades 1 to 4."""
    return float(2 ** (grade - 1) - 1)


def discounted_gain(grades: Sequence[int], *, depth: int) -> float:
    """Sum of gain / log2(place + 1) over the first `depth` places, counted from 1."""
    return sum(gain(grade) / math.log2(place + 1) for place, grade in enumerate(grades[:depth], start=1))


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = 10) -> float | None:
    """nDCG over the judged achievements only, in the order of the ranking; None when no grade has a gain.

    Judged achievements that the ranking lacks come after it, worst grade first, so leaving one out
    never helps.
    """
    ideal = discounted_gain(sorted(grades.values(), reverse=True), depth=depth)
    if ideal == 0:
        return None
    ranked = [key for key in dict.fromkeys(ranking) if key in grades]
    lacking = sorted(grades[key] for key in grades.keys() - set(ranked))
    return discounted_gain([*(grades[key] for key in ranked), *lacking], depth=depth) / ideal


def recall(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = 50) -> float | None:
    """Share of the relevant achievements among the first `depth` of the whole pool; None when none is
    relevant.
    """
    relevant = {key for key, grade in grades.items() if grade >= RELEVANT}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else None


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float | None:
    """1 / place of the first relevant achievement, 0 when the ranking lacks all; None when none is
    relevant.
    """
    if not any(grade >= RELEVANT for grade in grades.values()):
        return None
    for place, key in enumerate(ranking, start=1):
        if grades.get(key, 0) >= RELEVANT:
            return 1.0 / place
    return 0.0


@dataclass(frozen=True, slots=True)
class RequirementScores:
    """What `RankingQuality` is the mean of: one value per judged requirement, in the order of `keys`, None
    where it does not count."""

    keys: tuple[str, ...]
    ndcg: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    mrr: tuple[float | None, ...]


def requirement_scores(
    rankings: Mapping[str, Sequence[str]],
    judgments: Judgments,
    *,
    ndcg_depth: int = 10,
    recall_depth: int = 50,
) -> RequirementScores:
    """One value per judged requirement; one without a ranking counts as an empty ranking."""
    keys = tuple(sorted(judgments))
    ranked = [(rankings.get(key, ()), judgments[key]) for key in keys]
    return RequirementScores(
        keys,
        tuple(ndcg(ranking, grades, depth=ndcg_depth) for ranking, grades in ranked),
        tuple(recall(ranking, grades, depth=recall_depth) for ranking, grades in ranked),
        tuple(reciprocal_rank(ranking, grades) for ranking, grades in ranked),
    )


def ranking_quality(
    rankings: Mapping[str, Sequence[str]],
    judgments: Judgments,
    *,
    ndcg_depth: int = 10,
    recall_depth: int = 50,
) -> RankingQuality:
    """Quality over all judged requirements; one without a ranking counts as an empty ranking."""
    return quality_of(
        requirement_scores(rankings, judgments, ndcg_depth=ndcg_depth, recall_depth=recall_depth)
    )


def quality_of(scores: RequirementScores) -> RankingQuality:
    """The means of the values per requirement."""
    return RankingQuality(
        ndcg=_mean(scores.ndcg),
        recall=_mean(scores.recall),
        mrr=_mean(scores.mrr),
        requirements=sum(value is not None for value in scores.ndcg),
        with_relevant=sum(value is not None for value in scores.recall),
    )


@dataclass(frozen=True, slots=True)
class CalibrationQuality:
    """Over judged pairs. `brier`: mean squared error of P(grade >= 3), `base_brier` that of the base rate.

    `ece`: mean distance of stated and observed share over ten groups of equal size. `mae`: mean
    absolute error of the expected grade, `mae_rounded` of the expected grade rounded.
    """

    brier: float
    base_brier: float
    ece: float
    mae: float
    mae_rounded: float
    pairs: int


def calibration_quality(predictions: Sequence[tuple[float, float, int]]) -> CalibrationQuality | None:
    """From (P(grade >= 3), expected grade, true grade) of each judged pair; None without pairs."""
    if not predictions:
        return None
    number = len(predictions)
    outcomes = [float(grade >= RELEVANT) for _, _, grade in predictions]
    rate = sum(outcomes) / number
    return CalibrationQuality(
        brier=sum((row[0] - outcome) ** 2 for row, outcome in zip(predictions, outcomes, strict=True))
        / number,
        base_brier=rate * (1.0 - rate),
        ece=expected_calibration_error([row[0] for row in predictions], outcomes),
        mae=sum(abs(expected - grade) for _, expected, grade in predictions) / number,
        mae_rounded=sum(abs(math.floor(expected + 0.5) - grade) for _, expected, grade in predictions)
        / number,
        pairs=number,
    )


def expected_calibration_error(
    chances: Sequence[float], outcomes: Sequence[float], *, groups: int = 10
) -> float:
    """Mean |stated - observed| over `groups` groups of equal size along the stated probability."""
    ordered = sorted(zip(chances, outcomes, strict=True))
    number = len(ordered)
    total = 0.0
    for group in range(groups):
        part = ordered[group * number // groups : (group + 1) * number // groups]
        total += abs(sum(chance for chance, _ in part) - sum(outcome for _, outcome in part))
    return total / max(number, 1)


@dataclass(frozen=True, slots=True)
class ReliabilityGroup:
    """Pairs of like stated probability: the mean of what was stated, the share that was so, how many."""

    stated: float
    observed: float
    pairs: int


def reliability(
    chances: Sequence[float], outcomes: Sequence[float], *, groups: int = 10
) -> tuple[ReliabilityGroup, ...]:
    """The points of a reliability diagram: groups of equal size along the stated probability."""
    ordered = sorted(zip(chances, outcomes, strict=True))
    number = len(ordered)
    parts = [ordered[group * number // groups : (group + 1) * number // groups] for group in range(groups)]
    return tuple(
        ReliabilityGroup(
            sum(chance for chance, _ in part) / len(part),
            sum(outcome for _, outcome in part) / len(part),
            len(part),
        )
        for part in parts
        if part
    )


def _mean(values: Sequence[float | None]) -> float | None:
    counted = [value for value in values if value is not None]
    return sum(counted) / len(counted) if counted else None
