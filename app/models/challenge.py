"""Challenges (赛事): an edition of the contest or a themed matching event, and the problems entered into it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded
from app.models.stage import ChallengeStage


class ChallengeKind(Labelled):
    EDITION = "edition", "赛事（届次）"
    THEMED = "themed", "专场对接活动"


class ChallengeStatus(Labelled):
    DRAFT = "draft", "筹备中"
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"


class ChallengeAccess(Labelled):
    PUBLIC = "public", "公开"
    BY_INVITATION = "by_invitation", "定向邀请"


CHALLENGE_TRANSITIONS: dict[ChallengeStatus, frozenset[ChallengeStatus]] = {
    ChallengeStatus.DRAFT: frozenset({ChallengeStatus.OPEN}),
    ChallengeStatus.OPEN: frozenset({ChallengeStatus.CLOSED}),
    ChallengeStatus.CLOSED: frozenset(),
}
"""A challenge is prepared, held and over; what was announced is never a draft again."""


class Challenge(Versioned, Base):
    """An edition. `code` is what organizers type in files and commands.

    `region`, `industries` and `fields` say for whom it is held. `last_number` is the number that was given last
    in its list of problems: it only grows, so no number is ever given twice.
    """

    __tablename__ = "challenges"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ChallengeKind] = mapped_column(coded(ChallengeKind), default=ChallengeKind.EDITION)
    status: Mapped[ChallengeStatus] = mapped_column(coded(ChallengeStatus), default=ChallengeStatus.DRAFT)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    access: Mapped[ChallengeAccess] = mapped_column(
        coded(ChallengeAccess), default=ChallengeAccess.PUBLIC, server_default=ChallengeAccess.PUBLIC.value
    )
    region: Mapped[str] = mapped_column(String(200), default="")
    industries: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    fields: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    description: Mapped[str] = mapped_column(String(4000), default="")
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_number: Mapped[int] = mapped_column(default=0, server_default="0")

    stages: Mapped[list[ChallengeStage]] = relationship(
        order_by="ChallengeStage.opens_at", viewonly=True, lazy="raise_on_sql"
    )


class ChallengeInvitee(Identified, Base):
    """A unit that is asked to a challenge by invitation; its people see the challenge."""

    __tablename__ = "challenge_invitees"
    __table_args__ = (UniqueConstraint("challenge_id", "organization_id"),)

    challenge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"), index=True)


class ChallengeEntry(Identified, Base):
    """A requirement that takes part in a challenge. `number` is its place in the published list of problems.

    `scope_reason` is why an organizer entered it although it lies outside what the challenge is held for.
    """

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
    scope_reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
