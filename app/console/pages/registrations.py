"""Who asks for an account: staff let people in, to a unit on file or to a new one, or refuse with a reason."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import or_
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.kit.pagination import PageQuery, paginate
from app.models.organization import Organization
from app.models.registration import Registration, RegistrationStatus
from app.organizations import repository as organizations
from app.registrations import repository, service
from app.registrations.schemas import RegistrationApprove, RegistrationRefuse, present

router = page_router(prefix="/desk/registrations")

PER_PAGE = 30
SHOWN = tuple(status for status in RegistrationStatus if status is not RegistrationStatus.UNCONFIRMED)


@router.get("", response_class=HTMLResponse)
def list_registrations(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = RegistrationStatus.WAITING.value,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("registrations:read"),
) -> HTMLResponse:
    chosen = (RegistrationStatus(status),) if status in set(SHOWN) else ()
    statement = repository.visible_to(actor)
    if chosen:
        statement = statement.where(Registration.status.in_(chosen))
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Registration.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    known = repository.known_emails(session, {row.email for row in rows})
    return page(
        request,
        "registrations.html",
        items=[present(row, known=known) for row in rows],
        units=_units_of(session, actor, rows),
        total=total,
        next_cursor=next_cursor,
        statuses=SHOWN,
        chosen_status=status,
        waiting=RegistrationStatus.WAITING,
    )


@router.post("/{registration_id}/approve", response_class=HTMLResponse)
def approve_registration(
    registration_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("registrations:decide"),
) -> Response:
    """The person becomes a solver of the unit on file that was chosen, else of the one it stated."""
    found = repository.get(session, actor, registration_id, lock=True)
    raw = {"organization_id": str(form["organization_id"])} if form.get("organization_id") else {}
    body = forms.require(RegistrationApprove, raw)
    service.approve(session, actor, found, organization_id=body.organization_id)
    return done("/desk/registrations", _("已通过，%(name)s 可以登录了") % {"name": found.name})


@router.post("/{registration_id}/refuse", response_class=HTMLResponse)
def refuse_registration(
    registration_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("registrations:decide"),
) -> Response:
    found = repository.get(session, actor, registration_id, lock=True)
    reason = forms.body_of(RegistrationRefuse, form).reason
    service.refuse(session, actor, context.settings, found, reason=reason)
    return done("/desk/registrations", _("已退回，申请人凭查询码可以看到理由"))


def _units_of(
    session: Session, actor: Actor, rows: list[Registration]
) -> dict[uuid.UUID, list[Organization]]:
    """Units on file of the stated name or code, by registration: most likely the person's own."""
    names = {row.organization_name for row in rows}
    codes = {row.uscc for row in rows if row.uscc}
    statement = organizations.visible_to(actor).where(
        or_(Organization.name.in_(names), Organization.uscc.in_(codes))
    )
    units = list(session.scalars(statement.order_by(Organization.name)))
    return {
        row.id: [
            unit
            for unit in units
            if unit.name == row.organization_name or (row.uscc and unit.uscc == row.uscc)
        ]
        for row in rows
    }
