"""What a worker takes out of the database for one delivery: all it needs once the transaction has ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.access import Membership, User
from app.models.notification import Delivery, Notification, Webhook
from app.notifications import preferences
from app.notifications.outcome import Ending, Outcome
from app.notifications.rendering import Words, render
from app.notifications.titles import titles


@dataclass(frozen=True)
class MailParcel:
    """An e-mail, ready to be written."""

    delivery_id: uuid.UUID
    address: str
    language: str
    words: Words
    is_letter: bool = False
    """Written to an address, maybe of nobody we know: it does not speak of settings."""


@dataclass(frozen=True)
class WebhookParcel:
    """A webhook's call, ready to be signed."""

    delivery_id: uuid.UUID
    url: str
    secret_salt: str
    secret_hash: str
    event: str
    body: dict[str, Any]


Parcel = MailParcel | WebhookParcel


def pack(session: Session, delivery: Delivery, *, default_language: str) -> Parcel | Outcome:
    """The parcel, or why nothing is to be sent any more: people leave units while messages wait."""
    notification = session.get_one(Notification, delivery.notification_id)
    if not _is_still_recipient(session, notification):
        return Outcome(Ending.SKIP, "no_longer_recipient")
    if delivery.webhook_id is not None:
        return _webhook(session, delivery, notification)
    wishes = preferences.wishes_of(session, [notification.user_id]).get(notification.user_id)
    language = (wishes.language if wishes else None) or default_language
    title = titles(session, [notification])[notification.id]
    return MailParcel(delivery.id, delivery.address, language, render(notification, language, title))


def _is_still_recipient(session: Session, notification: Notification) -> bool:
    statement = select(User.id).where(User.id == notification.user_id, User.is_active)
    if notification.organization_id is not None:
        held = select(Membership.user_id).where(Membership.organization_id == notification.organization_id)
        statement = statement.where(User.id.in_(held))
    return session.scalar(statement) is not None


def _webhook(session: Session, delivery: Delivery, notification: Notification) -> WebhookParcel | Outcome:
    webhook = session.get_one(Webhook, delivery.webhook_id)
    if not webhook.is_active:
        return Outcome(Ending.SKIP, "webhook_inactive")
    return WebhookParcel(
        delivery_id=delivery.id,
        url=webhook.url,
        secret_salt=webhook.secret_salt,
        secret_hash=webhook.secret_hash,
        event=notification.event.value,
        body=payload(delivery.id, notification),
    )


def payload(delivery_id: uuid.UUID, notification: Notification) -> dict[str, Any]:
    """The body of a webhook: ids, codes, numbers and instants. What they stand for is read over the API,
    where the reader's rights are checked."""
    return {
        "id": str(delivery_id),
        "event": notification.event.value,
        "notification_id": str(notification.id),
        "occurred_at": notification.created_at.astimezone(UTC).isoformat(),
        "subject": {"kind": notification.subject_kind, "id": str(notification.subject_id)},
        "organization_id": _text(notification.organization_id),
        "requirement_id": _text(notification.requirement_id),
        "challenge_id": _text(notification.challenge_id),
        "parameters": notification.parameters,
    }


def _text(id: uuid.UUID | None) -> str | None:
    return None if id is None else str(id)
