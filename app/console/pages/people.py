"""People: who has an account and which roles, new accounts, switched off and on again, a new password."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.auth.schemas import MembershipView
from app.console import forms, lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.rendering import label, page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.etag import check_version
from app.kit.pagination import paginate
from app.kit.schemas import Line
from app.models.access import Role, User
from app.models.organization import Organization
from app.organizations import repository as organizations
from app.users import repository, service
from app.users.policy import GIVEN_BY_ORGANIZERS
from app.users.schemas import UserCreate, UserPatch, present

router = page_router(prefix="/desk/people")

PER_PAGE = 30
MOST_UNITS = 2_000


COLUMNS = (
    Column("姓名", lambda item: item.name or item.email),
    Column("邮箱", lambda item: item.email, 32),
    Column("角色", lambda item: "；".join(role_words(row) for row in item.memberships), 40),
    Column("状态", lambda item: _("启用") if item.is_active else _("已停用"), 10),
)


@router.get("", response_class=HTMLResponse)
def list_people(
    request: Request,
    session: ReadSession,
    q: Annotated[Annotated[str, Line(200)], Query()] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("users:read"),
) -> Response:
    chosen = (Role(role),) if role in set(Role) else ()
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), repository.Filters(q=q or None, role=chosen)),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=User.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return lists.answer(
        request,
        "people.html",
        title="人员",
        columns=COLUMNS,
        items=[present(row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        q=q,
        role=role,
        roles=Role,
    )


@router.get("/new", response_class=HTMLResponse)
def new_person(request: Request, session: ReadSession, actor: Actor = needs("users:write")) -> HTMLResponse:
    return _form(request, session, actor, forms.Read({}))


@router.post("", response_class=HTMLResponse)
def create_person(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("users:write"),
) -> Response:
    """One role at first; more are given on the person's page. The password is never shown again."""
    typed = {
        name: str(form.get(name) or "") for name in ("email", "name", "phone", "role", "organization_id")
    }
    membership = {"role": typed["role"], "organization_id": typed["organization_id"] or None}
    raw = {name: typed[name] for name in ("email", "name", "phone")}
    read = forms.checked(
        UserCreate, typed, {**raw, "password": str(form.get("password") or ""), "memberships": [membership]}
    )
    if read.body is None:
        return _form(request, session, actor, read, status=422)
    try:
        service.create(
            session,
            actor,
            context.settings,
            email=read.body.email,
            password=read.body.password,
            grants=[service.Grant(item.role, item.organization_id) for item in read.body.memberships],
            name=read.body.name,
            phone=read.body.phone,
        )
    except JiebangError as error:
        session.rollback()
        return _form(request, session, actor, forms.refused(typed, error), status=error.status)
    return done("/desk/people", _("账号已建立，请把邮箱和初始密码告知本人"))


@router.get("/{user_id}", response_class=HTMLResponse)
def show_person(
    request: Request, user_id: uuid.UUID, session: ReadSession, actor: Actor = needs("users:read")
) -> HTMLResponse:
    return _person(request, session, actor, repository.get(session, actor, user_id))


@router.post("/{user_id}/roles", response_class=HTMLResponse)
def change_roles(
    request: Request,
    user_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("users:write"),
) -> Response:
    """Takes the roles that are ticked and gives the new one; the person must keep at least one."""
    user = repository.get(session, actor, user_id, lock=True)
    check_version(f'"{form.get("version", "")}"', user.version)
    taken = {str(id) for id in form.getlist("take")}
    grants = [
        {"role": row.role.value, "organization_id": str(row.organization_id) if row.organization_id else None}
        for row in user.memberships
        if str(row.id) not in taken
    ]
    typed = {name: str(form.get(name) or "") for name in ("role", "organization_id")}
    if typed["role"]:
        grants.append({"role": typed["role"], "organization_id": typed["organization_id"] or None})
    read = forms.checked(UserPatch, typed, {"memberships": grants})
    if read.body is None:
        return _person(request, session, actor, user, read=read, status=422)
    wanted = [service.Grant(row.role, row.organization_id) for row in read.body.memberships]
    try:
        service.edit(session, actor, context.settings, user, changes={}, grants=wanted)
    except JiebangError as error:
        session.rollback()
        user = repository.get(session, actor, user_id)
        refused = forms.refused(typed, error)
        return _person(request, session, actor, user, read=refused, status=error.status)
    return done(f"/desk/people/{user_id}", _("角色已更新"))


@router.post("/{user_id}", response_class=HTMLResponse)
def change_person(
    user_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("users:write"),
) -> Response:
    """Switches a person off or on, or sets a new password; both end all sessions of that person."""
    user = repository.get(session, actor, user_id, lock=True)
    check_version(f'"{form.get("version", "")}"', user.version)
    raw: dict[str, Any] = {}
    if form.get("then") in ("on", "off"):
        raw["is_active"] = form["then"] == "on"
    if "password" in form:
        raw["password"] = str(form["password"])
    body = forms.require(UserPatch, raw)
    service.edit(
        session,
        actor,
        context.settings,
        user,
        changes={"is_active": body.is_active} if "is_active" in raw else {},
        password=body.password if "password" in raw else None,
    )
    return done(f"/desk/people/{user_id}", _("已保存"))


def role_words(row: MembershipView) -> str:
    """A role and the unit it is held in."""
    return f"{label(row.role)} · {row.organization_name}" if row.organization_name else label(row.role)


def _person(
    request: Request,
    session: Session,
    actor: Actor,
    user: User,
    *,
    read: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    held = {membership.role for membership in user.memberships}
    is_admin = actor.has_role(Role.ADMIN)
    may_manage = "users:write" in actor.permissions and (is_admin or held <= GIVEN_BY_ORGANIZERS)
    return page(
        request,
        "person.html",
        status=status,
        item=present(user),
        may_manage=may_manage,
        may_set_password=is_admin,
        is_self=user.id == actor.user_id,
        role_words=role_words,
        roles=_given_by(actor),
        units=_units(session, actor) if may_manage else [],
        values=read.values if read else {},
        problems=list(read.errors.values()) if read else [],
    )


def _given_by(actor: Actor) -> list[Role]:
    return list(Role) if actor.has_role(Role.ADMIN) else sorted(GIVEN_BY_ORGANIZERS)


def _units(session: Session, actor: Actor) -> list[Organization]:
    statement = organizations.visible_to(actor).order_by(Organization.name).limit(MOST_UNITS)
    return list(session.scalars(statement))


def _form(
    request: Request, session: Session, actor: Actor, read: forms.Read[Any], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "person_form.html",
        status=status,
        values=read.values,
        errors={name.replace("memberships.0.", ""): words for name, words in read.errors.items()},
        roles=_given_by(actor),
        units=_units(session, actor),
    )
