"""Files, edits and removes achievements; every change is noted for the index in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.achievements import repository
from app.auth.actor import Actor
from app.errors import Conflict
from app.indexing.outbox import note
from app.models.indexing import IndexCollection
from app.models.solver import Achievement, SolverProfile
from app.solvers import policy

STAFF_SOURCE = "import"
"""The namespace of external ids that staff give; a solver's own ids live under its organization's id."""


class DuplicateExternalId(Conflict):
    code = "duplicate_external_id"
    zh, en = "该来源已有相同的 external_id", "This source already has an achievement with this external_id"


def create(
    session: Session, actor: Actor, fields: Mapping[str, Any], *, solver: SolverProfile
) -> Achievement:
    """A new achievement of a team that the actor keeps. Raises `NotPermitted` or `DuplicateExternalId`."""
    policy.check_may_edit(actor, solver)
    source = STAFF_SOURCE if actor.is_staff else str(solver.organization_id)
    external_id = fields.get("external_id")
    if external_id and repository.by_external_id(session, source, external_id):
        raise DuplicateExternalId()
    achievement = Achievement(**fields, source=source, solver_id=solver.id, solver=solver)
    session.add(achievement)
    session.flush()
    _record(session, actor, achievement, "achievement.created")
    return achievement


def edit(session: Session, actor: Actor, achievement: Achievement, changes: Mapping[str, Any]) -> Achievement:
    """Changes fields. Raises `NotPermitted` unless the actor keeps the team."""
    policy.check_may_edit(actor, achievement.solver)
    changed = {name: value for name, value in changes.items() if getattr(achievement, name) != value}
    if not changed:
        return achievement
    for name, value in changed.items():
        setattr(achievement, name, value)
    session.flush()
    _record(session, actor, achievement, "achievement.edited", fields=",".join(sorted(changed)))
    return achievement


def remove(session: Session, actor: Actor, achievement: Achievement) -> None:
    """Deletes the achievement. Raises `NotPermitted` unless the actor keeps the team."""
    policy.check_may_edit(actor, achievement.solver)
    _record(session, actor, achievement, "achievement.deleted")
    repository.remove(session, achievement.id)


def _record(session: Session, actor: Actor, achievement: Achievement, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="achievement",
        object_id=achievement.id,
        **detail,
    )
    note(session, IndexCollection.ACHIEVEMENTS, achievement.id)
