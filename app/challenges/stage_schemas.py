"""Stages, extensions and invited units as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from app.kit.clock import beijing_time
from app.kit.schemas import Body, Instant, Ref, Text, View, with_example
from app.models.stage import ChallengeStage, StageExtension, StageKind, StageState

EXAMPLE: dict[str, Any] = {
    "stages": [
        {
            "kind": "collection",
            "opens_at": "2026-09-01T09:00:00+08:00",
            "closes_at": "2026-09-30T18:00:00+08:00",
        },
        {
            "kind": "proposals",
            "opens_at": "2026-10-16T09:00:00+08:00",
            "closes_at": "2026-11-16T18:00:00+08:00",
        },
    ]
}


class StageBody(Body):
    """When a stage runs: from `opens_at` on, and until just before `closes_at`."""

    kind: StageKind
    opens_at: Instant
    closes_at: Instant


class ScheduleBody(Body):
    """The whole schedule; a stage that is left out is not dated."""

    model_config = with_example(EXAMPLE)

    stages: Annotated[list[StageBody], Field(max_length=len(StageKind))]


class ExtensionBody(Body):
    """The new closing instant, later than the old one, and why."""

    model_config = with_example(
        {"closes_at": "2026-10-12T18:00:00+08:00", "reason": "国庆假期，应多家企业要求延期。"}
    )

    closes_at: Instant
    reason: Annotated[str, Text(2_000, 1)]


class InviteesBody(Body):
    """The units to invite."""

    model_config = with_example({"organization_ids": ["01990000-0000-7000-8000-000000000000"]})

    organization_ids: Annotated[list[Ref], Field(min_length=1, max_length=200)]


class StageView(View):
    """A stage. The two texts are the instants as pages show them: Beijing time, to the second."""

    kind: StageKind
    label: str
    state: StageState
    state_label: str
    opens_at: datetime
    closes_at: datetime
    opens_at_text: str
    closes_at_text: str


class ExtensionView(View):
    """A closing instant that was moved. `author_id` is for staff."""

    closed_before_at: datetime
    closes_at: datetime
    reason: str
    author_id: uuid.UUID | None
    created_at: datetime


class StageDetailView(StageView):
    extensions: list[ExtensionView]


class ScheduleView(View):
    """The schedule as it stands at `at`."""

    at: datetime
    stages: list[StageDetailView]


class InviteeView(View):
    id: uuid.UUID
    name: str
    region: str


def present_stage(stage: ChallengeStage, at: datetime) -> StageView:
    """The stage as it stands at an instant."""
    return StageView(**_values(stage, at))


def present_stage_in_full(stage: ChallengeStage, at: datetime, *, is_staff: bool) -> StageDetailView:
    """As `present_stage`, with its extensions."""
    extensions = [_extension(row, is_staff=is_staff) for row in stage.extensions]
    return StageDetailView(**_values(stage, at), extensions=extensions)


def _values(stage: ChallengeStage, at: datetime) -> dict[str, Any]:
    state = stage.state_at(at)
    return {
        "kind": stage.kind,
        "label": stage.kind.label,
        "state": state,
        "state_label": state.label,
        "opens_at": stage.opens_at,
        "closes_at": stage.closes_at,
        "opens_at_text": beijing_time(stage.opens_at),
        "closes_at_text": beijing_time(stage.closes_at),
    }


def _extension(row: StageExtension, *, is_staff: bool) -> ExtensionView:
    return ExtensionView(
        closed_before_at=row.closed_before_at,
        closes_at=row.closes_at,
        reason=row.reason,
        author_id=row.author_id if is_staff else None,
        created_at=row.created_at,
    )
