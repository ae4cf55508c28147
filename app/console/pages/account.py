"""A person's own account: name and telephone, the language of messages, and what is sent over which channel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.context import AppContext
from app.models.access import User
from app.models.notification import Channel, EventGroup
from app.notifications import preferences
from app.notifications.catalogue import MANDATORY
from app.notifications.preferences import EVERYTHING
from app.notifications.presenter import present_preferences
from app.notifications.schemas import PreferencesPatch
from app.users import service
from app.users.schemas import MePatch, present

router = page_router(prefix="/account")

SWITCHED_HERE = (Channel.INBOX, Channel.EMAIL)
"""Webhooks are for programs, which switch them over the API."""


@router.get("", response_class=HTMLResponse)
def show_account(
    request: Request, session: ReadSession, context: Context, actor: Actor = needs("me:read")
) -> HTMLResponse:
    return _page(request, session, context, actor, {})


@router.post("", response_class=HTMLResponse)
def save_account(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("me:write"),
) -> Response:
    read = forms.read(MePatch, form)
    if read.body is None:
        return _page(request, session, context, actor, read.errors, typed=read.values, status=422)
    service.change_own_details(session, actor, read.body.model_dump(exclude_unset=True))
    return done("/account", _("已保存"))


@router.post("/notifications", response_class=HTMLResponse)
def save_notifications(
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("notifications:write"),
) -> Response:
    """A box that is not ticked is not sent, so every switch of the page is set; mandatory ones are left alone."""
    assert actor.user_id is not None
    switches = [
        {"group": group.value, "channel": channel.value, "is_on": f"{group.value}.{channel.value}" in form}
        for group in EventGroup
        for channel in SWITCHED_HERE
        if channel not in MANDATORY.get(group, ())
    ]
    language = str(form.get("language") or "") or None
    body = forms.require(PreferencesPatch, {"language": language, "switches": switches})
    preferences.change(
        session,
        actor.user_id,
        switches=[(row.group, row.channel, row.is_on) for row in body.switches],
        language=body.language,
    )
    return done("/account#notifications", _("通知设置已保存"))


def _page(
    request: Request,
    session: Session,
    context: AppContext,
    actor: Actor,
    errors: Any,
    *,
    typed: Any = None,
    status: int = 200,
) -> HTMLResponse:
    assert actor.user_id is not None
    user = session.get_one(User, actor.user_id)
    wishes = preferences.wishes_of(session, [actor.user_id]).get(actor.user_id, EVERYTHING)
    return page(
        request,
        "account.html",
        status=status,
        me=present(user),
        values=typed or {"name": user.name, "phone": user.phone},
        errors=errors,
        wishes=present_preferences(wishes, default_language=context.settings.default_language),
        channels=SWITCHED_HERE,
        mails=bool(context.settings.smtp_host),
    )
