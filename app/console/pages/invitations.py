"""Invitations: a team reads and answers those it got; the organizer sees who has replied."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app import audit
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms, lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.rendering import label, page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.invitations import repository, service
from app.invitations.presenter import present, present_in_full
from app.invitations.schemas import CancelBody, DeclineBody, ExtendBody
from app.kit.clock import now
from app.kit.pagination import paginate
from app.models.access import Role
from app.models.invitation import Invitation, InvitationStatus
from app.users import repository as users

router = page_router(prefix="/desk/invitations")

PER_PAGE = 30
WAITING = (InvitationStatus.SENT, InvitationStatus.OPENED)


COLUMNS = (
    Column("需求", lambda item: item.title, 40),
    Column("团队", lambda item: item.solver.name, 36),
    Column("状态", lambda item: item.status),
    Column("答复期限", lambda item: item.reply_by),
)


@router.get("", response_class=HTMLResponse)
def list_invitations(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    round_id: Annotated[uuid.UUID | None, Query(alias="round")] = None,
    challenge_id: Annotated[uuid.UUID | None, Query(alias="challenge")] = None,
    requirement_id: Annotated[uuid.UUID | None, Query(alias="requirement")] = None,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("invitations:read"),
) -> Response:
    """Narrowed by state, words, round, challenge and requirement; every state with its count."""
    chosen = (InvitationStatus(status),) if status in set(InvitationStatus) else ()
    around = repository.Filters(
        round_id=round_id, challenge_id=challenge_id, requirement_id=requirement_id, q=q or None
    )
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(
            repository.narrow(repository.visible_to(actor), replace(around, status=chosen))
        ),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=Invitation.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return lists.answer(
        request,
        "invitations.html",
        title="邀约",
        columns=COLUMNS,
        block="results",
        items=[present(actor, row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        statuses=InvitationStatus,
        counts=repository.count_by_status(session, repository.narrow(repository.visible_to(actor), around)),
        chosen_status=status if chosen else "",
        q=q,
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
    is_team = actor.has_role(Role.SOLVER) and not actor.is_staff
    if is_team and invitation.status is InvitationStatus.SENT and invitation.reply_by > now():
        invitation = repository.lock(session, actor, invitation_id)
        service.open_(session, actor, invitation)
    return _show(request, session, actor, invitation)


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


@router.post("/{invitation_id}/remind", response_class=HTMLResponse)
def remind_invitation(
    request: Request,
    invitation_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("invitations:write"),
) -> Response:
    try:
        service.remind(session, actor, repository.lock(session, actor, invitation_id))
    except JiebangError as error:
        return _refused(request, session, actor, invitation_id, {}, error)
    return done(f"/desk/invitations/{invitation_id}", _("已提醒该团队"))


@router.post("/{invitation_id}/extend", response_class=HTMLResponse)
def extend_invitation(
    request: Request,
    invitation_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("invitations:write"),
) -> Response:
    read = forms.read(ExtendBody, form)
    invitation = repository.lock(session, actor, invitation_id)
    if read.body is None:
        return _show(request, session, actor, invitation, form=read, status=422)
    try:
        service.extend(session, actor, invitation, reply_by=read.body.reply_by)
    except JiebangError as error:
        return _refused(request, session, actor, invitation_id, read.values, error)
    return done(f"/desk/invitations/{invitation_id}", _("已延长期限，团队会收到通知"))


@router.post("/{invitation_id}/cancel", response_class=HTMLResponse)
def cancel_invitation(
    invitation_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("invitations:write"),
) -> Response:
    body = forms.body_of(CancelBody, form)
    service.cancel(session, actor, repository.lock(session, actor, invitation_id), reason=body.reason)
    return done(f"/desk/invitations/{invitation_id}", _("邀约已撤回，团队会看到原因"))


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    invitation: Invitation,
    *,
    form: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    shown = actor.is_staff
    return page(
        request,
        "invitation.html",
        status=status,
        item=present_in_full(actor, invitation),
        is_staff=shown,
        is_waiting=invitation.status in WAITING and invitation.reply_by > now(),
        form=form or forms.Read({}),
        history=_history(session, invitation) if shown else [],
        followed_by=repository.stand_ins(session, invitation.id) if shown else [],
    )


def _refused(
    request: Request,
    session: Session,
    actor: Actor,
    invitation_id: uuid.UUID,
    values: Mapping[str, Any],
    error: JiebangError,
) -> HTMLResponse:
    session.rollback()
    invitation = repository.get(session, actor, invitation_id)
    read: forms.Read[Any] = forms.refused(values, error)
    return _show(request, session, actor, invitation, form=read, status=error.status)


def _history(session: Session, invitation: Invitation) -> list[tuple[datetime, str, str]]:
    """When, what, and by whom (nobody: the clock), the oldest first."""
    entries = audit.history(session, "invitation", invitation.id)
    names = users.names_of(session, {entry.actor_id for entry in entries if entry.actor_id})
    said = {
        "invitation.sent": _("发出邀约"),
        "invitation.reminded": _("提醒团队回复"),
        "invitation.extended": _("延长期限"),
    }
    return [
        (
            entry.at,
            label(InvitationStatus(entry.detail["to"]))
            if entry.action == "invitation.moved"
            else said.get(entry.action, entry.action),
            names.get(entry.actor_id, "") if entry.actor_id else _("系统"),
        )
        for entry in entries
    ]
