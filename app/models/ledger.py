"""The answer ledger (反馈台账): who owes a seeker the next answer, and every answer the seeker got."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, coded
from app.models.access import Role


class ObligationKind(Labelled):
    FORMAL_REVIEW = "formal_review", "形式审核"
    TECHNICAL_REVIEW = "technical_review", "技术审核"
    PUBLICATION = "publication", "发布"
    FIRST_CANDIDATES = "first_candidates", "首批匹配结果"
    FOLLOW_UP = "follow_up", "对接跟踪"
    PROPOSAL_ANSWER = "proposal_answer", "方案答复"


WORKING_DAYS: dict[ObligationKind, int] = {
    ObligationKind.FORMAL_REVIEW: 5,
    ObligationKind.TECHNICAL_REVIEW: 10,
    ObligationKind.PUBLICATION: 10,
    ObligationKind.FIRST_CANDIDATES: 15,
    ObligationKind.FOLLOW_UP: 20,
    ObligationKind.PROPOSAL_ANSWER: 10,
}
"""Working days until an answer is due. 5, 10, 15 and 10 (proposal) are the field's rules; the others are ours."""

OWNER: dict[ObligationKind, Role] = {
    ObligationKind.FORMAL_REVIEW: Role.ORGANIZER,
    ObligationKind.TECHNICAL_REVIEW: Role.REVIEWER,
    ObligationKind.PUBLICATION: Role.ORGANIZER,
    ObligationKind.FIRST_CANDIDATES: Role.ORGANIZER,
    ObligationKind.FOLLOW_UP: Role.ORGANIZER,
    ObligationKind.PROPOSAL_ANSWER: Role.ORGANIZER,
}


class ResponseKind(Labelled):
    REVIEW_PASSED = "review_passed", "审核通过"
    RETURNED = "returned", "退回补正"
    REJECTED = "rejected", "不予受理"
    PUBLISHED = "published", "已发布"
    CANDIDATES = "candidates", "匹配结果"
    NO_ADEQUATE_SOLVER = "no_adequate_solver", "暂无合适解决方"
    WRITTEN = "written", "书面答复"
    PROPOSAL_RESULT = "proposal_result", "方案评审结果"
    AGREED = "agreed", "签约"
    WITHDRAWN = "withdrawn", "撤回确认"
    CLOSED = "closed", "办结答复"


class Obligation(Identified, Base):
    """An answer owed to the seeker. A requirement has at most one open obligation, and none once it has ended.

    `due_at` is None while the ball is in the seeker's court: nothing is due until the seeker resubmits.
    """

    __tablename__ = "obligations"
    __table_args__ = (
        Index(
            "uq_obligations_open",
            "requirement_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_obligations_requirement_id", "requirement_id"),
        Index("ix_obligations_closed_at_due_at", "closed_at", "due_at"),
    )

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id", ondelete="CASCADE"))
    kind: Mapped[ObligationKind] = mapped_column(coded(ObligationKind))
    owner_role: Mapped[Role] = mapped_column(coded(Role))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Response(Identified, Base):
    """An answer that the seeker can read. `detail` holds what was searched, candidates or nearest achievements."""

    __tablename__ = "responses"

    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    obligation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("obligations.id"), index=True)
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ResponseKind] = mapped_column(coded(ResponseKind))
    text: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
