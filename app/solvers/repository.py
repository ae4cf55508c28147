"""Which solver profiles an actor may see, in one statement; every list, get and search starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, select, true
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound
from app.kit.contains import contains_words
from app.models.access import Role
from app.models.agreement import Agreement
from app.models.interest import Interest
from app.models.invitation import Invitation
from app.models.matching import Candidate, MatchRound
from app.models.meeting import Meeting
from app.models.proposal import Proposal
from app.models.requirement import Field
from app.models.solver import UNNAMED, Achievement, SolverKind, SolverProfile

SORTABLE: dict[str, Any] = {
    "created_at": SolverProfile.created_at,
    "updated_at": SolverProfile.updated_at,
    "name": SolverProfile.name,
    "region": SolverProfile.region,
    "capacity": SolverProfile.capacity,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    q: str | None = None
    kind: tuple[SolverKind, ...] = ()
    field: tuple[Field, ...] = ()
    region: str | None = None
    organization_id: uuid.UUID | None = None
    is_active: bool | None = None
    external_id: str | None = None
    include_unnamed: bool = False


def visible_to(actor: Actor) -> Select[SolverProfile]:
    """The profiles this actor may see: active ones everyone, others staff, reviewers and own members."""
    return select(SolverProfile).where(is_visible(actor))


def is_visible(actor: Actor) -> ColumnElement[bool]:
    """The condition behind `visible_to`, for statements that join profiles."""
    if actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER):
        return true()
    return SolverProfile.is_active.is_(True) | own_of(actor)


def own_of(actor: Actor) -> ColumnElement[bool]:
    """Profiles of an organization for which the actor is a solver."""
    return SolverProfile.organization_id.in_(actor.organizations(Role.SOLVER))


def is_insider(actor: Actor, solver: SolverProfile) -> bool:
    """Whether the actor may read contact and exclusions: staff, reviewers and the team itself."""
    if actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER):
        return True
    return is_own(actor, solver)


def is_own(actor: Actor, solver: SolverProfile) -> bool:
    """Whether the actor is a solver of the organization that the team belongs to."""
    return solver.organization_id is not None and solver.organization_id in actor.organizations(Role.SOLVER)


def get(session: Session, actor: Actor, solver_id: uuid.UUID, *, lock: bool = False) -> SolverProfile:
    """One profile. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    statement = visible_to(actor).where(SolverProfile.id == solver_id)
    if lock:
        statement = statement.with_for_update()
    solver = session.scalar(statement)
    if solver is None:
        raise NotFound()
    return solver


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began.

    A team is in a field when one of its achievements is. Profiles that only stand for an achievement without
    a named team are left out unless they are asked for.
    """
    if not filters.include_unnamed:
        statement = statement.where(SolverProfile.source != UNNAMED)
    if not filters.external_id:
        # Who asks by external id is told what became of the profile; a list shows each team once.
        statement = statement.where(SolverProfile.merged_into_id.is_(None))
    if filters.q:
        lists = (SolverProfile.keywords,)
        words = contains_words(filters.q, SolverProfile.name, SolverProfile.profile, lists=lists)
        statement = statement.where(words)
    if filters.kind:
        statement = statement.where(SolverProfile.kind.in_(filters.kind))
    if filters.field:
        in_field = exists().where(
            Achievement.solver_id == SolverProfile.id, Achievement.field.in_(filters.field)
        )
        statement = statement.where(in_field)
    if filters.region:
        statement = statement.where(SolverProfile.region.contains(filters.region, autoescape=True))
    if filters.organization_id:
        statement = statement.where(SolverProfile.organization_id == filters.organization_id)
    if filters.is_active is not None:
        statement = statement.where(SolverProfile.is_active.is_(filters.is_active))
    if filters.external_id:
        statement = statement.where(SolverProfile.external_id == filters.external_id)
    return statement


def own(session: Session, actor: Actor) -> list[SolverProfile]:
    """The teams that the actor keeps, oldest first."""
    return list(session.scalars(select(SolverProfile).where(own_of(actor)).order_by(SolverProfile.id)))


def by_external_id(session: Session, source: str, external_id: str) -> SolverProfile | None:
    statement = select(SolverProfile).where(
        SolverProfile.source == source, SolverProfile.external_id == external_id
    )
    return session.scalar(statement)


def by_name(session: Session, name: str) -> SolverProfile | None:
    """The oldest named team of exactly this name."""
    statement = select(SolverProfile).where(SolverProfile.name == name, SolverProfile.source != UNNAMED)
    return session.scalars(statement.order_by(SolverProfile.id).limit(1)).first()


def achievement_ids(session: Session, solver_id: uuid.UUID) -> list[uuid.UUID]:
    return list(session.scalars(select(Achievement.id).where(Achievement.solver_id == solver_id)))


def is_on_record(session: Session, solver_id: uuid.UUID) -> bool:
    """Whether the team stands in a round that was ever published, so that a seeker may have read of it, in an
    invitation, a proposal, a meeting, an agreement or an interest, or another profile has become part of it."""
    matched = exists().where(
        Candidate.solver_id == solver_id,
        Candidate.round_id == MatchRound.id,
        MatchRound.published_at.is_not(None),
    )
    agreed = exists().where(Agreement.solver_id == solver_id)
    invited = exists().where(Invitation.solver_id == solver_id)
    proposed = exists().where(Proposal.solver_id == solver_id)
    interested = exists().where(Interest.solver_id == solver_id)
    met = exists().where(Meeting.solver_id == solver_id)
    merged = exists().where(SolverProfile.merged_into_id == solver_id)
    return bool(session.scalar(select(matched | agreed | invited | proposed | interested | met | merged)))


def remove(session: Session, solver_id: uuid.UUID) -> None:
    """Deletes the team; the database removes its achievements and unpublished candidates with it."""
    session.execute(delete(SolverProfile).where(SolverProfile.id == solver_id))
