"""Expressions of interest (揭榜意向): a team says that it would like to work on a published requirement."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Labelled, UtcDateTime, Versioned, coded
from app.models.requirement import Requirement
from app.models.solver import SolverProfile


class InterestStatus(Labelled):
    WAITING = "waiting", "待答复"
    INVITED = "invited", "已邀约"
    DECLINED = "declined", "未采纳"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "已失效"


I = InterestStatus  # noqa: E741
INTEREST_TRANSITIONS: dict[InterestStatus, frozenset[InterestStatus]] = {
    I.WAITING: frozenset({I.INVITED, I.DECLINED, I.WITHDRAWN, I.LAPSED}),
    I.INVITED: frozenset(),
    I.DECLINED: frozenset(),
    I.WITHDRAWN: frozenset(),
    I.LAPSED: frozenset(),
}
"""The life of an interest; whoever moves one goes through `interests.service.move`."""

_IS_WAITING = text("status = 'waiting'")


class Interest(Versioned, Base):
    """A team's wish to work on a requirement, of which at most one waits for an answer.

    `answer` is what the team reads: the organizer's reason, or why it lapsed. It is never empty once the
    organizer has declined.
    """

    __tablename__ = "interests"
    __table_args__ = (
        Index(
            "uq_interests_waiting",
            "requirement_id",
            "solver_id",
            unique=True,
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
        Index("ix_interests_status", "status"),
    )

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), index=True)
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[InterestStatus] = mapped_column(coded(InterestStatus), default=I.WAITING)
    text: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"))

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
