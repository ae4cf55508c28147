"""Sends the link, and takes a new password for it; nobody learns who has an account."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.auth import repository as people
from app.config import Settings
from app.errors import JiebangError
from app.letters import service as letters
from app.letters.service import LinkUsedUp
from app.models.access import User
from app.models.letter import LetterKind
from app.users import service as users


class NoMail(JiebangError):
    code, status = "no_mail", 409
    zh = "本系统没有开通邮件，请联系承办单位重设密码"
    en = "This service sends no e-mail; ask the organizer to reset your password"


def ask(session: Session, settings: Settings, email: str, *, language: str) -> None:
    """Writes a letter whether somebody has the address or not; only a holder's is sent.

    Raises `NoMail`.
    """
    if not settings.mails_links:
        raise NoMail()
    email = email.strip().lower()
    user = people.user_by_email(session, email)
    letters.write(
        session,
        settings,
        LetterKind.RESET_PASSWORD,
        email,
        subject_id=user.id if user is not None and user.is_active else None,
        language=language,
    )


def reset(session: Session, settings: Settings, token: str, new_password: str) -> None:
    """Sets the password, ends all sign-ins and uses the link up. Raises `LinkUsedUp` or `InvalidInput`."""
    letter = letters.find(session, LetterKind.RESET_PASSWORD, token, lock=True)
    user = session.get(User, letter.subject_id) if letter.subject_id else None
    if user is None or not user.is_active:
        raise LinkUsedUp()
    users.reset_password(session, settings, user, new_password)
    letters.use(session, letter)
