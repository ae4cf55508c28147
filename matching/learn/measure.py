"""Compares what would be learned with the live version on requirements that it was not learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.learn.examples import Doubles, Indices, Judged
from matching.learn.fit import fit, folds_of
from matching.learn.ranker import Ranker

DEPTH = 10
RESAMPLES = 2000
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
            2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
            2.045)  # fmt: skip
"""0.975 quantiles of Student's t for 1, 2, … degrees of freedom; 2.04 beyond is still on the safe side."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean paired difference over `number` requirements with a 95 % interval, `before` and `after`."""

    before: float
    after: float
    mean: float
    low: float
    high: float
    number: int


@dataclass(frozen=True, slots=True)
class Trial:
    """How a fit does beside the live version, both on requirements that the fit has not seen.

    `ndcg`: nDCG@10 over judged pairs, higher is better. `log_loss` of P(grade >= 3), lower is better, over
    graded pairs (None without any), and `level` the mean of that probability. `concordance`: share of pairs
    that the start version orders as the judgments do, against 0.5.
    """

    ndcg: Difference
    log_loss: Difference | None
    level: Difference | None
    concordance: Difference


def try_out(
    judged: Judged,
    *,
    live: Ranker,
    start: Ranker,
    seed: int = 0,
    on_fold: Callable[[int, int], None] = lambda done, total: None,
) -> Trial:
    """Five folds by requirement: fitted from `start` on four, compared with `live` on the fifth.

    A live version that was itself learned from some of these judgments has the advantage here, so the
    comparison errs on the side of leaving things as they are. `on_fold` may raise to stop. Raises `ValueError`
    with fewer than two requirements whose grades differ.
    """
    groups = judged.comparable()
    if len(groups) < 2:
        raise ValueError("nothing to compare: fewer than two requirements with different grades")
    folds = folds_of(groups, seed=seed)
    ndcgs, losses, levels, orders = [], [], [], []
    for place, held in enumerate(folds):
        on_fold(place, len(folds))
        others = np.setdiff1d(np.unique(judged.groups), held)
        candidate = fit(judged.of(others), start, name="candidate", seed=seed)
        for group in held:
            own = judged.of(np.array([group]))
            ndcgs.append((ndcg(own, live), ndcg(own, candidate)))
            orders.append((0.5, _concordance(own, start)))
            if own.is_graded.any():
                losses.append((log_loss(own, live), log_loss(own, candidate)))
                levels.append((_level(own, live), _level(own, candidate)))
    return Trial(
        ndcg=difference(np.array(ndcgs), seed=seed),
        log_loss=difference(np.array(losses), seed=seed) if len(losses) > 1 else None,
        level=difference(np.array(levels), seed=seed) if len(levels) > 1 else None,
        concordance=difference(np.array(orders), seed=seed),
    )


def difference(values: Doubles, *, seed: int = 0) -> Difference:
    """From (before, after) per requirement, (n, 2) with n >= 2: the wider of the bootstrap percentile interval
    and Student's, because the percentiles of few requirements are too narrow.
    """
    change = values[:, 1] - values[:, 0]
    number = len(change)
    picks = np.random.default_rng(seed).integers(0, number, size=(RESAMPLES, number))
    low, high = np.quantile(change[picks].mean(axis=1), [0.025, 0.975])
    mean = float(change.mean())
    quantile = _STUDENT[number - 2] if number - 2 < len(_STUDENT) else 2.04
    reach = quantile * float(change.std(ddof=1)) / number**0.5
    return Difference(
        before=float(values[:, 0].mean()),
        after=float(values[:, 1].mean()),
        mean=mean,
        low=min(float(low), mean - reach),
        high=max(float(high), mean + reach),
        number=number,
    )


def scores_of(judged: Judged, ranker: Ranker) -> Doubles:
    """(n,) float64: the judged pairs' scores in this version."""
    return np.asarray(judged.parts @ ranker.factors(judged.names).astype(np.float64))


def ndcg(judged: Judged, ranker: Ranker) -> float:
    """nDCG@10 of one requirement's judged pairs, gains 2^(grade - 1) - 1 times the weights (for equal weights
    the usual measure; with inverse propensities that of Agarwal et al., SIGIR 2019). Equal scores go worst first.
    """
    gains = (2.0 ** (judged.grades - 1.0) - 1.0) * judged.weights
    discounts = 1.0 / np.log2(np.arange(2, min(len(gains), DEPTH) + 2))
    ideal = float(np.sort(gains)[::-1][:DEPTH] @ discounts)
    order: Indices = np.lexsort((gains, -scores_of(judged, ranker)))
    return float(gains[order][:DEPTH] @ discounts) / ideal if ideal > 0 else 1.0


def log_loss(judged: Judged, ranker: Ranker) -> float:
    """Mean -ln of the probability that was given to what the graders said: grade 3 or more, or less."""
    chances = np.clip(_chances(judged, ranker), 1e-6, 1.0 - 1e-6)
    outcomes = judged.grades[judged.is_graded] >= 2.5
    return float(np.average(-np.log(np.where(outcomes, chances, 1.0 - chances))))


def _level(judged: Judged, ranker: Ranker) -> float:
    return float(_chances(judged, ranker).mean())


def _chances(judged: Judged, ranker: Ranker) -> Doubles:
    """P(grade >= 3) of the graded pairs."""
    scores = scores_of(judged, ranker)[judged.is_graded]
    return np.array([ranker.curves.grade(float(score)).p3 for score in scores])


def _concordance(judged: Judged, ranker: Ranker) -> float:
    scores = scores_of(judged, ranker)
    better, worse = np.nonzero(judged.grades[:, None] > judged.grades[None, :])
    ahead = scores[better] - scores[worse]
    return float(np.mean((ahead > 0) + 0.5 * (ahead == 0)))
