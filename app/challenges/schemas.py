"""Challenges as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from app.kit.schemas import Body, Instant, Line, Ref, Text, View, with_example
from app.models.challenge import Challenge, ChallengeKind, ChallengeStatus

EXAMPLE: dict[str, Any] = {
    "code": "TH2026",
    "name": "2026 年通海市技术创新挑战赛",
    "kind": "edition",
    "region": "江苏省/通海市",
    "opens_at": "2026-09-01T00:00:00+08:00",
    "closes_at": "2026-12-01T00:00:00+08:00",
}

Code = Annotated[str, Field(pattern=r"^[\w.\-]{1,40}$", max_length=40)]
"""Letters, digits, hyphen, dot and underscore: it is typed in commands and stands in file names."""


class ChallengeFields(Body):
    kind: ChallengeKind = ChallengeKind.EDITION
    status: ChallengeStatus = ChallengeStatus.DRAFT
    organization_id: Ref | None = None
    region: Annotated[str, Line(200)] = ""
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
    region: str
    description: str
    opens_at: datetime | None
    closes_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


_COLUMNS = tuple(name for name in ChallengeView.model_fields if name != "status_label")


def present(challenge: Challenge) -> ChallengeView:
    values: dict[str, Any] = {name: getattr(challenge, name) for name in _COLUMNS}
    return ChallengeView(**values, status_label=challenge.status.label)
