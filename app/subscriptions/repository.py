"""Whose subscriptions are whose, and which published requirements they can be about."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Membership, Role
from app.models.indexing import IndexCollection, IndexDocument, OutboxEntry
from app.models.requirement import PUBLIC_STATUSES, Confidentiality, Field, Requirement
from app.models.subscription import Announcement, Subscription, SubscriptionHit
from app.requirements.repository import Filters, narrow

SORTABLE: dict[str, Any] = {"created_at": Subscription.created_at, "name": Subscription.name}
HITS_SORTABLE: dict[str, Any] = {"created_at": SubscriptionHit.created_at}

PUBLISHED = and_(
    Requirement.status.in_(PUBLIC_STATUSES), Requirement.confidentiality != Confidentiality.RESTRICTED
)
"""What a subscription can be about: what every solver may see."""


def visible_to(actor: Actor) -> Select[Subscription]:
    """A person's own subscriptions and nobody else's, whatever the role."""
    return select(Subscription).where(Subscription.user_id == actor.user_id)


def get(session: Session, actor: Actor, subscription_id: uuid.UUID, *, lock: bool = False) -> Subscription:
    """One subscription of the actor's. Raises `NotFound`."""
    statement = visible_to(actor).where(Subscription.id == subscription_id)
    if lock:
        statement = statement.with_for_update()
    found = session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def count_of(session: Session, user_id: uuid.UUID) -> int:
    statement = select(func.count(Subscription.id)).where(Subscription.user_id == user_id)
    return session.scalar(statement) or 0


def hits_of(subscription: Subscription) -> Select[SubscriptionHit]:
    """What a subscription has told of, as far as it is still published."""
    requirement = contains_eager(SubscriptionHit.requirement)
    return (
        select(SubscriptionHit)
        .join(SubscriptionHit.requirement)
        .where(SubscriptionHit.subscription_id == subscription.id, PUBLISHED)
        .options(
            requirement.joinedload(Requirement.organization),
            requirement.selectinload(Requirement.challenges),
        )
    )


def published(actor: Actor, subscription: Subscription) -> Select[Requirement]:
    """The published requirements that meet everything of a subscription but its words.

    One that states no budget does not meet a wish for one; those of the subscriber's own unit never count.
    """
    filters = Filters(
        field=tuple(Field(value) for value in subscription.fields),
        region=subscription.region or None,
        budget_min=subscription.budget_min_wan,
        budget_max=subscription.budget_max_wan,
    )
    statement = narrow(select(Requirement).where(PUBLISHED), filters, actor)
    if subscription.organization_id is not None:
        statement = statement.where(Requirement.organization_id != subscription.organization_id)
    return statement


def with_parties(statement: Select[Requirement]) -> Select[Requirement]:
    return statement.options(joinedload(Requirement.organization), selectinload(Requirement.challenges))


def unannounced(session: Session, limit: int) -> list[uuid.UUID]:
    """Published requirements that no subscription was held against yet, the longest published first."""
    known = select(Announcement.requirement_id)
    statement = select(Requirement.id).where(
        PUBLISHED, Requirement.published_at.is_not(None), Requirement.id.not_in(known)
    )
    return list(session.scalars(statement.order_by(Requirement.published_at, Requirement.id).limit(limit)))


def indexed_at(session: Session, requirement_id: uuid.UUID) -> int | None:
    """The change of the index that holds the requirement as it stands; None while it waits for its turn."""
    waiting = select(OutboxEntry.seq).where(
        OutboxEntry.collection == IndexCollection.REQUIREMENTS, OutboxEntry.key == requirement_id
    )
    if session.scalar(waiting.limit(1)) is not None:
        return None
    statement = select(IndexDocument.seq).where(
        IndexDocument.collection == IndexCollection.REQUIREMENTS, IndexDocument.key == requirement_id
    )
    return session.scalar(statement)


def listening(session: Session, published_at: datetime) -> list[Subscription]:
    """Active subscriptions of solvers that were there when a requirement was published."""
    solvers = select(Membership.user_id).where(Membership.role == Role.SOLVER)
    statement = select(Subscription).where(
        Subscription.is_active,
        Subscription.created_at <= published_at,
        Subscription.user_id.in_(solvers),
    )
    return list(session.scalars(statement.order_by(Subscription.id)))


def still_there(session: Session, ids: Collection[uuid.UUID]) -> list[Subscription]:
    """Those that are active now, locked."""
    statement = select(Subscription).where(Subscription.id.in_(ids), Subscription.is_active)
    return list(session.scalars(statement.order_by(Subscription.id).with_for_update()))


def with_waiting_hits(session: Session, before: datetime) -> list[uuid.UUID]:
    """Active subscriptions with hits from before an instant that no digest has told of."""
    statement = (
        select(Subscription.id)
        .join(SubscriptionHit, SubscriptionHit.subscription_id == Subscription.id)
        .where(Subscription.is_active, SubscriptionHit.told_at.is_(None), SubscriptionHit.created_at < before)
        .distinct()
    )
    return list(session.scalars(statement.order_by(Subscription.id)))
