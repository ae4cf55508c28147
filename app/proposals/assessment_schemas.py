"""Assessments, scorecards, ranking and results as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Line, Ref, Text, View, WanView, with_example
from app.models.proposal import AssessmentStatus, ProposalStatus
from app.proposals.schemas import CriterionView, TeamView


def _not_a_bool(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number_type", "must be a number")
    return str(value) if isinstance(value, float) else value


Score = Annotated[
    Decimal,
    Field(strict=False, ge=0, le=100, decimal_places=1, max_digits=4),
    BeforeValidator(_not_a_bool),
]
"""0 to 100 with at most one decimal."""


class AssignBody(Body):
    """The reviewers who are to score every proposal of the call."""

    model_config = with_example({"reviewer_ids": ["01990000-0000-7000-8000-000000000002"]})

    reviewer_ids: Annotated[list[Ref], Field(min_length=1, max_length=50)]


class DeclareBody(Body):
    """Whether anything ties the reviewer to a party. With a conflict a reason is needed, and all scores are void."""

    model_config = with_example({"has_conflict": False})

    has_conflict: bool
    reason: Annotated[str, Text(2_000)] = ""

    @model_validator(mode="after")
    def _a_conflict_has_a_reason(self) -> DeclareBody:
        if self.has_conflict and not self.reason:
            raise PydanticCustomError("reason_required", "a conflict needs a reason")
        return self


class RemoveBody(Body):
    model_config = with_example({"reason": "该专家因出差无法按期评审。"})

    reason: Annotated[str, Line(500, 1)]


class ScoreBody(Body):
    code: Annotated[str, Field(max_length=40)]
    score: Score
    comment: Annotated[str, Text(2_000)] = ""


class ScorecardBody(Body):
    """Scores by criterion; they may be incomplete until the scorecard is handed in."""

    model_config = with_example(
        {"scores": [{"code": "fit", "score": 85, "comment": "指标逐项回应。"}], "comment": "建议入围。"}
    )

    scores: Annotated[list[ScoreBody], Field(max_length=20)]
    comment: Annotated[str, Text(4_000)] = ""


class DecisionBody(Body):
    """`reason` is what the team reads."""

    proposal_id: Ref
    outcome: Literal["selected", "shortlisted", "not_selected"]
    reason: Annotated[str, Text(4_000, 1)]


class SuccessionBody(Body):
    """A selected proposal whose team drops out, why, and who follows: by default the best-ranked on the shortlist."""

    model_config = with_example(
        {
            "proposal_id": "01990000-0000-7000-8000-000000000003",
            "reason": "合作单位退出，无法按期完成。",
        }
    )

    proposal_id: Ref
    reason: Annotated[str, Text(4_000, 1)]
    successor_id: Ref | None = None


class DecisionsBody(Body):
    """What becomes of proposals, each with its reason; all are decided or none."""

    model_config = with_example(
        {
            "decisions": [
                {
                    "proposal_id": "01990000-0000-7000-8000-000000000003",
                    "outcome": "selected",
                    "reason": "指标响应完整，中试条件成熟。",
                }
            ]
        }
    )

    decisions: Annotated[list[DecisionBody], Field(min_length=1, max_length=200)]


class ToAssessView(View):
    """A proposal of the call: enough to tell whether one is tied to the team."""

    proposal_id: uuid.UUID
    solver: TeamView
    is_scored: bool


class AssessmentView(View):
    """A reviewer's task. `proposals` are those that were handed in when the call closed and not withdrawn."""

    id: uuid.UUID
    status: AssessmentStatus
    status_label: str
    requirement_id: uuid.UUID
    requirement: str
    organization: str
    reviewer: TeamView
    declared_at: datetime | None
    reason: str
    criteria: list[CriterionView]
    proposals: list[ToAssessView]
    created_at: datetime
    version: int


class AssessmentListView(View):
    items: list[AssessmentView]
    total: int


class ScoreView(View):
    code: str
    score: WanView
    comment: str


class ScorecardView(View):
    """A scorecard. `total` is the weighted sum of its scores, 0 to 100."""

    proposal_id: uuid.UUID
    assessment_id: uuid.UUID
    reviewer: TeamView
    scores: list[ScoreView]
    comment: str
    total: WanView
    submitted_at: datetime | None
    version: int


class ScorecardListView(View):
    items: list[ScorecardView]
    total: int


class RankedView(View):
    """A place in the ranking. `mean` of the weighted totals, `spread` = highest − lowest; null without scores.
    `is_tied`: another has exactly the same mean, so both have the same rank."""

    rank: int | None
    is_tied: bool
    proposal_id: uuid.UUID
    solver: TeamView
    title: str
    status: ProposalStatus
    status_label: str
    mean: WanView | None
    lowest: WanView | None
    highest: WanView | None
    spread: WanView | None
    scorecards: int
    by_criterion: dict[str, WanView]


class RankingView(View):
    """The proposals of a call, best first. `is_complete`: every scorecard of the `reviewers` is in."""

    requirement_id: uuid.UUID
    reviewers: int
    is_complete: bool
    items: list[RankedView]
    total: int
