"""Grades from scores."""

from __future__ import annotations

import pytest

from matching.calibrate import ADEQUATE, LETTERS, Curves, shipped_curves


def test_at_the_intercept_the_chance_is_one_half() -> None:
    grade = Curves((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)).grade(0.0)
    assert (grade.p2, grade.p3, grade.p4, grade.expected) == (0.5, 0.5, 0.5, 2.5)


def test_chances_never_rise_with_the_grade_even_where_curves_cross() -> None:
    grade = Curves((0.0, 1.0, 2.0), (1.0, 1.0, 1.0)).grade(0.0)
    assert grade.p2 == grade.p3 == grade.p4 == 0.5


@pytest.mark.parametrize("score", [-1e9, -3.0, 0.0, 5.0, 1e9])
def test_the_shipped_curves_give_sound_grades_for_any_score(score: float) -> None:
    grade = shipped_curves().grade(score)
    assert 0.0 <= grade.p4 <= grade.p3 <= grade.p2 <= 1.0
    assert 1.0 <= grade.expected <= 4.0


def test_a_better_score_never_gives_a_worse_grade() -> None:
    grades = [shipped_curves().grade(score / 4) for score in range(-20, 80)]
    assert [grade.expected for grade in grades] == sorted(grade.expected for grade in grades)
    assert "".join(grade.letter for grade in grades) == "".join(
        sorted((g.letter for g in grades), reverse=True)
    )
    assert {grade.letter for grade in grades} == {"A", "B", "C", "D"}


def test_adequate_means_a_letter_better_than_d() -> None:
    assert LETTERS[-1][1] == ADEQUATE
    for score in range(-5, 20):
        grade = shipped_curves().grade(float(score))
        assert grade.adequate == (grade.letter != "D")
