"""Registrations (注册申请): people who ask for an account of their unit, until staff let them in or refuse."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Labelled, UtcDateTime, Versioned, coded
from app.models.organization import OrganizationKind


class RegistrationStatus(Labelled):
    UNCONFIRMED = "unconfirmed", "待确认邮箱"
    WAITING = "waiting", "待审核"
    APPROVED = "approved", "已通过"
    REFUSED = "refused", "未通过"


G = RegistrationStatus
REGISTRATION_TRANSITIONS: dict[RegistrationStatus, frozenset[RegistrationStatus]] = {
    G.UNCONFIRMED: frozenset({G.WAITING}),
    G.WAITING: frozenset({G.APPROVED, G.REFUSED}),
    G.APPROVED: frozenset(),
    G.REFUSED: frozenset(),
}


class Registration(Versioned, Base):
    """What a person says of itself and its unit. The password's hash is kept only until the decision.

    `receipt_hash` is the SHA-256 of a secret with which the person reads what became of it.
    """

    __tablename__ = "registrations"
    __table_args__ = (Index("ix_registrations_email_status", "email", "status"),)

    status: Mapped[RegistrationStatus] = mapped_column(coded(RegistrationStatus), default=G.WAITING)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(50), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    receipt_hash: Mapped[str] = mapped_column(String(64))
    organization_name: Mapped[str] = mapped_column(String(200))
    organization_kind: Mapped[OrganizationKind] = mapped_column(coded(OrganizationKind))
    uscc: Mapped[str | None] = mapped_column(String(18))
    region: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    """Why it was refused."""

    language: Mapped[str] = mapped_column(String(2), default="zh")
    """The language that the person is written to in."""
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the link in the letter was opened; nothing where the service sends no e-mail."""

    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """The account that came of it."""

    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
