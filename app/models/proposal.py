"""Proposals (解决方案): what teams hand in for a requirement, version by version, and how it is assessed."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, WanAmount, coded
from app.models.access import User
from app.models.attachment import Attachment
from app.models.requirement import Requirement
from app.models.solver import SolverProfile


class ProposalStatus(Labelled):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已提交"
    UNDER_EVALUATION = "under_evaluation", "评审中"
    SHORTLISTED = "shortlisted", "已入围"
    SELECTED = "selected", "已选中"
    NOT_SELECTED = "not_selected", "未选中"
    WITHDRAWN = "withdrawn", "已撤回"


P = ProposalStatus
PROPOSAL_TRANSITIONS: dict[ProposalStatus, frozenset[ProposalStatus]] = {
    P.DRAFT: frozenset({P.SUBMITTED, P.WITHDRAWN}),
    P.SUBMITTED: frozenset({P.UNDER_EVALUATION, P.NOT_SELECTED, P.WITHDRAWN}),
    P.UNDER_EVALUATION: frozenset({P.SHORTLISTED, P.SELECTED, P.NOT_SELECTED, P.WITHDRAWN}),
    P.SHORTLISTED: frozenset({P.SELECTED, P.NOT_SELECTED, P.WITHDRAWN}),
    P.SELECTED: frozenset({P.WITHDRAWN}),
    P.NOT_SELECTED: frozenset(),
    P.WITHDRAWN: frozenset(),
}
"""The life of a proposal; whoever moves one goes through `proposals.service.move`."""

EDITABLE_STATUSES = frozenset({P.DRAFT, P.SUBMITTED})
"""States in which the team works on it: until the closing instant every submission is a new version."""

PENDING_STATUSES = frozenset({P.SUBMITTED, P.UNDER_EVALUATION})
"""States in which the seeker waits for an answer about the proposal."""

EVALUATED_STATUSES = frozenset({P.UNDER_EVALUATION, P.SHORTLISTED, P.SELECTED, P.NOT_SELECTED})
"""States that a proposal has after the closing instant, as reviewers and the seeker see it."""

RUNNING_STATUSES = frozenset({P.SUBMITTED, P.UNDER_EVALUATION, P.SHORTLISTED})
"""States in which a submitted proposal still waits for its end."""


class Admission(Labelled):
    OPEN = "open", "公开征集"
    BY_INVITATION = "by_invitation", "仅限受邀团队"


class AssessmentStatus(Labelled):
    ASSIGNED = "assigned", "待声明"
    ACCEPTED = "accepted", "评审中"
    RECUSED = "recused", "已回避"
    REMOVED = "removed", "已取消"


AS = AssessmentStatus
ASSESSMENT_TRANSITIONS: dict[AssessmentStatus, frozenset[AssessmentStatus]] = {
    AS.ASSIGNED: frozenset({AS.ACCEPTED, AS.RECUSED, AS.REMOVED}),
    AS.ACCEPTED: frozenset({AS.RECUSED, AS.REMOVED}),
    AS.RECUSED: frozenset(),
    AS.REMOVED: frozenset({AS.ASSIGNED}),
}
"""A reviewer first declares that nothing ties them to a team; who is recused never comes back."""

ACTIVE_ASSESSMENTS = frozenset({AS.ASSIGNED, AS.ACCEPTED})
"""Assessments whose scorecards are awaited, or count."""

_IS_LIVE = text("status != 'withdrawn'")


class ProposalCall(Versioned, Base):
    """The call for proposals on one requirement (方案征集), and the row that its parties lock.

    `closes_at` is the requirement's own closing instant; None: that of its challenges' stage. `closed_at` is
    set once, when the instant has come, and is final. `criteria` are rows {code, name, weight, note}; empty
    until the call has terms of its own or is closed, when those that hold are written down.
    """

    __tablename__ = "proposal_calls"

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), unique=True)
    admission: Mapped[Admission] = mapped_column(coded(Admission), default=Admission.OPEN)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")


class ChallengeCriteria(Versioned, Base):
    """The criteria by which proposals of one challenge are scored, unless a requirement has its own."""

    __tablename__ = "challenge_criteria"

    challenge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenges.id"), unique=True)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class Proposal(Versioned, Base):
    """A team's answer to a requirement: the copy its people work on, of which versions are handed in.

    `number` is that of the last version, 0 before the first. `reason` says why it was withdrawn, or what
    became of it. A team has at most one that it has not withdrawn.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        Index(
            "uq_proposals_live",
            "requirement_id",
            "solver_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
        Index("ix_proposals_status", "status"),
    )

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), index=True)
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id"), index=True)
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[ProposalStatus] = mapped_column(coded(ProposalStatus), default=P.DRAFT)

    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    approach: Mapped[str] = mapped_column(Text, default="")
    indicators: Mapped[str] = mapped_column(Text, default="")
    foundation: Mapped[str] = mapped_column(Text, default="")
    schedule: Mapped[str] = mapped_column(Text, default="")
    ownership: Mapped[str] = mapped_column(Text, default="")
    price_wan: Mapped[Decimal | None] = mapped_column(WanAmount)
    months: Mapped[int | None]

    number: Mapped[int] = mapped_column(default=0, server_default="0")
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    files: Mapped[list[ProposalFile]] = relationship(order_by="ProposalFile.id", lazy="raise_on_sql")
    latest: Mapped[ProposalVersion | None] = relationship(
        primaryjoin="and_(Proposal.id == foreign(ProposalVersion.proposal_id),"
        " Proposal.number == foreign(ProposalVersion.number))",
        viewonly=True,
        uselist=False,
        lazy="raise_on_sql",
    )


class ProposalVersion(Identified, Base):
    """What was handed in, as it was: never changed. `sha256` is that of `content` as canonical JSON."""

    __tablename__ = "proposal_versions"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposals.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    submitted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class ProposalFile(Identified, Base):
    """An attachment of a proposal. One that was taken off the working copy stays for the versions that name it."""

    __tablename__ = "proposal_files"
    __table_args__ = (UniqueConstraint("proposal_id", "attachment_id"),)

    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposals.id"))
    attachment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attachments.id"), index=True)
    is_current: Mapped[bool] = mapped_column(default=True, server_default=true())

    attachment: Mapped[Attachment] = relationship(lazy="raise_on_sql")


class ProposalAssessment(Versioned, Base):
    """A reviewer's task: to score every proposal of a call. `reason` is why they stepped back or were removed."""

    __tablename__ = "proposal_assessments"
    __table_args__ = (UniqueConstraint("call_id", "reviewer_id"),)

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal_calls.id"))
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    assigned_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[AssessmentStatus] = mapped_column(coded(AssessmentStatus), default=AS.ASSIGNED)
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")

    call: Mapped[ProposalCall] = relationship(lazy="raise_on_sql")
    reviewer: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[reviewer_id])


class ProposalScorecard(Versioned, Base):
    """One reviewer's scores for one proposal: rows {code, score, comment}, score 0 to 100 with one decimal."""

    __tablename__ = "proposal_scorecards"
    __table_args__ = (UniqueConstraint("assessment_id", "proposal_id"),)

    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposal_assessments.id"))
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposals.id"), index=True)
    scores: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    comment: Mapped[str] = mapped_column(Text, default="")
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    assessment: Mapped[ProposalAssessment] = relationship(lazy="raise_on_sql")
