"""Match rounds (匹配轮次): their candidates, the assignment made of them, and the rules people set on pairs."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false
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


class CandidateRole(Labelled):
    """What a round made of a candidate."""

    CANDIDATE = "candidate", "候选"
    ASSIGNED = "assigned", "拟对接"
    ALTERNATE = "alternate", "备选"


FORCING = frozenset({"pinned", "accepted"})
"""Rules by which a pair is assigned whatever its grade."""


class PairVerdict(Labelled):
    """What people said of a pair by hand."""

    PINNED = "pinned", "指定"
    FORBIDDEN = "forbidden", "禁止"


class Unserved(Labelled):
    """Why a requirement has no adequate team in a round."""

    NOTHING_WANTED = "nothing_wanted", "本轮不分配团队"
    NO_CANDIDATE = "no_candidate", "没有候选解决方"
    NO_ADEQUATE = "no_adequate", "没有足够匹配的解决方"
    FORBIDDEN = "adequate_forbidden", "合适的解决方均受回避或禁止规则限制"
    SLOTS_FORCED = "slots_forced", "名额已被指定的团队占满"
    CAPACITY_EXHAUSTED = "capacity_exhausted", "合适的解决方名额已满"


class MatchRound(Versioned, Base):
    """One run over a challenge's requirements. What was searched is kept, so that an answer can say it.

    `requirement_ids` are the requirements of the run in order, also those for which nothing was found.
    `teams` and `alternates` are wanted per requirement. `keep` lists the pairs of `previous_round_id` that
    should stay: worth `keeping_value` each (in units of probability), or without fail if `must_stay`.
    `ranker_number` is the learned version it is computed with throughout (0: as shipped), `recipe` what the
    parts of its scores mean.
    `pair_rules` are the pins and bans it was computed with; `skipped` says who could not take part, and why.
    """

    __tablename__ = "match_rounds"

    challenge_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("challenges.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    status: Mapped[RoundStatus] = mapped_column(coded(RoundStatus), default=RoundStatus.RUNNING)
    top: Mapped[int] = mapped_column(default=10)
    requirement_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    model_id: Mapped[str] = mapped_column(String(200), default="")
    ranker_number: Mapped[int] = mapped_column(default=0, server_default="0")
    recipe: Mapped[str] = mapped_column(String(220), default="", server_default="")
    searched_achievements: Mapped[int] = mapped_column(default=0)
    searched_solvers: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    teams: Mapped[int] = mapped_column(default=3, server_default="3")
    alternates: Mapped[int] = mapped_column(default=3, server_default="3")
    previous_round_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("match_rounds.id", ondelete="SET NULL")
    )
    keep: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    keeping_value: Mapped[float] = mapped_column(default=0.0)
    must_stay: Mapped[bool] = mapped_column(default=False, server_default=false())
    pair_rules: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    skipped: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    skipped_count: Mapped[int] = mapped_column(default=0, server_default="0")


class Candidate(Identified, Base):
    """A requirement × solver pair of a round, with the achievement that speaks best for it.

    `grade` is the letter A to D, `expected_grade` lies in [1, 4], `probability` is P(grade ≥ 3) in [0, 1].
    `place` counts from 1 within a role; `rules` are the codes of those that applied, `is_forbidden` when one
    of them forbids the pair; `targets` are verdicts on what the requirement states; `displaced` are
    requirements that wanted this team more than what they got.
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
    targets: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    summary: Mapped[str] = mapped_column(String(1000), default="")
    role: Mapped[CandidateRole] = mapped_column(
        coded(CandidateRole), default=CandidateRole.CANDIDATE, server_default="candidate"
    )
    place: Mapped[int | None]
    rules: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_forbidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    displaced: Mapped[list[str]] = mapped_column(JSON, default=list)
    displaced_count: Mapped[int] = mapped_column(default=0, server_default="0")

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    achievement: Mapped[Achievement | None] = relationship(lazy="raise_on_sql")

    @property
    def is_told(self) -> bool:
        """Whether the seeker is told of the team: it is adequate, or people want the pair by hand."""
        return self.is_adequate or not FORCING.isdisjoint(self.rules)


class RoundExclusion(Identified, Base):
    """A team that would have stood at `rank` for a requirement of a round, but that a rule keeps out.

    `rules` say why: {code, label, label_en, text}, `text` quoting the requirement where the rule was read.
    """

    __tablename__ = "round_exclusions"
    __table_args__ = (
        UniqueConstraint("round_id", "requirement_id", "solver_id"),
        Index("ix_round_exclusions_solver_id", "solver_id"),
        Index("ix_round_exclusions_requirement_id", "requirement_id"),
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
    probability: Mapped[float]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    achievement: Mapped[Achievement | None] = relationship(lazy="raise_on_sql")


class RoundResult(Identified, Base):
    """What one requirement got in a round. `number` is its place in the round, from 1.

    `level` is 0 without an adequate team, `best_adequate` the highest probability of an assigned adequate
    one. `passed_over` tells of candidates that scored above an assigned team (or a slot stayed empty).
    """

    __tablename__ = "round_results"
    __table_args__ = (UniqueConstraint("round_id", "requirement_id"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match_rounds.id", ondelete="CASCADE"))
    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    level: Mapped[int]
    best_adequate: Mapped[float]
    unserved: Mapped[Unserved | None] = mapped_column(coded(Unserved))
    assigned: Mapped[int]
    passed_over: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    passed_over_count: Mapped[int]

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")


class RoundTeam(Identified, Base):
    """A team in a round: `capacity` as it said, `taken` by earlier rounds that stand, `assigned` by this one."""

    __tablename__ = "round_teams"
    __table_args__ = (UniqueConstraint("round_id", "solver_id"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match_rounds.id", ondelete="CASCADE"))
    solver_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("solver_profiles.id", ondelete="CASCADE"), index=True
    )
    capacity: Mapped[int]
    taken: Mapped[int]
    assigned: Mapped[int]

    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")


class PairRule(Identified, Base):
    """A pin or a ban that people set on a pair of a challenge, with their reason; the next round obeys it."""

    __tablename__ = "pair_rules"
    __table_args__ = (UniqueConstraint("challenge_id", "requirement_id", "solver_id"),)

    challenge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenges.id", ondelete="CASCADE"))
    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    solver_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("solver_profiles.id", ondelete="CASCADE"), index=True
    )
    verdict: Mapped[PairVerdict] = mapped_column(coded(PairVerdict))
    reason: Mapped[str] = mapped_column(String(1000))
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
