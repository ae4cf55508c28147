"""Attachments (附件): files that people hand in beside a form, kept as they came and never opened here."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Identified


class Attachment(Identified, Base):
    """One file. It never changes; `sha256` and `size` (bytes) are those of its content.

    The content lies in the database, so that it is there exactly when its row is: in a backup, after a crash
    and on every server. Who may read it is for the object it is attached to.
    """

    __tablename__ = "attachments"
    __table_args__ = ({"info": {"holds_files": True}},)

    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
