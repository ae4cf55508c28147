"""What districts are to reach in a year, and which leaders get and read the reports on them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.clock import in_shanghai, now
from app.kit.schemas import Line
from app.models.access import User
from app.models.monitoring import GREEN_FROM, YELLOW_FROM, Indicator
from app.monitoring import repository, service, targets
from app.monitoring.figures import RULES
from app.monitoring.schemas import TargetsPut
from app.users import repository as users

router = page_router(prefix="/desk/monitoring")

Region = Annotated[Annotated[str, Line(200)], Query()]
PARTS = ("annual", "green_from", "yellow_from")


@router.get("/targets", response_class=HTMLResponse)
def show_targets(
    request: Request,
    session: ReadSession,
    year: Annotated[int | None, Query(ge=2000, le=2999)] = None,
    region: Region = "",
    actor: Actor = needs("indicator-reports:write"),
) -> HTMLResponse:
    """All indicators of one district and year."""
    year = year or in_shanghai(now()).year
    values: dict[str, Any] = {}
    for row in repository.targets(session, year, region=region):
        values[f"{row.indicator.value}.annual"] = f"{row.annual.normalize():f}"
        values[f"{row.indicator.value}.green_from"] = row.green_from
        values[f"{row.indicator.value}.yellow_from"] = row.yellow_from
    return _targets(request, session, year, region, values, {})


@router.post("/targets", response_class=HTMLResponse)
def set_targets(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    year: Annotated[int, Query(ge=2000, le=2999)],
    region: Region = "",
    actor: Actor = needs("indicator-reports:write"),
) -> Response:
    """Those with a value; an empty one is no target."""
    typed = {
        f"{item.value}.{part}": str(form.get(f"{item.value}.{part}", ""))
        for item in Indicator
        for part in PARTS
    }
    given = [item for item in Indicator if typed[f"{item.value}.annual"].strip()]
    rows = [_row(item, typed) for item in given]
    read = forms.checked(TargetsPut, typed, {"region": region, "targets": rows})
    if read.body is None:
        errors = {_named(name, given): words for name, words in read.errors.items()}
        return _targets(request, session, year, region, typed, errors, status=422)
    wanted = {
        item.indicator: targets.Wanted(item.annual, item.green_from, item.yellow_from)
        for item in read.body.targets
    }
    try:
        targets.set_targets(session, actor, year, region, wanted)
    except InvalidInput as error:
        session.rollback()
        return _targets(request, session, year, region, typed, forms.by_field(error.fields), status=422)
    path = str(request.url.path) + f"?{request.url.query}"
    return done(path, _("目标已保存，草稿请重新计算"))


@router.get("/recipients", response_class=HTMLResponse)
def list_recipients(
    request: Request, session: ReadSession, actor: Actor = needs("indicator-reports:write")
) -> HTMLResponse:
    return _recipients(request, session, forms.Read({}))


@router.post("/recipients", response_class=HTMLResponse)
def name_recipient(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("indicator-reports:write"),
) -> Response:
    typed = {name: str(form.get(name, "")).strip()[:300] for name in ("region", "email")}
    try:
        targets.name_recipient(session, actor, typed["region"][:200], _user(session, actor, typed["email"]))
    except JiebangError as error:
        session.rollback()
        return _recipients(request, session, forms.refused(typed, error), status=error.status)
    return done("/desk/monitoring/recipients", _("已指定接收人"))


@router.post("/recipients/{recipient_id}/drop", response_class=HTMLResponse)
def drop_recipient(
    recipient_id: uuid.UUID, session: WriteSession, actor: Actor = needs("indicator-reports:write")
) -> Response:
    targets.drop_recipient(session, actor, recipient_id)
    return done("/desk/monitoring/recipients", _("已取消接收人"))


def _row(item: Indicator, typed: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "indicator": item,
        "annual": forms.number(typed[f"{item.value}.annual"], kind=Decimal),
    }
    for part in PARTS[1:]:
        if typed[f"{item.value}.{part}"].strip():
            row[part] = forms.number(typed[f"{item.value}.{part}"])
    return row


def _named(name: str, given: list[Indicator]) -> str:
    parts = name.split(".")
    return given[int(parts[1])].value if len(parts) > 1 and parts[1].isdigit() else name


def _user(session: Session, actor: Actor, email: str) -> User:
    statement = users.visible_to(actor).where(User.id.in_(select(User.id).where(User.email == email.lower())))
    found = session.scalar(statement)
    if found is None:
        problem = FieldError("email", "unknown", "没有这个账号", "There is no such account")
        raise InvalidInput(fields=(problem,))
    return found


def _targets(
    request: Request,
    session: Session,
    year: int,
    region: str,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "monitoring_targets.html",
        status=status,
        year=year,
        region=region,
        region_name=service.name_of(region),
        districts=service.districts(session),
        indicators=Indicator,
        rules=RULES,
        values=values,
        errors=errors,
        green_from=GREEN_FROM,
        yellow_from=YELLOW_FROM,
    )


def _recipients(
    request: Request, session: Session, read: forms.Read[Any], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "monitoring_recipients.html",
        status=status,
        items=[(row, service.name_of(row.region)) for row in repository.recipients(session)],
        districts=service.districts(session),
        values=read.values,
        errors=read.errors,
    )
