"""Which challenges an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.kit.contains import contains_words
from app.models.access import Membership, Role
from app.models.challenge import (
    Challenge,
    ChallengeAccess,
    ChallengeInvitee,
    ChallengeKind,
    ChallengeStatus,
)
from app.models.organization import Organization

SORTABLE: dict[str, Any] = {
    "created_at": Challenge.created_at,
    "updated_at": Challenge.updated_at,
    "code": Challenge.code,
    "name": Challenge.name,
    "opens_at": Challenge.opens_at,
    "closes_at": Challenge.closes_at,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    q: str | None = None
    kind: tuple[ChallengeKind, ...] = ()
    status: tuple[ChallengeStatus, ...] = ()
    region: str | None = None
    code: str | None = None


def visible_to(actor: Actor) -> Select[Challenge]:
    """The challenges this actor may see: staff and reviewers all, everyone else what is announced to it.

    What is held by invitation is announced to the units that are invited.
    """
    statement = select(Challenge)
    if actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER):
        return statement
    invited = select(ChallengeInvitee.challenge_id).where(
        ChallengeInvitee.organization_id.in_(actor.organizations())
    )
    return statement.where(
        Challenge.status != ChallengeStatus.DRAFT,
        or_(Challenge.access == ChallengeAccess.PUBLIC, Challenge.id.in_(invited)),
    )


def with_stages(statement: Select[Challenge]) -> Select[Challenge]:
    """Loads the schedule as well."""
    return statement.options(selectinload(Challenge.stages))


def get(session: Session, actor: Actor, challenge_id: uuid.UUID, *, lock: bool = False) -> Challenge:
    """One challenge. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    statement = visible_to(actor).where(Challenge.id == challenge_id)
    if lock:
        statement = statement.with_for_update()
    challenge = session.scalar(statement)
    if challenge is None:
        raise NotFound()
    return challenge


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.q:
        columns = (Challenge.name, Challenge.code, Challenge.description)
        statement = statement.where(contains_words(filters.q, *columns))
    if filters.kind:
        statement = statement.where(Challenge.kind.in_(filters.kind))
    if filters.status:
        statement = statement.where(Challenge.status.in_(filters.status))
    if filters.region:
        statement = statement.where(Challenge.region.contains(filters.region, autoescape=True))
    if filters.code:
        statement = statement.where(Challenge.code == filters.code)
    return statement


def by_code(session: Session, code: str) -> Challenge | None:
    return session.scalar(select(Challenge).where(Challenge.code == code))


def invitees(challenge: Challenge) -> Select[Organization]:
    """The units that are invited to a challenge."""
    invited = select(ChallengeInvitee.organization_id).where(ChallengeInvitee.challenge_id == challenge.id)
    return select(Organization).where(Organization.id.in_(invited))


def bureaus() -> Select[Organization]:
    """The units that have organizers: those who can hold a challenge, by their names."""
    held = select(Membership.organization_id).where(Membership.role == Role.ORGANIZER)
    return select(Organization).where(Organization.id.in_(held)).order_by(Organization.name)


def bureau_of(session: Session, challenge: Challenge) -> Organization | None:
    """The unit that holds a challenge, which everyone who sees the challenge may know."""
    return session.get(Organization, challenge.organization_id) if challenge.organization_id else None
