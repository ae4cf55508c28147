"""Fits what each part of a score counts, and the curves behind it, close to the version one starts from.

Both are penalised for moving away from that version, by how much is decided on held-back requirements: few or
contradictory judgments leave it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.calibrate import Curves
from matching.learn.examples import Doubles, Indices, Judged
from matching.learn.ranker import Ranker

PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0)
"""Tried from the weakest; beyond the last the starting version itself is tried."""
FOLDS = 5
LEAST, MOST = 0.1, 5.0
"""A part counts neither less nor more than this (before the common scale is set)."""
CURVE_PENALTY = 20.0
"""What the starting curves count for, in judged pairs, roughly."""
_STEPS = 30


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of one requirement's items, the better first: differences (k, p), weights (k,), groups (k,)."""

    differences: Doubles
    weights: Doubles
    groups: Indices


def fit(judged: Judged, start: Ranker, *, name: str, seed: int = 0) -> Ranker:
    """A version fitted on the judgments and shrunk to `start`; `start` under another name where nothing speaks
    for a change.

    Weights: logistic loss over pairs of one requirement with different grades (RankNet, Burges et al. 2005)
    plus penalty * |multipliers - start|² / 2. Of several penalties the largest is taken whose loss on held-back
    requirements lies within one standard error (of the paired difference) of the best.
    Curves: see `_fitted_curves`; only pairs that a person graded move them.
    """
    begin = start.factors(judged.names).astype(np.float64)
    pairs = _pairs(judged)
    steepness = float(np.mean(start.curves.slopes))
    penalty = _chosen_penalty(pairs, begin, steepness, seed=seed)
    factors = begin if penalty is None else _minimum(pairs, begin, steepness, penalty)
    if penalty is not None:
        factors = _on_the_same_scale(judged, factors, begin)
    multipliers = {name: round(float(value), 4) for name, value in zip(judged.names, factors, strict=True)}
    scores = judged.parts @ np.array(list(multipliers.values()))
    curves = _moved(start.curves, scores=scores, before=judged.parts @ begin, weights=judged.weights)
    graded = judged.is_graded
    curves = _fitted_curves(scores[graded], judged.grades[graded], judged.weights[graded], curves)
    return Ranker(name, curves, multipliers)


# --- what each part counts --------------------------------------------------------------------------------


def _pairs(judged: Judged) -> _Pairs:
    """All pairs of different grades. A requirement's pairs together weigh what its items do, less one item."""
    differences, weights, groups = [], [], []
    for group in judged.comparable():
        rows = np.flatnonzero(judged.groups == group)
        better, worse = np.nonzero(judged.grades[rows][:, None] > judged.grades[rows][None, :])
        first, second = rows[better], rows[worse]
        weight = (
            judged.weights[first] * judged.weights[second] * (judged.grades[first] - judged.grades[second])
        )
        whole = judged.weights[rows].mean() * (len(rows) - 1)
        differences.append(judged.parts[first] - judged.parts[second])
        weights.append(weight / weight.sum() * whole)
        groups.append(np.full(len(first), group))
    if not groups:
        return _Pairs(np.zeros((0, len(judged.names))), np.zeros(0), np.zeros(0, dtype=np.int64))
    return _Pairs(np.concatenate(differences), np.concatenate(weights), np.concatenate(groups))


def _minimum(pairs: _Pairs, begin: Doubles, steepness: float, penalty: float) -> Doubles:
    """The multipliers of least penalised loss, by Newton's method (the loss is convex), within the bounds."""
    factors = begin.copy()
    for _ in range(_STEPS):
        chances = _logistic(-steepness * (pairs.differences @ factors))
        pull = pairs.weights * chances * steepness
        gradient = penalty * (factors - begin) - pairs.differences.T @ pull
        spread = pairs.weights * chances * (1.0 - chances) * steepness**2
        curvature = (pairs.differences * spread[:, None]).T @ pairs.differences
        step = np.linalg.solve(curvature + penalty * np.eye(len(begin)), gradient)
        factors = factors - step
        if np.abs(step).max() < 1e-8:
            break
    return np.clip(factors, LEAST, MOST)


