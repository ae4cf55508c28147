"""Writes letters in the transaction of their occasion, and takes their links back; `tasks` sends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.errors import JiebangError
from app.jobs.service import enqueue
from app.kit.clock import now
from app.models.letter import Letter, LetterKind

SEND = "letters.send"

VALID_FOR: dict[LetterKind, timedelta] = {
    LetterKind.CONFIRM_ADDRESS: timedelta(hours=24),
    LetterKind.RESET_PASSWORD: timedelta(hours=1),
    LetterKind.REGISTRATION_REFUSED: timedelta(),
}
KEEP = timedelta(days=7)
"""Letters are personal data of people who may have no account; nobody needs an old one."""

MOST_PER_HOUR = 3
"""Letters of one kind to one address in any hour: nobody's mailbox is flooded by a stranger."""


class LinkUsedUp(JiebangError):
    code, status = "link_used_up", 410
    zh = "这个链接已经用过或已过期，请重新申请"
    en = "This link was used or has expired; please ask for a new one"


def write(
    session: Session,
    settings: Settings,
    kind: LetterKind,
    email: str,
    *,
    subject_id: uuid.UUID | None,
    language: str,
    note: str = "",
) -> None:
    """Puts a letter into the way of `email`; it goes out if and only if the transaction commits.

    Past `MOST_PER_HOUR` nothing is written; nobody learns of it.
    """
    at = now()
    recent = select(func.count(Letter.id)).where(
        Letter.email == email, Letter.kind == kind, Letter.created_at > at - timedelta(hours=1)
    )
    if (session.scalar(recent) or 0) >= MOST_PER_HOUR:
        return
    salt = secrets.token_urlsafe(32)
    letter = Letter(
        kind=kind,
        email=email,
        language=language,
        subject_id=subject_id,
        note=note,
        salt=salt,
        token_hash=hash_token(token_of(settings, salt)),
        expires_at=at + VALID_FOR[kind],
    )
    session.add(letter)
    session.flush()
    enqueue(session, SEND, {"letter": str(letter.id)}, actor=SYSTEM)


def find(session: Session, kind: LetterKind, token: str, *, lock: bool = False) -> Letter:
    """The letter whose link holds `token`, still good. Raises `LinkUsedUp` for every other."""
    statement = select(Letter).where(Letter.kind == kind, Letter.token_hash == hash_token(token))
    letter = session.scalar(statement.with_for_update() if lock else statement)
    if letter is None or letter.used_at is not None or letter.expires_at <= now():
        raise LinkUsedUp()
    return letter


def use(session: Session, letter: Letter) -> None:
    """Uses up the letter's link, and those of all its like for the same subject."""
    like = select(Letter).where(
        Letter.kind == letter.kind, Letter.subject_id == letter.subject_id, Letter.used_at.is_(None)
    )
    for row in session.scalars(like.with_for_update()):
        row.used_at = now()
    session.flush()


def token_of(settings: Settings, salt: str) -> str:
    """The secret of a link: HMAC-SHA256 under the service's key, so the database holds none."""
    key = settings.secret_key.get_secret_value().encode()
    digest = hmac.new(key, b"letter\0" + salt.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def hash_token(token: str) -> str:
    """SHA-256 in hex, under which a link is found."""
    return hashlib.sha256(token.encode()).hexdigest()


def drop_old(context: AppContext) -> int:
    """Drops letters older than `KEEP`."""
    with context.db.write() as session:
        statement = delete(Letter).where(Letter.created_at < now() - KEEP)
        result = session.execute(statement.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        return result.rowcount
