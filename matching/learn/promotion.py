"""The rule that decides whether what was learned may go live: better beyond noise, and no reason to doubt it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matching.learn.measure import Trial

LEAST_REQUIREMENTS = 10
"""With fewer requirements that have differing grades, no difference is beyond noise."""

MOST_MOVED = 0.1
"""A mean P(grade >= 3) that moves further than this is a sign of careless grades as much as of generous graders."""

Reason = Literal[
    "too_few_requirements",
    "judgments_contradict_texts",
    "ranking_not_better_beyond_noise",
    "ranking_worse",
    "calibration_worse",
    "probabilities_moved_far",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_better`: the ranking is better beyond noise, and neither are the probabilities worse nor do they move
    far, so it may go live by itself. `may_be_used`: that, or a person has something to decide: the ranking is
    better and the probabilities move far, or these are better beyond noise without moving far and the ranking
    is no worse. `reasons` say what is lacking.
    """

    is_better: bool
    may_be_used: bool
    reasons: tuple[Reason, ...]


def judge(trial: Trial | None) -> Verdict:
    """The verdict on a trial; None: there were not enough judgments for one.

    Better probabilities alone do not suffice to go live unattended: careless grades shift the share of good
    ones, and then the curves that fit the carelessness win, whereas an order that careless grades prefer
    beyond noise is unlikely.
    """
    if trial is None or trial.ndcg.number < LEAST_REQUIREMENTS:
        return Verdict(False, False, ("too_few_requirements",))
    reasons: list[Reason] = []
    if trial.concordance.low <= 0:
        reasons.append("judgments_contradict_texts")
    if trial.ndcg.low <= 0:
        reasons.append("ranking_worse" if trial.ndcg.mean < 0 else "ranking_not_better_beyond_noise")
    loss, level = trial.log_loss, trial.level
    if loss is not None and loss.mean > 0:
        reasons.append("calibration_worse")
    if level is not None and abs(level.mean) > MOST_MOVED:
        reasons.append("probabilities_moved_far")
    is_ranking_better = set(reasons) <= {"probabilities_moved_far"}
    is_calibrated_better = loss is not None and loss.high < 0
    may_be_used = is_ranking_better or (
        is_calibrated_better and reasons == ["ranking_not_better_beyond_noise"]
    )
    return Verdict(not reasons, may_be_used, tuple(reasons))
