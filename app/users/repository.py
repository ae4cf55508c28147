"""Which users an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound
from app.kit.contains import contains_words
from app.models.access import Membership, Role, User

SORTABLE: dict[str, Any] = {
    "created_at": User.created_at,
    "updated_at": User.updated_at,
    "email": User.email,
    "name": User.name,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    q: str | None = None
    role: tuple[Role, ...] = ()
    organization_id: uuid.UUID | None = None
    is_active: bool | None = None


def visible_to(actor: Actor) -> Select[User]:
    """The users this actor may see: staff all, nobody else any; one's own record is read under `/me`."""
    statement = select(User)
    return statement if actor.is_staff else statement.where(false())


def get(session: Session, actor: Actor, user_id: uuid.UUID, *, lock: bool = False) -> User:
    """One user. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    statement = visible_to(actor).where(User.id == user_id)
    if lock:
        statement = statement.with_for_update()
    user = session.scalar(statement)
    if user is None:
        raise NotFound()
    return user


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began; one membership must fit role and unit."""
    if filters.q:
        statement = statement.where(contains_words(filters.q, User.name, User.email))
    if filters.is_active is not None:
        statement = statement.where(User.is_active.is_(filters.is_active))
    if filters.role or filters.organization_id:
        held = select(Membership.user_id)
        if filters.role:
            held = held.where(Membership.role.in_(filters.role))
        if filters.organization_id:
            held = held.where(Membership.organization_id == filters.organization_id)
        statement = statement.where(User.id.in_(held))
    return statement


def own(session: Session, user_id: uuid.UUID) -> User | None:
    """The person's own record, locked for a change."""
    return session.scalar(select(User).where(User.id == user_id).with_for_update())


def names_of(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """People's names by id, for those who may read who acted."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def active_admins(session: Session) -> list[uuid.UUID]:
    """The ids of everyone who can still administer the system; locked, so that two cannot resign at once."""
    statement = (
        select(User.id)
        .where(User.is_active, User.id.in_(select(Membership.user_id).where(Membership.role == Role.ADMIN)))
        .with_for_update()
    )
    return list(session.scalars(statement))
