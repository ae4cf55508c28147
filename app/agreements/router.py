"""`/agreements`: list, file, read, edit, the moves of their life, and what belongs to their delivery."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.agreements import delivery, repository, service
from app.agreements.presenter import present
from app.agreements.schemas import (
    AgreementCreate,
    AgreementPatch,
    AgreementView,
    MilestoneCreate,
    MilestonePatch,
    PaymentCreate,
    ReportCreate,
    ReturnReportBody,
    SignBody,
    TerminateBody,
    VoidBody,
)
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Day, Line
from app.models.agreement import Agreement, AgreementKind, AgreementStatus
from app.models.requirement import Field
from app.requirements import repository as requirements
from app.routing import concept_router

router = concept_router("合作协议", prefix="/agreements")

IfMatch = Annotated[str | None, Depends(if_match)]


def agreement_filters(
    status: Annotated[list[AgreementStatus] | None, Query(description="状态")] = None,
    kind: Annotated[list[AgreementKind] | None, Query(description="合同类型")] = None,
    field: Annotated[list[Field] | None, Query(description="需求所属领域")] = None,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
    challenge_id: uuid.UUID | None = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="需求所在地区（包含）")] = None,
    signed_from: Annotated[Day | None, Query(description="签署日期不早于")] = None,
    signed_to: Annotated[Day | None, Query(description="签署日期不晚于")] = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        status=tuple(status or ()),
        kind=tuple(kind or ()),
        field=tuple(field or ()),
        requirement_id=requirement_id,
        solver_id=solver_id,
        challenge_id=challenge_id,
        region=region or None,
        signed_from=signed_from,
        signed_to=signed_to,
    )


@router.get("", response_model=Page[AgreementView], summary="合作协议列表")
def list_agreements(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(agreement_filters)],
    actor: Actor = needs("agreements:read"),
) -> Page[AgreementView]:
    """Staff see all, seekers those on their requirements, solvers what their team has signed. Sort by
    created_at, updated_at, signed_on or amount_wan."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=Agreement.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return Page[AgreementView](items=[present(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", response_model=AgreementView, status_code=201, summary="新建协议草稿")
def create_agreement(
    body: AgreementCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreements:write"),
) -> AgreementView:
    """Seekers file agreements on their own requirements, staff on any that is published and has not ended."""
    try:
        requirement = requirements.get(session, actor, body.requirement_id, lock=True)
    except NotFound as error:
        unknown = FieldError("requirement_id", "unknown_requirement", "没有这个需求", "No such requirement")
        raise InvalidInput(fields=(unknown,)) from error
    fields = body.model_dump(exclude_unset=True, exclude={"requirement_id"})
    agreement = service.create(session, actor, requirement, fields)
    response.headers["Location"] = f"/api/v1/agreements/{agreement.id}"
    return _answer(session, actor, agreement, response)


@router.get("/{agreement_id}", response_model=AgreementView, summary="合作协议详情")
def get_agreement(
    agreement_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("agreements:read"),
) -> AgreementView:
    agreement = repository.get(session, actor, agreement_id)
    set_etag(response, agreement.version)
    return present(agreement)


@router.patch("/{agreement_id}", response_model=AgreementView, summary="修改协议草稿")
def patch_agreement(
    agreement_id: uuid.UUID,
    body: AgreementPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("agreements:write"),
) -> AgreementView:
    """Only the fields that are sent change, and only of a draft. Needs `If-Match`."""
    agreement = repository.lock(session, actor, agreement_id)
    check_version(header, agreement.version)
    service.edit(session, actor, agreement, body.model_dump(exclude_unset=True))
    return _answer(session, actor, agreement, response)


@router.post("/{agreement_id}/cancel", response_model=AgreementView, summary="取消协议草稿")
def cancel_agreement(
    agreement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("agreements:write"),
) -> AgreementView:
    agreement = _for_move(session, actor, agreement_id, header)
    return _answer(session, actor, service.cancel(session, actor, agreement), response)


