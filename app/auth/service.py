"""Signs people in and out, keeps keys, and turns a token into an actor."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app import audit
from app.auth import lockouts, repository, secrets
from app.auth.actor import Actor, Grant
from app.auth.errors import AccountLocked, InvalidRefreshToken, UnknownScope, WrongCredentials
from app.auth.strangers import Strangers
from app.config import Settings
from app.db import Database
from app.errors import NotAuthenticated, NotFound
from app.kit.clock import now
from app.models.access import ApiKey, Membership, RefreshToken


def actor_of_token(settings: Settings, db: Database, token: str) -> Actor:
    """The actor behind an access token or API key. Raises `NotAuthenticated`."""
    if token.startswith(secrets.API_KEY_MARK):
        return _actor_of_api_key(db, token)
    user_id = secrets.read_access_token(settings, token)
    with db.read() as session:
        memberships = repository.memberships_of(session, user_id)
        if not memberships:
            raise NotAuthenticated(headers={"WWW-Authenticate": "Bearer"})
        return Actor(user_id=user_id, grants=tuple(_grant(membership) for membership in memberships))


def _actor_of_api_key(db: Database, key: str) -> Actor:
    prefix, secret = secrets.split_api_key(key)
    with db.read() as session:
        api_key = repository.live_api_key(session, prefix, now())
        if api_key is None or not hmac.compare_digest(api_key.secret_hash, secrets.hash_secret(secret)):
            raise NotAuthenticated(headers={"WWW-Authenticate": "Bearer"})
        membership = api_key.membership
        return Actor(
            user_id=membership.user_id, grants=(_grant(membership),), scopes=frozenset(api_key.scopes)
        )


def _grant(membership: Membership) -> Grant:
    return Grant(role=membership.role, organization_id=membership.organization_id)


def check_password(
    settings: Settings, db: Database, strangers: Strangers, email: str, password: str
) -> uuid.UUID:
    """The user's id when the password fits.

    Counts failures and locks the account for a while after too many; the count is committed at once,
    whatever the request ends with. An address that nobody can sign in with is counted and locked alike.
    Raises `WrongCredentials` or `AccountLocked`.
    """
    with db.read() as session:
        user = repository.user_by_email(session, email)
    if user is None or not user.is_active:
        _check_is_open(strangers.locked_until(email))
        secrets.waste_time(password)
        with db.write() as session:
            # The write lock is waited for as it is when the failure of a user is counted.
            repository.user_by_email(session, email)
        strangers.count(email)
        raise WrongCredentials()
    _check_is_open(user.locked_until)
    fits, new_hash = secrets.is_password(password, user.password_hash)
    with db.write() as session:
        user = repository.user_by_email(session, email)
        if user is None or not user.is_active:
            raise WrongCredentials()
        if fits:
            user.failed_logins, user.locked_until = 0, None
            user.password_hash = new_hash or user.password_hash
        else:
            user.failed_logins += 1
            if user.failed_logins >= settings.login_failures_before_lock:
                user.failed_logins = 0
                user.locked_until = now() + timedelta(minutes=settings.login_lock_minutes)
                audit.record(session, "user.locked", actor_id=None, object_kind="user", object_id=user.id)
                lockouts.tell(session, user)
        user_id = user.id
    if not fits:
        raise WrongCredentials()
    return user_id


def _check_is_open(locked_until: datetime | None) -> None:
    at = now()
    if locked_until and locked_until > at:
        seconds = max(1, int((locked_until - at).total_seconds()))
        raise AccountLocked(minutes=-(-seconds // 60), headers={"Retry-After": str(seconds)})


def start_refresh_chain(session: Session, settings: Settings, user_id: uuid.UUID) -> str:
    """The first refresh token after a login."""
    audit.record(session, "user.signed_in", actor_id=user_id, object_kind="user", object_id=user_id)
    return _new_refresh_token(session, settings, user_id, uuid7())


def rotate_refresh_token(db: Database, settings: Settings, token: str) -> tuple[uuid.UUID, str]:
    """The user and the next token of the chain.

    A token that was used before is a stolen one: the whole chain ends, committed even though the request fails.
    Raises `InvalidRefreshToken`.
    """
    at = now()
    with db.write() as session:
        link = repository.refresh_token(session, secrets.hash_secret(token))
        if link is None:
            raise InvalidRefreshToken()
        is_active = bool(repository.memberships_of(session, link.user_id))
        is_live = link.used_at is None and link.revoked_at is None and link.expires_at > at and is_active
        if is_live:
            link.used_at = at
            return link.user_id, _new_refresh_token(session, settings, link.user_id, link.family)
        repository.revoke_family(session, link.family, at)
    raise InvalidRefreshToken()


def end_refresh_chain(session: Session, token: str) -> None:
    """Signs out: the chain of this token ends. An unknown token is no error, nothing is left to end."""
    link = repository.refresh_token(session, secrets.hash_secret(token))
    if link is not None:
        repository.revoke_family(session, link.family, now())


def _new_refresh_token(session: Session, settings: Settings, user_id: uuid.UUID, family: uuid.UUID) -> str:
    token, token_hash = secrets.make_secret()
    expires_at = now() + timedelta(days=settings.refresh_token_days)
    session.add(RefreshToken(user_id=user_id, family=family, token_hash=token_hash, expires_at=expires_at))
    session.flush()
    return token


def create_api_key(
    session: Session,
    actor: Actor,
    *,
    name: str,
    scopes: Sequence[str],
    membership_id: uuid.UUID | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key for one of the actor's memberships (the first by default) and its text, shown this once.

    Raises `UnknownScope` when a scope is not among the permissions that the membership itself has.
    """
    assert actor.user_id is not None
    memberships = repository.memberships_of(session, actor.user_id)
    membership = next((m for m in memberships if membership_id in (None, m.id)), None)
    if membership is None:
        raise NotFound()
    own = Actor(user_id=actor.user_id, grants=(_grant(membership),), scopes=actor.scopes).permissions
    if not set(scopes) <= own:
        raise UnknownScope()
    text, prefix, secret_hash = secrets.make_api_key()
    api_key = ApiKey(
        membership_id=membership.id,
        membership=membership,
        name=name,
        prefix=prefix,
        secret_hash=secret_hash,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    session.add(api_key)
    session.flush()
    audit.record(
        session, "api_key.created", actor_id=actor.user_id, object_kind="api_key", object_id=api_key.id
    )
    return api_key, text


def revoke_api_key(session: Session, actor: Actor, key_id: uuid.UUID) -> None:
    """Ends one of the actor's own keys. Raises `NotFound`."""
    assert actor.user_id is not None
    api_key = next((key for key in repository.api_keys_of(session, actor.user_id) if key.id == key_id), None)
    if api_key is None:
        raise NotFound()
    if api_key.revoked_at is None:
        api_key.revoked_at = now()
        audit.record(
            session, "api_key.revoked", actor_id=actor.user_id, object_kind="api_key", object_id=api_key.id
        )
    session.flush()
