"""`/users` for staff, and what everyone changes of the own account under `/me`."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, count_try, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.access import Role, User
from app.routing import concept_router
from app.users import repository, service
from app.users.schemas import (
    MembershipBody,
    MePatch,
    PasswordChange,
    UserCreate,
    UserPatch,
    UserView,
    present,
)

router = concept_router("用户")

IfMatch = Annotated[str | None, Depends(if_match)]


def user_filters(
    q: Annotated[
        Annotated[str, Line(200)] | None, Query(description="姓名、邮箱中包含的词，空格分隔")
    ] = None,
    role: Annotated[list[Role] | None, Query(description="角色")] = None,
    organization_id: uuid.UUID | None = None,
    is_active: bool | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        q=q or None, role=tuple(role or ()), organization_id=organization_id, is_active=is_active
    )


@router.get("/users", response_model=Page[UserView], summary="用户列表")
def list_users(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(user_filters)],
    actor: Actor = needs("users:read"),
) -> Page[UserView]:
    """Sort by created_at, updated_at, email or name."""
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), filters),
        page=page,
        key=User.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return Page[UserView](items=[present(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("/users", response_model=UserView, status_code=201, summary="新建用户")
def create_user(
    body: UserCreate,
    session: WriteSession,
    context: Context,
    response: Response,
    actor: Actor = needs("users:write"),
) -> UserView:
    """Organizers may give the roles seeker, solver and reviewer, administrators all."""
    user = service.create(
        session,
        actor,
        context.settings,
        email=body.email,
        password=body.password,
        grants=_grants(body.memberships),
        name=body.name,
        phone=body.phone,
    )
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    return _answer(user, response)


@router.get("/users/{user_id}", response_model=UserView, summary="用户详情")
def get_user(
    user_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("users:read")
) -> UserView:
    return _answer(repository.get(session, actor, user_id), response)


@router.patch("/users/{user_id}", response_model=UserView, summary="修改用户")
def patch_user(
    user_id: uuid.UUID,
    body: UserPatch,
    session: WriteSession,
    context: Context,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("users:write"),
) -> UserView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read.

    Switching a person off or setting a password ends all sessions of that person.
    """
    user = repository.get(session, actor, user_id, lock=True)
    check_version(header, user.version)
    sent = body.model_fields_set
    service.edit(
        session,
        actor,
        context.settings,
        user,
        changes=body.model_dump(include=sent & {"name", "phone", "is_active"}),
        grants=_grants(body.memberships) if "memberships" in sent else None,
        password=body.password if "password" in sent else None,
    )
    return _answer(user, response)


@router.patch("/me", response_model=UserView, summary="修改本人资料")
def patch_me(
    body: MePatch, session: WriteSession, response: Response, actor: Actor = needs("me:write")
) -> UserView:
    user = service.change_own_details(session, actor, body.model_dump(exclude_unset=True))
    return _answer(user, response)


@router.post("/me/password", status_code=204, summary="修改本人密码")
def change_password(
    request: Request,
    body: PasswordChange,
    session: WriteSession,
    context: Context,
    actor: Actor = needs("me:write"),
) -> None:
    """Signs the person out everywhere: every refresh token ends, access tokens run out within minutes."""
    # A stolen access token must not become a way to guess the password at leisure.
    count_try(request, f"password {actor.user_id}")
    service.change_own_password(
        session, actor, context.settings, current=body.current_password, new=body.new_password
    )


def _grants(memberships: list[MembershipBody]) -> list[service.Grant]:
    return [service.Grant(row.role, row.organization_id) for row in memberships]


def _answer(user: User, response: Response) -> UserView:
    set_etag(response, user.version)
    return present(user)
