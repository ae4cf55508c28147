"""Invitations: a team reads and answers those it got; the organizer sees who has replied."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.invitations import repository, service
from app.invitations.presenter import present, present_in_full
from app.invitations.schemas import DeclineBody
from app.kit.clock import now
from app.kit.pagination import PageQuery, paginate
from app.models.access import Role
from app.models.invitation import Invitation, InvitationStatus

router = page_router(prefix="/desk/invitations")

PER_PAGE = 30
WAITING = (InvitationStatus.SENT, InvitationStatus.OPENED)


@router.get("", response_class=HTMLResponse)
def list_invitations(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("invitations:read"),
) -> HTMLResponse:
    chosen = (InvitationStatus(status),) if status in set(InvitationStatus) else ()
    filters = repository.Filters(status=chosen)
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Invitation.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "invitations.html",
        block="results",
        items=[present(actor, row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        statuses=InvitationStatus,
        chosen_status=status,
        waiting=WAITING,
    )


@router.get("/{invitation_id}", response_class=HTMLResponse)
def show_invitation(
    request: Request,
    invitation_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("invitations:read"),
) -> HTMLResponse:
    """The invitation with its problem. A team that reads it has opened it, which the organizer sees."""
    invitation = repository.get(session, actor, invitation_id)
    if actor.has_role(Role.SOLVER) and not actor.is_staff and invitation.status is InvitationStatus.SENT:
        invitation = repository.lock(session, actor, invitation_id)
        service.open_(session, actor, invitation)
    return page(
        request,
        "invitation.html",
        item=present_in_full(actor, invitation),
        is_waiting=invitation.status in WAITING and invitation.reply_by > now(),
    )


@router.post("/{invitation_id}/accept", response_class=HTMLResponse)
def accept_invitation(
    invitation_id: uuid.UUID, session: WriteSession, actor: Actor = needs("invitations:reply")
) -> Response:
    service.accept(session, actor, repository.lock(session, actor, invitation_id))
    return done(f"/desk/invitations/{invitation_id}", _("已接受邀约，承办单位会安排对接"))


@router.post("/{invitation_id}/decline", response_class=HTMLResponse)
def decline_invitation(
    invitation_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("invitations:reply"),
) -> Response:
    body = forms.body_of(DeclineBody, form)
    invitation = repository.lock(session, actor, invitation_id)
    service.decline(session, actor, invitation, reason=body.reason)
    return done(f"/desk/invitations/{invitation_id}", _("已谢绝"))
