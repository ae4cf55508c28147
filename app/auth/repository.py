"""Statements about users, keys and tokens, for the door only."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models.access import ApiKey, BrowserSession, Membership, RefreshToken, User


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def memberships_of(session: Session, user_id: uuid.UUID) -> list[Membership]:
    """The memberships of an active user; none when the user is unknown or switched off."""
    statement = select(Membership).join(User).where(User.id == user_id, User.is_active)
    return list(session.scalars(statement.order_by(Membership.id)))


def live_api_key(session: Session, prefix: str, at: datetime) -> ApiKey | None:
    """The key with this prefix unless it is revoked, expired, or its owner is switched off."""
    statement = (
        select(ApiKey)
        .join(Membership)
        .join(User)
        .where(
            ApiKey.prefix == prefix,
            ApiKey.revoked_at.is_(None),
            ApiKey.expires_at.is_(None) | (ApiKey.expires_at > at),
            User.is_active,
        )
    )
    return session.scalar(statement)


def api_keys_of(session: Session, user_id: uuid.UUID) -> list[ApiKey]:
    statement = select(ApiKey).join(Membership).where(Membership.user_id == user_id).order_by(ApiKey.id)
    return list(session.scalars(statement))


def refresh_token(session: Session, token_hash: str) -> RefreshToken | None:
    statement = select(RefreshToken).where(RefreshToken.token_hash == token_hash).with_for_update()
    return session.scalar(statement)


def revoke_family(session: Session, family: uuid.UUID, at: datetime) -> None:
    statement = update(RefreshToken).where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
    session.execute(statement.values(revoked_at=at))


def revoke_all_of(session: Session, user_id: uuid.UUID, at: datetime) -> None:
    """Ends whatever signs this person in without a password: refresh tokens and browsers."""
    tokens = update(RefreshToken).where(RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
    session.execute(tokens.values(revoked_at=at))
    browsers = update(BrowserSession).where(
        BrowserSession.user_id == user_id, BrowserSession.ended_at.is_(None)
    )
    session.execute(browsers.values(ended_at=at))
