"""Who is told: persons by id, or everyone who holds a role; only accounts that are switched on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.access import Membership, Role, User

CHUNK = 500


@dataclass(frozen=True)
class Person:
    """One person, told on behalf of `organization_id` (None: as a person, whatever unit they belong to)."""

    user_id: uuid.UUID
    organization_id: uuid.UUID | None = None


@dataclass(frozen=True)
class RoleHolders:
    """Everyone who holds `role`: in this organization, or anywhere when none is named."""

    role: Role
    organization_id: uuid.UUID | None = None


Recipient = Person | RoleHolders | uuid.UUID


@dataclass(frozen=True)
class Told:
    """A person who will be told, with the address and the unit on whose behalf."""

    user_id: uuid.UUID
    email: str
    organization_id: uuid.UUID | None


def resolve(session: Session, recipients: Iterable[Recipient]) -> list[Told]:
    """Each person once, by id, under the first unit that named them. Unknown and switched-off persons fall
    out.

    A person named on behalf of a unit must belong to it, or would be told of a stranger's affairs.
    """
    found: dict[uuid.UUID, Told] = {}
    persons: list[Person] = []
    for recipient in recipients:
        if isinstance(recipient, RoleHolders):
            for told in _holders(session, recipient):
                found.setdefault(told.user_id, told)
        else:
            persons.append(recipient if isinstance(recipient, Person) else Person(recipient))
    for told in _persons(session, persons):
        found.setdefault(told.user_id, told)
    return [found[user_id] for user_id in sorted(found)]


def _holders(session: Session, wanted: RoleHolders) -> Iterator[Told]:
    statement = (
        select(User.id, User.email, Membership.organization_id)
        .join(Membership, Membership.user_id == User.id)
        .where(User.is_active, Membership.role == wanted.role)
        .order_by(Membership.id)
    )
    if wanted.organization_id is not None:
        statement = statement.where(Membership.organization_id == wanted.organization_id)
    for user_id, email, organization_id in session.execute(statement):
        yield Told(user_id, email, organization_id)


def _persons(session: Session, persons: list[Person]) -> Iterator[Told]:
    wanted = {person.user_id: person for person in reversed(persons)}
    ids = sorted(wanted)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        held = select(Membership.user_id, Membership.organization_id).where(Membership.user_id.in_(chunk))
        belongs = {(user_id, organization_id) for user_id, organization_id in session.execute(held)}
        statement = select(User.id, User.email).where(User.id.in_(chunk), User.is_active)
        for user_id, email in session.execute(statement):
            organization_id = wanted[user_id].organization_id
            if organization_id is None or (user_id, organization_id) in belongs:
                yield Told(user_id, email, organization_id)
