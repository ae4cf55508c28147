"""`/requirements`: list, file, read, edit, and the moves of the lifecycle."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.requirement import Confidentiality, Field, Requirement, RequirementStatus
from app.organizations import service as organizations
from app.requirements import repository, service
from app.requirements.presenter import present
from app.requirements.schemas import (
    AdvanceBody,
    HistoryEntryView,
    NoteBody,
    PublishBody,
    ReasonBody,
    RequirementCreate,
    RequirementPatch,
    RequirementView,
    ReturnBody,
)
from app.routing import concept_router

router = concept_router("技术需求", prefix="/requirements")

IfMatch = Annotated[str | None, Depends(if_match)]


def requirement_filters(
    q: Annotated[Annotated[str, Line(200)] | None, Query(description="全文包含的词，空格分隔")] = None,
    status: Annotated[list[RequirementStatus] | None, Query()] = None,
    field: Annotated[list[Field] | None, Query(description="所属领域")] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="所在地区（包含）")] = None,
    industry: Annotated[Annotated[str, Line(100)] | None, Query(description="应用行业（包含）")] = None,
    confidentiality: Annotated[Confidentiality | None, Query()] = None,
    organization_id: uuid.UUID | None = None,
    challenge_id: uuid.UUID | None = None,
    external_id: Annotated[Annotated[str, Line(200)] | None, Query()] = None,
    budget_min: Annotated[Decimal | None, Query(ge=0, le=9_999_999)] = None,
    budget_max: Annotated[Decimal | None, Query(ge=0, le=9_999_999)] = None,
) -> repository.Filters:
    """The query parameters of every list of requirements."""
    return repository.Filters(
        q=q or None,
        status=tuple(status or ()),
        field=tuple(field or ()),
        region=region or None,
        industry=industry or None,
        confidentiality=confidentiality,
        organization_id=organization_id,
        challenge_id=challenge_id,
        external_id=external_id or None,
        budget_min=budget_min,
        budget_max=budget_max,
    )


@router.get("", response_model=Page[RequirementView], summary="需求列表")
def list_requirements(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(requirement_filters)],
    actor: Actor = needs("requirements:read"),
) -> Any:
    """What the caller may see, newest first. Sort by created_at, updated_at, submitted_at, published_at,
    deadline, budget_wan or (not for solvers) title."""
    statement = repository.narrow(repository.visible_to(actor), filters, actor)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Requirement.id,
        sortable=repository.sortable_by(actor),
        default="-created_at",
    )
    items = [present(actor, row) for row in rows]
    return Page[RequirementView](items=items, next_cursor=next_cursor, total=total)


@router.post("", response_model=RequirementView, status_code=201, summary="新建需求草稿")
def create_requirement(
    body: RequirementCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("requirements:create"),
) -> RequirementView:
    """A draft needs only a title; it belongs to the caller's organization unless one is named."""
    if body.organization is not None:
        organization = organizations.find_or_create(session, actor, **body.organization.model_dump())
    else:
        organization = service.own_organization(session, actor, body.organization_id)
    fields = body.model_dump(exclude={"organization_id", "organization", "challenge"})
    requirement = service.create(session, actor, fields, organization=organization, challenge=body.challenge)
    response.headers["Location"] = f"/api/v1/requirements/{requirement.id}"
    return _answer(session, actor, requirement, response)


@router.get("/{requirement_id}", response_model=RequirementView, summary="需求详情")
def get_requirement(
    requirement_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("requirements:read"),
) -> RequirementView:
    requirement = repository.get(session, actor, requirement_id)
    set_etag(response, requirement.version)
    return present(actor, requirement)


