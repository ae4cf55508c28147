"""Judgments and versions of the ranking as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field as Limits

from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.learning import JudgmentSource, RankerStatus


class JudgmentCreate(Body):
    """What a person thinks of a pair; sent again for the same pair, it replaces what this person said before.

    Name the team, one of its achievements, or both. `graded`: how well it fits, 1 (unrelated) to 4 (solves it);
    `satisfaction`: the seeker's, 1 (not at all) to 4 (very); `shortlisted` takes no grade.
    """

    model_config = with_example(
        {
            "requirement_id": "01990000-0000-7000-8000-000000000000",
            "solver_id": "01990000-0000-7000-8000-000000000001",
            "source": "graded",
            "grade": 3,
            "reason": "工艺路线相同，规模尚需放大。",
        }
    )

    requirement_id: Ref
    solver_id: Ref | None = None
    achievement_id: Ref | None = None
    source: JudgmentSource = JudgmentSource.GRADED
    grade: Annotated[int, Limits(ge=1, le=4)] | None = None
    reason: Annotated[str, Text(1_000)] = ""


class JudgmentView(View):
    """A judgment. `trust` 0: on record, but nothing is learned from it. `rank` is where the pair stood in
    `round_id` when it was judged, `propensity` the chance that this place was looked at."""

    id: uuid.UUID
    requirement_id: uuid.UUID
    requirement: str
    solver_id: uuid.UUID
    solver: str
    achievement_id: uuid.UUID | None
    achievement: str | None
    source: JudgmentSource
    source_label: str
    grade: float
    trust: float
    reason: str
    judged_at: datetime
    judged_by_id: uuid.UUID | None
    round_id: uuid.UUID | None
    rank: int | None
    propensity: float
    parts: dict[str, float]
    recipe: str
    version: int


class TrainingCreate(Body):
    """With `promote` a version that is better beyond noise goes live by itself."""

    model_config = with_example({"promote": False})

    promote: bool = False


class TrainingView(View):
    """The job that trains; its progress is under `/jobs/{job_id}`."""

    job_id: uuid.UUID


class DataView(View):
    """What a version was learned from."""

    judgments: int
    left_out: int
    pairs: int
    requirements: int
    comparable_requirements: int
    by_source: dict[str, int]
    first_at: datetime
    last_at: datetime


class DifferenceView(View):
    """Means over `number` requirements, their paired difference and its 95 % interval."""

    before: float
    after: float
    mean: float
    low: float
    high: float
    number: int


class FiguresView(View):
    """How the version did on requirements that it was not learned from, beside `against`.

    nDCG@10: higher is better; log-loss of P(grade ≥ 3): lower is better; `level`: the mean of
    that probability; `concordance`: share of pairs that the
    shipped weights order as the judgments do, beside 0.5.
    """

    against: str
    ndcg: DifferenceView
    log_loss: DifferenceView | None
    level: DifferenceView | None
    concordance: DifferenceView


class CurvesView(View):
    """P(grade ≥ 2, 3, 4) = 1 / (1 + exp(-(intercept + slope · score)))."""

    intercepts: list[float]
    slopes: list[float]


class RankerView(View):
    """A learned version. `multipliers` say what each part of a score counts, 1 as shipped.

    `is_better`: better beyond noise; `may_be_used`: a person may put it to use; `reasons` what was lacking.
    """

    id: uuid.UUID
    name: str
    number: int
    status: RankerStatus
    status_label: str
    recipe: str
    multipliers: dict[str, float]
    curves: CurvesView
    data: DataView
    figures: FiguresView
    is_better: bool
    may_be_used: bool
    reasons: list[str]
    job_id: uuid.UUID | None
    created_by_id: uuid.UUID | None
    created_at: datetime
    used_at: datetime | None
    retired_at: datetime | None
    version: int


class RankersView(View):
    """The learned versions, and the name of the one that is live: `shipped` while none of them is."""

    items: list[RankerView]
    next_cursor: str | None = None
    total: int
    live: str


class LiveRankerView(View):
    """The name of the version that is live now."""

    live: str
