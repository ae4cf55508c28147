"""Monitoring reports, targets and recipients as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from app.kit.schemas import Body, Line, Ref, Text, View, Wan, WanView, with_example
from app.models.monitoring import (
    GREEN_FROM,
    YELLOW_FROM,
    Indicator,
    IndicatorReport,
    IndicatorReportStatus,
    Light,
    PeriodKind,
    ReportRecipient,
)
from app.monitoring.service import name_of, period_of

Year = Annotated[int, Field(ge=2000, le=2999)]
Number = Annotated[int, Field(ge=1, le=12)]
Percent = Annotated[int, Field(ge=1, le=200)]
Region = Annotated[str, Line(200)]


class ReportsCreate(Body):
    """The period to draft: `number` is the month (1 to 12) or the quarter (1 to 4)."""

    model_config = with_example({"period_kind": "month", "year": 2026, "number": 10})

    period_kind: PeriodKind
    year: Year
    number: Number


class CorrectionCreate(Body):
    """Why an issued report is corrected; readers see it."""

    model_config = with_example({"reason": "9 月漏登一笔到账。"})

    reason: Annotated[str, Text(1000, 1)]


class TargetBody(Body):
    """A year's target: a count, 万元, percent or a mean of 1 to 5, by the indicator."""

    indicator: Indicator
    annual: Wan
    green_from: Percent = GREEN_FROM
    yellow_from: Percent = YELLOW_FROM


class TargetsPut(Body):
    """All targets of a district for a year; `region` "" is the whole city."""

    model_config = with_example(
        {"region": "江苏省/通海市/城东区", "targets": [{"indicator": "filed", "annual": 120}]}
    )

    region: Region = ""
    targets: Annotated[list[TargetBody], Field(max_length=len(Indicator))]


class TargetView(View):
    """A target as it stands."""

    year: int
    region: str
    indicator: Indicator
    annual: WanView
    green_from: int
    yellow_from: int


class RecipientCreate(Body):
    """A leader by the id of the account."""

    model_config = with_example(
        {"region": "江苏省/通海市/城东区", "user_id": "01890a5d-ac96-774b-bcce-b302099a8057"}
    )

    region: Region = ""
    user_id: Ref


class RecipientView(View):
    """A leader who is told of a district's reports and reads them."""

    id: uuid.UUID
    region: str
    user_id: uuid.UUID
    name: str
    email: str


class LineView(View):
    """One indicator; numbers as the report states them, None where there is none; `share`, `completion` in percent."""

    indicator: Indicator
    label: str
    unit: str
    target: WanView | None
    actual: WanView | None
    completion: WanView | None
    year_ago: WanView | None
    previous: WanView | None
    trend: WanView | None
    city: WanView | None
    share: WanView | None
    light: Light
    light_label: str


class ChangeView(View):
    """A number that differs from the edition before, as text."""

    indicator: Indicator
    column: str
    before: str | None
    after: str | None


class IndicatorReportSummary(View):
    """An edition in a list."""

    id: uuid.UUID
    period_kind: PeriodKind
    year: int
    number: int
    period: str
    region: str
    region_name: str
    edition: int
    status: IndicatorReportStatus
    status_label: str
    as_of: datetime
    issued_at: datetime | None


class IndicatorReportView(IndicatorReportSummary):
    """An edition with its lines."""

    reason: str
    lines: list[LineView]
    changes: list[ChangeView]


def summary_of(report: IndicatorReport) -> IndicatorReportSummary:
    """The edition without its lines."""
    return IndicatorReportSummary(**_facts(report))


def view_of(report: IndicatorReport) -> IndicatorReportView:
    """The whole edition."""
    return IndicatorReportView(
        **_facts(report),
        reason=report.reason,
        lines=[_line(line) for line in report.figures],
        changes=[ChangeView.model_validate(row) for row in report.changes],
    )


def recipient_view(found: ReportRecipient) -> RecipientView:
    """A leader with name and address."""
    user = found.user
    return RecipientView(id=found.id, region=found.region, user_id=user.id, name=user.name, email=user.email)


def _facts(report: IndicatorReport) -> dict[str, Any]:
    names = ("id", "period_kind", "year", "number", "region", "edition", "status", "as_of", "issued_at")
    return {
        **{name: getattr(report, name) for name in names},
        "period": period_of(report).label,
        "region_name": name_of(report.region),
        "status_label": report.status.label,
    }


def _line(line: dict[str, Any]) -> LineView:
    indicator, light = Indicator(line["indicator"]), Light(line["light"])
    numbers = ("target", "actual", "completion", "year_ago", "previous", "trend", "city", "share")
    return LineView(
        indicator=indicator,
        label=indicator.label,
        unit=line["unit"],
        light=light,
        light_label=light.label,
        **{name: None if line[name] is None else Decimal(line[name]) for name in numbers},
    )
