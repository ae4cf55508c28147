"""People as clients send and get them; a password is never sent back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.auth.schemas import MembershipView
from app.kit.schemas import Body, Line, Ref, View, with_example
from app.models.access import Role, User
from app.users.passwords import MAX_LENGTH

EXAMPLE: dict[str, Any] = {
    "email": "zhoumin@jincheng.example",
    "name": "周敏",
    "password": "correct horse battery",
    "memberships": [{"role": "reviewer"}],
}


def _address(value: str) -> str:
    name, at, domain = value.strip().lower().rpartition("@")
    if not at or not name or "." not in domain.strip(".") or " " in value:
        raise PydanticCustomError("invalid_email", "not an e-mail address")
    return f"{name}@{domain}"


Email = Annotated[str, Line(254, 3), AfterValidator(_address)]
Password = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]


class MembershipBody(Body):
    """A role. Seekers and solvers need an organization."""

    role: Role
    organization_id: Ref | None = None


Memberships = Annotated[list[MembershipBody], Field(min_length=1, max_length=50)]


class UserCreate(Body):
    """A new person. Organizers may give the roles seeker, solver and reviewer, administrators all."""

    model_config = with_example(EXAMPLE)

    email: Email
    password: Password
    name: Annotated[str, Line(100)] = ""
    phone: Annotated[str, Line(50)] = ""
    memberships: Memberships


class UserPatch(Body):
    """The fields to change. `memberships` replaces all roles; only administrators set `password`."""

    model_config = with_example({"is_active": False})

    name: Annotated[str, Line(100)] = ""
    phone: Annotated[str, Line(50)] = ""
    is_active: bool = True
    password: Password = ""
    memberships: Memberships = Field(default_factory=list)


class MePatch(Body):
    """One's own details."""

    model_config = with_example({"phone": "0513-00000000"})

    name: Annotated[str, Line(100)] = ""
    phone: Annotated[str, Line(50)] = ""


class PasswordChange(Body):
    """The current password proves that nobody else sits at the keyboard."""

    model_config = with_example(
        {"current_password": "correct horse battery", "new_password": "staple correct battery"}
    )

    current_password: Password
    new_password: Password


class UserView(View):
    id: uuid.UUID
    email: str
    name: str
    phone: str
    is_active: bool
    locked_until: datetime | None
    memberships: list[MembershipView]
    created_at: datetime
    updated_at: datetime
    version: int


def present(user: User) -> UserView:
    """The person with every role and the name of its organization."""
    memberships = [
        MembershipView(
            id=row.id,
            role=row.role,
            organization_id=row.organization_id,
            organization_name=row.organization.name if row.organization else None,
        )
        for row in user.memberships
    ]
    return UserView(
        id=user.id,
        email=user.email,
        name=user.name,
        phone=user.phone,
        is_active=user.is_active,
        locked_until=user.locked_until,
        memberships=memberships,
        created_at=user.created_at,
        updated_at=user.updated_at,
        version=user.version,
    )
