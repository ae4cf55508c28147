"""Assignments, rules on pairs and comparisons of rounds as clients see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field as Limits

from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.matching import CandidateRole, PairVerdict, Unserved


class PairRef(Body):
    """A requirement and a team."""

    requirement_id: Ref
    solver_id: Ref


class PairRefView(View):
    requirement_id: uuid.UUID
    solver_id: uuid.UUID


class FiguresView(View):
    """`served`: requirements with an adequate team, of those `servable`. `worst_served`: the lowest best
    probability among the served; `worst_tenth`: its mean over the worst-served tenth. `levels`: requirements
    per level of service, from 0. `total`: the sum of probabilities. `over_capacity`: places beyond capacity.
    """

    requirements: int
    servable: int
    served: int
    worst_served: float
    worst_tenth: float
    levels: list[int]
    pairs: int
    total: float
    over_capacity: int
    kept: int
    dropped: int
    keeping_value: float


class PriceView(View):
    """What pins and kept pairs cost: requirements left without an adequate team, and total lost."""

    served: int
    total: float


class RoundFiguresView(View):
    """The round (`fair`) beside three other ways over the same candidates and rules.

    `greedy_top` ignores capacity, `greedy` takes the best pair first, `greatest_total` ignores fairness.
    `price` is null without pins and kept pairs; `dropped` are pairs of the earlier round that were given up.
    """

    fair: FiguresView
    greedy_top: FiguresView
    greedy: FiguresView
    greatest_total: FiguresView
    price: PriceView | None
    dropped: list[PairRefView]


class SkippedView(View):
    """A requirement or team that takes no part in the round, and why."""

    kind: str
    id: uuid.UUID
    name: str
    code: str
    reason: str


class AssignedPairView(View):
    """A pair of the round. `place` counts from 1 within its role; `reason` is one Chinese sentence."""

    requirement_id: uuid.UUID
    requirement: str
    solver_id: uuid.UUID
    solver: str
    role: CandidateRole
    role_label: str
    place: int | None
    probability: float
    grade: str
    is_adequate: bool
    is_kept: bool
    rules: list[str]
    reason: str
    summary: str
    displaced: list[uuid.UUID]
    displaced_count: int


class PassedOverView(View):
    """A team that scored above an assigned one, or for which a slot stayed empty."""

    solver_id: uuid.UUID
    probability: float
    is_adequate: bool
    reason: str
    rules: list[str]
    taken_by: list[uuid.UUID]


class KeptOutView(View):
    """A team that would have stood at `rank` for the requirement, and the rules that keep it out, in words."""

    solver_id: uuid.UUID
    solver: str
    rank: int
    probability: float
    rules: list[str]


class RequirementAssignmentView(View):
    """What one requirement got: `teams` in order of place, stand-ins, and who was passed over, why.

    `nearest` are at most three of the best ranked that are not adequate: only a hand assigns them. `excluded` are
    teams that gates keep out although they would have ranked.
    """

    requirement_id: uuid.UUID
    requirement: str
    number: int
    level: int
    best_adequate: float
    unserved: Unserved | None
    unserved_label: str
    teams: list[AssignedPairView]
    alternates: list[AssignedPairView]
    nearest: list[AssignedPairView]
    passed_over: list[PassedOverView]
    passed_over_count: int
    excluded: list[KeptOutView]


class TeamAssignmentView(View):
    """What one team got. `places` is what it had left: its capacity less what earlier rounds have taken."""

    solver_id: uuid.UUID
    solver: str
    capacity: int
    taken: int
    places: int
    assigned: int
    requirements: list[AssignedPairView]


class PairRuleBody(Body):
    """The verdict on a pair and why. People of the organizer read the reason, nobody else."""

    model_config = with_example({"verdict": "pinned", "reason": "双方已签署意向书。"})

    verdict: PairVerdict
    reason: Annotated[str, Text(1_000, 1)]


class PairRuleView(View):
    """A pin or ban of the challenge; the next computation obeys it."""

    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    verdict: PairVerdict
    verdict_label: str
    reason: str
    created_by_id: uuid.UUID | None
    created_at: datetime


class RerunBody(Body):
    """Which assigned pairs stay (all by default), and at what cost.

    `keeping_value` is what a kept pair is worth, in units of probability; with `must_stay` none may go.
    """

    model_config = with_example({"keeping_value": 0.2})

    keep: Annotated[list[PairRef] | None, Limits(max_length=10_000)] = None
    keeping_value: Annotated[float, Limits(ge=0, le=10)] = 0.1
    must_stay: bool = False


class RoundChangeView(View):
    """A requirement whose teams differ between two rounds."""

    requirement_id: uuid.UUID
    added: list[uuid.UUID]
    removed: list[uuid.UUID]
    level: int | None
    other_level: int | None


class RoundComparisonView(View):
    """`added` pairs are in this round only, `removed` in the other only. `items` are the requirements that
    differ; `total` counts them."""

    round_id: uuid.UUID
    other_id: uuid.UUID
    figures: FiguresView
    other_figures: FiguresView
    same: int
    added: int
    removed: int
    items: list[RoundChangeView]
    next_cursor: str | None = None
    total: int
