"""Which roles an actor may give and take, as sentences."""

from __future__ import annotations

from collections.abc import Iterable

from app.auth.actor import Actor
from app.errors import NotPermitted
from app.models.access import Role

GIVEN_BY_ORGANIZERS = frozenset({Role.SEEKER, Role.SOLVER, Role.REVIEWER})
"""Organizers admit participants and reviewers; only administrators make organizers and administrators."""

NEEDS_ORGANIZATION = frozenset({Role.SEEKER, Role.SOLVER})
"""Roles that mean nothing without the unit on whose behalf the person acts."""


def check_may_manage(actor: Actor, roles: Iterable[Role]) -> None:
    """Administrators manage everyone; organizers people without higher roles. Raises `NotPermitted`."""
    if actor.has_role(Role.ADMIN):
        return
    if not actor.has_role(Role.ORGANIZER) or not GIVEN_BY_ORGANIZERS.issuperset(roles):
        raise NotPermitted(permission="users:write")


def check_may_set_password(actor: Actor) -> None:
    """Only administrators set a password for others; everyone changes the own. Raises `NotPermitted`."""
    if not actor.has_role(Role.ADMIN):
        raise NotPermitted(permission="users:write")
