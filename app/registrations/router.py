"""`/registrations`: strangers ask for an account, staff decide."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import (
    Context,
    ReadSession,
    WriteSession,
    address_of,
    count_registration,
    count_try,
    needs,
)
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.registration import Registration, RegistrationStatus
from app.registrations import repository, service
from app.registrations.schemas import (
    ConfirmBody,
    FiledView,
    ReceiptBody,
    RegistrationApprove,
    RegistrationCreate,
    RegistrationRefuse,
    RegistrationStatusView,
    RegistrationView,
    present,
)
from app.routing import Language, concept_router, ignores_idempotency_keys

router = concept_router("注册", prefix="/registrations")


@router.post("", response_model=FiledView, status_code=202, summary="申请注册")
@ignores_idempotency_keys
def register(
    request: Request,
    body: RegistrationCreate,
    session: WriteSession,
    context: Context,
    response: Response,
    language: Language,
) -> FiledView:
    """Without an account. Nobody learns from the answer whether an address is known; staff decide.

    Where the service sends e-mail, the registration counts once the link in the letter was opened.
    """
    count_registration(request)
    response.headers["Cache-Control"] = "no-store"
    fields = body.model_dump(exclude={"password"})
    filed = service.file(session, context.settings, password=body.password, fields=fields, language=language)
    status = RegistrationStatus.UNCONFIRMED if context.settings.mails_links else RegistrationStatus.WAITING
    return FiledView(id=filed.id, receipt=filed.receipt, status=status)


@router.post("/confirm", status_code=204, summary="确认注册邮箱")
@ignores_idempotency_keys
def confirm_registration(request: Request, body: ConfirmBody, session: WriteSession) -> None:
    """Takes the token of the letter's link once; from then on staff see the registration."""
    count_try(request, f"confirm {address_of(request)}")
    service.confirm(session, body.token)


@router.post("/{registration_id}/status", response_model=RegistrationStatusView, summary="查询注册结果")
@ignores_idempotency_keys
def get_status(
    registration_id: uuid.UUID, request: Request, body: ReceiptBody, session: ReadSession
) -> RegistrationStatusView:
    """For whoever holds the receipt; anything else is 404."""
    count_try(request, f"receipt {address_of(request)}")
    found = repository.by_receipt(session, registration_id, service.digest(body.receipt))
    return RegistrationStatusView(status=found.status, status_label=found.status.label, answer=found.answer)


@router.get("", response_model=Page[RegistrationView], summary="注册申请列表")
def list_registrations(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    status: Annotated[list[RegistrationStatus] | None, Query(description="状态")] = None,
    actor: Actor = needs("registrations:read"),
) -> Page[RegistrationView]:
    """Sort by created_at or decided_at."""
    statement = repository.visible_to(actor)
    if status:
        statement = statement.where(Registration.status.in_(status))
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Registration.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    known = repository.known_emails(session, {row.email for row in rows})
    items = [present(row, known=known) for row in rows]
    return Page[RegistrationView](items=items, next_cursor=next_cursor, total=total)


@router.get("/{registration_id}", response_model=RegistrationView, summary="注册申请详情")
def get_registration(
    registration_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("registrations:read"),
) -> RegistrationView:
    return _answer(session, repository.get(session, actor, registration_id), response)


@router.post("/{registration_id}/approve", response_model=RegistrationView, summary="通过注册申请")
def approve_registration(
    registration_id: uuid.UUID,
    body: RegistrationApprove,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("registrations:decide"),
) -> RegistrationView:
    """The person becomes a solver of a unit on file, or of the unit it stated, which must not be on file yet."""
    registration = repository.get(session, actor, registration_id, lock=True)
    service.approve(session, actor, registration, organization_id=body.organization_id)
    return _answer(session, registration, response)


@router.post("/{registration_id}/refuse", response_model=RegistrationView, summary="退回注册申请")
def refuse_registration(
    registration_id: uuid.UUID,
    body: RegistrationRefuse,
    session: WriteSession,
    context: Context,
    response: Response,
    actor: Actor = needs("registrations:decide"),
) -> RegistrationView:
    registration = repository.get(session, actor, registration_id, lock=True)
    refused = service.refuse(session, actor, context.settings, registration, reason=body.reason)
    return _answer(session, refused, response)


def _answer(session: Session, registration: Registration, response: Response) -> RegistrationView:
    set_etag(response, registration.version)
    return present(registration, known=repository.known_emails(session, {registration.email}))
