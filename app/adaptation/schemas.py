"""Bodies and answers of the routes about the embedding model."""

from __future__ import annotations

import uuid
from typing import Any

from app.kit.schemas import Body, View


class ModelView(View):
    """A model that could be used. `compared`: how it did against the one that it was made from."""

    name: str
    base: str
    is_current: bool
    is_research_only: bool
    created_at: str
    requirements: int
    steps: int
    compared: dict[str, Any]


class ModelsView(View):
    items: list[ModelView]


class AdaptationView(View):
    """The job that adapts; its progress is under `/jobs/{job_id}`."""

    job_id: uuid.UUID


class ModelChoice(Body):
    """`original` is the model without any adaptation."""

    name: str
