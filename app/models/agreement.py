"""Agreements (合作协议): who signed what for how much, and what came of it: milestones, payments, reports."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, WanAmount, coded
from app.models.challenge import Challenge
from app.models.requirement import Requirement
from app.models.solver import SolverProfile


class AgreementKind(Labelled):
    """The technology contracts of the Civil Code, and what is no contract yet or none of them."""

    COMMISSIONED = "commissioned", "委托开发"
    JOINT = "joint", "合作开发"
    TRANSFER = "transfer", "技术转让"
    LICENCE = "licence", "技术许可"
    CONSULTING = "consulting", "技术咨询"
    SERVICE = "service", "技术服务"
    OTHER = "other", "其他"


class AgreementStatus(Labelled):
    DRAFT = "draft", "拟签"
    SIGNED = "signed", "已签署"
    IN_DELIVERY = "in_delivery", "履行中"
    COMPLETED = "completed", "已完成"
    TERMINATED = "terminated", "已终止"
    CANCELLED = "cancelled", "已取消"


A = AgreementStatus
AGREEMENT_TRANSITIONS: dict[AgreementStatus, frozenset[AgreementStatus]] = {
    A.DRAFT: frozenset({A.SIGNED, A.CANCELLED}),
    A.SIGNED: frozenset({A.IN_DELIVERY, A.TERMINATED}),
    A.IN_DELIVERY: frozenset({A.COMPLETED, A.TERMINATED}),
    A.COMPLETED: frozenset(),
    A.TERMINATED: frozenset(),
    A.CANCELLED: frozenset(),
}
"""The life of an agreement; whoever moves one goes through `agreements.service`."""

STANDING_STATUSES = frozenset({A.SIGNED, A.IN_DELIVERY, A.COMPLETED})
"""States in which an agreement counts as signed: a terminated one no longer does."""

PAYABLE_STATUSES = STANDING_STATUSES | {A.TERMINATED}
"""States in which payments are recorded; even a terminated agreement is settled."""


class ReportKind(Labelled):
    MIDTERM = "midterm", "中期报告"
    FINAL = "final", "结题报告"


class ReportStatus(Labelled):
    SUBMITTED = "submitted", "待审核"
    ACCEPTED = "accepted", "已通过"
    RETURNED = "returned", "已退回"


REPORT_TRANSITIONS: dict[ReportStatus, frozenset[ReportStatus]] = {
    ReportStatus.SUBMITTED: frozenset({ReportStatus.ACCEPTED, ReportStatus.RETURNED}),
    ReportStatus.ACCEPTED: frozenset(),
    ReportStatus.RETURNED: frozenset(),
}
"""A report that was returned stays on record; the next version is a report of its own."""


class Agreement(Versioned, Base):
    """A contract between the unit that has the problem, a team, and perhaps others (`other_parties`, names).

    `challenge_id` is the challenge that counts it, so that totals per challenge add up; `proposal_id` is the
    selected proposal that it carries out, if it came of one. The version is that of the whole: milestones,
    payments and reports raise it, too.
    """

    __tablename__ = "agreements"
    __table_args__ = (Index("ix_agreements_status_signed_on", "status", "signed_on"),)

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), index=True)
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id"), index=True)
    proposal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("proposals.id"), index=True)
    challenge_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("challenges.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[AgreementStatus] = mapped_column(coded(AgreementStatus), default=AgreementStatus.DRAFT)
    kind: Mapped[AgreementKind] = mapped_column(coded(AgreementKind))
    title: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(String(100), default="")
    other_parties: Mapped[list[str]] = mapped_column(JSON, default=list)
    amount_wan: Mapped[Decimal] = mapped_column(WanAmount)
    signed_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    termination_reason: Mapped[str] = mapped_column(Text, default="")

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    challenge: Mapped[Challenge | None] = relationship(lazy="raise_on_sql")
    milestones: Mapped[list[Milestone]] = relationship(
        order_by="Milestone.due_on, Milestone.id", lazy="raise_on_sql"
    )
    payments: Mapped[list[Payment]] = relationship(
        order_by="Payment.received_on, Payment.id", lazy="raise_on_sql"
    )
    reports: Mapped[list[AgreementReport]] = relationship(order_by="AgreementReport.id", lazy="raise_on_sql")


class Milestone(Identified, Base):
    """Something that shall be there by a day; `amount_wan` is the payment that depends on it, if any."""

    __tablename__ = "agreement_milestones"

    agreement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agreements.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    amount_wan: Mapped[Decimal | None] = mapped_column(WanAmount)
    reached_on: Mapped[date | None]


class Payment(Identified, Base):
    """Money that the team received. A mistaken entry is voided with a reason and stays on record."""

    __tablename__ = "agreement_payments"

    agreement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agreements.id"), index=True)
    amount_wan: Mapped[Decimal] = mapped_column(WanAmount)
    received_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(500), default="")
    recorded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str] = mapped_column(String(500), default="")


class AgreementReport(Identified, Base):
    """A mid-term or final report as it was handed in, and what was decided on it."""

    __tablename__ = "agreement_reports"

    agreement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agreements.id"), index=True)
    kind: Mapped[ReportKind] = mapped_column(coded(ReportKind))
    status: Mapped[ReportStatus] = mapped_column(coded(ReportStatus), default=ReportStatus.SUBMITTED)
    text: Mapped[str] = mapped_column(Text)
    submitted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str] = mapped_column(Text, default="")
