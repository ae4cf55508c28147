"""The dated stages of a challenge (赛事阶段), their extensions, and the changes that the clock brought."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, coded


class StageKind(Labelled):
    """In the order in which a competition runs; stages may overlap."""

    COLLECTION = "collection", "需求征集"
    REVIEW = "review", "审核"
    REFINEMENT = "refinement", "挖掘凝练"
    PUBLICATION = "publication", "发布"
    PROPOSALS = "proposals", "方案征集"
    MATCHING = "matching", "匹配"
    CONTACT = "contact", "对接"
    FINALS = "finals", "现场赛"
    SIGNING = "signing", "签约"
    DELIVERY = "delivery", "跟踪"


class StageState(Labelled):
    UPCOMING = "upcoming", "未开始"
    RUNNING = "running", "进行中"
    OVER = "over", "已截止"


class StageTurn(Labelled):
    OPENED = "opened", "开始"
    CLOSED = "closed", "截止"


class ChallengeStage(Identified, Base):
    """One stage of a challenge: it runs from `opens_at` on and is over at `closes_at`, to the microsecond."""

    __tablename__ = "challenge_stages"
    __table_args__ = (
        UniqueConstraint("challenge_id", "kind"),
        Index("ix_challenge_stages_closes_at", "closes_at"),
    )

    challenge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    kind: Mapped[StageKind] = mapped_column(coded(StageKind))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)

    extensions: Mapped[list[StageExtension]] = relationship(
        order_by="StageExtension.id", viewonly=True, lazy="raise_on_sql"
    )

    def state_at(self, at: datetime) -> StageState:
        """Where the stage stands at an instant; at `closes_at` itself it is over."""
        if at >= self.closes_at:
            return StageState.OVER
        return StageState.RUNNING if at >= self.opens_at else StageState.UPCOMING


class StageExtension(Identified, Base):
    """A closing instant that was moved: by whom, from when to when, and why."""

    __tablename__ = "stage_extensions"

    stage_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("challenge_stages.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    closed_before_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)


class StageChange(Identified, Base):
    """A turn that the clock brought, noted once: `due_at` is when it was to happen, `created_at` when noted."""

    __tablename__ = "stage_changes"
    __table_args__ = (UniqueConstraint("stage_id", "turn", "due_at"),)

    stage_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenge_stages.id", ondelete="CASCADE"))
    turn: Mapped[StageTurn] = mapped_column(coded(StageTurn))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
