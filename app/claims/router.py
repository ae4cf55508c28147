"""`/claims`: a unit claims imported profiles and achievements, staff decide."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.claims import repository, service
from app.claims.schemas import ClaimApprove, ClaimCreate, ClaimRefuse, ClaimView, present
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.claim import ClaimStatus, ProfileClaim
from app.routing import concept_router

router = concept_router("认领", prefix="/claims")


def claim_filters(
    status: Annotated[list[ClaimStatus] | None, Query(description="状态")] = None,
    solver_id: uuid.UUID | None = None,
    organization_id: uuid.UUID | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        status=tuple(status or ()), solver_id=solver_id, organization_id=organization_id
    )


@router.get("", response_model=Page[ClaimView], summary="认领申请列表")
def list_claims(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(claim_filters)],
    actor: Actor = needs("claims:read"),
) -> Page[ClaimView]:
    """Staff see all, solvers those of their own unit. Sort by created_at or decided_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=ProfileClaim.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return Page[ClaimView](items=[present(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", response_model=ClaimView, status_code=201, summary="提交认领申请")
def file_claim(
    body: ClaimCreate, session: WriteSession, response: Response, actor: Actor = needs("claims:write")
) -> ClaimView:
    """A profile or an achievement that an import filed and no unit owns. Several units may claim it; one gets it."""
    claim = service.file(session, actor, **body.model_dump())
    response.headers["Location"] = f"/api/v1/claims/{claim.id}"
    return _answer(claim, response)


@router.get("/{claim_id}", response_model=ClaimView, summary="认领申请详情")
def get_claim(
    claim_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("claims:read")
) -> ClaimView:
    return _answer(repository.get(session, actor, claim_id), response)


@router.post("/{claim_id}/withdraw", response_model=ClaimView, summary="撤回认领申请")
def withdraw_claim(
    claim_id: uuid.UUID, session: WriteSession, response: Response, actor: Actor = needs("claims:write")
) -> ClaimView:
    claim = repository.lock(session, actor, claim_id)
    return _answer(service.withdraw(session, actor, claim), response)


@router.post("/{claim_id}/approve", response_model=ClaimView, summary="通过认领申请")
def approve_claim(
    claim_id: uuid.UUID,
    body: ClaimApprove,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("claims:decide"),
) -> ClaimView:
    """Profile and achievements belong to the unit; other claims on them are refused. What rounds have said stays."""
    claim = repository.lock(session, actor, claim_id)
    return _answer(service.approve(session, actor, claim, note=body.note), response)


@router.post("/{claim_id}/refuse", response_model=ClaimView, summary="退回认领申请")
def refuse_claim(
    claim_id: uuid.UUID,
    body: ClaimRefuse,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("claims:decide"),
) -> ClaimView:
    claim = repository.lock(session, actor, claim_id)
    return _answer(service.refuse(session, actor, claim, reason=body.reason), response)


def _answer(claim: ProfileClaim, response: Response) -> ClaimView:
    set_etag(response, claim.version)
    return present(claim)
