"""Which organizations an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound
from app.kit.contains import contains_words
from app.models.access import Role
from app.models.organization import Organization, OrganizationKind

SORTABLE: dict[str, Any] = {
    "created_at": Organization.created_at,
    "updated_at": Organization.updated_at,
    "name": Organization.name,
    "region": Organization.region,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    q: str | None = None
    kind: tuple[OrganizationKind, ...] = ()
    region: str | None = None
    uscc: str | None = None
    external_id: str | None = None


def visible_to(actor: Actor) -> Select[Organization]:
    """The organizations this actor may see: staff and reviewers all, everyone else only their own."""
    statement = select(Organization)
    if actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER):
        return statement
    return statement.where(Organization.id.in_(actor.organizations()))


def get(session: Session, actor: Actor, organization_id: uuid.UUID, *, lock: bool = False) -> Organization:
    """One organization. Raises `NotFound` for what does not exist and what the actor may not see alike."""
    statement = visible_to(actor).where(Organization.id == organization_id)
    if lock:
        statement = statement.with_for_update()
    organization = session.scalar(statement)
    if organization is None:
        raise NotFound()
    return organization


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.q:
        columns = (Organization.name, Organization.profile, Organization.uscc, Organization.external_id)
        statement = statement.where(contains_words(filters.q, *columns))
    if filters.kind:
        statement = statement.where(Organization.kind.in_(filters.kind))
    if filters.region:
        statement = statement.where(Organization.region.contains(filters.region, autoescape=True))
    if filters.uscc:
        statement = statement.where(Organization.uscc == filters.uscc)
    if filters.external_id:
        statement = statement.where(Organization.external_id == filters.external_id)
    return statement


def own_of(session: Session, actor: Actor) -> list[Organization]:
    """The organizations that the actor belongs to, oldest first."""
    statement = select(Organization).where(Organization.id.in_(actor.organizations()))
    return list(session.scalars(statement.order_by(Organization.id)))


def by_uscc(session: Session, uscc: str) -> Organization | None:
    return session.scalar(select(Organization).where(Organization.uscc == uscc))


def by_name(session: Session, name: str) -> list[Organization]:
    """Organizations of exactly this name, oldest first."""
    return list(
        session.scalars(select(Organization).where(Organization.name == name).order_by(Organization.id))
    )


def by_external_id(session: Session, source: str, external_id: str) -> Organization | None:
    statement = select(Organization).where(
        Organization.source == source, Organization.external_id == external_id
    )
    return session.scalar(statement)