@router.post("/{agreement_id}/sign", response_model=AgreementView, summary="登记签署")
def sign_agreement(
    agreement_id: uuid.UUID,
    body: SignBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """A requirement in contact is agreed by it; the seeker and the team are told."""
    agreement = _for_move(session, actor, agreement_id, header)
    service.sign(session, actor, agreement, signed_on=body.signed_on)
    return _answer(session, actor, agreement, response)


@router.post("/{agreement_id}/start", response_model=AgreementView, summary="开始履行")
def start_agreement(
    agreement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """An agreed requirement is in delivery from now on."""
    agreement = _for_move(session, actor, agreement_id, header)
    return _answer(session, actor, service.start(session, actor, agreement), response)


@router.post("/{agreement_id}/complete", response_model=AgreementView, summary="完成")
def complete_agreement(
    agreement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """409 `final_report_missing` until a final report was accepted."""
    agreement = _for_move(session, actor, agreement_id, header)
    return _answer(session, actor, service.complete(session, actor, agreement), response)


@router.post("/{agreement_id}/terminate", response_model=AgreementView, summary="终止")
def terminate_agreement(
    agreement_id: uuid.UUID,
    body: TerminateBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """A requirement that was agreed by this agreement alone is in contact again."""
    agreement = _for_move(session, actor, agreement_id, header)
    service.terminate(session, actor, agreement, reason=body.reason)
    return _answer(session, actor, agreement, response)


@router.post(
    "/{agreement_id}/milestones", response_model=AgreementView, status_code=201, summary="新增里程碑"
)
def create_milestone(
    agreement_id: uuid.UUID,
    body: MilestoneCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreements:write"),
) -> AgreementView:
    agreement = repository.lock(session, actor, agreement_id)
    delivery.add_milestone(session, actor, agreement, body.model_dump())
    return _answer(session, actor, agreement, response)


@router.patch("/{agreement_id}/milestones/{milestone_id}", response_model=AgreementView, summary="修改里程碑")
def patch_milestone(
    agreement_id: uuid.UUID,
    milestone_id: uuid.UUID,
    body: MilestonePatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("agreements:write"),
) -> AgreementView:
    """Needs `If-Match` with the ETag of the agreement."""
    agreement = repository.lock(session, actor, agreement_id)
    check_version(header, agreement.version)
    delivery.edit_milestone(session, actor, agreement, milestone_id, body.model_dump(exclude_unset=True))
    return _answer(session, actor, agreement, response)


@router.post("/{agreement_id}/payments", response_model=AgreementView, status_code=201, summary="登记到账")
def create_payment(
    agreement_id: uuid.UUID,
    body: PaymentCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """409 `payment_exceeds_amount` when more than the agreed amount would be paid."""
    agreement = repository.lock(session, actor, agreement_id)
    delivery.record_payment(session, actor, agreement, **body.model_dump())
    return _answer(session, actor, agreement, response)


@router.post(
    "/{agreement_id}/payments/{payment_id}/void", response_model=AgreementView, summary="作废一笔到账"
)
def void_payment(
    agreement_id: uuid.UUID,
    payment_id: uuid.UUID,
    body: VoidBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """The entry stays on record and counts nowhere."""
    agreement = repository.lock(session, actor, agreement_id)
    delivery.void_payment(session, actor, agreement, payment_id, reason=body.reason)
    return _answer(session, actor, agreement, response)


@router.post("/{agreement_id}/reports", response_model=AgreementView, status_code=201, summary="提交履约报告")
def create_report(
    agreement_id: uuid.UUID,
    body: ReportCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreement-reports:write"),
) -> AgreementView:
    """By either party or staff, while the agreement is in delivery; a returned report is handed in anew."""
    agreement = repository.lock(session, actor, agreement_id)
    delivery.submit_report(session, actor, agreement, kind=body.kind, text=body.text)
    return _answer(session, actor, agreement, response)


@router.post(
    "/{agreement_id}/reports/{report_id}/accept", response_model=AgreementView, summary="报告审核通过"
)
def accept_report(
    agreement_id: uuid.UUID,
    report_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    agreement = repository.lock(session, actor, agreement_id)
    delivery.accept_report(session, actor, agreement, report_id)
    return _answer(session, actor, agreement, response)


@router.post("/{agreement_id}/reports/{report_id}/return", response_model=AgreementView, summary="退回报告")
def return_report(
    agreement_id: uuid.UUID,
    report_id: uuid.UUID,
    body: ReturnReportBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("agreements:manage"),
) -> AgreementView:
    """The reason is what the parties read."""
    agreement = repository.lock(session, actor, agreement_id)
    delivery.return_report(session, actor, agreement, report_id, reason=body.reason)
    return _answer(session, actor, agreement, response)


def _for_move(session: Session, actor: Actor, agreement_id: uuid.UUID, header: str | None) -> Agreement:
    """The locked row. `If-Match` is optional for moves: the lifecycle itself refuses a second one."""
    agreement = repository.lock(session, actor, agreement_id)
    if header is not None:
        check_version(header, agreement.version)
    return agreement


def _answer(session: Session, actor: Actor, agreement: Agreement, response: Response) -> AgreementView:
    stored = repository.get(session, actor, agreement.id)
    set_etag(response, stored.version)
    return present(stored)
