"""Candidates and rounds as clients see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field as Limits

from app.kit.schemas import Body, Text, View, with_example
from app.matches.assignment_schemas import PairRefView, RoundFiguresView, SkippedView
from app.models.matching import CandidateRole, RoundStatus
from app.models.requirement import Confidentiality, Field, RequirementStatus
from app.models.solver import AchievementKind, SolverKind


class SolverRefView(View):
    id: uuid.UUID
    external_id: str | None
    name: str
    kind: SolverKind
    region: str


class AchievementRefView(View):
    id: uuid.UUID
    external_id: str | None
    title: str
    kind: AchievementKind
    year: int | None


class EvidenceView(View):
    """Phrases that meet: `lexical` by their words, `semantic` by their sense; strength in [0, 1]."""

    kind: str
    requirement: str
    achievement: str
    strength: float


class TargetVerdictView(View):
    """What the achievement says of a stated target: `met` and `missed` by a figure of its own, `mentioned`
    without one, `silent`. `phrase` quotes it."""

    name: str
    operator: str
    value: float
    upper: float | None
    unit: str
    verdict: Literal["met", "missed", "mentioned", "silent"]
    phrase: str


class GateView(View):
    """A hard condition. `passed` is null for what the team does not state or a person has to check (未核实).

    `text` quotes the requirement where the condition was read; empty for what holds of every candidate.
    """

    code: str
    label: str
    passed: bool | None
    text: str = ""


class BarrierView(View):
    """A rule that keeps a team out: in words, with the clause of the requirement that it was read from."""

    code: str
    label: str
    text: str = ""


class ExcludedView(View):
    """A team that would have stood at `rank` by its score but must not be proposed; `rules` say why."""

    rank: int
    score: float
    grade: str
    probability: float
    solver: SolverRefView
    achievement: AchievementRefView | None
    rules: list[BarrierView]


class CandidateView(View):
    """`grade` is a letter A to D, `expected_grade` in [1, 4], `probability` is P(grade ≥ 3) in [0, 1].

    `role` and `place` say what a round made of the candidate; `reason` and `rules` why, to staff and reviewers.
    """

    rank: int
    score: float
    grade: str
    expected_grade: float
    probability: float
    is_adequate: bool
    summary: str
    solver: SolverRefView
    achievement: AchievementRefView | None
    evidence: list[EvidenceView]
    contributions: dict[str, float]
    gates: list[GateView]
    targets: list[TargetVerdictView] = Limits(default_factory=list)
    role: CandidateRole = CandidateRole.CANDIDATE
    place: int | None = None
    is_forbidden: bool = False
    rules: list[str] = Limits(default_factory=list)
    reason: str = ""


class CandidatesView(View):
    """A ranking. `source` is `live` (computed now), `round` (as last computed) or `published`.

    When `is_adequate` is false, the items are the nearest achievements and nobody is recommended. `excluded`
    are teams that a rule keeps out although they would have ranked (at most ten; for staff and reviewers).
    """

    items: list[CandidateView]
    excluded: list[ExcludedView] = Limits(default_factory=list)
    next_cursor: str | None = None
    total: int
    requirement_id: uuid.UUID
    source: str
    is_adequate: bool
    searched_achievements: int
    searched_solvers: int
    model_id: str
    ranker: str
    round_id: uuid.UUID | None = None
    published_at: datetime | None = None


class SimilarView(View):
    """Another requirement of the same need; similarity in [0, 1]."""

    id: uuid.UUID
    external_id: str | None
    title: str
    status: RequirementStatus
    field: Field | None
    organization: str | None
    similarity: float
    is_duplicate: bool


class SimilarListView(View):
    items: list[SimilarView]
    next_cursor: str | None = None
    total: int


class FittingRequirementView(View):
    """A published requirement that fits a solver. `organization` is null where the tier hides the seeker.

    `contributions` are the parts of the score and sum to it.
    """

    rank: int
    score: float
    grade: str
    expected_grade: float
    probability: float
    is_adequate: bool
    summary: str
    id: uuid.UUID
    title: str
    status: RequirementStatus
    confidentiality: Confidentiality
    field: Field | None
    organization: str | None
    achievement: AchievementRefView | None
    evidence: list[EvidenceView]
    contributions: dict[str, float]


class FittingRequirementsView(View):
    items: list[FittingRequirementView]
    next_cursor: str | None = None
    total: int


class RoundCreate(Body):
    """`top` is how many solvers are kept per requirement; `teams` are assigned to each, with `alternates`.

    The assignment chooses among those kept, so the more teams are sought after, the more should be kept.
    """

    model_config = with_example({"top": 20, "teams": 3, "alternates": 3})

    top: Annotated[int, Limits(ge=1, le=100)] = 10
    teams: Annotated[int, Limits(ge=1, le=20)] = 3
    alternates: Annotated[int, Limits(ge=0, le=20)] = 3


class WithdrawBody(Body):
    """Why: seekers that got candidates from this round read it."""

    model_config = with_example({"reason": "发现回避关系登记有误，更正后将重新匹配。"})

    reason: Annotated[str, Text(4_000, 1)]


class RoundView(View):
    """A match round. A round that is being computed shows the progress of its job.

    `figures` is null until teams are assigned; `skipped` lists who took no part (`skipped_count` in all).
    """

    id: uuid.UUID
    challenge_id: uuid.UUID | None
    job_id: uuid.UUID | None
    status: RoundStatus
    status_label: str
    top: int
    requirements: int
    with_adequate_candidates: int
    candidates: int
    searched_achievements: int
    searched_solvers: int
    model_id: str
    ranker: str
    progress: dict[str, Any]
    stage: str
    error: str
    teams: int
    alternates: int
    assigned: int
    previous_round_id: uuid.UUID | None
    keeping_value: float
    must_stay: bool
    figures: RoundFiguresView | None
    skipped: list[SkippedView]
    skipped_count: int
    created_at: datetime
    published_at: datetime | None
    version: int


class PublicationView(View):
    """What the publication did: who got candidates, who heard that nobody was found, who was passed over.

    `struck_out` are assigned teams and stand-ins that a rule forbids by now; nobody was told of them.
    """

    round: RoundView
    with_candidates: list[uuid.UUID]
    without_adequate: list[uuid.UUID]
    passed_over: list[uuid.UUID]
    struck_out: list[PairRefView]
