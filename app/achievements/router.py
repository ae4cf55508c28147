"""`/achievements` and `/solvers/{id}/achievements`: list, file, read, edit and remove achievements."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.achievements import repository, service
from app.achievements.schemas import (
    AchievementCreate,
    AchievementPatch,
    AchievementView,
    OwnAchievementCreate,
    present,
)
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.requirement import Field
from app.models.solver import Achievement, AchievementKind, SolverProfile
from app.routing import concept_router
from app.solvers import service as solvers

router = concept_router("科技成果")

IfMatch = Annotated[str | None, Depends(if_match)]


def achievement_filters(
    q: Annotated[
        Annotated[str, Line(200)] | None, Query(description="名称、简介、关键词中包含的词，空格分隔")
    ] = None,
    kind: Annotated[list[AchievementKind] | None, Query(description="成果类型")] = None,
    field: Annotated[list[Field] | None, Query(description="所属领域")] = None,
    solver_id: uuid.UUID | None = None,
    year: Annotated[int | None, Query(ge=1900, le=2100)] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="解决方所在地区（包含）")] = None,
    external_id: Annotated[Annotated[str, Line(200)] | None, Query()] = None,
) -> repository.Filters:
    """The query parameters of the lists."""
    return repository.Filters(
        q=q or None,
        kind=tuple(kind or ()),
        field=tuple(field or ()),
        solver_id=solver_id,
        year=year,
        region=region or None,
        external_id=external_id or None,
    )


Filtering = Annotated[repository.Filters, Depends(achievement_filters)]
Paging = Annotated[PageQuery, Depends(page_query)]


@router.get("/achievements", response_model=Page[AchievementView], summary="成果列表")
def list_achievements(
    session: ReadSession, page: Paging, filters: Filtering, actor: Actor = needs("achievements:read")
) -> Page[AchievementView]:
    """Achievements of active teams. Sort by created_at, updated_at, title, year or trl."""
    return _page(session, actor, page, filters)


@router.post("/achievements", response_model=AchievementView, status_code=201, summary="新建成果")
def create_achievement(
    body: AchievementCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("achievements:write"),
) -> AchievementView:
    """Names its team by `solver_id` or `solver`; a solver with one team need not."""
    solver = _solver_of(session, actor, body)
    fields = body.model_dump(exclude={"solver_id", "solver"})
    return _created(service.create(session, actor, fields, solver=solver), response)


@router.get(
    "/solvers/{solver_id}/achievements", response_model=Page[AchievementView], summary="解决方的成果列表"
)
def list_achievements_of_solver(
    solver_id: uuid.UUID,
    session: ReadSession,
    page: Paging,
    filters: Filtering,
    actor: Actor = needs("achievements:read"),
) -> Page[AchievementView]:
    """As `/achievements`, of one team; the filters apply as well."""
    solver = solvers.get(session, actor, solver_id)
    return _page(session, actor, page, filters, solver)


@router.post(
    "/solvers/{solver_id}/achievements",
    response_model=AchievementView,
    status_code=201,
    summary="为解决方新建成果",
)
def create_achievement_of_solver(
    solver_id: uuid.UUID,
    body: OwnAchievementCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("achievements:write"),
) -> AchievementView:
    solver = solvers.get(session, actor, solver_id)
    return _created(service.create(session, actor, body.model_dump(), solver=solver), response)


@router.get("/achievements/{achievement_id}", response_model=AchievementView, summary="成果详情")
def get_achievement(
    achievement_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("achievements:read"),
) -> AchievementView:
    return _answer(repository.get(session, actor, achievement_id), response)


@router.patch("/achievements/{achievement_id}", response_model=AchievementView, summary="修改成果")
def patch_achievement(
    achievement_id: uuid.UUID,
    body: AchievementPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("achievements:write"),
) -> AchievementView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read."""
    achievement = repository.get(session, actor, achievement_id, lock=True)
    check_version(header, achievement.version)
    service.edit(session, actor, achievement, body.model_dump(exclude_unset=True))
    return _answer(achievement, response)


@router.delete("/achievements/{achievement_id}", status_code=204, summary="删除成果")
def delete_achievement(
    achievement_id: uuid.UUID,
    session: WriteSession,
    header: IfMatch = None,
    actor: Actor = needs("achievements:write"),
) -> None:
    """Match rounds that it spoke for keep their evidence."""
    achievement = repository.get(session, actor, achievement_id, lock=True)
    if header is not None:
        check_version(header, achievement.version)
    service.remove(session, actor, achievement)


def _solver_of(session: Session, actor: Actor, body: AchievementCreate) -> SolverProfile:
    if body.solver_id is not None:
        try:
            return solvers.get(session, actor, body.solver_id)
        except NotFound as error:
            unknown = FieldError("solver_id", "unknown_solver", "没有这个解决方", "No such solver")
            raise InvalidInput(fields=(unknown,)) from error
    if body.solver is not None:
        named = body.solver
        return solvers.find_or_create(
            session, actor, name=named.name, external_id=named.id, kind=named.kind, region=named.region
        )
    if actor.is_staff:
        return solvers.create_unnamed(session, actor, title=body.title)
    return solvers.only_own(session, actor)


def _page(
    session: Session,
    actor: Actor,
    page: PageQuery,
    filters: repository.Filters,
    solver: SolverProfile | None = None,
) -> Page[AchievementView]:
    statement = repository.narrow(repository.visible_to(actor), filters)
    if solver is not None:
        statement = statement.where(Achievement.solver_id == solver.id)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Achievement.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [present(row) for row in rows]
    return Page[AchievementView](items=items, next_cursor=next_cursor, total=total)


def _created(achievement: Achievement, response: Response) -> AchievementView:
    response.headers["Location"] = f"/api/v1/achievements/{achievement.id}"
    return _answer(achievement, response)


def _answer(achievement: Achievement, response: Response) -> AchievementView:
    set_etag(response, achievement.version)
    return present(achievement)
