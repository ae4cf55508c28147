"""Browsers that are signed in: started by a password, ended by idleness, by time, or by a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from app import audit
from app.auth import repository, secrets
from app.auth.actor import Actor, Grant
from app.config import Settings
from app.db import Database
from app.errors import NotAuthenticated
from app.kit.clock import now
from app.models.access import BrowserSession, User

SEEN_EVERY = timedelta(minutes=1)
"""How exactly idleness is measured: a page does not cost a write each time it is read."""


@dataclass(frozen=True)
class SignedIn:
    """The person at a browser. `name` is what the page greets with."""

    actor: Actor
    session_id: uuid.UUID
    name: str


def start(session: Session, settings: Settings, user_id: uuid.UUID, *, browser: str = "") -> str:
    """Signs a browser in; the text is for its cookie and is not kept."""
    token, token_hash = secrets.make_secret()
    at = now()
    session.add(
        BrowserSession(
            user_id=user_id,
            token_hash=token_hash,
            browser=browser[:200],
            seen_at=at,
            expires_at=at + timedelta(days=settings.session_days),
        )
    )
    audit.record(session, "user.signed_in", actor_id=user_id, object_kind="user", object_id=user_id)
    session.flush()
    return token


def person_of(settings: Settings, db: Database, token: str) -> SignedIn:
    """Who sits at the browser with this cookie; notes that it was seen. Raises `NotAuthenticated`."""
    at = now()
    with db.read() as session:
        row = session.scalar(
            select(BrowserSession).where(
                BrowserSession.token_hash == secrets.hash_secret(token), _is_live(settings, at)
            )
        )
        if row is None:
            raise NotAuthenticated()
        memberships = repository.memberships_of(session, row.user_id)
        if not memberships:
            raise NotAuthenticated()
        user = memberships[0].user
        grants = tuple(Grant(role=item.role, organization_id=item.organization_id) for item in memberships)
        found = SignedIn(Actor(user_id=user.id, grants=grants), row.id, user.name or user.email)
        is_due = at - row.seen_at >= SEEN_EVERY
    if is_due:
        with db.write() as session:
            session.execute(
                update(BrowserSession).where(BrowserSession.id == found.session_id).values(seen_at=at)
            )
    return found


def live_of(session: Session, settings: Settings, user_id: uuid.UUID) -> list[BrowserSession]:
    """The browsers a person is signed in at, the last one seen first."""
    statement = select(BrowserSession).where(BrowserSession.user_id == user_id, _is_live(settings, now()))
    return list(session.scalars(statement.order_by(BrowserSession.seen_at.desc())))


def end(session: Session, user_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Signs one browser of this person out; one that is not there or has ended is no error."""
    mine = and_(BrowserSession.user_id == user_id, BrowserSession.id == session_id)
    session.execute(
        update(BrowserSession).where(mine, BrowserSession.ended_at.is_(None)).values(ended_at=now())
    )


def _is_live(settings: Settings, at: datetime) -> ColumnElement[bool]:
    return and_(
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > at,
        BrowserSession.seen_at > at - timedelta(minutes=settings.session_idle_minutes),
        BrowserSession.user_id.in_(select(User.id).where(User.is_active)),
    )
