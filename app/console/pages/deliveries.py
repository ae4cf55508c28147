"""What is done with an agreement: the moves of its life, milestones, payments and reports."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.agreements import delivery, repository
from app.agreements.schemas import (
    MilestoneCreate,
    MilestonePatch,
    PaymentCreate,
    ReportCreate,
    ReturnReportBody,
    VoidBody,
)
from app.auth.actor import Actor
from app.auth.dependencies import WriteSession
from app.console import agreement_frame, forms
from app.console.language import gettext as _
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError, NotFound, NotPermitted
from app.kit.etag import check_version
from app.models.agreement import Agreement

router = page_router(prefix="/desk/agreements/{agreement_id}")

Form = Annotated[FormData, Depends(form_of)]
Act = Callable[[Session, Actor, Agreement, Any], Any]


@router.post("/milestones", response_class=HTMLResponse)
def add_milestone(
    request: Request,
    agreement_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:write"),
) -> Response:
    def act(session: Session, actor: Actor, agreement: Agreement, body: MilestoneCreate) -> None:
        delivery.add_milestone(session, actor, agreement, body.model_dump())

    return _take(request, session, actor, agreement_id, form, "milestone", MilestoneCreate, act)


@router.post("/milestones/{milestone_id}", response_class=HTMLResponse)
def edit_milestone(
    request: Request,
    agreement_id: uuid.UUID,
    milestone_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:write"),
) -> Response:
    """Changes it, or says on which day it was reached."""

    def act(session: Session, actor: Actor, agreement: Agreement, body: MilestonePatch) -> None:
        check_version(f'"{form.get("version", "")}"', agreement.version)
        changes = body.model_dump(exclude_unset=True)
        delivery.edit_milestone(session, actor, agreement, milestone_id, changes)

    name = f"milestone-{milestone_id}"
    return _take(request, session, actor, agreement_id, form, name, MilestonePatch, act)


@router.post("/payments", response_class=HTMLResponse)
def record_payment(
    request: Request,
    agreement_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:manage"),
) -> Response:
    def act(session: Session, actor: Actor, agreement: Agreement, body: PaymentCreate) -> None:
        delivery.record_payment(session, actor, agreement, **body.model_dump())

    return _take(request, session, actor, agreement_id, form, "payment", PaymentCreate, act)


@router.post("/payments/{payment_id}/void", response_class=HTMLResponse)
def void_payment(
    request: Request,
    agreement_id: uuid.UUID,
    payment_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:manage"),
) -> Response:
    """The entry stays on the page, struck out, with its reason."""

    def act(session: Session, actor: Actor, agreement: Agreement, body: VoidBody) -> None:
        delivery.void_payment(session, actor, agreement, payment_id, reason=body.reason)

    return _take(request, session, actor, agreement_id, form, f"payment-{payment_id}", VoidBody, act)


@router.post("/reports", response_class=HTMLResponse)
def submit_report(
    request: Request,
    agreement_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreement-reports:write"),
) -> Response:
    def act(session: Session, actor: Actor, agreement: Agreement, body: ReportCreate) -> None:
        delivery.submit_report(session, actor, agreement, kind=body.kind, text=body.text)

    return _take(request, session, actor, agreement_id, form, "report", ReportCreate, act)


@router.post("/reports/{report_id}/accept", response_class=HTMLResponse)
def accept_report(
    request: Request,
    agreement_id: uuid.UUID,
    report_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:manage"),
) -> Response:
    def act(session: Session, actor: Actor, agreement: Agreement, body: BaseModel) -> None:
        delivery.accept_report(session, actor, agreement, report_id)

    name = f"report-{report_id}"
    return _take(request, session, actor, agreement_id, form, name, agreement_frame.Nothing, act)


@router.post("/reports/{report_id}/return", response_class=HTMLResponse)
def return_report(
    request: Request,
    agreement_id: uuid.UUID,
    report_id: uuid.UUID,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:manage"),
) -> Response:
    def act(session: Session, actor: Actor, agreement: Agreement, body: ReturnReportBody) -> None:
        delivery.return_report(session, actor, agreement, report_id, reason=body.reason)

    return _take(request, session, actor, agreement_id, form, f"report-{report_id}", ReturnReportBody, act)


@router.post("/{move}", response_class=HTMLResponse)
def move_agreement(
    request: Request,
    agreement_id: uuid.UUID,
    move: str,
    session: WriteSession,
    form: Form,
    actor: Actor = needs("agreements:write"),
) -> Response:
    """A step of its life; which permission it takes stands in the table of moves."""
    step = next((item for item in agreement_frame.MOVES if item.code == move), None)
    if step is None:
        raise NotFound()
    actor.require(step.permission)
    return _take(request, session, actor, agreement_id, form, step.code, step.body, step.make)


def _take(
    request: Request,
    session: Session,
    actor: Actor,
    agreement_id: uuid.UUID,
    form: FormData,
    name: str,
    model: type[BaseModel],
    act: Act,
) -> Response:
    """Acts on the locked agreement; what is refused comes back in the form `name` with all that was typed."""
    agreement = repository.lock(session, actor, agreement_id)
    read = forms.read(model, form)
    if read.body is None:
        return agreement_frame.show(request, session, actor, agreement, failing=name, read=read, status=422)
    try:
        act(session, actor, agreement, read.body)
    except (NotFound, NotPermitted):
        raise
    except JiebangError as error:
        session.rollback()
        again = repository.get(session, actor, agreement_id)
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return agreement_frame.show(
            request, session, actor, again, failing=name, read=refused, status=error.status
        )
    return done(f"/desk/agreements/{agreement_id}", _("已登记"))