@router.patch("/{requirement_id}", response_model=RequirementView, summary="修改需求")
def patch_requirement(
    requirement_id: uuid.UUID,
    body: RequirementPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("requirements:edit"),
) -> RequirementView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read."""
    requirement = repository.get(session, actor, requirement_id, lock=True)
    check_version(header, requirement.version)
    service.edit(session, actor, requirement, body.model_dump(exclude_unset=True))
    return _answer(session, actor, requirement, response)


@router.post("/{requirement_id}/submit", response_model=RequirementView, summary="提交")
def submit_requirement(
    requirement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:submit"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    return _answer(session, actor, service.submit(session, actor, requirement), response)


@router.post("/{requirement_id}/accept", response_model=RequirementView, summary="形式审核通过")
def accept_requirement(
    requirement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    body: NoteBody | None = None,
    header: IfMatch = None,
    actor: Actor = needs("requirements:review"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    text = body.text if body else ""
    return _answer(session, actor, service.accept(session, actor, requirement, text), response)


@router.post("/{requirement_id}/refine", response_model=RequirementView, summary="挖掘凝练完成")
def refine_requirement(
    requirement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:review"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    return _answer(session, actor, service.refine(session, actor, requirement), response)


@router.post("/{requirement_id}/approve", response_model=RequirementView, summary="审核通过")
def approve_requirement(
    requirement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    body: NoteBody | None = None,
    header: IfMatch = None,
    actor: Actor = needs("requirements:review"),
) -> RequirementView:
    """Passes every review step that is left: each is recorded as a move of its own."""
    requirement = _for_move(session, actor, requirement_id, header)
    text = body.text if body else ""
    return _answer(session, actor, service.approve(session, actor, requirement, text), response)


@router.post("/{requirement_id}/return", response_model=RequirementView, summary="退回补正")
def return_requirement(
    requirement_id: uuid.UUID,
    body: ReturnBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:review"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    service.send_back(session, actor, requirement, reason=body.reason, text=body.text)
    return _answer(session, actor, requirement, response)


@router.post("/{requirement_id}/reject", response_model=RequirementView, summary="不予受理")
def reject_requirement(
    requirement_id: uuid.UUID,
    body: ReasonBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:review"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    return _answer(session, actor, service.reject(session, actor, requirement, reason=body.reason), response)


@router.post("/{requirement_id}/publish", response_model=RequirementView, summary="发布")
def publish_requirement(
    requirement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    body: PublishBody | None = None,
    header: IfMatch = None,
    actor: Actor = needs("requirements:publish"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    body = body or PublishBody()
    service.publish(session, actor, requirement, challenge=body.challenge, text=body.text)
    return _answer(session, actor, requirement, response)


@router.post("/{requirement_id}/advance", response_model=RequirementView, summary="推进到下一阶段")
def advance_requirement(
    requirement_id: uuid.UUID,
    body: AdvanceBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:close"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    service.advance(session, actor, requirement, to=RequirementStatus(body.to), text=body.text)
    return _answer(session, actor, requirement, response)


@router.post("/{requirement_id}/withdraw", response_model=RequirementView, summary="撤回")
def withdraw_requirement(
    requirement_id: uuid.UUID,
    body: ReasonBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:withdraw"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    return _answer(
        session, actor, service.withdraw(session, actor, requirement, reason=body.reason), response
    )


@router.post("/{requirement_id}/close", response_model=RequirementView, summary="办结")
def close_requirement(
    requirement_id: uuid.UUID,
    body: ReasonBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("requirements:close"),
) -> RequirementView:
    requirement = _for_move(session, actor, requirement_id, header)
    return _answer(session, actor, service.close(session, actor, requirement, reason=body.reason), response)


@router.get("/{requirement_id}/history", response_model=Page[HistoryEntryView], summary="流转记录")
def list_history(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("responses:read")
) -> Page[HistoryEntryView]:
    """Every act on the requirement, oldest first; for its seeker, reviewers and staff."""
    requirement = repository.get(session, actor, requirement_id)
    service.check_is_insider(actor, requirement)
    entries = audit.history(session, "requirement", requirement.id)
    views = [HistoryEntryView.model_validate(entry) for entry in entries]
    return Page[HistoryEntryView](items=views, total=len(views))


def _for_move(session: Session, actor: Actor, requirement_id: uuid.UUID, header: str | None) -> Requirement:
    """The locked row. `If-Match` is optional for moves: the lifecycle itself refuses a second one."""
    requirement = repository.get(session, actor, requirement_id, lock=True)
    if header is not None:
        check_version(header, requirement.version)
    return requirement


def _answer(session: Session, actor: Actor, requirement: Requirement, response: Response) -> RequirementView:
    session.refresh(requirement, ["challenges"])
    set_etag(response, requirement.version)
    return present(actor, requirement)
