"""`/auth` and `/me`: sign in, refresh, sign out, own keys."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy import select

from app.auth import repository, secrets, service
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, address_of, count_try, needs
from app.auth.errors import UnsupportedGrant
from app.auth.schemas import ApiKeyCreate, ApiKeyView, MembershipView, MeView, NewApiKeyView, TokenView
from app.errors import InvalidInput, NotAuthenticated
from app.kit.pagination import Page
from app.kit.schemas import Line
from app.models.access import User
from app.problems import field_errors
from app.routing import concept_router, ignores_idempotency_keys, tells_a_secret

router = concept_router("登录与权限")


@router.post("/auth/token", response_model=TokenView, summary="登录或刷新令牌")
@ignores_idempotency_keys
def create_token(
    request: Request,
    response: Response,
    context: Context,
    grant_type: Annotated[str, Form(max_length=40)] = "password",
    username: Annotated[str, Line(254), Form()] = "",
    password: Annotated[str, Form(max_length=128)] = "",
    refresh_token: Annotated[str, Form(max_length=200)] = "",
) -> TokenView:
    """OAuth2 password form (`username` is the e-mail), or `grant_type=refresh_token` with the last refresh token."""
    count_try(request, address_of(request))
    response.headers["Cache-Control"] = "no-store"
    settings, db = context.settings, context.db
    if grant_type == "refresh_token":
        user_id, next_token = service.rotate_refresh_token(db, settings, refresh_token)
    elif grant_type == "password":
        if not username or not password:
            missing = [{"loc": (name,), "type": "missing"} for name in ("username", "password")]
            raise InvalidInput(fields=field_errors(missing))
        strangers = request.app.state.strangers
        user_id = service.check_password(settings, db, strangers, username, password)
        with db.write() as session:
            next_token = service.start_refresh_chain(session, settings, user_id)
    else:
        raise UnsupportedGrant()
    access_token, seconds = secrets.make_access_token(settings, user_id)
    return TokenView(access_token=access_token, expires_in=seconds, refresh_token=next_token)


@router.post("/auth/revoke", status_code=204, summary="退出登录")
@ignores_idempotency_keys
def revoke_token(session: WriteSession, token: Annotated[str, Form(max_length=200)]) -> None:
    """Ends the chain of this refresh token (RFC 7009: an unknown token is no error)."""
    service.end_refresh_chain(session, token)


@router.get("/me", response_model=MeView, summary="当前用户")
def get_me(session: ReadSession, actor: Actor = needs("me:read")) -> MeView:
    user = session.scalar(select(User).where(User.id == actor.user_id))
    if user is None:
        raise NotAuthenticated()
    memberships = [
        MembershipView(
            id=membership.id,
            role=membership.role,
            organization_id=membership.organization_id,
            organization_name=membership.organization.name if membership.organization else None,
        )
        for membership in user.memberships
    ]
    return MeView(
        id=user.id,
        email=user.email,
        name=user.name,
        memberships=memberships,
        permissions=sorted(actor.permissions),
    )


@router.get("/auth/api-keys", response_model=Page[ApiKeyView], summary="我的密钥")
def list_api_keys(session: ReadSession, actor: Actor = needs("api-keys:write")) -> Page[ApiKeyView]:
    assert actor.user_id is not None
    keys = [ApiKeyView.model_validate(key) for key in repository.api_keys_of(session, actor.user_id)]
    return Page[ApiKeyView](items=keys, total=len(keys))


@router.post("/auth/api-keys", response_model=NewApiKeyView, status_code=201, summary="新建密钥")
@tells_a_secret
def create_api_key(
    body: ApiKeyCreate, session: WriteSession, actor: Actor = needs("api-keys:write")
) -> NewApiKeyView:
    api_key, text = service.create_api_key(
        session,
        actor,
        name=body.name,
        scopes=body.scopes,
        membership_id=body.membership_id,
        expires_at=body.expires_at,
    )
    return NewApiKeyView(key=text, **ApiKeyView.model_validate(api_key).model_dump())


@router.delete("/auth/api-keys/{key_id}", status_code=204, summary="吊销密钥")
def revoke_api_key(key_id: uuid.UUID, session: WriteSession, actor: Actor = needs("api-keys:write")) -> None:
    service.revoke_api_key(session, actor, key_id)
