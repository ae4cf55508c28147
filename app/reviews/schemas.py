"""Assignments, conflicts and scorecards as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.requirement import RequirementStatus
from app.models.review import Advice, AssignmentStatus, Criterion, ReviewAssignment, Scorecard
from app.reviews.service import Share

_ID = "01990000-0000-7000-8000-000000000000"


class AssignBody(Body):
    """Who is to review the requirement."""

    model_config = with_example({"reviewer_id": _ID})

    reviewer_id: Ref


class ReassignBody(AssignBody):
    """Who takes over, and why."""

    model_config = with_example({"reviewer_id": _ID, "reason": "原评审人出差。"})

    reason: Annotated[str, Text(2_000, 1)]


class EndBody(Body):
    """Why the reviewer no longer reviews the requirement."""

    reason: Annotated[str, Text(2_000, 1)]


class EvenlyBody(Body):
    """How many reviewers each requirement under review shall have. Without `reviewer_ids` all reviewers take part;
    a trial shows what would be done."""

    model_config = with_example({"per_requirement": 2, "is_trial": True})

    per_requirement: Annotated[int, Field(ge=1, le=9)] = 1
    reviewer_ids: Annotated[list[Ref], Field(min_length=1, max_length=500)] | None = None
    is_trial: bool = False


class ConflictBody(Body):
    """A conflict of interest with one requirement, or with everything of a unit."""

    model_config = with_example({"requirement_id": _ID, "reason": "与该企业有在研合作项目。"})

    requirement_id: Ref | None = None
    organization_id: Ref | None = None
    reason: Annotated[str, Text(2_000, 1)]

    @model_validator(mode="after")
    def _names_one_object(self) -> ConflictBody:
        if (self.requirement_id is None) == (self.organization_id is None):
            raise PydanticCustomError("one_object", "name a requirement or an organization")
        return self


class Mark(Body):
    """1 (not at all) to 5 (fully), with a word on it."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Text(1_000)] = ""


class ScorecardBody(Body):
    """A reviewer's judgment of each criterion, an advice and a summary."""

    model_config = with_example(
        {
            **{criterion.value: {"score": 4} for criterion in Criterion},
            "quantified": {"score": 2, "comment": "缺少耐洗次数的测试标准。"},
            "advice": "return",
            "summary": "问题真实迫切，指标需补充量化。",
        }
    )

    urgent: Mark
    real: Mark
    valid: Mark
    precise: Mark
    quantified: Mark
    ownership: Mark
    advice: Advice
    summary: Annotated[str, Text(4_000)] = ""


class ReviewerView(View):
    id: uuid.UUID
    name: str


class AssignmentView(View):
    """Who reviews what. `title` is the form's own."""

    id: uuid.UUID
    requirement_id: uuid.UUID
    title: str
    requirement_status: RequirementStatus
    reviewer: ReviewerView
    status: AssignmentStatus
    status_label: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    version: int


class ShareView(View):
    """A requirement of a bulk assignment: the reviewers it got, and how many it still lacks for want of anyone
    without a conflict of interest."""

    requirement_id: uuid.UUID
    title: str
    added: list[ReviewerView]
    missing: int


class SharesView(View):
    is_trial: bool
    items: list[ShareView]


class ConflictView(View):
    id: uuid.UUID
    reviewer_id: uuid.UUID
    requirement_id: uuid.UUID | None
    organization_id: uuid.UUID | None
    reason: str
    created_at: datetime


class MarkView(View):
    criterion: Criterion
    label: str
    score: int
    comment: str


class ScorecardView(View):
    """`mean` is the mean of the six scores, 1 to 5."""

    id: uuid.UUID
    requirement_id: uuid.UUID
    reviewer_id: uuid.UUID
    marks: list[MarkView]
    mean: float
    advice: Advice
    advice_label: str
    summary: str
    updated_at: datetime
    version: int


def present_assignment(row: ReviewAssignment) -> AssignmentView:
    """The assignment with its parties, which must be loaded."""
    return AssignmentView(
        id=row.id,
        requirement_id=row.requirement_id,
        title=row.requirement.title,
        requirement_status=row.requirement.status,
        reviewer=ReviewerView.model_validate(row.reviewer),
        status=row.status,
        status_label=row.status.label,
        reason=row.reason,
        created_at=row.created_at,
        ended_at=row.ended_at,
        version=row.version,
    )


def present_share(share: Share) -> ShareView:
    """What bulk assignment did for one requirement."""
    return ShareView(
        requirement_id=share.requirement.id,
        title=share.requirement.title,
        added=[ReviewerView.model_validate(person) for person in share.added],
        missing=share.missing,
    )


def present_scorecard(card: Scorecard) -> ScorecardView:
    """The scorecard with its marks in the order of the criteria."""
    marks = [
        MarkView(criterion=criterion, label=criterion.label, **card.marks[criterion.value])
        for criterion in Criterion
    ]
    return ScorecardView(
        id=card.id,
        requirement_id=card.requirement_id,
        reviewer_id=card.reviewer_id,
        marks=marks,
        mean=round(sum(mark.score for mark in marks) / len(marks), 2),
        advice=card.advice,
        advice_label=card.advice.label,
        summary=card.summary,
        updated_at=card.updated_at,
        version=card.version,
    )
