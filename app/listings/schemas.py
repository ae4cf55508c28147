"""Entries of a challenge as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from app.kit.schemas import Body, Line, Ref, View, with_example
from app.requirements.schemas import RequirementView


class EntryCreate(Body):
    """The requirement to be entered. `scope_reason` is why staff enter one that lies outside the challenge's scope."""

    model_config = with_example({"requirement_id": "01990000-0000-7000-8000-000000000000"})

    requirement_id: Ref
    scope_reason: Annotated[str, Line(500)] = ""


class EntryView(View):
    """A line of the list. `number` is null until the requirement is published; a number once given stays.

    For staff, `outside_scope` names the fields that lie outside of what the challenge is held for (`region`,
    `field`, `industry`), and `scope_reason` says why it was entered nevertheless.
    """

    id: uuid.UUID
    number: int | None
    published_at: datetime | None
    outside_scope: list[str]
    scope_reason: str
    requirement: RequirementView
