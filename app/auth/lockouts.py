"""Whom it concerns that an account was locked is for concepts above this one; they register here."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.models.access import User

Follower = Callable[[Session, User], None]
_followers: list[Follower] = []


def when_locked(follower: Follower) -> Follower:
    """Registers a function that is called for an account that has just been locked, in the same transaction."""
    _followers.append(follower)
    return follower


def tell(session: Session, user: User) -> None:
    """Calls every follower."""
    for follower in _followers:
        follower(session, user)
