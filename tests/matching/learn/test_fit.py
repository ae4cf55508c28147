"""A fit finds the weights behind clear judgments and stays where it began when they say little."""

from __future__ import annotations

import numpy as np
import pytest

from matching.learn import Example, fit, gather, shipped
from matching.learn.fit import LEAST, MOST
from matching.learn.measure import scores_of
from matching.rank import PARTS
from tests.matching.learn.judged_pairs import examples, judged


def test_clear_judgments_move_the_weights_towards_what_they_follow() -> None:
    found = fit(judged({"lexical_full": 3.0, "dense_full": 0.2}, requirements=80), shipped(), name="v1")
    assert found.name == "v1"
    assert found.multipliers["lexical_full"] == max(found.multipliers.values())
    assert found.multipliers["dense_full"] == min(found.multipliers.values())
    assert found.multipliers["lexical_full"] / found.multipliers["dense_full"] > 4


def test_judgments_that_agree_with_the_start_leave_the_weights_nearly_as_they_are() -> None:
    found = fit(judged({}), shipped(), name="v1")
    assert all(0.7 < value < 1.4 for value in found.multipliers.values())


def test_grades_by_chance_leave_the_weights_nearly_as_they_are() -> None:
    given = examples({}, requirements=30)
    shuffled = np.random.default_rng(5).permutation([one.grade for one in given])
    noise = [
        Example(one.requirement, one.item, one.parts, float(grade))
        for one, grade in zip(given, shuffled, strict=True)
    ]
    found = fit(gather(noise), shipped(), name="v1")
    assert all(0.5 < value < 1.6 for value in found.multipliers.values())


def test_too_few_judgments_leave_the_weights_exactly_as_they_are() -> None:
    for given in ([], examples({}, requirements=1)):
        found = fit(gather(given), shipped(), name="v1")
        assert found.is_as_shipped
    assert fit(gather([]), shipped(), name="v1").curves == shipped().curves


def test_scores_of_the_judged_pairs_keep_their_spread() -> None:
    given = judged({"lexical_full": 3.0}, requirements=60)
    found = fit(given, shipped(), name="v1")
    assert scores_of(given, found).std() == pytest.approx(scores_of(given, shipped()).std(), rel=0.01)


def test_weights_stay_within_their_bounds_and_the_fit_is_the_same_every_time() -> None:
    given = judged({"lexical_full": 50.0, "feedback": -20.0}, requirements=60)
    found = fit(given, shipped(), name="v1")
    assert found == fit(given, shipped(), name="v1")
    assert max(found.multipliers.values()) / min(found.multipliers.values()) <= MOST / LEAST * 1.01
    assert min(found.multipliers.values()) > 0


def test_generous_graders_raise_the_probabilities_and_a_better_score_never_lowers_them() -> None:
    given = [
        Example(one.requirement, one.item, one.parts, 4.0 if one.grade > 1 else 3.0)
        for one in examples({}, requirements=60)
    ]
    found = fit(gather(given), shipped(), name="v1")
    assert found.curves.grade(0.0).p3 > shipped().curves.grade(0.0).p3 + 0.3
    chances = [found.curves.grade(score).p3 for score in (-3.0, 0.0, 3.0)]
    assert chances == sorted(chances)


def test_what_was_concluded_from_acts_does_not_move_the_probabilities() -> None:
    acts = [
        Example(one.requirement, one.item, one.parts, 4.0 if one.grade > 2 else 3.0, is_graded=False)
        for one in examples({}, requirements=60)
    ]
    assert fit(gather(acts), shipped(), name="v1").curves.slopes == shipped().curves.slopes


def test_every_part_has_a_weight() -> None:
    assert set(fit(judged({}), shipped(), name="v1").multipliers) == set(PARTS)
