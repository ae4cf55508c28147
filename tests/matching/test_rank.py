"""Standardising, scoring and aggregating."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching.calibrate import shipped_curves
from matching.config import EngineConfig
from matching.rank import Standard, by_solver, contributions
from matching.types import Candidate

CONFIG = EngineConfig()


def candidate(rank: int, score: float, solver: str | None) -> Candidate:
    return Candidate("r", f"a{rank}", solver, rank, score, shipped_curves().grade(score))


def test_standardised_parts_sum_to_the_standardised_sum() -> None:
    sample = np.array([[1.0, 0.0], [3.0, 2.0]], dtype=np.float32)
    standard = Standard.of(sample, mean=0.0, deviation=1.0, prior=0.0)
    parts = standard.apply(np.array([[3.0, 2.0], [2.0, 1.0]], dtype=np.float32))
    assert parts.sum(axis=1) == pytest.approx([1.0, 0.0])


def test_a_small_sample_is_drawn_towards_the_given_figures() -> None:
    one = np.array([[5.0]], dtype=np.float32)
    standard = Standard.of(one, mean=1.0, deviation=2.0, prior=3.0)
    assert standard.means.tolist() == [2.0]
    assert standard.deviation == pytest.approx(np.sqrt(3.0))
    empty = Standard.of(np.zeros((0, 2), dtype=np.float32), mean=1.0, deviation=2.0, prior=3.0)
    assert empty.means.tolist() == [0.5, 0.5]
    assert empty.deviation == 2.0


def test_a_sample_without_spread_does_not_divide_by_zero() -> None:
    standard = Standard.of(np.ones((4, 1), dtype=np.float32), mean=0.0, deviation=0.0, prior=0.0)
    assert np.isfinite(standard.apply(np.ones((1, 1), dtype=np.float32))).all()


def test_a_solver_is_ranked_by_its_best_achievement_plus_a_small_bonus() -> None:
    ranked = [candidate(1, 5.0, "x"), candidate(2, 4.9, "y"), candidate(3, 4.0, "y"), candidate(4, 1.0, None)]
    solvers = by_solver(ranked, limit=5, config=CONFIG)
    assert [(one.solver, one.rank) for one in solvers] == [("y", 1), ("x", 2)]
    assert solvers[0].score == pytest.approx(4.9 + CONFIG.solver_bonus * 4.0)
    assert solvers[0].best.achievement == "a2"
    assert solvers[0].achievements == ("a2", "a3")


def test_breadth_does_not_outweigh_a_clearly_better_achievement() -> None:
    ranked = [candidate(1, 6.0, "x"), *(candidate(place, 4.0, "y") for place in range(2, 12))]
    assert by_solver(ranked, limit=1, config=CONFIG)[0].solver == "x"


def test_poor_further_achievements_cost_a_solver_nothing() -> None:
    ranked = [candidate(1, 2.0, "x"), candidate(2, -3.0, "x")]
    assert by_solver(ranked, limit=1, config=CONFIG)[0].score == 2.0
    assert by_solver([], limit=3, config=replace(CONFIG, solver_bonus=1.0)) == ()


def test_contributions_carry_the_names_of_the_recipe() -> None:
    named = contributions(np.arange(6, dtype=np.float32))
    assert [one.value for one in named] == [0, 1, 2, 3, 4, 5]
    assert named[0].name == "dense_full"
    assert named[-1].name == "feedback"
