"""Subscriptions (需求订阅): saved searches that tell of each newly published requirement once."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, WanAmount, coded
from app.models.requirement import Requirement


class Pace(Labelled):
    IMMEDIATE = "immediate", "随时"
    DAILY = "daily", "每日汇总"


class Subscription(Versioned, Base):
    """What one person wants to hear of, on behalf of `organization_id`. Every part that is given must fit.

    `words` are searched by words and by sense; `fields` are alternatives; the budget is in 万元.
    """

    __tablename__ = "subscriptions"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(100))
    words: Mapped[str] = mapped_column(String(500), default="")
    fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    region: Mapped[str] = mapped_column(String(200), default="")
    budget_min_wan: Mapped[Decimal | None] = mapped_column(WanAmount)
    budget_max_wan: Mapped[Decimal | None] = mapped_column(WanAmount)
    pace: Mapped[Pace] = mapped_column(coded(Pace), default=Pace.IMMEDIATE)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())


class SubscriptionHit(Identified, Base):
    """A requirement of which a subscription tells; `told_at` is empty while it waits for the day's digest."""

    __tablename__ = "subscription_hits"
    __table_args__ = (
        UniqueConstraint("subscription_id", "requirement_id"),
        Index("ix_subscription_hits_told_at", "told_at"),
    )

    subscription_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("subscriptions.id", ondelete="CASCADE"))
    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    subscription: Mapped[Subscription] = relationship(lazy="raise_on_sql")
    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")


class Announcement(Base):
    """A requirement that was held against every subscription; it is never held against them again."""

    __tablename__ = "announcements"

    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), primary_key=True
    )
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
