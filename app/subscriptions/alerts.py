"""Holds each newly published requirement against every subscription once, and sends the daily digests.

A requirement is announced in one transaction with what it is told to whom, so that a crash neither loses nor
doubles an alert.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.auth.actor import Actor, Grant
from app.context import AppContext
from app.errors import Unavailable
from app.kit.clock import SHANGHAI, in_shanghai, now
from app.models.access import Role
from app.models.requirement import Requirement
from app.models.subscription import Announcement, Pace, Subscription, SubscriptionHit
from app.notifications.service import Event, Person, Subject, notify
from app.subscriptions import repository, service

log = logging.getLogger("jiebang.subscriptions")

AT_ONCE = 200
DIGEST_AT = time(8, 0)
"""When the day's digest is due, Beijing time."""


def announce(context: AppContext) -> int:
    """Tells of what was published since; returns how many requirements. What the index lacks waits."""
    done = 0
    with context.db.read() as session:
        ids = repository.unannounced(session, AT_ONCE)
    for id in ids:
        try:
            done += _announce(context, id)
        except Unavailable:
            # The index is not there yet; nothing is lost by waiting for it.
            return done
        except Exception as error:
            log.error("not announced", extra={"requirement": str(id), "kind": type(error).__name__})
    return done


def send_digests(context: AppContext) -> int:
    """Tells of what has gathered before this morning's hour; returns how many subscriptions."""
    due = _last_digest(now())
    done = 0
    with context.db.read() as session:
        ids = repository.with_waiting_hits(session, due)
    for id in ids:
        try:
            with context.db.write() as session:
                done += _send_digest(session, id, due)
        except Exception as error:
            log.error("digest not sent", extra={"subscription": str(id), "kind": type(error).__name__})
    return done


def _announce(context: AppContext, id: uuid.UUID) -> bool:
    with context.db.read() as session:
        seq = repository.indexed_at(session, id)
        if seq is None or not context.index.wait_until(seq, 0):
            return False
        requirement = session.get_one(Requirement, id)
        assert requirement.published_at is not None
        wanted = [
            subscription.id
            for subscription in repository.listening(session, requirement.published_at)
            if service.fitting(context, session, _as(subscription), subscription, among=[id], limit=1)
        ]
    with context.db.write() as session:
        locked = session.scalar(
            select(Requirement).where(Requirement.id == id, repository.PUBLISHED).with_for_update()
        )
        # It may have been hidden, or announced by another process, since.
        if locked is None or session.get(Announcement, id) is not None:
            return False
        session.add(Announcement(requirement_id=id, announced_at=now()))
        for subscription in repository.still_there(session, wanted):
            _hit(session, subscription, id)
    return True


def _hit(session: Session, subscription: Subscription, requirement_id: uuid.UUID) -> None:
    is_told = subscription.pace is Pace.IMMEDIATE
    session.add(
        SubscriptionHit(
            subscription_id=subscription.id,
            requirement_id=requirement_id,
            told_at=now() if is_told else None,
        )
    )
    session.flush()
    if is_told:
        notify(
            session,
            event=Event.SUBSCRIPTION_HIT,
            recipients=[Person(subscription.user_id, subscription.organization_id)],
            subject=Subject("subscription", subscription.id, requirement_id=requirement_id),
            once=f"{subscription.id}:{requirement_id}",
        )


def _send_digest(session: Session, id: uuid.UUID, due: datetime) -> bool:
    found = repository.still_there(session, [id])
    if not found:
        return False
    subscription = found[0]
    waiting = (SubscriptionHit.told_at.is_(None), SubscriptionHit.created_at < due)
    # What is hidden by now is not counted either.
    count = len(session.scalars(repository.hits_of(subscription).where(*waiting)).all())
    session.execute(
        update(SubscriptionHit)
        .where(SubscriptionHit.subscription_id == subscription.id, *waiting)
        .values(told_at=now())
        .execution_options(synchronize_session=False)
    )
    if count:
        notify(
            session,
            event=Event.SUBSCRIPTION_DIGEST,
            recipients=[Person(subscription.user_id, subscription.organization_id)],
            subject=Subject("subscription", subscription.id),
            parameters={"count": count},
            once=f"{subscription.id}:{due.isoformat()}",
        )
    return bool(count)


def _last_digest(at: datetime) -> datetime:
    """The latest hour of a digest that has come: today's, or yesterday's before it."""
    here = in_shanghai(at)
    today = datetime.combine(here.date(), DIGEST_AT, SHANGHAI)
    return today if here >= today else today - timedelta(days=1)


def _as(subscription: Subscription) -> Actor:
    """The subscriber as far as searching goes: a solver, who sees what is published and masked."""
    return Actor(subscription.user_id, (Grant(Role.SOLVER, subscription.organization_id),))
