"""`/solvers`: list, file, read, edit and remove teams."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.requirement import Field
from app.models.solver import SolverKind, SolverProfile
from app.routing import concept_router
from app.solvers import repository, service
from app.solvers.places import places_of
from app.solvers.schemas import SolverCreate, SolverPatch, SolverView, present

router = concept_router("解决方", prefix="/solvers")

IfMatch = Annotated[str | None, Depends(if_match)]


def solver_filters(
    q: Annotated[
        Annotated[str, Line(200)] | None, Query(description="名称、简介、关键词中包含的词，空格分隔")
    ] = None,
    kind: Annotated[list[SolverKind] | None, Query(description="类型")] = None,
    field: Annotated[list[Field] | None, Query(description="成果所属领域")] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="所在地区（包含）")] = None,
    organization_id: uuid.UUID | None = None,
    is_active: bool | None = None,
    external_id: Annotated[Annotated[str, Line(200)] | None, Query()] = None,
    include_unnamed: Annotated[bool, Query(description="包括未注明解决方的成果的占位档案")] = False,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        q=q or None,
        kind=tuple(kind or ()),
        field=tuple(field or ()),
        region=region or None,
        organization_id=organization_id,
        is_active=is_active,
        external_id=external_id or None,
        include_unnamed=include_unnamed,
    )


@router.get("", response_model=Page[SolverView], summary="解决方列表")
def list_solvers(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(solver_filters)],
    actor: Actor = needs("solvers:read"),
) -> Page[SolverView]:
    """Everyone sees active teams. Sort by created_at, updated_at, name, region or capacity."""
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), filters),
        page=page,
        key=SolverProfile.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    found = places_of(session, [row for row in rows if repository.is_insider(actor, row)])
    items = [present(actor, row, found.get(row.id)) for row in rows]
    return Page[SolverView](items=items, next_cursor=next_cursor, total=total)


@router.post("", response_model=SolverView, status_code=201, summary="新建解决方")
def create_solver(
    body: SolverCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("solvers:write"),
) -> SolverView:
    """A solver files teams of its own unit; staff file any, also one that nobody owns yet."""
    solver = service.create(session, actor, body.model_dump())
    response.headers["Location"] = f"/api/v1/solvers/{solver.id}"
    return _answer(session, actor, solver, response)


@router.get("/{solver_id}", response_model=SolverView, summary="解决方详情")
def get_solver(
    solver_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("solvers:read")
) -> SolverView:
    return _answer(session, actor, service.get(session, actor, solver_id), response)


@router.patch("/{solver_id}", response_model=SolverView, summary="修改解决方")
def patch_solver(
    solver_id: uuid.UUID,
    body: SolverPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("solvers:write"),
) -> SolverView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read."""
    solver = repository.get(session, actor, solver_id, lock=True)
    check_version(header, solver.version)
    service.edit(session, actor, solver, body.model_dump(exclude_unset=True))
    return _answer(session, actor, solver, response)


@router.delete("/{solver_id}", status_code=204, summary="删除解决方")
def delete_solver(
    solver_id: uuid.UUID,
    session: WriteSession,
    header: IfMatch = None,
    actor: Actor = needs("solvers:write"),
) -> None:
    """Removes the team with its achievements.

    A team that a published match round has named stays on record and is only switched off (`is_active`
    false): no search and no later round finds it.
    """
    solver = repository.get(session, actor, solver_id, lock=True)
    if header is not None:
        check_version(header, solver.version)
    service.remove(session, actor, solver)


def _answer(session: Session, actor: Actor, solver: SolverProfile, response: Response) -> SolverView:
    set_etag(response, solver.version)
    return present(actor, solver, places_of(session, [solver])[solver.id])
