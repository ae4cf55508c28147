"""The answer ledger (反馈台账): who owes a seeker the next answer, and every answer the seeker got."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
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
    REOPENED = "reopened", "重新答复"


WORKING_DAYS: dict[ObligationKind, int] = {
    ObligationKind.FORMAL_REVIEW: 5,
    ObligationKind.TECHNICAL_REVIEW: 10,
    ObligationKind.PUBLICATION: 10,
    ObligationKind.FIRST_CANDIDATES: 15,
    ObligationKind.FOLLOW_UP: 20,
    ObligationKind.PROPOSAL_ANSWER: 10,
    ObligationKind.REOPENED: 5,
}
"""Working days until an answer is due. 5, 10, 15 and 10 (proposal) are the field's rules; the others are ours."""

OWNER: dict[ObligationKind, Role] = {
    ObligationKind.FORMAL_REVIEW: Role.ORGANIZER,
    ObligationKind.TECHNICAL_REVIEW: Role.REVIEWER,
    ObligationKind.PUBLICATION: Role.ORGANIZER,
    ObligationKind.FIRST_CANDIDATES: Role.ORGANIZER,
    ObligationKind.FOLLOW_UP: Role.ORGANIZER,
    ObligationKind.PROPOSAL_ANSWER: Role.ORGANIZER,
    ObligationKind.REOPENED: Role.ORGANIZER,
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

    `due_at` is None while the ball is in the seeker's court: no clock runs then, and `remaining_days` keeps how
    many working days are left when it goes on. While it runs, the day is the `runs_days`-th working day after
    `runs_from`; both are None where another concept dates the answer. `owner_id` None leaves it to whoever holds
    `owner_role`. `uncounted_year` is the first year on the way to the day whose holidays nobody has said yet.
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
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    runs_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    runs_days: Mapped[int | None]
    remaining_days: Mapped[int | None]
    uncounted_year: Mapped[int | None]
    overdue_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was noted as overdue and put on the organizers' list."""
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """The superior; None where the administrators were told because nobody is named."""
    continues_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("obligations.id"))
    """The obligation that a re-opened answer has put aside; its clock goes on afterwards."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ObligationPause(Identified, Base):
    """A question to the seeker; no clock runs until the reply, or until `ends_at` without one."""

    __tablename__ = "obligation_pauses"
    __table_args__ = (
        Index(
            "uq_obligation_pauses_open",
            "obligation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_obligation_pauses_obligation_id", "obligation_id"),
    )

    obligation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("obligations.id", ondelete="CASCADE"))
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    question: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replied_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    reply: Mapped[str] = mapped_column(Text, default="", server_default="")


class EscalationRule(Identified, Base):
    """To whom, and after how many working days, overdue answers of a challenge are taken."""

    __tablename__ = "escalation_rules"

    challenge_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("challenges.id", ondelete="CASCADE"), unique=True
    )
    superior_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    after_days: Mapped[int]


class LedgerDigest(Identified, Base):
    """A day for which the owners of answers were told what is due; `told` is to how many."""

    __tablename__ = "ledger_digests"

    day: Mapped[date] = mapped_column(unique=True)
    told: Mapped[int] = mapped_column(default=0, server_default="0")


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


class ResponseAcknowledgement(Identified, Base):
    """The seeker has taken note of an answer; `satisfaction` is 1 (not at all) to 5 (very), if stated."""

    __tablename__ = "response_acknowledgements"
    __table_args__ = (CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),)

    response_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), unique=True
    )
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    satisfaction: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text, default="", server_default="")


class Reopening(Identified, Base):
    """The seeker says that an answer is none, and why; `obligation_id` is the answer that is owed instead."""

    __tablename__ = "reopenings"

    response_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), unique=True
    )
    requirement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("requirements.id", ondelete="CASCADE"), index=True
    )
    obligation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("obligations.id"), index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
