"""`/batches`: one act on many requirements, which can be undone for some minutes."""

from __future__ import annotations

import uuid

from fastapi import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.batches import service
from app.batches.schemas import BatchCreate, BatchView, present
from app.routing import Language, concept_router

router = concept_router("技术需求", prefix="/batches")


@router.post("", response_model=BatchView, status_code=202, summary="批量办理需求")
def order_batch(
    body: BatchCreate,
    session: WriteSession,
    response: Response,
    language: Language,
    actor: Actor = needs("requirements:review"),
) -> BatchView:
    """Approve, return, publish or assign up to 200. Nothing happens before `due_at`; until then it can be undone.

    Each is judged when it is done: what cannot be dealt with is told by row and stops no other.
    """
    found = service.order(
        session,
        actor,
        body.act,
        body.requirement_ids,
        text=body.text,
        reason=body.reason,
        reviewer_id=body.reviewer_id,
    )
    response.headers["Location"] = f"/api/v1/batches/{found.job.id}"
    return present(found, language)


@router.get("/{batch_id}", response_model=BatchView, summary="批量办理结果")
def get_batch(
    batch_id: uuid.UUID, session: ReadSession, language: Language, actor: Actor = needs("jobs:read")
) -> BatchView:
    return present(service.get(session, actor, batch_id), language)


@router.post("/{batch_id}/undo", response_model=BatchView, summary="撤销批量办理")
def undo_batch(
    batch_id: uuid.UUID, session: WriteSession, language: Language, actor: Actor = needs("jobs:write")
) -> BatchView:
    """Before `due_at`; afterwards 409 `too_late_to_undo`, for seekers have been told."""
    return present(service.undo(session, actor, batch_id), language)
