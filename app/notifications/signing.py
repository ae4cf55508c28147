"""Secrets of webhooks and the signature of what is sent to them; no database here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from app.config import Settings

SECRET_MARK = "whsec_"  # noqa: S105
SIGNATURE_HEADER = "Jiebang-Signature"
DELIVERY_HEADER = "Jiebang-Delivery"
EVENT_HEADER = "Jiebang-Event"


@dataclass(frozen=True)
class WebhookSecret:
    """A secret as it is shown once, beside what is kept of it: the salt, and the SHA-256 in hex."""

    text: str
    salt: str
    hash: str


def make_secret(settings: Settings) -> WebhookSecret:
    """A new secret with 256 bits of its own."""
    salt = secrets.token_urlsafe(32)
    text = derive_secret(settings, salt)
    return WebhookSecret(text, salt, hash_secret(text))


def derive_secret(settings: Settings, salt: str) -> str:
    """The secret that belongs to `salt`: HMAC-SHA256 under the service's key, so the database holds none."""
    key = settings.secret_key.get_secret_value().encode()
    digest = hmac.new(key, b"webhook secret\0" + salt.encode(), hashlib.sha256).digest()
    return SECRET_MARK + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def hash_secret(text: str) -> str:
    """SHA-256 in hex, to notice that the service's key has changed since the secret was shown."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign(secret: str, *, timestamp: int, delivery_id: str, body: bytes) -> str:
    """The header's value `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<delivery id>.<body>`.

    The receiver refuses what is older than a few minutes, and what it has already seen under the delivery id.
    """
    signed = f"{timestamp}.{delivery_id}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
