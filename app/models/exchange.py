"""Imports and exports: the file a person gave, what became of each row, and the files handed back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded


class ImportKind(Labelled):
    REQUIREMENTS = "requirements", "技术需求"
    SOLVERS = "solvers", "解决方"
    ACHIEVEMENTS = "achievements", "科技成果"


class ImportMode(Labelled):
    ALL_OR_NOTHING = "all_or_nothing", "全部成功才入库"
    ROW_BY_ROW = "row_by_row", "逐行入库"


class RowOutcome(Labelled):
    CREATED = "created", "新建"
    UPDATED = "updated", "更新"
    UNCHANGED = "unchanged", "无变化"
    REJECTED = "rejected", "未通过"


class Import(Versioned, Base):
    """One uploaded file. A dry run judges every row and stores none.

    `is_applied` says whether the rows that are not rejected were stored: not after a dry run, and not when
    all were to be stored or none and one was rejected. `notices` are about the file, {code, message}.
    """

    __tablename__ = "imports"
    __table_args__ = ({"info": {"holds_files": True}},)

    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    challenge_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("challenges.id"))
    kind: Mapped[ImportKind | None] = mapped_column(coded(ImportKind))
    mode: Mapped[ImportMode] = mapped_column(coded(ImportMode), default=ImportMode.ROW_BY_ROW)
    is_dry_run: Mapped[bool] = mapped_column(default=False)
    is_applied: Mapped[bool] = mapped_column(default=False)
    filename: Mapped[str] = mapped_column(String(255))
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    notices: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    read: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportRow(Identified, Base):
    """What became of one row. `number` is the line a person sees in the file (the header is line 1)."""

    __tablename__ = "import_rows"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    number: Mapped[int]
    outcome: Mapped[RowOutcome] = mapped_column(coded(RowOutcome))
    external_id: Mapped[str | None] = mapped_column(String(200))
    object_id: Mapped[uuid.UUID | None]
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class Export(Versioned, Base):
    """A file made from a list, kept until it expires."""

    __tablename__ = "exports"
    __table_args__ = ({"info": {"holds_files": True}},)

    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[ImportKind] = mapped_column(coded(ImportKind))
    format: Mapped[str] = mapped_column(String(10))
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    rows: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