def _chosen_penalty(pairs: _Pairs, begin: Doubles, steepness: float, *, seed: int) -> float | None:
    """The largest penalty that is as good as the best; None: nothing is better than not moving at all."""
    groups = np.unique(pairs.groups)
    folds = folds_of(groups, seed=seed)
    if len(folds) < 2:
        return None
    losses = np.zeros((len(groups), len(PENALTIES) + 1))
    for held in folds:
        is_held = np.isin(pairs.groups, held)
        others = _Pairs(pairs.differences[~is_held], pairs.weights[~is_held], pairs.groups[~is_held])
        tried = [_minimum(others, begin, steepness, penalty) for penalty in PENALTIES]
        for column, factors in enumerate([*tried, begin]):
            values = np.logaddexp(0.0, -steepness * (pairs.differences[is_held] @ factors))
            values *= pairs.weights[is_held]
            for group in held:
                own = pairs.groups[is_held] == group
                losses[np.searchsorted(groups, group), column] = values[own].sum()
    best = int(losses.mean(axis=0).argmin())
    excess = losses - losses[:, [best]]
    allowance = excess.std(axis=0, ddof=1) / np.sqrt(len(groups))
    good = np.flatnonzero(excess.mean(axis=0) <= allowance)
    last = int(good.max())
    return None if last == len(PENALTIES) else PENALTIES[last]


def folds_of(groups: Indices, *, seed: int, number: int = FOLDS) -> list[Indices]:
    """The requirements in at most `number` folds of equal size, by chance that `seed` fixes."""
    order = np.random.default_rng(seed).permutation(groups)
    return [np.sort(order[place::number]) for place in range(min(number, len(groups)))]


def _on_the_same_scale(judged: Judged, factors: Doubles, begin: Doubles) -> Doubles:
    """The multipliers with one common factor, so that scores of judged pairs spread as far as before."""
    after = _deviation(judged.parts @ factors, judged.weights)
    before = _deviation(judged.parts @ begin, judged.weights)
    return factors * (before / after) if after > 1e-9 and before > 1e-9 else factors


# --- what a score means -----------------------------------------------------------------------------------


def _moved(curves: Curves, *, scores: Doubles, before: Doubles, weights: Doubles) -> Curves:
    """The curves moved by how far the mean score has moved: they say of the judged pairs what they said before."""
    if not len(scores):
        return curves
    shift = float(np.average(scores, weights=weights) - np.average(before, weights=weights))
    first, second, third = (
        intercept - slope * shift for intercept, slope in zip(curves.intercepts, curves.slopes, strict=True)
    )
    return Curves((first, second, third), curves.slopes)


def _fitted_curves(scores: Doubles, grades: Doubles, weights: Doubles, start: Curves) -> Curves:
    """Three logistic curves P(grade >= 2, 3, 4), each the most likely one under a normal prior around `start`.

    The prior is on the height at the mean score and on the slope per deviation of the scores, each with the
    variance 1 / CURVE_PENALTY; Newton's method.
    """
    if len(scores) < 2:
        return start
    mean, deviation = float(np.average(scores, weights=weights)), _deviation(scores, weights)
    if deviation < 1e-9:
        return start
    design = np.stack([np.ones_like(scores), (scores - mean) / deviation], axis=1)
    fitted = []
    for least, intercept, slope in zip((2, 3, 4), start.intercepts, start.slopes, strict=True):
        begin = np.array([intercept + slope * mean, slope * deviation])
        values, outcomes = begin.copy(), (grades >= least - 0.5).astype(np.float64)
        for _ in range(_STEPS):
            chances = _logistic(design @ values)
            gradient = CURVE_PENALTY * (values - begin) - design.T @ (weights * (outcomes - chances))
            curvature = (design * (weights * chances * (1.0 - chances))[:, None]).T @ design
            step = np.linalg.solve(curvature + CURVE_PENALTY * np.eye(2), gradient)
            values = values - step
            if np.abs(step).max() < 1e-8:
                break
        # A better score never means a worse grade, whatever the judgments say.
        steep = max(float(values[1]) / deviation, 0.01)
        fitted.append((round(float(values[0]) - steep * mean, 4), round(steep, 4)))
    (a2, b2), (a3, b3), (a4, b4) = fitted
    return Curves((a2, a3, a4), (b2, b3, b4))


def _logistic(values: Doubles) -> Doubles:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -60.0, 60.0)))


def _deviation(values: Doubles, weights: Doubles) -> float:
    mean = np.average(values, weights=weights)
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
