"""One act on the requirements that were chosen in the list, held for some minutes in which it can be undone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.batches import service
from app.batches.schemas import MOST_AT_ONCE, BatchCreate, present
from app.batches.service import HOLD, PERMISSIONS, Act
from app.console import forms
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import is_part, page
from app.console.routing import done, form_of, needs, page_router, reload_page
from app.errors import InvalidInput
from app.models.job import JobStatus
from app.models.requirement import Requirement, ReturnReason
from app.requirements import repository as requirements
from app.requirements.presenter import present as present_requirement
from app.reviews import repository as reviews

router = page_router(prefix="/desk/batches")

UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


@router.get("/new", response_class=HTMLResponse)
def choose_act(
    request: Request,
    session: ReadSession,
    id: Annotated[list[uuid.UUID] | None, Query(max_length=MOST_AT_ONCE)] = None,
    actor: Actor = needs("requirements:review"),
) -> HTMLResponse:
    """What was chosen, and what can be done with it."""
    return _form(request, session, actor, id or [], forms.Read({}))


@router.post("", response_class=HTMLResponse)
def order_batch(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("requirements:review"),
) -> Response:
    """Holds the act and goes to its page, where it can be undone."""
    ids = [str(id) for id in form.getlist("id")]
    typed = {name: str(form.get(name) or "") for name in ("act", "text", "reason", "reviewer_id")}
    raw: dict[str, Any] = {"requirement_ids": ids, "text": typed["text"]}
    raw |= {name: typed[name] for name in ("act", "reason", "reviewer_id") if typed[name]}
    read = forms.checked(BatchCreate, typed, raw)
    if read.body is not None:
        body = read.body
        try:
            found = service.order(
                session,
                actor,
                body.act,
                body.requirement_ids,
                text=body.text,
                reason=body.reason,
                reviewer_id=body.reviewer_id,
            )
        except InvalidInput as error:
            session.rollback()
            read = forms.refused(typed, error)
        else:
            return done(f"/desk/batches/{found.job.id}")
    return _form(request, session, actor, [uuid.UUID(id) for id in ids if _is_id(id)], read, status=422)


@router.get("/{batch_id}", response_class=HTMLResponse)
def show_batch(
    request: Request, batch_id: uuid.UUID, session: ReadSession, actor: Actor = needs("jobs:read")
) -> HTMLResponse:
    """Until when it can be undone; afterwards what became of each requirement."""
    found = service.get(session, actor, batch_id)
    if is_part(request) and found.job.status not in UNDER_WAY:
        return reload_page()
    return page(
        request,
        "batch.html",
        block="state",
        batch=present(found, current()),
        titles=_titles(session, actor, [row.requirement_id for row in found.rows]),
        is_under_way=found.job.status in UNDER_WAY,
        is_undone=found.job.status is JobStatus.CANCELLED,
    )


@router.post("/{batch_id}/undo", response_class=HTMLResponse)
def undo_batch(batch_id: uuid.UUID, session: WriteSession, actor: Actor = needs("jobs:write")) -> Response:
    service.undo(session, actor, batch_id)
    return done(f"/desk/batches/{batch_id}", _("已撤销，什么都没有改变"))


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _titles(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    statement = requirements.visible_to(actor).where(Requirement.id.in_(ids))
    return {row.id: present_requirement(actor, row).title for row in session.scalars(statement).unique()}


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    ids: Sequence[uuid.UUID],
    read: forms.Read[Any],
    *,
    status: int = 200,
) -> HTMLResponse:
    statement = requirements.visible_to(actor).where(requirements.concerning(actor), Requirement.id.in_(ids))
    found = {row.id: row for row in session.scalars(statement).unique()}
    return page(
        request,
        "batch_form.html",
        status=status,
        items=[present_requirement(actor, found[id]) for id in ids if id in found],
        acts=[act for act in Act if PERMISSIONS[act] in actor.permissions],
        reasons=ReturnReason,
        reviewers=reviews.reviewers(session) if "reviews:assign" in actor.permissions else [],
        minutes=HOLD.seconds // 60,
        values=read.values,
        errors=read.errors,
    )
