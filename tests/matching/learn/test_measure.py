"""Trials compare on unseen requirements, and the rule lets only what is better beyond noise go live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from matching.learn import Example, Judged, gather, judge, shipped, try_out
from matching.learn.measure import Difference, Trial, difference, log_loss, ndcg
from tests.matching.learn.judged_pairs import examples, judged


def trial_of(given: Judged) -> Trial:
    return try_out(given, live=shipped(), start=shipped())


def test_a_perfect_order_has_an_ndcg_of_one_and_a_known_order_a_known_one() -> None:
    def pairs(good: float) -> Judged:
        return gather(
            [Example("r", "a", {"dense_full": good}, 4.0), Example("r", "b", {"dense_full": 0.0}, 1.0)]
        )

    assert ndcg(pairs(1.0), shipped()) == pytest.approx(1.0)
    assert ndcg(pairs(-1.0), shipped()) == pytest.approx(1.0 / np.log2(3))


def test_log_loss_is_that_of_the_stated_probability() -> None:
    given = gather([Example("r", "a", {}, 4.0), Example("r", "b", {}, 1.0)])
    chance = shipped().curves.grade(0.0).p3
    assert log_loss(given, shipped()) == pytest.approx(-(np.log(chance) + np.log(1 - chance)) / 2)


def test_an_interval_holds_its_mean_and_is_wide_with_few_requirements() -> None:
    chance = np.random.default_rng(3)
    many = np.stack([np.zeros(60), chance.normal(0.1, 0.1, 60)], axis=1)
    wide, narrow = difference(many[:5]), difference(many)
    for one in (wide, narrow):
        assert one.low < one.mean < one.high
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_weights_that_were_wrong_are_found_better_and_may_go_live() -> None:
    verdict = judge(trial_of(judged({"lexical_full": 3.0, "dense_full": 0.1}, requirements=60)))
    assert verdict.is_better
    assert verdict.may_be_used
    assert verdict.reasons == ()


def test_weights_that_were_right_are_not_replaced() -> None:
    verdict = judge(trial_of(judged({}, requirements=60)))
    assert not verdict.is_better


@pytest.mark.parametrize("seed", range(5))
def test_wrong_grades_do_not_make_a_worse_version_go_live(seed: int) -> None:
    verdict = judge(trial_of(judged({}, requirements=40, wrong=0.4, seed=seed)))
    assert not verdict.is_better


def test_grades_that_contradict_the_texts_are_not_learned_from() -> None:
    given = [
        Example(one.requirement, one.item, one.parts, 5.0 - one.grade)
        for one in examples({}, requirements=60)
    ]
    verdict = judge(trial_of(gather(given)))
    assert not verdict.may_be_used
    assert "judgments_contradict_texts" in verdict.reasons


def test_a_handful_of_requirements_is_too_few() -> None:
    assert judge(None).reasons == ("too_few_requirements",)
    verdict = judge(trial_of(judged({"lexical_full": 5.0}, requirements=9)))
    assert verdict.reasons == ("too_few_requirements",)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        trial_of(judged({}, requirements=1))


def test_better_probabilities_alone_are_left_to_a_person() -> None:
    def made(mean: float, reach: float) -> Difference:
        return Difference(0.0, mean, mean, mean - reach, mean + reach, 40)

    trial = Trial(
        ndcg=made(0.001, 0.01),
        log_loss=made(-0.1, 0.05),
        level=made(0.02, 0.01),
        concordance=made(0.2, 0.05),
    )
    verdict = judge(trial)
    assert (verdict.is_better, verdict.may_be_used) == (False, True)
    worse = judge(replace(trial, ndcg=made(-0.001, 0.01)))
    assert not worse.may_be_used
    moved = judge(replace(trial, ndcg=made(0.05, 0.01), level=made(0.2, 0.01)))
    assert (moved.is_better, moved.may_be_used) == (False, True)
    assert moved.reasons == ("probabilities_moved_far",)
    careless = judge(replace(trial, level=made(0.2, 0.01)))
    assert not careless.may_be_used


def test_a_trial_can_be_stopped_between_two_folds() -> None:
    class Stop(Exception):
        pass

    seen: list[tuple[int, int]] = []

    def stop_at(last: int) -> Callable[[int, int], None]:
        def on_fold(done: int, total: int) -> None:
            seen.append((done, total))
            if done == last:
                raise Stop

        return on_fold

    with pytest.raises(Stop):
        try_out(judged({}), live=shipped(), start=shipped(), on_fold=stop_at(2))
    assert seen == [(0, 5), (1, 5), (2, 5)]
