"""What an act says about how well a team fits: a grade from 1 to 4, and how far it is to be trusted.

The numbers are a policy, not measurements; `docs/decisions/learning.md` gives the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.models.learning import JudgmentSource

SUBJECT_WORDS = (
    "不对口",
    "不相关",
    "不相符",
    "不符合方向",
    "不匹配",
    "方向不",
    "领域不",
    "专业不",
    "技术不",
    "不是我们的方向",
    "无相关",
    "没有相关",
    "not relevant",
    "irrelevant",
    "not our field",
    "mismatch",
)
"""Words of a reason that speak of the subject; any other reason (time, money, conflicts) says nothing about it."""


@dataclass(frozen=True, slots=True)
class Signal:
    """`grade` in [1, 4]; `trust` in [0, 1], 0 for what is on record but teaches nothing."""

    grade: float
    trust: float


SHORTLISTED = Signal(3.0, 0.5)
ACCEPTED = Signal(3.0, 0.5)
PINNED = Signal(3.5, 0.5)
SELECTED = Signal(4.0, 0.7)
AGREEMENT = Signal(4.0, 0.8)
_MISFIT = Signal(1.5, 0.3)
_NOTHING = Signal(2.0, 0.0)

GIVEN_TRUST: dict[JudgmentSource, float] = {
    JudgmentSource.GRADED: 1.0,
    JudgmentSource.SHORTLISTED: SHORTLISTED.trust,
    JudgmentSource.SATISFACTION: 0.7,
}


def refused(reason: str) -> Signal:
    """A declined invitation, a ban, a proposal not selected: against the fit only if the reason is the subject."""
    plain = reason.casefold()
    return _MISFIT if any(word in plain for word in SUBJECT_WORDS) else _NOTHING
