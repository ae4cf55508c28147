"""Signing in and out, and the browsers a person is signed in at."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth import service, sessions
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, address_of, count_try
from app.auth.errors import AccountLocked, WrongCredentials
from app.auth.sessions import SignedIn
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router, public
from app.console.security import give_cookie, local_path, take_cookie
from app.errors import JiebangError, TooManyRequests

router = page_router()

MAX_PASSWORD = 128
MAX_KEPT = 200_000
"""Characters of a form that are carried over a sign-in."""


@router.get("/login", response_class=HTMLResponse)
def show_door(
    request: Request, next: Annotated[str, Query(max_length=2_000)] = "", actor: Actor = public()
) -> Response:
    """The form; whoever is signed in already goes on."""
    if not actor.is_visitor:
        return done(local_path(next))
    return _door(request, next=local_path(next))


@router.post("/login", response_class=HTMLResponse)
def sign_in(
    request: Request,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = public(),
) -> Response:
    """Checks the password as the API does: the same limits, the same lock after too many failures."""
    email, password = _text(form, "email")[:254].strip(), _text(form, "password")[:MAX_PASSWORD]
    target = local_path(_text(form, "next"))
    kept = _kept(form)
    try:
        count_try(request, address_of(request))
        user_id = service.check_password(
            context.settings, context.db, request.app.state.strangers, email, password
        )
    except (WrongCredentials, AccountLocked, TooManyRequests) as error:
        return _door(request, next=target, email=email, error=error, kept=kept, status=error.status)
    with context.db.write() as session:
        browser = request.headers.get("user-agent", "")
        token = sessions.start(session, context.settings, user_id, browser=browser)
    if kept:
        # The form that met an expired sign-in is shown again and sent on by its reader, unchanged.
        response: Response = page(request, "resume.html", next=target, kept=kept)
    else:
        response = done(target)
    give_cookie(request, response, token)
    return response


@router.post("/logout", response_class=HTMLResponse)
def sign_out(request: Request, session: WriteSession, actor: Actor = needs("me:read")) -> Response:
    """Ends this browser's sign-in on the server, not only its cookie."""
    person: SignedIn = request.state.person
    assert actor.user_id is not None
    sessions.end(session, actor.user_id, person.session_id)
    response = done("/problems", _("您已退出登录"))
    take_cookie(request, response)
    return response


@router.get("/account/browsers", response_class=HTMLResponse)
def list_browsers(
    request: Request, session: ReadSession, context: Context, actor: Actor = needs("me:read")
) -> HTMLResponse:
    assert actor.user_id is not None
    person: SignedIn = request.state.person
    rows = sessions.live_of(session, context.settings, actor.user_id)
    return page(request, "browsers.html", rows=rows, own_id=person.session_id)


@router.post("/account/browsers/{session_id}/end", response_class=HTMLResponse)
def end_browser(session_id: uuid.UUID, session: WriteSession, actor: Actor = needs("me:write")) -> Response:
    assert actor.user_id is not None
    sessions.end(session, actor.user_id, session_id)
    return done("/account/browsers", _("已让该浏览器退出登录"))


def _door(
    request: Request,
    *,
    next: str,
    email: str = "",
    error: JiebangError | None = None,
    kept: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HTMLResponse:
    sentence = error.detail(current()) if error else ""
    return page(
        request,
        "login.html",
        status=status,
        next=next,
        email=email,
        error=sentence,
        kept=kept or [],
        expired=False,
    )


def _text(form: FormData, name: str) -> str:
    value: Any = form.get(name)
    return value if isinstance(value, str) else ""


def _kept(form: FormData) -> list[tuple[str, str]]:
    kept = [
        (name.removeprefix("kept."), value)
        for name, value in form.multi_items()
        if name.startswith("kept.") and isinstance(value, str)
    ]
    return kept if sum(len(value) for _name, value in kept) <= MAX_KEPT else []
