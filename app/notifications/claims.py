"""The statements by which workers take deliveries and write down how they ended.

A worker owns a delivery as long as the row carries its claim and the lease runs. A worker that died between
claim and delivery loses it to the next one: nothing is lost. Whoever lost its claim can write nothing any
more.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.models.notification import Channel, Delivery, DeliveryStatus, WebhookPause
from app.notifications.outcome import Ending, Outcome
from app.notifications.parcel import Parcel, pack

log = logging.getLogger("jiebang.notifications")

LEASE = timedelta(minutes=5)
"""Longer than any attempt can take: every wait of an attempt has its own limit, and their sum is below
this."""

MAX_ATTEMPTS = 12
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
"""Pauses double from the first to the longest: twelve attempts span about twenty hours."""

BLOCKED_PAUSE = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=3)
"""Who could not be told within this time is told nothing that old."""


@dataclass(frozen=True)
class Claimed:
    """A delivery as its worker took it; `parcel` is an outcome where there is nothing to send any more."""

    id: uuid.UUID
    claim: uuid.UUID
    webhook_id: uuid.UUID | None
    attempts: int
    parcel: Parcel | Outcome


@dataclass(frozen=True)
class Backlog:
    """What waits, since when the oldest waits, and what was given up."""

    waiting: int
    oldest: datetime | None
    parked: int

    def wait_seconds(self) -> float:
        """How long the oldest has waited; 0 when nothing waits."""
        return 0.0 if self.oldest is None else max(0.0, (now() - self.oldest).total_seconds())


def pause_after(attempts: int) -> timedelta:
    """How long to wait after this many attempts (1 and more)."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def has_due(session: Session, channel: Channel, *, lease: timedelta = LEASE) -> bool:
    """Is there a delivery to take? A cheap look before the write lock."""
    return session.scalar(select(Delivery.id).where(*_is_due(channel, lease)).limit(1)) is not None


def claim_next(
    session: Session, channel: Channel, *, default_language: str, lease: timedelta = LEASE
) -> Claimed | None:
    """Takes the delivery that has been due longest; None when there is none."""
    statement = (
        select(Delivery).where(*_is_due(channel, lease)).order_by(Delivery.due_at, Delivery.id).limit(1)
    )
    delivery = session.scalar(statement.with_for_update(skip_locked=True))
    if delivery is None:
        return None
    delivery.claim = uuid.uuid4()
    delivery.claimed_at = now()
    session.flush()
    parcel = _pack(session, delivery, default_language)
    return Claimed(delivery.id, delivery.claim, delivery.webhook_id, delivery.attempts, parcel)


def _pack(session: Session, delivery: Delivery, default_language: str) -> Parcel | Outcome:
    if delivery.waiting_since < now() - GIVE_UP_AFTER:
        return Outcome(Ending.PARK, "too_old")
    try:
        return pack(session, delivery, default_language=default_language)
    except (LookupError, TypeError, ValueError) as error:
        # A row that another version has written must not stand in the way of all that wait behind it.
        log.error(
            "unreadable notification", extra={"delivery": str(delivery.id), "kind": type(error).__name__}
        )
        return Outcome(Ending.PARK, "unreadable")


def settle(session: Session, claimed: Claimed, outcome: Outcome) -> bool:
    """Writes down how the attempt ended; False when the delivery is no longer ours."""
    values: dict[str, Any] = {
        "claim": None,
        "claimed_at": None,
        "code": outcome.code[:60],
        "http_status": outcome.http_status,
    }
    attempts = claimed.attempts + 1
    if outcome.ending is Ending.UNREACHABLE:
        values["due_at"] = now() + BLOCKED_PAUSE
    elif outcome.ending is Ending.RETRY and attempts < MAX_ATTEMPTS:
        values |= {"attempts": attempts, "due_at": now() + pause_after(attempts)}
    else:
        values |= {"attempts": attempts, "status": _STATUS[outcome.ending], "finished_at": now()}
    result = session.execute(
        update(Delivery)
        .where(
            Delivery.id == claimed.id,
            Delivery.claim == claimed.claim,
            Delivery.status == DeliveryStatus.WAITING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        return False
    if claimed.webhook_id is not None:
        _pause_webhook(session, claimed.webhook_id, outcome)
    return True


_STATUS = {
    Ending.SENT: DeliveryStatus.SENT,
    Ending.RETRY: DeliveryStatus.PARKED,
    Ending.PARK: DeliveryStatus.PARKED,
    Ending.SKIP: DeliveryStatus.SKIPPED,
}


def forget_pause(session: Session, webhook_id: uuid.UUID) -> None:
    """Lets the next delivery to this webhook go at once."""
    pause = session.get(WebhookPause, webhook_id, with_for_update=True)
    if pause is not None:
        session.delete(pause)
        session.flush()


def _pause_webhook(session: Session, webhook_id: uuid.UUID, outcome: Outcome) -> None:
    if outcome.ending is Ending.SENT:
        forget_pause(session, webhook_id)
    if outcome.ending is not Ending.RETRY:
        return
    insert_or_leave = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        insert_or_leave(WebhookPause)
        .values(webhook_id=webhook_id, failures=0, retry_at=now())
        .on_conflict_do_nothing(index_elements=["webhook_id"])
    )
    pause = session.get_one(WebhookPause, webhook_id, with_for_update=True, populate_existing=True)
    pause.failures += 1
    pause.retry_at = now() + pause_after(pause.failures)
    session.flush()


def backlog(session: Session) -> Backlog:
    """How the deliveries of all channels stand; for health and metrics."""
    is_waiting = Delivery.status == DeliveryStatus.WAITING
    waiting, oldest = session.execute(
        select(func.count(Delivery.id), func.min(Delivery.waiting_since)).where(is_waiting)
    ).one()
    is_parked = Delivery.status == DeliveryStatus.PARKED
    parked = session.scalar(select(func.count(Delivery.id)).where(is_parked)) or 0
    return Backlog(waiting, oldest, parked)


def _is_due(channel: Channel, lease: timedelta) -> Sequence[ColumnElement[bool]]:
    at = now()
    paused = select(WebhookPause.webhook_id).where(WebhookPause.retry_at > at)
    conditions = [
        Delivery.channel == channel,
        Delivery.status == DeliveryStatus.WAITING,
        Delivery.due_at <= at,
        or_(Delivery.claimed_at.is_(None), Delivery.claimed_at <= at - lease),
    ]
    if channel is Channel.WEBHOOK:
        conditions.append(Delivery.webhook_id.not_in(paused))
    return conditions
