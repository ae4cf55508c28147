"""Challenges (赛事): an edition of the contest or a themed matching event, and the problems entered into it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded


class ChallengeKind(Labelled):
    EDITION = "edition", "赛事（届次）"
    THEMED = "themed", "专场对接活动"


class ChallengeStatus(Labelled):
    DRAFT = "draft", "筹备中"
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"


CHALLENGE_TRANSITIONS: dict[ChallengeStatus, frozenset[ChallengeStatus]] = {
    ChallengeStatus.DRAFT: frozenset({ChallengeStatus.OPEN}),
    ChallengeStatus.OPEN: frozenset({ChallengeStatus.CLOSED}),
    ChallengeStatus.CLOSED: frozenset(),
}
"""A challenge is prepared, held and over; what was announced is never a draft again."""


class Challenge(Versioned, Base):
    """An edition. `code` is what organizers type in files and commands."""

    __tablename__ = "challenges"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ChallengeKind] = mapped_column(coded(ChallengeKind), default=ChallengeKind.EDITION)
    status: Mapped[ChallengeStatus] = mapped_column(coded(ChallengeStatus), default=ChallengeStatus.DRAFT)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    region: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(String(4000), default="")
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChallengeEntry(Identified, Base):
    """A requirement that takes part in a challenge. `number` is its place in the published list of problems."""

    __tablename__ = "challenge_entries"
    __table_args__ = (
        UniqueConstraint("challenge_id", "requirement_id"),
        UniqueConstraint("challenge_id", "number"),
    )

    challenge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenges.id"), index=True)
    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int | None]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
