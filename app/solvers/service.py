"""Files, edits, claims and removes solver teams; their achievements are a concept of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import Conflict, FieldError, InvalidInput, NotFound
from app.indexing.outbox import note
from app.models.access import Role
from app.models.indexing import IndexCollection
from app.models.solver import UNNAMED, SolverProfile
from app.organizations import service as organizations
from app.solvers import policy, repository

STAFF_SOURCE = "import"
"""The namespace of external ids that staff give; a solver's own ids live under its organization's id."""

SHOWN_WITH_ACHIEVEMENTS = frozenset({"name", "kind", "region", "organization_id", "exclusions", "is_active"})
"""Facts of a team that the index keeps with each of its achievements."""


class DuplicateExternalId(Conflict):
    code = "duplicate_external_id"
    zh, en = "该来源已有相同的 external_id", "This source already has a solver with this external_id"


def get(session: Session, actor: Actor, id: uuid.UUID) -> SolverProfile:
    """One profile. Raises `NotFound` when it does not exist or is not visible to the actor."""
    return repository.get(session, actor, id)


def create(session: Session, actor: Actor, fields: Mapping[str, Any]) -> SolverProfile:
    """A new team. A solver's belongs to its own unit, which need not be named when there is only one.

    Raises `NotPermitted`, `InvalidInput` or `DuplicateExternalId`.
    """
    organization_id = _owner(session, actor, fields.get("organization_id"))
    policy.check_may_create(actor, organization_id)
    source = STAFF_SOURCE if actor.is_staff else str(organization_id)
    return _file(session, actor, {**fields, "organization_id": organization_id, "source": source})


def find_or_create(
    session: Session, actor: Actor, *, name: str, external_id: str | None = None, **facts: Any
) -> SolverProfile:
    """The team that a row of achievements names, by external id, else by exact name; staff get a new one.

    Raises `NotPermitted` when a solver names a team that is not its own.
    """
    if not actor.is_staff:
        for solver in repository.own(session, actor):
            if solver.name == name and external_id in (None, solver.external_id):
                return solver
        policy.check_may_create(actor, None)
    if external_id is not None:
        found = repository.by_external_id(session, STAFF_SOURCE, external_id)
    else:
        found = repository.by_name(session, name)
    if found is not None:
        return survivor(session, found)
    given = {key: value for key, value in facts.items() if value is not None}
    return _file(session, actor, {"name": name, "external_id": external_id, "source": STAFF_SOURCE, **given})


def survivor(session: Session, solver: SolverProfile) -> SolverProfile:
    """The profile that a team has now: another one when this one was merged into it."""
    return solver if solver.merged_into_id is None else session.get_one(SolverProfile, solver.merged_into_id)


def create_unnamed(session: Session, actor: Actor, *, title: str) -> SolverProfile:
    """Stands for the team behind an achievement that came without one. Raises `NotPermitted` for solvers."""
    policy.check_may_create(actor, None)
    return _file(session, actor, {"name": title[:200], "source": UNNAMED})


def only_own(session: Session, actor: Actor) -> SolverProfile:
    """The one team that the actor keeps. Raises `InvalidInput` when there are several or none."""
    own = repository.own(session, actor)
    if len(own) != 1:
        raise InvalidInput(
            fields=(FieldError("solver_id", "missing", "请指明解决方", "Say which solver it belongs to"),)
        )
    return own[0]


def edit(session: Session, actor: Actor, solver: SolverProfile, changes: Mapping[str, Any]) -> SolverProfile:
    """Changes the profile; staff may hand it to an organization. Raises `NotPermitted` or `InvalidInput`."""
    changed = {name: value for name, value in changes.items() if getattr(solver, name) != value}
    policy.check_may_edit(actor, solver, changed)
    if changed.get("organization_id") is not None:
        _check_organization(session, actor, changed["organization_id"])
    if not changed:
        return solver
    for name, value in changed.items():
        setattr(solver, name, value)
    session.flush()
    _audit(session, actor, solver.id, "solver.edited", fields=",".join(sorted(changed)))
    note(session, IndexCollection.SOLVERS, solver.id)
    if SHOWN_WITH_ACHIEVEMENTS & changed.keys():
        note(session, IndexCollection.ACHIEVEMENTS, repository.achievement_ids(session, solver.id))
    return solver


def remove(session: Session, actor: Actor, solver: SolverProfile) -> None:
    """Deletes the team with its achievements, or only switches it off when a seeker may have read of it.

    A published round is an answer on record; the team that it named must stay. Raises `NotPermitted`.
    """
    policy.check_may_edit(actor, solver)
    if repository.is_on_record(session, solver.id):
        edit(session, actor, solver, {"is_active": False})
        return
    note(session, IndexCollection.ACHIEVEMENTS, repository.achievement_ids(session, solver.id))
    note(session, IndexCollection.SOLVERS, solver.id)
    _audit(session, actor, solver.id, "solver.deleted")
    repository.remove(session, solver.id)


def _owner(session: Session, actor: Actor, organization_id: uuid.UUID | None) -> uuid.UUID | None:
    if organization_id is not None:
        _check_organization(session, actor, organization_id)
        return organization_id
    own = actor.organizations(Role.SOLVER)
    if actor.is_staff:
        return None
    if len(own) != 1:
        raise InvalidInput(
            fields=(
                FieldError(
                    "organization_id",
                    "missing",
                    "请指明所属单位",
                    "Say which organization the solver belongs to",
                ),
            )
        )
    return next(iter(own))


def _check_organization(session: Session, actor: Actor, organization_id: uuid.UUID) -> None:
    try:
        organizations.get(session, actor, organization_id)
    except NotFound as error:
        raise InvalidInput(
            fields=(
                FieldError("organization_id", "unknown_organization", "没有这个单位", "No such organization"),
            )
        ) from error


def _file(session: Session, actor: Actor, fields: Mapping[str, Any]) -> SolverProfile:
    external_id = fields.get("external_id")
    if external_id and repository.by_external_id(session, fields["source"], external_id):
        raise DuplicateExternalId()
    solver = SolverProfile(**fields)
    session.add(solver)
    session.flush()
    _audit(session, actor, solver.id, "solver.created")
    if solver.source != UNNAMED:
        note(session, IndexCollection.SOLVERS, solver.id)
    return solver


def _audit(session: Session, actor: Actor, solver_id: uuid.UUID, action: str, **detail: str) -> None:
    audit.record(session, action, actor_id=actor.user_id, object_kind="solver", object_id=solver_id, **detail)
