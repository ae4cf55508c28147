"""Jobs: long work that people can watch, cancel and retry."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Labelled, UtcDateTime, Versioned, coded


class JobStatus(Labelled):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    SUCCEEDED = "succeeded", "已完成"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


class Job(Versioned, Base):
    """One piece of long work. `checkpoint` is written in the transaction of the step that it describes,
    so a job that is resumed after a crash never does a finished step again."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_status_id", "status", "id"),)

    name: Mapped[str] = mapped_column(String(60))
    status: Mapped[JobStatus] = mapped_column(coded(JobStatus), default=JobStatus.QUEUED)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    checkpoint: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    stage: Mapped[str] = mapped_column(String(200), default="")
    error_code: Mapped[str | None] = mapped_column(String(60))
    error: Mapped[str | None] = mapped_column(String(2000))
    attempts: Mapped[int] = mapped_column(default=0)
    interruptions: Mapped[int] = mapped_column(default=0, server_default="0")
    """Times in a row that a worker died in the same step; a finished step sets it back to 0."""
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    claim: Mapped[uuid.UUID | None]
    """Drawn anew by every worker that takes the job; a step of an older claim can no longer be stored."""
    worker: Mapped[str | None] = mapped_column(String(60))
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Not to be tried before; None for at once."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
