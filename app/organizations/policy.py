"""Whether an actor may change an organization that it can already see, as sentences."""

from __future__ import annotations

from collections.abc import Iterable

from app.auth.actor import Actor
from app.errors import NotPermitted
from app.models.access import Role
from app.models.organization import Organization

OWN_FIELDS = frozenset({"profile", "contact", "phone", "email"})
"""What a unit keeps up to date itself; name, code, kind and region are the register's, so the staff's."""


def check_may_edit(actor: Actor, organization: Organization, fields: Iterable[str]) -> None:
    """Staff edit everything; its seekers and solvers the profile and contact. Raises `NotPermitted`."""
    if actor.is_staff:
        return
    is_member = organization.id in actor.organizations(Role.SEEKER, Role.SOLVER)
    if not is_member or not OWN_FIELDS.issuperset(fields):
        raise NotPermitted(permission="organizations:edit")
