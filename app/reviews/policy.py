"""Whether a person may review a requirement, as sentences: conflicts of interest come before every wish."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import Conflict, JiebangError
from app.models.access import User
from app.models.requirement import Requirement, RequirementStatus

S = RequirementStatus

ASSIGNABLE_STATUSES = frozenset({S.SUBMITTED, S.TECHNICAL_REVIEW, S.REFINED})
"""States in which a requirement is given to reviewers."""

SCORABLE_STATUSES = frozenset({S.SUBMITTED, S.TECHNICAL_REVIEW})
"""States in which a scorecard can be written and changed; the next move freezes it."""


class NotUnderReview(Conflict):
    code = "not_under_review"
    zh = "当前状态（{current}）下不能分配评审"
    en = "A requirement in the state {current_code} is not given to reviewers"


class ScorecardClosed(Conflict):
    code = "scorecard_closed"
    zh = "当前状态（{current}）下评分表不能再修改"
    en = "A requirement in the state {current_code} is not scored any more"


class ReviewerBarred(Conflict):
    code = "reviewer_barred"
    zh, en = (
        "该评审人与需求单位存在利益关系，须回避",
        "The reviewer has a conflict of interest with this requirement",
    )


class AlreadyAssigned(Conflict):
    code = "already_assigned"
    zh, en = "该评审人已在评审此需求", "The reviewer has this requirement already"


@dataclass(frozen=True)
class Bars:
    """What keeps reviewers from requirements: the units they belong to, and what they have declared."""

    units: Mapping[uuid.UUID, set[uuid.UUID]]
    declared: Mapping[uuid.UUID, set[uuid.UUID]]

    def bar(self, reviewer: User, requirement: Requirement) -> bool:
        """Whether this person must not review this requirement."""
        declared = self.declared.get(reviewer.id, set())
        is_own = requirement.organization_id in self.units.get(reviewer.id, set())
        return is_own or bool(declared & {requirement.id, requirement.organization_id})


def check_is_assignable(requirement: Requirement) -> None:
    """Raises `NotUnderReview`."""
    if requirement.status not in ASSIGNABLE_STATUSES:
        raise _in_state(NotUnderReview, requirement)


def check_is_scorable(requirement: Requirement) -> None:
    """Raises `ScorecardClosed`."""
    if requirement.status not in SCORABLE_STATUSES:
        raise _in_state(ScorecardClosed, requirement)


def _in_state(kind: type[JiebangError], requirement: Requirement) -> JiebangError:
    return kind(current=requirement.status.label, current_code=requirement.status.value)
