"""Hashes passwords, makes and checks tokens; no database here."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from threading import BoundedSemaphore

import jwt
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.config import Settings
from app.errors import NotAuthenticated
from app.kit.clock import now

AUDIENCE = "jiebang"
ALGORITHM = "HS256"
API_KEY_MARK = "jb_"

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane; a login costs about 35 ms here.
_passwords = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
# Each hash takes a core and 19 MiB, so a wave of logins must queue instead of starving everything else.
_hashing = BoundedSemaphore(2)


def hash_password(password: str) -> str:
    with _hashing:
        return _passwords.hash(password)


def is_password(password: str, password_hash: str) -> tuple[bool, str | None]:
    """Whether the password fits, and a new hash when the stored one used older parameters."""
    with _hashing:
        return _passwords.verify_and_update(password, password_hash)


_nobody = hash_password(secrets.token_urlsafe(16))


def waste_time(password: str) -> None:
    """Spends what a real check costs, so that an unknown e-mail answers no faster than a known one."""
    is_password(password, _nobody)


def make_access_token(settings: Settings, user_id: uuid.UUID) -> tuple[str, int]:
    """A signed token for the user and its lifetime in seconds."""
    issued = now()
    lifetime = timedelta(minutes=settings.access_token_minutes)
    claims = {"sub": str(user_id), "aud": AUDIENCE, "iat": issued, "exp": issued + lifetime}
    return jwt.encode(claims, settings.secret_key.get_secret_value(), ALGORITHM), int(
        lifetime.total_seconds()
    )


def read_access_token(settings: Settings, token: str) -> uuid.UUID:
    """The user the token was made for. Raises `NotAuthenticated` when it is forged, expired or malformed."""
    try:
        claims = jwt.decode(
            token,
            settings.secret_key.get_secret_value(),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["exp", "aud", "iat", "sub"]},
        )
        return uuid.UUID(claims["sub"])
    except (jwt.PyJWTError, ValueError) as error:
        raise NotAuthenticated(headers={"WWW-Authenticate": "Bearer"}) from error


def make_secret() -> tuple[str, str]:
    """256 random bits as text, and the SHA-256 under which they are kept."""
    secret = secrets.token_urlsafe(32)
    return secret, hash_secret(secret)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: enough for secrets with 256 bits of their own."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_api_key() -> tuple[str, str, str]:
    """A key as handed out once, its public prefix, and the hash that is kept."""
    prefix = secrets.token_hex(6)
    secret, secret_hash = make_secret()
    return f"{API_KEY_MARK}{prefix}_{secret}", prefix, secret_hash


def split_api_key(key: str) -> tuple[str, str]:
    """Prefix and secret of a key. Raises `NotAuthenticated` for anything else."""
    prefix, separator, secret = key.removeprefix(API_KEY_MARK).partition("_")
    if not separator or len(prefix) != 12 or not secret:
        raise NotAuthenticated(headers={"WWW-Authenticate": "Bearer"})
    return prefix, secret
