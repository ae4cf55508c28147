"""Which notifications and webhooks an actor may see, in one statement each."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Membership
from app.models.notification import Delivery, Event, Notification, Webhook

NOTIFICATION_SORTABLE: dict[str, Any] = {"created_at": Notification.created_at}
WEBHOOK_SORTABLE: dict[str, Any] = {"created_at": Webhook.created_at, "name": Webhook.name}
DELIVERY_SORTABLE: dict[str, Any] = {"created_at": Delivery.created_at}


def visible_to(actor: Actor) -> Select[Notification]:
    """The actor's own inbox, without what was told on behalf of a unit the actor does not act for (any
    more)."""
    return select(Notification).where(
        # Without this condition an actor who is nobody would see the notifications of nobody.
        Notification.user_id.is_not(None),
        Notification.user_id == actor.user_id,
        Notification.is_in_inbox,
        Notification.organization_id.is_(None) | Notification.organization_id.in_(actor.organizations()),
    )


def narrow(
    statement: Select[Notification], *, unread: bool | None, events: tuple[Event, ...]
) -> Select[Notification]:
    """Adds the filters of the list."""
    if unread is not None:
        statement = statement.where(Notification.read_at.is_(None) == unread)
    return statement.where(Notification.event.in_(events)) if events else statement


def get(session: Session, actor: Actor, notification_id: uuid.UUID) -> Notification:
    """One notification, locked. Raises `NotFound`."""
    statement = visible_to(actor).where(Notification.id == notification_id).with_for_update()
    notification = session.scalar(statement)
    if notification is None:
        raise NotFound()
    return notification


def webhooks_of(actor: Actor) -> Select[Webhook]:
    """The actor's own webhooks; an API key sees those of the membership as which it acts."""
    statement = select(Webhook).join(Webhook.membership).options(contains_eager(Webhook.membership))
    statement = statement.where(Membership.user_id.is_not(None), Membership.user_id == actor.user_id)
    organizations = actor.organizations()
    return statement.where(
        Membership.role.in_(actor.roles),
        Membership.organization_id.is_(None) | Membership.organization_id.in_(organizations),
    )


def get_webhook(session: Session, actor: Actor, webhook_id: uuid.UUID, *, lock: bool = False) -> Webhook:
    """One webhook. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    statement = webhooks_of(actor).where(Webhook.id == webhook_id)
    if lock:
        statement = statement.with_for_update(of=Webhook)
    webhook = session.scalar(statement)
    if webhook is None:
        raise NotFound()
    return webhook


def deliveries_of(webhook: Webhook) -> Select[Delivery]:
    """Everything that was sent or is to be sent to a webhook which the caller may see."""
    return (
        select(Delivery)
        .join(Delivery.notification)
        .options(contains_eager(Delivery.notification))
        .where(Delivery.webhook_id == webhook.id)
    )


def get_delivery(session: Session, webhook: Webhook, delivery_id: uuid.UUID) -> Delivery:
    """One delivery, locked. Raises `NotFound`."""
    statement = deliveries_of(webhook).where(Delivery.id == delivery_id).with_for_update(of=Delivery)
    delivery = session.scalar(statement)
    if delivery is None:
        raise NotFound()
    return delivery
