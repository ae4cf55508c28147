"""A person's saved searches: what to hear of, how often, what fits now, and what was told before."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Query, Request
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
from app.errors import JiebangError
from app.kit.etag import check_version
from app.models.requirement import Field
from app.models.subscription import Pace, Subscription, SubscriptionHit
from app.subscriptions import repository, service
from app.subscriptions.schemas import SubscriptionCreate, present, present_fit, present_hit

router = page_router(prefix="/desk/subscriptions")

SHOWN = 20


@router.get("", response_class=HTMLResponse)
def list_subscriptions(
    request: Request, session: ReadSession, actor: Actor = needs("subscriptions:read")
) -> HTMLResponse:
    rows = session.scalars(repository.visible_to(actor).order_by(Subscription.id.desc()))
    return page(request, "subscriptions.html", items=[present(row) for row in rows], most=service.MOST)


@router.get("/new", response_class=HTMLResponse)
def new_subscription(
    request: Request,
    q: Annotated[str, Query(max_length=500)] = "",
    field: Annotated[str, Query(max_length=40)] = "",
    region: Annotated[str, Query(max_length=200)] = "",
    actor: Actor = needs("subscriptions:write"),
) -> HTMLResponse:
    """The form; from the list of problems it is filled with what was searched there."""
    start = {"name": q[:100] or region, "words": q, "region": region, "pace": Pace.DAILY.value}
    return _form(request, forms.Read({**start, "fields": [field] if field in set(Field) else []}), None)


@router.post("", response_class=HTMLResponse)
def create_subscription(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("subscriptions:write"),
) -> Response:
    read = _read(form)
    if read.body is None:
        return _form(request, read, None, status=422)
    try:
        made = service.create(session, actor, read.body.model_dump())
    except JiebangError as error:
        session.rollback()
        return _form(request, forms.refused(read.values, error), None, status=error.status)
    return done(f"/desk/subscriptions/{made.id}", _("已保存。今后有符合的难题发布，会通知您"))


@router.get("/{subscription_id}", response_class=HTMLResponse)
def show_subscription(
    request: Request,
    subscription_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    actor: Actor = needs("subscriptions:read"),
) -> HTMLResponse:
    """What fits now, by the rule of the alerts, and what it has told of."""
    found = repository.get(session, actor, subscription_id)
    fits = service.fitting(context, session, actor, found, limit=SHOWN)
    hits = session.scalars(repository.hits_of(found).order_by(SubscriptionHit.id.desc()).limit(SHOWN))
    return page(
        request,
        "subscription.html",
        item=present(found),
        fits=[present_fit(actor, fit) for fit in fits],
        hits=[present_hit(actor, hit) for hit in hits],
    )


@router.get("/{subscription_id}/edit", response_class=HTMLResponse)
def edit_subscription(
    request: Request,
    subscription_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("subscriptions:write"),
) -> HTMLResponse:
    found = repository.get(session, actor, subscription_id)
    return _form(request, forms.Read(_typed(found)), found)


@router.post("/{subscription_id}/edit", response_class=HTMLResponse)
def save_subscription(
    request: Request,
    subscription_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("subscriptions:write"),
) -> Response:
    found = _locked(session, actor, subscription_id, form)
    read = _read(form)
    if read.body is None:
        return _form(request, read, found, status=422)
    try:
        service.edit(session, actor, found, read.body.model_dump(exclude={"is_active"}))
    except JiebangError as error:
        session.rollback()
        found = repository.get(session, actor, subscription_id)
        return _form(request, forms.refused(read.values, error), found, status=error.status)
    return done(f"/desk/subscriptions/{subscription_id}", _("已保存"))


@router.post("/{subscription_id}/switch", response_class=HTMLResponse)
def switch_subscription(
    subscription_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("subscriptions:write"),
) -> Response:
    """Pauses it, or lets it go on."""
    found = _locked(session, actor, subscription_id, form)
    service.edit(session, actor, found, {"is_active": not found.is_active})
    sentence = _("已恢复提醒") if found.is_active else _("已暂停提醒")
    return done("/desk/subscriptions", sentence)


@router.post("/{subscription_id}/remove", response_class=HTMLResponse)
def remove_subscription(
    subscription_id: uuid.UUID, session: WriteSession, actor: Actor = needs("subscriptions:write")
) -> Response:
    service.remove(session, actor, repository.get(session, actor, subscription_id, lock=True))
    return done("/desk/subscriptions", _("已删除"))


def _locked(session: Session, actor: Actor, subscription_id: uuid.UUID, form: FormData) -> Subscription:
    found = repository.get(session, actor, subscription_id, lock=True)
    check_version(f'"{form.get("version", "")}"', found.version)
    return found


def _read(form: FormData) -> forms.Read[SubscriptionCreate]:
    """The fields are boxes to tick; everything else is read as usual."""
    read = forms.read(SubscriptionCreate, form)
    chosen = [str(value) for value in form.getlist("fields")]
    raw: dict[str, Any] = {name: text for name, text in read.values.items() if name != "fields"}
    for name in ("budget_min_wan", "budget_max_wan"):
        text = str(form.get(name) or "").strip()
        raw[name] = forms.number(text, kind=Decimal) if text else None
    return forms.checked(SubscriptionCreate, {**read.values, "fields": chosen}, {**raw, "fields": chosen})


def _typed(found: Subscription) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(found, name) for name in ("name", "words", "region", "fields")}
    values["pace"] = found.pace.value
    for name in ("budget_min_wan", "budget_max_wan"):
        amount = getattr(found, name)
        values[name] = "" if amount is None else f"{amount.normalize():f}"
    return values


def _form(
    request: Request, read: forms.Read[Any], found: Subscription | None, *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "subscription_form.html",
        status=status,
        values=read.values,
        errors=read.errors,
        item=found,
        fields=Field,
        paces=Pace,
    )
