"""A new password: by whoever knows the old one, or through a letter by whoever has forgotten it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth import sessions
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, address_of, count_try
from app.console import forms
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router, public
from app.console.security import give_cookie
from app.errors import JiebangError
from app.letters import service as letters
from app.models.letter import LetterKind
from app.recovery import service as recovery
from app.recovery.schemas import RecoveryBody, ResetBody
from app.users import service as users
from app.users.schemas import PasswordChange

router = page_router()

NOT_THE_SAME = "两次输入的密码不一致"


@router.get("/password/forgotten", response_class=HTMLResponse)
def show_forgotten(
    request: Request,
    context: Context,
    email: Annotated[str, Query(max_length=254)] = "",
    actor: Actor = public(),
) -> HTMLResponse:
    return page(request, "password_forgotten.html", mails=context.settings.mails_links, email=email, error="")


@router.post("/password/forgotten", response_class=HTMLResponse)
def ask_for_link(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = public(),
) -> Response:
    """Says the same whether the address has an account or not."""
    typed = str(form.get("email") or "").strip()
    read = forms.checked(RecoveryBody, {"email": typed}, {"email": typed})
    if read.body is None:
        return page(
            request,
            "password_forgotten.html",
            status=422,
            mails=context.settings.mails_links,
            email=typed,
            error=read.errors.get("email", ""),
        )
    count_try(request, f"recovery {address_of(request)}")
    recovery.ask(session, context.settings, read.body.email, language=current())
    return done("/login", _("如果该邮箱有账号，您会收到一封邮件，请在 1 小时内打开其中的链接。"))


@router.get("/password/reset", response_class=HTMLResponse)
def show_reset(
    request: Request,
    session: ReadSession,
    context: Context,
    token: Annotated[str, Query(max_length=100)] = "",
    actor: Actor = public(),
) -> HTMLResponse:
    count_try(request, f"recovery {address_of(request)}")
    letters.find(session, LetterKind.RESET_PASSWORD, token)
    return _reset_form(request, context, token, {})


@router.post("/password/reset", response_class=HTMLResponse)
def reset(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = public(),
) -> Response:
    count_try(request, f"recovery {address_of(request)}")
    token = str(form.get("token") or "")
    read = forms.checked(ResetBody, {}, {"token": token, "new_password": str(form.get("new_password") or "")})
    if read.body is None:
        return _reset_form(request, context, token, dict(read.errors), status=422)
    if form.get("password_again") != read.body.new_password:
        return _reset_form(request, context, token, {"password_again": _(NOT_THE_SAME)}, status=422)
    try:
        recovery.reset(session, context.settings, token, read.body.new_password)
    except JiebangError as error:
        if not error.fields:
            raise
        session.rollback()
        return _reset_form(request, context, token, forms.by_field(error.fields), status=error.status)
    return done("/login", _("密码已重设，请用新密码登录"))


@router.get("/account/password", response_class=HTMLResponse)
def show_change(request: Request, context: Context, actor: Actor = needs("me:write")) -> HTMLResponse:
    return _change_form(request, context, {})


@router.post("/account/password", response_class=HTMLResponse)
def change(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("me:write"),
) -> Response:
    """Signs every other browser out; this one stays."""
    assert actor.user_id is not None
    names = ("current_password", "new_password")
    read = forms.checked(PasswordChange, {}, {name: str(form.get(name) or "") for name in names})
    if read.body is None:
        return _change_form(request, context, dict(read.errors), status=422)
    if form.get("password_again") != read.body.new_password:
        return _change_form(request, context, {"password_again": _(NOT_THE_SAME)}, status=422)
    try:
        count_try(request, f"password {actor.user_id}")
        users.change_own_password(
            session,
            actor,
            context.settings,
            current=read.body.current_password,
            new=read.body.new_password,
        )
    except JiebangError as error:
        session.rollback()
        errors = forms.by_field(error.fields) or {"current_password": error.detail(current())}
        return _change_form(request, context, errors, status=error.status)
    browser = request.headers.get("user-agent", "")
    token = sessions.start(session, context.settings, actor.user_id, browser=browser)
    response = done("/account", _("密码已修改，其他浏览器都已退出登录"))
    give_cookie(request, response, token)
    return response


def _reset_form(
    request: Request, context: Context, token: str, errors: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "password_reset.html",
        status=status,
        token=token,
        errors=errors,
        shortest=context.settings.password_min_length,
    )


def _change_form(
    request: Request, context: Context, errors: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    shortest = context.settings.password_min_length
    return page(request, "password_change.html", status=status, errors=errors, shortest=shortest)
