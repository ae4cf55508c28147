"""Meetings (对接会) and on-stage finals (现场赛): sessions with rooms and days, who meets whom, and what came of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded
from app.models.challenge import Challenge
from app.models.requirement import Requirement
from app.models.solver import SolverProfile


class SessionKind(Labelled):
    MATCHING = "matching", "对接会"
    FINALS = "finals", "现场赛"


class SessionStatus(Labelled):
    DRAFT = "draft", "筹备中"
    PUBLISHED = "published", "已发布"
    CLOSED = "closed", "已结束"
    CANCELLED = "cancelled", "已取消"


SESSION_TRANSITIONS: dict[SessionStatus, frozenset[SessionStatus]] = {
    SessionStatus.DRAFT: frozenset({SessionStatus.PUBLISHED, SessionStatus.CANCELLED}),
    SessionStatus.PUBLISHED: frozenset({SessionStatus.CLOSED, SessionStatus.CANCELLED}),
    SessionStatus.CLOSED: frozenset(),
    SessionStatus.CANCELLED: frozenset(),
}


class MeetingStatus(Labelled):
    PLANNED = "planned", "待发布"
    SCHEDULED = "scheduled", "已安排"
    HELD = "held", "已举行"
    CANCELLED = "cancelled", "已取消"


M = MeetingStatus
MEETING_TRANSITIONS: dict[MeetingStatus, frozenset[MeetingStatus]] = {
    M.PLANNED: frozenset({M.SCHEDULED, M.CANCELLED}),
    M.SCHEDULED: frozenset({M.HELD, M.CANCELLED}),
    M.HELD: frozenset(),
    M.CANCELLED: frozenset(),
}
"""The life of a meeting; whoever moves one goes through `meetings.service`."""

MOVABLE_STATUSES = frozenset({M.PLANNED, M.SCHEDULED})
"""States in which a meeting can be given another time or room."""

TAKING_PLACE = frozenset({M.PLANNED, M.SCHEDULED, M.HELD})
"""States in which a meeting occupies its room and its participants."""


class MeetingSource(Labelled):
    ROUND = "round", "匹配轮次"
    INVITATION = "invitation", "已接受的邀约"
    PROPOSAL = "proposal", "入围方案"
    HAND = "hand", "手工安排"


class Attendance(Labelled):
    UNANSWERED = "unanswered", "未回复"
    CONFIRMED = "confirmed", "确认出席"
    DECLINED = "declined", "不能出席"


class Outcome(Labelled):
    AGREED = "agreed", "意向达成"
    CONTINUE = "continue", "继续沟通"
    UNSUITABLE = "unsuitable", "不合适"


_IS_LIVE = text("status != 'cancelled'")


class MeetingSession(Versioned, Base):
    """An event of a challenge. `days` are rows {day, opens, closes, breaks: [{starts, ends}]} in Asia/Shanghai.

    Slots of `slot_minutes` follow each other with `pause_minutes` between them. The weights say what a
    timetable avoids. `result` tells how the last computation ended. Until `asks_until` the parties of a session in
    preparation say themselves when they can come.
    """

    __tablename__ = "meeting_sessions"

    challenge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("challenges.id"), index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[SessionKind] = mapped_column(coded(SessionKind), default=SessionKind.MATCHING)
    status: Mapped[SessionStatus] = mapped_column(coded(SessionStatus), default=SessionStatus.DRAFT)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(300), default="")
    days: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    slot_minutes: Mapped[int] = mapped_column(default=30)
    pause_minutes: Mapped[int] = mapped_column(default=0)
    gap_weight: Mapped[int] = mapped_column(default=1)
    day_weight: Mapped[int] = mapped_column(default=4)
    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    asks_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")

    challenge: Mapped[Challenge] = relationship(lazy="raise_on_sql")
    rooms: Mapped[list[MeetingRoom]] = relationship(order_by="MeetingRoom.id", lazy="raise_on_sql")
    parties: Mapped[list[MeetingParty]] = relationship(order_by="MeetingParty.id", lazy="raise_on_sql")


class MeetingRoom(Identified, Base):
    """A room of a session; `place` is the site it stands on, `closed` rows {starts_at, ends_at} when it is not open."""

    __tablename__ = "meeting_rooms"
    __table_args__ = (UniqueConstraint("session_id", "name"),)

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting_sessions.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    place: Mapped[str] = mapped_column(String(200), default="")
    seats: Mapped[int] = mapped_column(default=20)
    equipment: Mapped[list[str]] = mapped_column(JSON, default=list)
    closed: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)


class MeetingParty(Identified, Base):
    """When a unit or a team can come to a session; one that has no row can always come.

    `days` are ISO dates (none: all), `absent` rows {starts_at, ends_at}, `travel_days` the days between two places.
    `stated_at` is when the party said so itself; null where the organizer did.
    """

    __tablename__ = "meeting_parties"
    __table_args__ = (
        UniqueConstraint("session_id", "organization_id"),
        UniqueConstraint("session_id", "solver_id"),
    )

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting_sessions.id", ondelete="CASCADE"))
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    solver_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("solver_profiles.id", ondelete="CASCADE"))
    days: Mapped[list[str]] = mapped_column(JSON, default=list)
    absent: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    travel_days: Mapped[int] = mapped_column(default=0)
    stated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Meeting(Versioned, Base):
    """A requirement × team pair of a session, of which at most one is not cancelled.

    `room_id`, `starts_at` and `ends_at` are set together, once it has a place. `pinned_at` and
    `pinned_room_id` are what a new timetable must keep. `sequence` counts changes that calendars must follow.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        Index(
            "uq_meetings_live",
            "session_id",
            "requirement_id",
            "solver_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
        Index("ix_meetings_session_id_starts_at", "session_id", "starts_at"),
    )

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting_sessions.id"))
    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), index=True)
    solver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("solver_profiles.id"), index=True)
    source: Mapped[MeetingSource] = mapped_column(coded(MeetingSource), default=MeetingSource.HAND)
    status: Mapped[MeetingStatus] = mapped_column(coded(MeetingStatus), default=M.PLANNED)
    people: Mapped[int] = mapped_column(default=6)
    equipment: Mapped[list[str]] = mapped_column(JSON, default=list)
    room_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("meeting_rooms.id"), index=True)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned_room_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("meeting_rooms.id"))
    sequence: Mapped[int] = mapped_column(default=0)
    seeker_reply: Mapped[Attendance] = mapped_column(coded(Attendance), default=Attendance.UNANSWERED)
    team_reply: Mapped[Attendance] = mapped_column(coded(Attendance), default=Attendance.UNANSWERED)
    outcome: Mapped[Outcome | None] = mapped_column(coded(Outcome))
    note: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")

    session: Mapped[MeetingSession] = relationship(lazy="raise_on_sql")
    requirement: Mapped[Requirement] = relationship(lazy="raise_on_sql")
    solver: Mapped[SolverProfile] = relationship(lazy="raise_on_sql")
    room: Mapped[MeetingRoom | None] = relationship(foreign_keys=[room_id], lazy="raise_on_sql")


class CalendarFeed(Identified, Base):
    """The secret address under which a calendar program reads a person's meetings; only its hash is kept."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
