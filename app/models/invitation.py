"""Invitations (邀约): a team is asked to work on a requirement and answers by a deadline, or does not."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Labelled, UtcDateTime, Versioned, coded
from app.models.requirement import Requirement
from app.models.solver import SolverProfile


class InvitationStatus(Labelled):
    SENT = "sent", "已发出"
    OPENED = "opened", "已查看"
    ACCEPTED = "accepted", "已接受"
    DECLINED = "declined", "已谢绝"
    EXPIRED = "expired", "已过期"
    CANCELLED = "cancelled", "已撤销"


N = InvitationStatus
INVITATION_TRANSITIONS: dict[InvitationStatus, frozenset[InvitationStatus]] = {
    N.SENT: frozenset({N.OPENED, N.ACCEPTED, N.DECLINED, N.EXPIRED, N.CANCELLED}),
    N.OPENED: frozenset({N.ACCEPTED, N.DECLINED, N.EXPIRED, N.CANCELLED}),
    N.ACCEPTED: frozenset({N.CANCELLED}),
    N.DECLINED: frozenset(),
    N.EXPIRED: frozenset(),
    N.CANCELLED: frozenset(),
}
"""The life of an invitation; whoever moves one goes through `invitations.service.move`."""

OPEN_STATUSES = frozenset({N.SENT, N.OPENED})
"""States in which a reply is awaited."""

BINDING_STATUSES = OPEN_STATUSES | {N.ACCEPTED}
"""States in which an invitation takes one of its team's places."""

_IS_BINDING = text("status IN ('sent', 'opened', 'accepted')")


class Invitation(Versioned, Base):
    """A requirement × team pair of which at most one invitation is open or accepted.

    A reply counts before `reply_by`, to the microsecond. `remind_at` is when a team that has not replied is
    reminded, once; one that has accepted and proposed nothing is reminded at `proposal_reminded_at`. With
    `invites_alternates` the next alternate of the round takes the place of a team that declines or lets the
    deadline pass; `instead_of_id` is the invitation whose place this one took.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "uq_invitations_binding",
            "requirement_id",
            "solver_id",
            unique=True,
            sqlite_where=_IS_BINDING,
            postgresql_where=_IS_BINDING,
        ),
        Index("ix_invitations_status_reply_by", "status", "reply_by"),
    )

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), index=True)
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id"), index=True)
    round_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("match_rounds.id"), index=True)
    instead_of_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"))
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[InvitationStatus] = mapped_column(coded(InvitationStatus), default=N.SENT)
    message: Mapped[str] = mapped_column(Text, default="")
    reply_by: Mapped[datetime] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposal_reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invites_alternates: Mapped[bool] = mapped_column(default=False, server_default=false())
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was declined or cancelled."""

    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
