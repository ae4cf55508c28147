"""Fits the three curves of `calibrate` on graded pairs: a cumulative logistic regression on the score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.calibrate import Curves

Floats = NDArray[np.float64]

RIDGE = 10.0
"""Penalty on the standardised slope; it hardly matters with thousands of pairs."""


def fit_curves(scores: Floats, grades: NDArray[np.int64]) -> Curves:
    """From scores (n,) and grades 1 … 4 (n,) of pairs; three separate curves, which `Curves` keeps in order."""
    fitted = [_logistic(scores, (grades >= least).astype(np.float64)) for least in (2, 3, 4)]
    (a2, b2), (a3, b3), (a4, b4) = fitted
    return Curves((a2, a3, a4), (b2, b3, b4))


def _logistic(scores: Floats, outcomes: Floats) -> tuple[float, float]:
    """Intercept and slope of P = 1 / (1 + exp(-(a + b score))) by Newton's method with a ridge on the slope.

    One pair of either outcome is added at the mean score, so that outcomes that are all alike give no
    certainty.
    """
    mean, deviation = float(scores.mean()), max(float(scores.std()), 1e-6)
    scaled = np.concatenate([(scores - mean) / deviation, [0.0, 0.0]])
    outcomes = np.concatenate([outcomes, [0.0, 1.0]])
    design = np.stack([np.ones_like(scaled), scaled], axis=1)
    weights = np.zeros(2)
    for _ in range(50):
        chances = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -60.0, 60.0)))
        gradient = design.T @ (outcomes - chances) - np.array([0.0, RIDGE * weights[1]])
        curvature = (design * (chances * (1.0 - chances))[:, None]).T @ design + np.diag([1e-9, RIDGE])
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    slope = weights[1] / deviation
    return float(weights[0] - slope * mean), float(slope)
