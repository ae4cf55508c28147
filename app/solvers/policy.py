"""Whether an actor may keep a solver profile that it can already see, as sentences."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from app.auth.actor import Actor
from app.errors import NotPermitted
from app.models.access import Role
from app.models.solver import SolverProfile
from app.solvers.repository import is_own

STAFF_FIELDS = frozenset({"organization_id"})
"""Who owns a team is for the staff to say; a claim by the claimant itself would prove nothing."""


def check_may_create(actor: Actor, organization_id: uuid.UUID | None) -> None:
    """Staff file any team, owned or not; solvers teams of their own unit. Raises `NotPermitted`."""
    if actor.is_staff:
        return
    if organization_id is None or organization_id not in actor.organizations(Role.SOLVER):
        raise NotPermitted(permission="solvers:write")


def check_may_edit(actor: Actor, solver: SolverProfile, fields: Iterable[str] = ()) -> None:
    """Staff and the team's own solvers; the owner itself is changed by staff only. Raises `NotPermitted`."""
    if actor.is_staff:
        return
    if not is_own(actor, solver) or STAFF_FIELDS.intersection(fields):
        raise NotPermitted(permission="solvers:write")
