"""Notes what people are to be told, in the transaction of the event, and keeps their inboxes.

`notify` writes rows and sends nothing: the dispatcher does, once the transaction has committed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, contains_eager
from uuid_utils.compat import uuid7

from app.auth.actor import Actor
from app.kit.clock import now
from app.models.access import Membership
from app.models.notification import Channel, Delivery, DeliveryStatus, Event, Notification, Webhook
from app.notifications import preferences, repository
from app.notifications.preferences import EVERYTHING, Wishes
from app.notifications.recipients import Person, Recipient, RoleHolders, Told, resolve
from app.notifications.rendering import Value, checked

__all__ = ["Event", "Person", "RoleHolders", "Subject", "mark_all_read", "mark_read", "notify"]

CHUNK = 200
"""Rows per statement, below every database's limit of parameters."""


@dataclass(frozen=True)
class Subject:
    """What an event is about: the object's kind and id, and the requirement and challenge it belongs to.

    The requirement lends the message its title, as far as its tier allows; without one the challenge's name
    does.
    """

    kind: str
    id: uuid.UUID
    requirement_id: uuid.UUID | None = None
    challenge_id: uuid.UUID | None = None


def notify(
    session: Session,
    *,
    event: Event,
    recipients: Iterable[Recipient],
    subject: Subject,
    parameters: Mapping[str, Value] | None = None,
    once: str | None = None,
    but_not: uuid.UUID | None = None,
) -> int:
    """Tells each recipient once, over the channels that the person wants; returns how many are told.

    Call it in the transaction of the event: it is told if and only if that commits. `once` names the occasion
    (at most 120 characters, `due-soon:<obligation id>`): a second call with the same event and name tells
    nobody twice. `but_not` is the person who acts and need not be told. Parameters are those of the
    catalogue, never free text. Raises `ValueError` for other parameters.
    """
    values = checked(event, parameters or {})
    if once is not None and not 0 < len(once) <= 120:
        raise ValueError("`once` has 1 to 120 characters")
    session.flush()
    told = [person for person in resolve(session, recipients) if person.user_id != but_not]
    wishes = preferences.wishes_of(session, [person.user_id for person in told])
    webhooks = _webhooks_of(session, event, [person.user_id for person in told])
    count = 0
    for start in range(0, len(told), CHUNK):
        rows, deliveries = [], []
        for person in told[start : start + CHUNK]:
            row = _row(event, person, subject, values, once)
            wished = wishes.get(person.user_id, EVERYTHING)
            row["is_in_inbox"] = wished.wants(event, Channel.INBOX)
            routes = _routes(event, person, wished, webhooks.get(person.user_id, ()))
            if routes or row["is_in_inbox"]:
                rows.append(row)
                deliveries += [_delivery(row["id"], *route) for route in routes]
        new = _insert_new(session, rows)
        _insert_deliveries(session, [row for row in deliveries if row["notification_id"] in new])
        count += len(new)
    return count


def notify_webhook(session: Session, webhook: Webhook) -> Delivery:
    """Puts a test into the way of one webhook; its holder's inbox stays as it is."""
    told = Told(webhook.membership.user_id, "", webhook.membership.organization_id)
    row = _row(Event.WEBHOOK_TEST, told, Subject("webhook", webhook.id), {}, None)
    session.add(Notification(**row, is_in_inbox=False))
    session.flush()
    delivery = Delivery(**_delivery(row["id"], Channel.WEBHOOK, str(webhook.id), webhook.id))
    session.add(delivery)
    session.flush()
    return delivery


def _row(
    event: Event, person: Told, subject: Subject, values: Mapping[str, Any], once: str | None
) -> dict[str, Any]:
    id = uuid7()
    return {
        "id": id,
        "created_at": now(),
        "user_id": person.user_id,
        "organization_id": person.organization_id,
        "event": event,
        "subject_kind": subject.kind,
        "subject_id": subject.id,
        "requirement_id": subject.requirement_id,
        "challenge_id": subject.challenge_id,
        "parameters": dict(values),
        "dedup_key": f"{event.value}:{once or id}",
    }


Route = tuple[Channel, str, uuid.UUID | None]


def _routes(event: Event, person: Told, wishes: Wishes, webhooks: Sequence[Webhook]) -> list[Route]:
    routes: list[Route] = []
    if wishes.wants(event, Channel.EMAIL):
        routes.append((Channel.EMAIL, person.email, None))
    if wishes.wants(event, Channel.WEBHOOK):
        for webhook in webhooks:
            if person.organization_id in (None, webhook.membership.organization_id):
                routes.append((Channel.WEBHOOK, str(webhook.id), webhook.id))
    return routes


def _delivery(
    notification_id: uuid.UUID, channel: Channel, address: str, webhook_id: uuid.UUID | None
) -> dict[str, Any]:
    at = now()
    return {
        "id": uuid7(),
        "created_at": at,
        "notification_id": notification_id,
        "channel": channel,
        "address": address,
        "webhook_id": webhook_id,
        "status": DeliveryStatus.WAITING,
        "attempts": 0,
        "due_at": at,
        "waiting_since": at,
        "code": "",
    }


def _webhooks_of(session: Session, event: Event, user_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Webhook]]:
    found: dict[uuid.UUID, list[Webhook]] = {}
    for start in range(0, len(user_ids), CHUNK):
        statement = (
            select(Webhook)
            .join(Webhook.membership)
            .options(contains_eager(Webhook.membership))
            .where(Webhook.is_active, Membership.user_id.in_(user_ids[start : start + CHUNK]))
            .order_by(Webhook.id)
        )
        for webhook in session.scalars(statement):
            if not webhook.events or event.value in webhook.events:
                found.setdefault(webhook.membership.user_id, []).append(webhook)
    return found


def _insert_new(session: Session, rows: list[dict[str, Any]]) -> set[uuid.UUID]:
    """The ids of those rows that nobody had noted under the same occasion before."""
    if not rows:
        return set()
    insert_or_leave = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = (
        insert_or_leave(Notification)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["user_id", "dedup_key"])
        .returning(Notification.id)
    )
    return set(session.scalars(statement))


def _insert_deliveries(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(Delivery), rows)


def mark_read(session: Session, actor: Actor, notification_id: uuid.UUID) -> Notification:
    """Marks one notification of the actor as read; a second time changes nothing. Raises `NotFound`."""
    notification = repository.get(session, actor, notification_id)
    notification.read_at = notification.read_at or now()
    session.flush()
    return notification


def mark_all_read(session: Session, actor: Actor, *, until: datetime | None = None) -> int:
    """Marks everything the actor sees as read, up to `until` if given, and returns how many were unread.

    A page passes the instant at which it read the list, or what came in since would be read unseen.
    """
    wanted = repository.visible_to(actor).where(Notification.read_at.is_(None))
    if until is not None:
        wanted = wanted.where(Notification.created_at <= until)
    result = session.execute(
        update(Notification)
        .where(Notification.id.in_(wanted.with_only_columns(Notification.id)))
        .values(read_at=now())
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount
