"""The measures, against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from matching.evaluate import (
    calibration_quality,
    expected_calibration_error,
    ndcg,
    ranking_quality,
    recall,
    reciprocal_rank,
)

GRADES = {"a": 4, "b": 3, "c": 1}


def test_ndcg_looks_at_judged_achievements_only() -> None:
    assert ndcg(["x", "a", "y", "b", "c"], GRADES) == 1.0
    swapped = (3 + 7 / math.log2(3)) / (7 + 3 / math.log2(3))
    assert ndcg(["b", "x", "a"], GRADES) == pytest.approx(swapped)


def test_leaving_out_a_judged_achievement_never_helps() -> None:
    assert ndcg([], GRADES) == pytest.approx((3 / math.log2(3) + 7 / 2) / (7 + 3 / math.log2(3)))
    assert ndcg(["c"], GRADES) == ndcg([], GRADES)


def test_without_any_gain_there_is_no_ndcg() -> None:
    assert ndcg(["a"], {"a": 1}) is None


def test_recall_and_first_rank_count_the_whole_pool() -> None:
    assert recall(["x", "a", "b"], GRADES, depth=2) == 0.5
    assert recall(["x"], {"x": 2}) is None
    assert reciprocal_rank(["x", "y", "b"], GRADES) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"], GRADES) == 0.0
    assert reciprocal_rank(["x"], {"x": 2}) is None


def test_means_leave_out_requirements_that_cannot_be_counted() -> None:
    quality = ranking_quality({"r": ["a", "b"]}, {"r": GRADES, "dull": {"a": 1}, "lost": {"z": 4}})
    assert (quality.requirements, quality.with_relevant) == (2, 2)
    assert quality.recall == 0.5
    assert quality.mrr == 0.5
    assert ranking_quality({}, {}).ndcg is None


def test_brier_and_grade_errors() -> None:
    quality = calibration_quality([(1.0, 4.0, 4), (0.0, 1.4, 2)])
    assert quality is not None
    assert quality.brier == 0.0
    assert quality.base_brier == 0.25
    assert quality.mae == pytest.approx(0.3)
    assert quality.mae_rounded == 0.5
    assert calibration_quality([]) is None


def test_calibration_error_compares_groups() -> None:
    assert expected_calibration_error([0.5, 0.5], [1.0, 0.0], groups=1) == 0.0
    assert expected_calibration_error([0.9, 0.9], [0.0, 0.0], groups=2) == pytest.approx(0.9)
