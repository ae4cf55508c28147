"""A solver's own pages: teams with their achievements, and the published problems that fit them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.achievements import repository as achievements
from app.achievements import service as achievement_service
from app.achievements.schemas import OwnAchievementCreate
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.console import forms, lists
from app.console.language import current
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import FieldError, InvalidInput, JiebangError
from app.indexing.errors import NotIndexed
from app.kit.etag import check_version
from app.kit.pagination import PageQuery, paginate
from app.kit.text import join_keywords
from app.matches import presenter
from app.matches import service as matches
from app.models.requirement import Field
from app.models.solver import Achievement, AchievementKind, SolverKind, SolverProfile
from app.requirements.presenter import present as present_requirement
from app.solvers import repository, service
from app.solvers.schemas import SolverCreate, SolverPatch, present

router = page_router(prefix="/desk/teams")

PER_PAGE = 30
MOST_TITLES = 500
"""Titles pasted at once; longer lists are for an import."""


COLUMNS = (
    Column("团队", lambda item: item.name, 36),
    Column("类型", lambda item: item.kind),
    Column("地区", lambda item: item.region, 28),
    Column("名额", lambda item: item.capacity, 10),
)


@router.get("", response_class=HTMLResponse)
def list_teams(
    request: Request,
    session: ReadSession,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("solvers:write"),
) -> Response:
    """Solvers see their own teams, staff all."""
    statement = repository.visible_to(actor)
    if not actor.is_staff:
        statement = statement.where(repository.own_of(actor))
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(statement, repository.Filters(q=q or None)),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=SolverProfile.id,
        sortable=repository.SORTABLE,
        default="name",
    )
    items = [present(actor, row) for row in rows]
    return lists.answer(
        request,
        "teams.html",
        title="解决方团队",
        columns=COLUMNS,
        block="results",
        items=items,
        total=total,
        next_cursor=next_cursor,
        q=q,
    )


@router.get("/new", response_class=HTMLResponse)
def new_team(request: Request, actor: Actor = needs("solvers:write")) -> HTMLResponse:
    return _form(request, forms.Read({"capacity": "2"}), None)


@router.post("", response_class=HTMLResponse)
def create_team(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("solvers:write"),
) -> Response:
    read = forms.read(SolverCreate, form)
    if read.body is None:
        return _form(request, read, None, status=422)
    try:
        solver = service.create(session, actor, read.body.model_dump())
    except InvalidInput as error:
        session.rollback()
        return _form(request, forms.refused(read.values, error), None, status=422)
    return done(f"/desk/teams/{solver.id}", _("已保存"))


@router.get("/{solver_id}", response_class=HTMLResponse)
def show_team(
    request: Request,
    solver_id: uuid.UUID,
    session: ReadSession,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("solvers:write"),
) -> HTMLResponse:
    """The profile, the achievements, and (loaded after it) the problems that fit."""
    solver = repository.get(session, actor, solver_id)
    rows, next_cursor, total = paginate(
        session,
        achievements.visible_to(actor).where(Achievement.solver_id == solver.id),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Achievement.id,
        sortable=achievements.SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "team.html",
        team=present(actor, solver),
        achievements=rows,
        total=total,
        next_cursor=next_cursor,
        may_edit=actor.is_staff or repository.is_own(actor, solver),
        kinds=AchievementKind,
        most=MOST_TITLES,
    )


@router.get("/{solver_id}/problems", response_class=HTMLResponse)
def show_fitting_problems(
    request: Request,
    solver_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    actor: Actor = needs("fitting-requirements:read"),
) -> HTMLResponse:
    """Published problems that fit the team, best first, with the phrases that meet marked in both texts."""
    solver = repository.get(session, actor, solver_id)
    found: list[Any] = []
    texts: dict[uuid.UUID, Any] = {}
    reason = ""
    try:
        fitting = matches.requirements_for(context, session, actor, solver, limit=limit)
        found = presenter.fitting(actor, fitting).items
        texts = {
            item.requirement.id: (present_requirement(actor, item.requirement), item.achievement)
            for item in fitting
        }
    except NotIndexed as error:
        reason = error.detail(current())
    return page(
        request,
        "fitting.html",
        block="part",
        team=present(actor, solver),
        found=found,
        texts=texts,
        reason=reason,
    )


@router.get("/{solver_id}/edit", response_class=HTMLResponse)
def edit_team(
    request: Request, solver_id: uuid.UUID, session: ReadSession, actor: Actor = needs("solvers:write")
) -> HTMLResponse:
    solver = repository.get(session, actor, solver_id)
    return _form(request, forms.Read(_typed(solver)), solver)


@router.post("/{solver_id}/edit", response_class=HTMLResponse)
def save_team(
    request: Request,
    solver_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("solvers:write"),
) -> Response:
    solver = repository.get(session, actor, solver_id, lock=True)
    read = forms.read(SolverPatch, form)
    if read.body is None:
        return _form(request, read, solver, status=422)
    try:
        check_version(f'"{form.get("version", "")}"', solver.version)
        service.edit(session, actor, solver, read.body.model_dump(exclude_unset=True))
    except JiebangError as error:
        values = read.values
        session.rollback()
        solver = repository.get(session, actor, solver_id)
        stale = forms.Read[Any](values, errors={"": error.detail(current())})
        return _form(request, stale, solver, status=error.status)
    return done(f"/desk/teams/{solver_id}", _("已保存"))


@router.post("/{solver_id}/achievements", response_class=HTMLResponse)
def add_achievements(
    solver_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("achievements:write"),
) -> Response:
    """A pasted list, one title a line; titles that the team has already are passed over."""
    solver = repository.get(session, actor, solver_id)
    titles = list(
        dict.fromkeys(line.strip() for line in str(form.get("titles", "")).splitlines() if line.strip())
    )
    if len(titles) > MOST_TITLES:
        raise InvalidInput(
            fields=(
                FieldError(
                    "titles",
                    "too_long",
                    f"一次最多粘贴 {MOST_TITLES} 条，更多请用表格导入",
                    f"At most {MOST_TITLES} lines at once; import a spreadsheet for more",
                ),
            )
        )
    kind = str(form.get("kind") or AchievementKind.ACHIEVEMENT.value)
    known = set(
        session.scalars(
            achievements.visible_to(actor)
            .where(Achievement.solver_id == solver.id)
            .with_only_columns(Achievement.title)
        )
    )
    added = 0
    for title in titles:
        body = OwnAchievementCreate.model_validate({"title": title, "kind": kind})
        if body.title in known:
            continue
        achievement_service.create(session, actor, body.model_dump(), solver=solver)
        added += 1
    sentence = _("添加了 %(added)s 项，%(known)s 项已有") % {"added": added, "known": len(titles) - added}
    return done(f"/desk/teams/{solver_id}", sentence)


@router.post("/{solver_id}/achievements/{achievement_id}/remove", response_class=HTMLResponse)
def remove_achievement(
    solver_id: uuid.UUID,
    achievement_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("achievements:write"),
) -> Response:
    row = achievements.get(session, actor, achievement_id, lock=True)
    achievement_service.remove(session, actor, row)
    return done(f"/desk/teams/{solver_id}", _("已删除"))


def _form(
    request: Request, read: forms.Read[Any], solver: SolverProfile | None, *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "team_form.html",
        status=status,
        values=read.values,
        errors=read.errors,
        team=solver,
        kinds=SolverKind,
        fields=Field,
    )


def _typed(solver: SolverProfile) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in SolverPatch.model_fields:
        value = getattr(solver, name)
        if isinstance(value, list):
            values[name] = join_keywords(value)
        else:
            values[name] = "" if value is None else str(getattr(value, "value", value))
    return values
