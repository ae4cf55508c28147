"""Letters (信件): e-mails to an address, with or without an account, that carry a link to be used once."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, coded


class LetterKind(Labelled):
    CONFIRM_ADDRESS = "confirm_address", "确认邮箱"
    RESET_PASSWORD = "reset_password", "重设密码"
    REGISTRATION_REFUSED = "registration_refused", "注册未通过"


class Letter(Identified, Base):
    """One letter. The link's secret is not stored: it is derived from the service's secret key and `salt`,
    and found again by its SHA-256.

    `subject_id` is the registration or the user the letter is about; a letter without one (nobody has that
    address) is never sent, and looks the same to whoever asked for it.
    """

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_email_kind_created_at", "email", "kind", "created_at"),
        Index("ix_letters_created_at", "created_at"),
    )

    kind: Mapped[LetterKind] = mapped_column(coded(LetterKind))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    subject_id: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(Text, default="")
    """Words of a person that the letter passes on."""
    salt: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
