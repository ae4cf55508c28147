"""Review of requirements (审核与挖掘凝练): assignments, conflicts of interest, scorecards, refined statements."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded
from app.models.access import User
from app.models.requirement import Requirement


class AssignmentStatus(Labelled):
    ACTIVE = "active", "评审中"
    CONFLICT = "conflict", "已回避"
    REASSIGNED = "reassigned", "已改派"
    REMOVED = "removed", "已取消"


A = AssignmentStatus
ASSIGNMENT_TRANSITIONS: dict[AssignmentStatus, frozenset[AssignmentStatus]] = {
    A.ACTIVE: frozenset({A.CONFLICT, A.REASSIGNED, A.REMOVED}),
    A.CONFLICT: frozenset(),
    A.REASSIGNED: frozenset(),
    A.REMOVED: frozenset(),
}
"""An assignment holds until it ends, for good; a person may be assigned anew."""


class Criterion(Labelled):
    """What makes a requirement complete; each is marked from 1 to 5."""

    URGENT = "urgent", "迫切"
    REAL = "real", "真实"
    VALID = "valid", "有效"
    PRECISE = "precise", "表述精确"
    QUANTIFIED = "quantified", "指标量化"
    OWNERSHIP = "ownership", "归属清晰"


class Advice(Labelled):
    PASS = "pass", "建议通过"
    RETURN = "return", "建议退回补正"
    REJECT = "reject", "建议不予受理"


_IS_ACTIVE = text("status = 'active'")


class ReviewAssignment(Versioned, Base):
    """A reviewer who is to review a requirement; without one, a reviewer does not see it."""

    __tablename__ = "review_assignments"
    __table_args__ = (
        Index(
            "uq_review_assignments_active",
            "requirement_id",
            "reviewer_id",
            unique=True,
            sqlite_where=_IS_ACTIVE,
            postgresql_where=_IS_ACTIVE,
        ),
        Index("ix_review_assignments_reviewer_id_status", "reviewer_id", "status"),
    )

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id", ondelete="CASCADE"))
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    assigned_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[AssignmentStatus] = mapped_column(coded(AssignmentStatus), default=A.ACTIVE)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it ended."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    reviewer: Mapped[User] = relationship(foreign_keys="ReviewAssignment.reviewer_id", lazy="raise_on_sql")


class ReviewConflict(Identified, Base):
    """A reviewer's declared conflict of interest, with one requirement or with all of a unit's."""

    __tablename__ = "review_conflicts"
    __table_args__ = (
        UniqueConstraint("reviewer_id", "requirement_id"),
        UniqueConstraint("reviewer_id", "organization_id"),
        CheckConstraint("(requirement_id IS NULL) <> (organization_id IS NULL)", name="one_object"),
    )

    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    requirement_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)


class Scorecard(Versioned, Base):
    """One reviewer's judgment of how complete a requirement is. `marks` is {criterion: {score, comment}}."""

    __tablename__ = "scorecards"
    __table_args__ = (UniqueConstraint("requirement_id", "reviewer_id"),)

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id", ondelete="CASCADE"))
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    marks: Mapped[dict[str, Any]] = mapped_column(JSON)
    advice: Mapped[Advice] = mapped_column(coded(Advice))
    summary: Mapped[str] = mapped_column(Text, default="")


class Statement(Identified, Base):
    """A version of the refined public statement (凝练稿) beside the form as it was when it was written.

    `content` and `original` hold the fields of `requirements.statement`; the version with the highest number
    of a requirement is the one that is published.
    """

    __tablename__ = "statements"
    __table_args__ = (UniqueConstraint("requirement_id", "number"),)

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id", ondelete="CASCADE"))
    number: Mapped[int]
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    original: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text, default="")

    replies: Mapped[list[StatementReply]] = relationship(
        order_by="StatementReply.id", viewonly=True, lazy="raise_on_sql"
    )


class StatementReply(Identified, Base):
    """What the seeker says of a version: that it is right, or what is wrong with it."""

    __tablename__ = "statement_replies"

    statement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("statements.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    is_confirmed: Mapped[bool]
    comment: Mapped[str] = mapped_column(Text, default="")
