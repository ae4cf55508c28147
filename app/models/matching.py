"""Match rounds (匹配轮次) and the candidates that they propose."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile


class RoundStatus(Labelled):
    RUNNING = "running", "计算中"
    DRAFT = "draft", "待发布"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已撤回"
    FAILED = "failed", "失败"


class MatchRound(Versioned, Base):
    """One run over a challenge's requirements. What was searched is kept, so that an answer can say it.

    `requirement_ids` are the requirements of the run in order, also those for which nothing was found.
    """

    __tablename__ = "match_rounds"

    challenge_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("challenges.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    status: Mapped[RoundStatus] = mapped_column(coded(RoundStatus), default=RoundStatus.RUNNING)
    top: Mapped[int] = mapped_column(default=10)
    requirement_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    model_id: Mapped[str] = mapped_column(String(200), default="")
    searched_achievements: Mapped[int] = mapped_column(default=0)
    searched_solvers: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Candidate(Identified, Base):
    """A requirement × solver pair of a round, with the achievement that speaks best for it.

    `grade` is the letter A to D, `expected_grade` lies in [1, 4], `probability` is P(grade ≥ 3) in [0, 1].
    """

    __tablename__ = "candidates"
    __table_args__ = (
        UniqueConstraint("round_id", "requirement_id", "solver_id"),
        Index("ix_candidates_requirement_id_round_id_rank", "requirement_id", "round_id", "rank"),
        Index("ix_candidates_solver_id", "solver_id"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match_rounds.id", ondelete="CASCADE"))
    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id", ondelete="CASCADE"))
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id", ondelete="CASCADE"))
    achievement_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("achievements.id", ondelete="SET NULL")
    )
    rank: Mapped[int]
    score: Mapped[float]
    grade: Mapped[str] = mapped_column(String(1))
    expected_grade: Mapped[float]
    probability: Mapped[float]
    is_adequate: Mapped[bool]
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    contributions: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    gates: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    summary: Mapped[str] = mapped_column(String(1000), default="")

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    achievement: Mapped[Achievement | None] = relationship(lazy="raise_on_sql")
