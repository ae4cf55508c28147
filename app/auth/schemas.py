"""What the door takes and gives."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.kit.schemas import Body, Instant, Line, Ref, View
from app.models.access import Role


class TokenView(View):
    """OAuth2 token answer. `expires_in` is in seconds."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105
    expires_in: int
    refresh_token: str


class MembershipView(View):
    id: uuid.UUID
    role: Role
    organization_id: uuid.UUID | None
    organization_name: str | None


class MeView(View):
    id: uuid.UUID
    email: str
    name: str
    memberships: list[MembershipView]
    permissions: list[str]


class ApiKeyCreate(Body):
    name: Annotated[str, Line(100, 1)]
    scopes: Annotated[list[Annotated[str, Line(60, 1)]], Field(min_length=1, max_length=60)]
    membership_id: Ref | None = None
    expires_at: Instant | None = None


class ApiKeyView(View):
    id: uuid.UUID
    name: str
    prefix: str
    scopes: list[str]
    membership_id: uuid.UUID
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewApiKeyView(ApiKeyView):
    """`key` is shown in this answer and never again."""

    key: str
