"""A unit and its person register without an account: the form, the link that confirms the address, the answer."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import (
    Context,
    ReadSession,
    WriteSession,
    address_of,
    count_registration,
    count_try,
)
from app.console import forms
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, page_router, public
from app.errors import JiebangError, NotFound
from app.models.organization import OrganizationKind
from app.registrations import repository, service
from app.registrations.schemas import RegistrationCreate

router = page_router(prefix="/register")

KINDS = tuple(kind for kind in OrganizationKind if kind is not OrganizationKind.GOVERNMENT)


@router.get("", response_class=HTMLResponse)
def show_registration(request: Request, context: Context, actor: Actor = public()) -> Response:
    """The form; whoever has an account needs none."""
    if not actor.is_visitor:
        return done("/desk")
    start = forms.Read[Any]({"organization_kind": OrganizationKind.UNIVERSITY.value})
    return _form(request, start, mails=context.settings.mails_links)


@router.post("", response_class=HTMLResponse)
def register(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = public(),
) -> Response:
    """Takes the registration; the answer is the same whether the address has an account or not."""
    mails = context.settings.mails_links
    raw = {name: str(form.get(name) or "") for name in RegistrationCreate.model_fields}
    # What a person leaves empty is not stated.
    read = forms.checked(RegistrationCreate, raw, {name: text for name, text in raw.items() if text.strip()})
    if read.body is None:
        return _form(request, read, mails=mails, status=422)
    if form.get("password_again") != read.body.password:
        errors = {"password_again": _("两次输入的密码不一致")}
        return _form(request, forms.Read(raw, errors=errors), mails=mails, status=422)
    try:
        count_registration(request)
        filed = service.file(
            session,
            context.settings,
            password=read.body.password,
            fields=read.body.model_dump(exclude={"password"}),
            language=current(),
        )
    except JiebangError as error:
        session.rollback()
        return _form(request, forms.refused(raw, error), mails=mails, status=error.status)
    return page(
        request,
        "registered.html",
        email=read.body.email,
        code=f"{filed.id}.{filed.receipt}",
        mails=mails,
    )


@router.get("/confirm", response_class=HTMLResponse)
def show_confirmation(
    request: Request,
    session: ReadSession,
    token: Annotated[str, Query(max_length=100)] = "",
    actor: Actor = public(),
) -> HTMLResponse:
    """What the link is about, with a button: programs that open every link of a letter must not confirm."""
    count_try(request, f"confirm {address_of(request)}")
    return page(request, "register_confirm.html", found=service.to_confirm(session, token), token=token)


@router.post("/confirm", response_class=HTMLResponse)
def confirm(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = public(),
) -> Response:
    count_try(request, f"confirm {address_of(request)}")
    service.confirm(session, str(form.get("token") or ""))
    return done("/login", _("邮箱已确认。承办单位审核通过后，您会收到邮件，即可登录。"))


@router.post("/status", response_class=HTMLResponse)
def show_status(
    request: Request,
    session: ReadSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = public(),
) -> HTMLResponse:
    """What became of a registration, for whoever holds the code that it was answered with."""
    count_try(request, f"receipt {address_of(request)}")
    number, _dot, receipt = str(form.get("code") or "").strip().partition(".")
    try:
        found = repository.by_receipt(session, uuid.UUID(number), service.digest(receipt))
    except (ValueError, NotFound):
        return page(request, "registration_status.html", status=404, found=None)
    return page(request, "registration_status.html", found=found)


def _form(request: Request, read: forms.Read[Any], *, mails: bool, status: int = 200) -> HTMLResponse:
    return page(
        request,
        "register.html",
        status=status,
        values=read.values,
        errors=read.errors,
        kinds=KINDS,
        mails=mails,
        shortest=request.app.state.context.settings.password_min_length,
    )
