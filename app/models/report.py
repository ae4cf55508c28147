"""Reports (报告): documents made of a challenge's data for people to take away, with their files."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded


class ReportKind(Labelled):
    REQUIREMENT_ANALYSIS = "requirement_analysis", "技术需求大数据分析报告"
    PROBLEM_LIST = "problem_list", "赛题清单"
    MATCH_BOOK = "match_book", "对接手册"
    MEETING_TIMETABLE = "meeting_timetable", "对接会日程"
    ANSWER_LETTERS = "answer_letters", "需求答复函"
    AGREEMENTS = "agreements", "合作协议汇总"
    LEDGER = "ledger", "反馈台账摘录"


class ReportAudience(Labelled):
    INTERNAL = "internal", "内部"
    PUBLIC = "public", "公开"


class ReportFormat(Labelled):
    DOCX = "docx", "Word"
    PDF = "pdf", "PDF"
    XLSX = "xlsx", "Excel"


class Report(Versioned, Base):
    """One document of a challenge. `as_of` is the instant of its data and the date it bears.

    It holds what its maker could see then; a public one holds what any visitor could.
    """

    __tablename__ = "reports"

    challenge_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("challenges.id", ondelete="CASCADE"), index=True
    )
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    job_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    kind: Mapped[ReportKind] = mapped_column(coded(ReportKind))
    audience: Mapped[ReportAudience] = mapped_column(coded(ReportAudience))
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    files: Mapped[list[ReportFile]] = relationship(
        order_by="ReportFile.format", viewonly=True, lazy="raise_on_sql"
    )


class ReportFile(Identified, Base):
    """A report in one format; `size` in bytes."""

    __tablename__ = "report_files"
    __table_args__ = (UniqueConstraint("report_id", "format"), {"info": {"holds_files": True}})

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    format: Mapped[ReportFormat] = mapped_column(coded(ReportFormat))
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
