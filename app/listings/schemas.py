"""Entries of a challenge as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime

from app.kit.schemas import Body, Ref, View, with_example
from app.requirements.schemas import RequirementView


class EntryCreate(Body):
    """The requirement to be entered."""

    model_config = with_example({"requirement_id": "01990000-0000-7000-8000-000000000000"})

    requirement_id: Ref


class EntryView(View):
    """A line of the list. `number` is null until the requirement is published; a number once given stays."""

    id: uuid.UUID
    number: int | None
    published_at: datetime | None
    requirement: RequirementView
