"""Claims (认领): a unit says that an imported profile or achievement is its own, and staff decide."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Labelled, UtcDateTime, Versioned, coded
from app.models.organization import Organization
from app.models.solver import Achievement, SolverProfile


class ClaimStatus(Labelled):
    WAITING = "waiting", "待审核"
    APPROVED = "approved", "已通过"
    REFUSED = "refused", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


C = ClaimStatus
CLAIM_TRANSITIONS: dict[ClaimStatus, frozenset[ClaimStatus]] = {
    C.WAITING: frozenset({C.APPROVED, C.REFUSED, C.WITHDRAWN}),
    C.APPROVED: frozenset(),
    C.REFUSED: frozenset(),
    C.WITHDRAWN: frozenset(),
}
"""The life of a claim; whoever moves one goes through `claims.service`."""


class ProfileClaim(Versioned, Base):
    """A claim of the profile `solver_id`, or of one of its achievements alone when `achievement_id` is set.

    With `into_id` what is claimed becomes part of that profile of the unit. Of all claims on a profile or on an
    achievement at most one is approved.
    """

    __tablename__ = "profile_claims"
    __table_args__ = (Index("ix_profile_claims_solver_id_status", "solver_id", "status"),)

    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id", ondelete="CASCADE"))
    achievement_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("achievements.id", ondelete="SET NULL"), index=True
    )
    into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("solver_profiles.id", ondelete="SET NULL"))
    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[ClaimStatus] = mapped_column(coded(ClaimStatus), default=C.WAITING)
    reason: Mapped[str] = mapped_column(Text)
    proof: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    """What staff said to it."""

    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql", foreign_keys=[solver_id])
    achievement: Mapped[Achievement | None] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
