"""`/organizations`: list, file, read and edit."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.organization import Organization, OrganizationKind
from app.organizations import repository, service
from app.organizations.schemas import OrganizationCreate, OrganizationPatch, OrganizationView
from app.routing import concept_router

router = concept_router("单位", prefix="/organizations")

IfMatch = Annotated[str | None, Depends(if_match)]


def organization_filters(
    q: Annotated[
        Annotated[str, Line(200)] | None, Query(description="名称、简介、代码中包含的词，空格分隔")
    ] = None,
    kind: Annotated[list[OrganizationKind] | None, Query(description="机构属性")] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="所在地区（包含）")] = None,
    uscc: Annotated[Annotated[str, Line(18)] | None, Query(description="统一社会信用代码")] = None,
    external_id: Annotated[Annotated[str, Line(200)] | None, Query()] = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        q=q or None,
        kind=tuple(kind or ()),
        region=region or None,
        uscc=uscc or None,
        external_id=external_id or None,
    )


@router.get("", response_model=Page[OrganizationView], summary="单位列表")
def list_organizations(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(organization_filters)],
    actor: Actor = needs("organizations:read"),
) -> Page[OrganizationView]:
    """Staff and reviewers see all units, everyone else only their own. Sort by created_at, updated_at, name
    or region."""
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), filters),
        page=page,
        key=Organization.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [OrganizationView.model_validate(row) for row in rows]
    return Page[OrganizationView](items=items, next_cursor=next_cursor, total=total)


@router.post("", response_model=OrganizationView, status_code=201, summary="新建单位")
def create_organization(
    body: OrganizationCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("organizations:create"),
) -> OrganizationView:
    organization = service.create(session, actor, body.model_dump())
    response.headers["Location"] = f"/api/v1/organizations/{organization.id}"
    return _answer(organization, response)


@router.get("/{organization_id}", response_model=OrganizationView, summary="单位详情")
def get_organization(
    organization_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("organizations:read"),
) -> OrganizationView:
    return _answer(service.get(session, actor, organization_id), response)


@router.patch("/{organization_id}", response_model=OrganizationView, summary="修改单位")
def patch_organization(
    organization_id: uuid.UUID,
    body: OrganizationPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("organizations:edit"),
) -> OrganizationView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read."""
    organization = repository.get(session, actor, organization_id, lock=True)
    check_version(header, organization.version)
    service.edit(session, actor, organization, body.model_dump(exclude_unset=True))
    return _answer(organization, response)


def _answer(organization: Organization, response: Response) -> OrganizationView:
    set_etag(response, organization.version)
    return OrganizationView.model_validate(organization)
