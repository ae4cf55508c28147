"""Acts on many requirements as clients order and read them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.batches.service import Act, Batch
from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.job import JobStatus
from app.models.requirement import ReturnReason

MOST_AT_ONCE = 200


class BatchCreate(Body):
    """`reason` is for returns, `reviewer_id` for assignments, `text` are words for the seekers."""

    model_config = with_example(
        {"act": "approve", "requirement_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"]}
    )

    act: Act
    requirement_ids: Annotated[list[Ref], Field(min_length=1, max_length=MOST_AT_ONCE)]
    text: Annotated[str, Text(4000)] = ""
    reason: ReturnReason | None = None
    reviewer_id: Ref | None = None


class BatchRowView(View):
    """What became of a requirement: `done`, `failed` with the reason, or `held` while nothing has happened."""

    requirement_id: uuid.UUID
    outcome: str
    code: str
    message: str


class BatchView(View):
    """An act on many requirements; it can be undone until `due_at`."""

    id: uuid.UUID
    act: Act
    act_label: str
    status: JobStatus
    due_at: datetime | None
    is_held: bool
    rows: list[BatchRowView]


def present(batch: Batch, language: str) -> BatchView:
    """The batch with its reasons in the reader's language."""
    return BatchView(
        id=batch.job.id,
        act=batch.act,
        act_label=batch.act.label,
        status=batch.job.status,
        due_at=batch.job.due_at,
        is_held=batch.is_held,
        rows=[
            BatchRowView(
                requirement_id=row.requirement_id,
                outcome="held" if row.code is None else "failed" if row.code else "done",
                code=row.code or "",
                message=row.en if language == "en" else row.zh,
            )
            for row in batch.rows
        ],
    )
