"""Challenges as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field as Limits

from app.challenges.stage_schemas import StageView, present_stage
from app.kit.clock import now
from app.kit.schemas import Body, Instant, Line, Ref, Text, View, with_example
from app.models.challenge import Challenge, ChallengeAccess, ChallengeKind, ChallengeStatus
from app.models.requirement import Field

EXAMPLE: dict[str, Any] = {
    "code": "TH2026",
    "name": "2026 年通海市技术创新挑战赛",
    "kind": "edition",
    "region": "江苏省/通海市",
    "opens_at": "2026-09-01T00:00:00+08:00",
    "closes_at": "2026-12-01T00:00:00+08:00",
}

Code = Annotated[str, Limits(pattern=r"^[\w.\-]{1,40}$", max_length=40)]
"""Letters, digits, hyphen, dot and underscore: it is typed in commands and stands in file names."""


class ChallengeFields(Body):
    kind: ChallengeKind = ChallengeKind.EDITION
    status: ChallengeStatus = ChallengeStatus.DRAFT
    organization_id: Ref | None = None
    access: ChallengeAccess = ChallengeAccess.PUBLIC
    region: Annotated[str, Line(200)] = ""
    industries: Annotated[list[Annotated[str, Line(100, 1)]], Limits(max_length=50)] = Limits(
        default_factory=list
    )
    fields: Annotated[list[Field], Limits(max_length=12)] = Limits(default_factory=list)
    description: Annotated[str, Text(4_000)] = ""
    opens_at: Instant | None = None
    closes_at: Instant | None = None


class ChallengeCreate(ChallengeFields):
    """A new challenge, a draft unless `status` says open. Times carry a zone."""

    model_config = with_example(EXAMPLE)

    code: Code
    name: Annotated[str, Line(200, 1)]


class ChallengePatch(ChallengeFields):
    """The fields to change; `status` moves from draft to open and from open to closed."""

    model_config = with_example({"status": "open"})

    code: Code = ""
    name: Annotated[str, Line(200, 1)] = ""


class ChallengeView(View):
    id: uuid.UUID
    code: str
    name: str
    kind: ChallengeKind
    status: ChallengeStatus
    status_label: str
    organization_id: uuid.UUID | None
    access: ChallengeAccess
    region: str
    industries: list[str]
    fields: list[Field]
    description: str
    opens_at: datetime | None
    closes_at: datetime | None
    stages: list[StageView]
    created_at: datetime
    updated_at: datetime
    version: int


_COMPUTED = {"status_label", "stages"}
_COLUMNS = tuple(name for name in ChallengeView.model_fields if name not in _COMPUTED)


def present(challenge: Challenge) -> ChallengeView:
    """The challenge with its schedule, which must be loaded."""
    at = now()
    values: dict[str, Any] = {name: getattr(challenge, name) for name in _COLUMNS}
    stages = [present_stage(stage, at) for stage in challenge.stages]
    return ChallengeView(**values, status_label=challenge.status.label, stages=stages)
