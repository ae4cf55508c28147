"""Solver teams (解决方) and the achievements (科技成果) that are embedded and matched."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Labelled, Sourced, Versioned, coded
from app.models.requirement import Field

UNNAMED = "achievement"
"""The `source` of the solver that an achievement without one is filed under; such a solver stands for nothing
but its achievements and has no index document of its own."""


class SolverKind(Labelled):
    UNIVERSITY = "university", "高等院校"
    INSTITUTE = "institute", "科研院所"
    ENTERPRISE = "enterprise", "企业"
    TEAM = "team", "个人团队"
    OTHER = "other", "其他"


class AchievementKind(Labelled):
    ACHIEVEMENT = "achievement", "成果"
    PATENT = "patent", "专利"
    PAPER = "paper", "论文"
    PROJECT = "project", "项目"


class SolverProfile(Versioned, Sourced, Base):
    """A team. Without an organization it is unclaimed: known from an import, owned by nobody yet.

    `capacity` is how many problems the team takes on at once; until `paused_until` (Beijing time, that day
    included) it takes on no further one. `exclusions` names organizations it must not meet. A profile with
    `merged_into_id` has become part of that one and stays for the rounds and external ids that name it.
    """

    __tablename__ = "solver_profiles"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[SolverKind] = mapped_column(coded(SolverKind), default=SolverKind.OTHER, index=True)
    region: Mapped[str] = mapped_column(String(200), default="")
    profile: Mapped[str] = mapped_column(Text, default="")
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    interests: Mapped[list[str]] = mapped_column(JSON, default=list)
    exclusions: Mapped[list[str]] = mapped_column(JSON, default=list)
    capacity: Mapped[int] = mapped_column(default=2, server_default="2")
    contact: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    paused_until: Mapped[date | None]
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(index=True)

    def is_paused_on(self, day: date) -> bool:
        """Whether the team takes on no further problem on that day (Beijing time)."""
        return self.paused_until is not None and day <= self.paused_until


class Achievement(Versioned, Sourced, Base):
    """What a solver offers: the unit that is embedded, ranked and shown as evidence."""

    __tablename__ = "achievements"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_achievements_solver_id_id", "solver_id", "id"),
    )

    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[AchievementKind] = mapped_column(coded(AchievementKind), default=AchievementKind.ACHIEVEMENT)
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    ipc: Mapped[str] = mapped_column(String(200), default="")
    field: Mapped[Field | None] = mapped_column(coded(Field), index=True)
    trl: Mapped[int | None]
    year: Mapped[int | None]

    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
