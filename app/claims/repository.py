"""Which claims an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Role
from app.models.claim import ClaimStatus, ProfileClaim
from app.models.solver import Achievement, SolverProfile

SORTABLE: dict[str, Any] = {"created_at": ProfileClaim.created_at, "decided_at": ProfileClaim.decided_at}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[ClaimStatus, ...] = ()
    solver_id: uuid.UUID | None = None
    organization_id: uuid.UUID | None = None


def visible_to(actor: Actor) -> Select[ProfileClaim]:
    """The claims this actor may see: staff all, solvers those of their own unit."""
    statement = select(ProfileClaim)
    if actor.is_staff:
        return statement
    return statement.where(ProfileClaim.organization_id.in_(actor.organizations(Role.SOLVER)))


def with_parties(statement: Select[ProfileClaim]) -> Select[ProfileClaim]:
    """Loads what is claimed, and by whom."""
    return statement.options(
        joinedload(ProfileClaim.solver),
        joinedload(ProfileClaim.achievement),
        joinedload(ProfileClaim.organization),
    )


def get(session: Session, actor: Actor, claim_id: uuid.UUID) -> ProfileClaim:
    """One claim as it is now. Raises `NotFound`."""
    statement = with_parties(visible_to(actor)).where(ProfileClaim.id == claim_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def lock(session: Session, actor: Actor, claim_id: uuid.UUID) -> ProfileClaim:
    """One claim, after its profiles were locked, so that of two who decide at once one waits. Raises `NotFound`."""
    columns = visible_to(actor).with_only_columns(ProfileClaim.solver_id, ProfileClaim.into_id)
    keys = session.execute(columns.where(ProfileClaim.id == claim_id)).one_or_none()
    if keys is None:
        raise NotFound()
    lock_profiles(session, *[key for key in keys if key is not None])
    session.scalar(select(ProfileClaim.id).where(ProfileClaim.id == claim_id).with_for_update())
    return get(session, actor, claim_id)


def lock_profiles(session: Session, *ids: uuid.UUID) -> None:
    """Makes everyone who claims, hands over or merges these profiles take turns, in the order of their ids."""
    statement = select(SolverProfile).where(SolverProfile.id.in_(ids)).order_by(SolverProfile.id)
    session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(ProfileClaim.status.in_(filters.status))
    if filters.solver_id:
        statement = statement.where(ProfileClaim.solver_id == filters.solver_id)
    if filters.organization_id:
        statement = statement.where(ProfileClaim.organization_id == filters.organization_id)
    return statement


def waiting_on(session: Session, solver_id: uuid.UUID) -> list[ProfileClaim]:
    """The undecided claims on a profile or on any of its achievements, oldest first."""
    statement = with_parties(select(ProfileClaim)).where(
        ProfileClaim.solver_id == solver_id, ProfileClaim.status == ClaimStatus.WAITING
    )
    return list(session.scalars(statement.order_by(ProfileClaim.id)))


def has_achievements(session: Session, solver_id: uuid.UUID) -> bool:
    return (
        session.scalar(select(Achievement.id).where(Achievement.solver_id == solver_id).limit(1)) is not None
    )
