"""Monitoring (动态监测): annual targets per district, monthly and quarterly reports, and who gets them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, WanAmount, coded
from app.models.access import User


class Indicator(Labelled):
    """What is counted in a period; `app.monitoring.figures` says by which rule."""

    FILED = "filed", "需求提交数"
    REVIEWED = "reviewed", "需求审核数"
    PUBLISHED = "published", "需求发布数"
    ANSWERED = "answered", "获答复需求数"
    COVERAGE = "coverage", "答复覆盖率"
    TIMELY = "timely", "按期答复率"
    MATCHED = "matched", "推送匹配结果数"
    ACCEPTED = "accepted", "接受邀约数"
    PROPOSED = "proposed", "提交方案数"
    SIGNED = "signed", "签约项目数"
    AMOUNT = "amount", "签约金额"
    PAID = "paid", "到账金额"
    SATISFACTION = "satisfaction", "答复满意度"


class PeriodKind(Labelled):
    MONTH = "month", "月报"
    QUARTER = "quarter", "季报"


class Light(Labelled):
    """Where an indicator stands against its target."""

    GREEN = "green", "达标"
    YELLOW = "yellow", "偏低"
    RED = "red", "滞后"
    NONE = "none", "不评"


class IndicatorReportStatus(Labelled):
    DRAFT = "draft", "草稿"
    ISSUED = "issued", "已发布"


_IS_DRAFT = text("status = 'draft'")

GREEN_FROM, YELLOW_FROM = 100, 80
"""Percent of the target from which an indicator is on target, or low, where nobody says otherwise."""


class IndicatorTarget(Versioned, Base):
    """What a district (`region` 省/市/区县; "" is the whole city) is to reach in a year.

    `annual` is a count, an amount in 万元, a percentage or a mean of 1 to 5, by the indicator. `green_from` and
    `yellow_from` are percent of the period's target.
    """

    __tablename__ = "indicator_targets"
    __table_args__ = (UniqueConstraint("year", "region", "indicator"),)

    year: Mapped[int]
    region: Mapped[str] = mapped_column(String(200))
    indicator: Mapped[Indicator] = mapped_column(coded(Indicator))
    annual: Mapped[Decimal] = mapped_column(WanAmount)
    green_from: Mapped[int] = mapped_column(default=GREEN_FROM)
    yellow_from: Mapped[int] = mapped_column(default=YELLOW_FROM)


class IndicatorReport(Versioned, Base):
    """One edition of the report on a district and period; `number` is the month or the quarter.

    `figures` are the lines of the report, `parts` its districts if it is the city's, `rows` the lists behind every
    figure by sheet: all as JSON, and unchanged from the day it is issued. `as_of` is the instant of the data.
    A correction is an edition of its own: `reason` says why, `changes` what differs from the one before.
    """

    __tablename__ = "indicator_reports"
    __table_args__ = (
        UniqueConstraint("period_kind", "year", "number", "region", "edition"),
        Index(
            "uq_indicator_reports_draft",
            "period_kind",
            "year",
            "number",
            "region",
            unique=True,
            sqlite_where=_IS_DRAFT,
            postgresql_where=_IS_DRAFT,
        ),
        Index("ix_indicator_reports_region", "region"),
    )

    period_kind: Mapped[PeriodKind] = mapped_column(coded(PeriodKind))
    year: Mapped[int]
    number: Mapped[int]
    region: Mapped[str] = mapped_column(String(200))
    edition: Mapped[int] = mapped_column(default=1)
    status: Mapped[IndicatorReportStatus] = mapped_column(
        coded(IndicatorReportStatus), default=IndicatorReportStatus.DRAFT
    )
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    issuer: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    figures: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    rows: Mapped[dict[str, list[dict[str, Any]]]] = mapped_column(JSON, default=dict, deferred=True)


class ReportRecipient(Identified, Base):
    """A district leader: is told of each report issued on the district (`region` "": the city), and reads those."""

    __tablename__ = "report_recipients"
    __table_args__ = (UniqueConstraint("region", "user_id"),)

    region: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)

    user: Mapped[User] = relationship(lazy="raise_on_sql")
