"""The actor: the person or key behind a request, as plain values that rules can ask."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from app.auth.permissions import PERMISSIONS, permissions_of
from app.errors import NotPermitted
from app.models.access import Role


@dataclass(frozen=True)
class Grant:
    """A role held in an organization; administrators may hold theirs in none."""

    role: Role
    organization_id: uuid.UUID | None


@dataclass(frozen=True)
class Actor:
    """Who is asking. `scopes` narrows the permissions of an API key; None means all that the roles give."""

    user_id: uuid.UUID | None
    grants: tuple[Grant, ...]
    scopes: frozenset[str] | None = None
    permissions: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        permissions = permissions_of(self.roles)
        if self.scopes is not None:
            permissions &= self.scopes
        object.__setattr__(self, "permissions", permissions)

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def has_role(self, *roles: Role) -> bool:
        return bool(self.roles & set(roles))

    @property
    def is_visitor(self) -> bool:
        """Nobody known: a reader of the public pages."""
        return self.user_id is None and not self.grants

    @property
    def is_staff(self) -> bool:
        """Organizers and administrators: those who run the competition."""
        return self.has_role(Role.ORGANIZER, Role.ADMIN)

    def organizations(self, *roles: Role) -> frozenset[uuid.UUID]:
        """The organizations in which the actor holds one of `roles` (any role when none is named)."""
        return frozenset(
            grant.organization_id
            for grant in self.grants
            if grant.organization_id is not None and (not roles or grant.role in roles)
        )

    def require(self, permission: str) -> None:
        """Raises `NotPermitted` unless the actor holds `permission`."""
        if permission not in PERMISSIONS:
            raise KeyError(permission)
        if permission not in self.permissions:
            raise NotPermitted(permission=permission)


SYSTEM = Actor(user_id=None, grants=(Grant(Role.ADMIN, None), Grant(Role.ORGANIZER, None)))
"""Acts for the command line and for scheduled work; its entries in the audit log carry no user."""

VISITOR = Actor(user_id=None, grants=())
"""Reads the public pages without signing in; holds no permission at all."""
