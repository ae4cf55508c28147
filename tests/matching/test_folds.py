"""Folds by requirement, and curves fitted on the other folds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from matching.calibration_fit import fit_curves
from matching.folds import folds_of, held_out_grades

KEYS = [f"r{place}" for place in range(10)]


def test_near_duplicates_share_a_fold_and_folds_are_even() -> None:
    titles = np.eye(10, dtype=np.float32)
    titles[7] = titles[3]
    titles[9] = titles[7]
    folds = folds_of(KEYS, titles, number=5)
    assert folds["r3"] == folds["r7"] == folds["r9"]
    assert sorted(Counter(folds.values()).values()) == [1, 2, 2, 2, 3]


def test_folds_do_not_depend_on_the_order_of_the_requirements() -> None:
    titles = np.eye(10, dtype=np.float32)
    assert folds_of(KEYS, titles, number=3) == folds_of(KEYS[::-1], titles, number=3)


def test_a_requirement_is_read_by_curves_that_have_not_seen_it() -> None:
    random = np.random.default_rng(0)
    pairs = [(key, float(score), 1 + int(score > 0)) for key in KEYS for score in random.normal(size=20)]
    pairs += [("odd", float(score), 4) for score in random.normal(size=20)]
    folds = {key: place % 2 for place, key in enumerate(KEYS)} | {"odd": 2}
    stated = held_out_grades(pairs, folds)
    assert max(grade.p4 for grade in stated[-20:]) < 0.02 < min(grade.p4 for grade in stated[:-20])


def test_curves_find_the_chances_that_made_the_grades() -> None:
    random = np.random.default_rng(1)
    scores = random.normal(size=20_000)
    chances = 1.0 / (1.0 + np.exp(1.0 - 0.8 * scores))
    grades = 1 + (random.random(len(scores)) < chances).astype(np.int64)
    fitted = fit_curves(scores, grades)
    assert (fitted.intercepts[0], fitted.slopes[0]) == pytest.approx((-1.0, 0.8), abs=0.06)


def test_grades_that_are_all_alike_give_no_certainty() -> None:
    fitted = fit_curves(np.zeros(4), np.full(4, 4))
    assert 0.5 < fitted.grade(0.0).p4 < 0.9
