"""Files, changes and removes webhooks, and sends to one again. What goes to them by itself is `service`'s."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit
from app.auth import repository as access
from app.auth.actor import Actor
from app.config import Settings
from app.errors import Conflict, NotFound
from app.kit.clock import now
from app.models.access import Membership
from app.models.notification import Delivery, DeliveryStatus, Event, Notification, Webhook
from app.notifications import claims, repository, service
from app.notifications.addresses import check_url
from app.notifications.signing import make_secret

MOST = 10
"""Webhooks per person."""


class TooManyWebhooks(Conflict):
    code = "too_many_webhooks"
    zh, en = "每人最多 {most} 个推送地址", "At most {most} webhooks per person"


class WebhookInactive(Conflict):
    code = "webhook_inactive"
    zh, en = "推送地址已停用，请先启用", "The webhook is switched off; switch it on first"


class TestIsWaiting(Conflict):
    code = "test_is_waiting"
    zh, en = "上一次测试尚未发出，请稍候", "The last test has not been sent yet"


class DeliveryIsWaiting(Conflict):
    code = "delivery_is_waiting"
    zh, en = "该推送尚在等待发送", "This delivery is still waiting to be sent"


def create(
    session: Session,
    actor: Actor,
    settings: Settings,
    *,
    url: str,
    name: str = "",
    events: Sequence[Event] = (),
    membership_id: uuid.UUID | None = None,
) -> tuple[Webhook, str]:
    """A webhook for one of the actor's memberships (the first by default) and its secret, shown this once.

    Raises `InvalidInput` for the address, `TooManyWebhooks`, and `NotFound` for another's membership.
    """
    check_url(url, allow_private=settings.webhook_allow_private)
    membership = _membership(session, actor, membership_id)
    held = select(Membership.id).where(Membership.user_id == actor.user_id)
    count = session.scalar(select(func.count(Webhook.id)).where(Webhook.membership_id.in_(held))) or 0
    if count >= MOST:
        raise TooManyWebhooks(most=MOST)
    secret = make_secret(settings)
    webhook = Webhook(
        membership=membership,
        membership_id=membership.id,
        name=name,
        url=url,
        events=_codes(events),
        is_active=True,
        secret_salt=secret.salt,
        secret_hash=secret.hash,
    )
    session.add(webhook)
    session.flush()
    _audit(session, actor, webhook, "webhook.created")
    return webhook, secret.text


def _membership(session: Session, actor: Actor, membership_id: uuid.UUID | None) -> Membership:
    assert actor.user_id is not None
    grants = {(grant.role, grant.organization_id) for grant in actor.grants}
    for membership in access.memberships_of(session, actor.user_id):
        is_own = (membership.role, membership.organization_id) in grants
        if is_own and membership_id in (None, membership.id):
            return membership
    raise NotFound()


def edit(
    session: Session, actor: Actor, settings: Settings, webhook: Webhook, changes: Mapping[str, Any]
) -> Webhook:
    """Changes name, address, events or `is_active`. Raises `InvalidInput` for the address."""
    if "url" in changes:
        check_url(changes["url"], allow_private=settings.webhook_allow_private)
    if "events" in changes:
        changes = {**changes, "events": _codes(changes["events"])}
    changed = sorted(name for name, value in changes.items() if getattr(webhook, name) != value)
    for name in changed:
        setattr(webhook, name, changes[name])
    session.flush()
    if {"url", "is_active"} & set(changed):
        claims.forget_pause(session, webhook.id)
    if changed:
        _audit(session, actor, webhook, "webhook.edited", fields=",".join(changed))
    return webhook


def renew_secret(session: Session, actor: Actor, settings: Settings, webhook: Webhook) -> str:
    """A new secret, shown this once; what is sent from now on is signed with it."""
    secret = make_secret(settings)
    webhook.secret_salt, webhook.secret_hash = secret.salt, secret.hash
    session.flush()
    _audit(session, actor, webhook, "webhook.secret_renewed")
    return secret.text


def remove(session: Session, actor: Actor, webhook: Webhook) -> None:
    """Removes the webhook with the record of its deliveries."""
    _audit(session, actor, webhook, "webhook.removed")
    session.delete(webhook)
    session.flush()


def test(session: Session, webhook: Webhook) -> Delivery:
    """Sends a test event soon. Raises `WebhookInactive` or `TestIsWaiting`."""
    if not webhook.is_active:
        raise WebhookInactive()
    waiting = (
        repository.deliveries_of(webhook)
        .where(Delivery.status == DeliveryStatus.WAITING, Notification.event == Event.WEBHOOK_TEST)
        .limit(1)
    )
    if session.scalar(waiting) is not None:
        raise TestIsWaiting()
    claims.forget_pause(session, webhook.id)
    delivery = service.notify_webhook(session, webhook)
    return repository.get_delivery(session, webhook, delivery.id)


def replay(session: Session, webhook: Webhook, delivery: Delivery) -> Delivery:
    """Sends a delivery again, under the same id. Raises `WebhookInactive` or `DeliveryIsWaiting`."""
    if not webhook.is_active:
        raise WebhookInactive()
    if delivery.status is DeliveryStatus.WAITING:
        raise DeliveryIsWaiting()
    delivery.status = DeliveryStatus.WAITING
    delivery.attempts = 0
    delivery.due_at = delivery.waiting_since = now()
    delivery.claim = delivery.claimed_at = delivery.finished_at = delivery.http_status = None
    delivery.code = ""
    claims.forget_pause(session, webhook.id)
    session.flush()
    return delivery


def _codes(events: Sequence[Event]) -> list[str]:
    return sorted({event.value for event in events})


def _audit(session: Session, actor: Actor, webhook: Webhook, action: str, **detail: str) -> None:
    audit.record(
        session, action, actor_id=actor.user_id, object_kind="webhook", object_id=webhook.id, **detail
    )
