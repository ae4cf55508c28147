"""The rule that decides whether what was learned may go live: better beyond noise, and no reason to doubt it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matching.learn.measure import Trial

LEAST_REQUIREMENTS = 10
"""With fewer requirements that have differing grades, no difference is beyond noise."""

Reason = Literal[
    "too_few_requirements",
    "judgments_contradict_texts",
    "ranking_not_better_beyond_noise",
    "ranking_worse",
    "calibration_worse",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_better`: the ranking is better beyond noise and the probabilities are no worse, so it may go live by
    itself. `may_be_used`: that, or the probabilities are better beyond noise and the ranking is no worse; then
    a person may decide. `reasons` say what is lacking.
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
    if trial.concordance.after - trial.concordance.before <= 0 or trial.concordance.low <= 0:
        reasons.append("judgments_contradict_texts")
    if trial.ndcg.low <= 0:
        reasons.append("ranking_worse" if trial.ndcg.mean < 0 else "ranking_not_better_beyond_noise")
    loss = trial.log_loss
    if loss is not None and loss.mean > 0:
        reasons.append("calibration_worse")
    is_calibrated_better = loss is not None and loss.high < 0
    may_be_used = is_calibrated_better and set(reasons) <= {"ranking_not_better_beyond_noise"}
    return Verdict(not reasons, not reasons or may_be_used, tuple(reasons))
