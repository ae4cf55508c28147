"""Judgments become arrays in which each pair stands once and weighs what it should."""

from __future__ import annotations

import pytest

from matching.learn import Example, age_weight, gather, propensity


def test_a_place_further_down_is_less_likely_looked_at_and_never_below_the_clip() -> None:
    assert propensity(None) == propensity(1) == 1.0
    assert propensity(4) == pytest.approx(0.5)
    assert propensity(25) == propensity(10_000) == pytest.approx(0.2)


def test_a_judgment_of_two_years_counts_half_and_none_counts_more_than_once() -> None:
    assert age_weight(730) == pytest.approx(0.5)
    assert age_weight(-5) == 1.0


def test_grades_of_one_pair_are_averaged_by_weight() -> None:
    found = gather(
        [Example("r", "a", {}, 2.0, weight=1.0), Example("r", "a", {}, 3.0, weight=3.0)], names=("one",)
    )
    assert found.grades.tolist() == [2.75]


def test_a_pair_whose_graders_contradict_each_other_is_left_out() -> None:
    found = gather([Example("r", "a", {}, 1.0), Example("r", "a", {}, 4.0), Example("r", "b", {}, 2.0)])
    assert len(found) == 1


def test_a_grade_by_a_person_counts_instead_of_what_was_concluded_from_acts() -> None:
    found = gather([Example("r", "a", {}, 4.0, is_graded=False), Example("r", "a", {}, 2.0)])
    assert found.grades.tolist() == [2.0]
    assert found.is_graded.tolist() == [True]


def test_weights_are_scaled_to_a_mean_of_one_and_parts_that_lack_are_zero() -> None:
    found = gather(
        [Example("r", "a", {"one": 5.0}, 1.0, weight=2.0), Example("s", "b", {}, 2.0, weight=6.0)],
        names=("one", "two"),
    )
    assert found.weights.tolist() == [0.5, 1.5]
    assert found.parts.tolist() == [[5.0, 0.0], [0.0, 0.0]]
    assert found.requirements == ("r", "s")


def test_only_requirements_with_different_grades_are_comparable() -> None:
    found = gather(
        [
            Example("r", "a", {}, 1.0),
            Example("r", "b", {}, 1.0),
            Example("s", "a", {}, 1.0),
            Example("s", "b", {}, 2.0),
        ]
    )
    assert [found.requirements[group] for group in found.comparable()] == ["s"]


def test_nothing_gathered_is_empty() -> None:
    assert len(gather([])) == 0
