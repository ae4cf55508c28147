"""What people thought of proposed pairs (评判), and the versions of the ranking that were learned from it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Labelled, UtcDateTime, Versioned, coded
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile


class JudgmentSource(Labelled):
    """How a judgment came about: the first three are given by people, the others follow from what was done."""

    GRADED = "graded", "人工评级"
    SHORTLISTED = "shortlisted", "入围"
    SATISFACTION = "satisfaction", "需求方满意度"
    ACCEPTED = "invitation_accepted", "接受邀约"
    DECLINED = "invitation_declined", "谢绝邀约"
    PINNED = "pinned", "指定"
    BANNED = "banned", "禁止"
    AGREEMENT = "agreement_signed", "签约"
    PROPOSAL = "proposal_evaluated", "方案评审"


GIVEN = frozenset({JudgmentSource.GRADED, JudgmentSource.SHORTLISTED, JudgmentSource.SATISFACTION})
"""Sources that people hand in themselves."""


class Judgment(Versioned, Base):
    """What somebody thought of a requirement × team pair: `grade` in [1, 4], counting `trust` in [0, 1].

    `origin` names the row, or person and pair, that it comes from, so that collecting twice adds nothing.
    `rank` is where the pair stood in `round_id` when it was shown, `propensity` the chance that this place was
    looked at, `parts` what its score consisted of before any learned weights, under `recipe`; all empty for a
    pair that no round had shown. A `trust` of 0 is on record only and nothing is learned from it.
    """

    __tablename__ = "judgments"
    __table_args__ = (
        UniqueConstraint("source", "origin"),
        Index("ix_judgments_requirement_id_solver_id", "requirement_id", "solver_id"),
        Index("ix_judgments_solver_id", "solver_id"),
    )

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id", ondelete="CASCADE"))
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id", ondelete="CASCADE"))
    achievement_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("achievements.id", ondelete="SET NULL")
    )
    source: Mapped[JudgmentSource] = mapped_column(coded(JudgmentSource))
    origin: Mapped[str] = mapped_column(String(160))
    grade: Mapped[float]
    trust: Mapped[float]
    reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    judged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("match_rounds.id", ondelete="SET NULL"))
    rank: Mapped[int | None]
    propensity: Mapped[float] = mapped_column(default=1.0, server_default="1")
    parts: Mapped[dict[str, float]] = mapped_column(JSON, default=dict, server_default="{}")
    recipe: Mapped[str] = mapped_column(String(220), default="", server_default="")

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    achievement: Mapped[Achievement | None] = relationship(lazy="raise_on_sql")


class RankerStatus(Labelled):
    CANDIDATE = "candidate", "候选"
    LIVE = "live", "使用中"
    RETIRED = "retired", "已停用"


class RankerVersion(Versioned, Base):
    """A learned version of the ranking's last step; `number` counts from 1, 0 stands for the shipped weights.

    `multipliers` and `curves` are all there is to it (`matching.learn.Ranker`); they fit `recipe` only. `data`
    says what it was learned from, `figures` how it did beside the version that was live. `is_better` is the
    verdict of the rule, `may_be_used` whether a person may put it to use, `reasons` what was lacking.
    At most one is live; while none is, the shipped weights are.
    """

    __tablename__ = "rankers"
    __table_args__ = (
        Index(
            "uq_rankers_live",
            "status",
            unique=True,
            sqlite_where=text("status = 'live'"),
            postgresql_where=text("status = 'live'"),
        ),
    )

    number: Mapped[int] = mapped_column(unique=True)
    status: Mapped[RankerStatus] = mapped_column(coded(RankerStatus), default=RankerStatus.CANDIDATE)
    recipe: Mapped[str] = mapped_column(String(220))
    multipliers: Mapped[dict[str, float]] = mapped_column(JSON)
    curves: Mapped[dict[str, list[float]]] = mapped_column(JSON)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_better: Mapped[bool] = mapped_column(default=False, server_default=false())
    may_be_used: Mapped[bool] = mapped_column(default=False, server_default=false())
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def ranker_name(number: int) -> str:
    """The name of a version as answers tell it: `shipped`, `v1`, `v2`, …"""
    return f"v{number}" if number else "shipped"


def ranker_number(name: str) -> int:
    """The number behind a name that `ranker_name` made."""
    return int(name.removeprefix("v")) if name != "shipped" else 0
