"""`/indicator-reports`: reports of districts and the city, drafted, issued, corrected and taken away."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput
from app.kit.downloads import file_answer
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.monitoring import IndicatorReport, IndicatorReportStatus, PeriodKind
from app.models.report import ReportFormat
from app.monitoring import papers, repository, service
from app.monitoring.periods import Period
from app.monitoring.schemas import (
    CorrectionCreate,
    IndicatorReportSummary,
    IndicatorReportView,
    ReportsCreate,
    summary_of,
    view_of,
)
from app.reports.downloads import MEDIA_TYPES
from app.reports.router import REPORT_FILE
from app.routing import concept_router

router = concept_router("动态监测", prefix="/indicator-reports")

IfMatch = Annotated[str | None, Depends(if_match)]


def report_filters(
    period_kind: Annotated[PeriodKind | None, Query(description="月报或季报")] = None,
    year: Annotated[int | None, Query(ge=2000, le=2999)] = None,
    number: Annotated[int | None, Query(ge=1, le=12, description="月份或季度")] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="区县；空为全市")] = None,
    status: IndicatorReportStatus | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(period_kind, year, number, region, status)


def period_from(kind: PeriodKind, year: int, number: int) -> Period:
    """The period that a client names. Raises `InvalidInput`."""
    try:
        return Period(year, number, kind)
    except ValueError as error:
        problem = FieldError(
            "number", "no_such_period", "没有这个月份或季度", "There is no such month or quarter"
        )
        raise InvalidInput(fields=(problem,)) from error


@router.post("", response_model=list[IndicatorReportSummary], status_code=201, summary="生成监测报告草稿")
def create_indicator_reports(
    body: ReportsCreate, session: WriteSession, actor: Actor = needs("indicator-reports:write")
) -> list[IndicatorReportSummary]:
    """One for the city and one per district, as far as they are not on file; the calendar does so by itself."""
    period = period_from(body.period_kind, body.year, body.number)
    return [summary_of(report) for report in service.draft(session, actor, period)]


@router.get("", response_model=Page[IndicatorReportSummary], summary="监测报告列表")
def list_indicator_reports(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(report_filters)],
    actor: Actor = needs("indicator-reports:read"),
) -> Page[IndicatorReportSummary]:
    """Staff see all; others what is issued on districts they are named for. Sort by as_of, issued_at or region."""
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), filters),
        page=page,
        key=IndicatorReport.id,
        sortable=repository.SORTABLE,
        default="-as_of",
    )
    items = [summary_of(row) for row in rows]
    return Page[IndicatorReportSummary](items=items, next_cursor=next_cursor, total=total)


@router.get("/{report_id}", response_model=IndicatorReportView, summary="监测报告")
def get_indicator_report(
    report_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("indicator-reports:read"),
) -> IndicatorReportView:
    return _answer(repository.get(session, actor, report_id), response)


@router.get(
    "/{report_id}/files/{format}", summary="下载监测报告", response_class=Response, responses=REPORT_FILE
)
def get_indicator_report_file(
    report_id: uuid.UUID,
    format: ReportFormat,
    session: ReadSession,
    actor: Actor = needs("indicator-reports:read"),
) -> Response:
    """Word, PDF, or the workbook with the rows behind every figure; the same bytes each time once it is issued."""
    report = repository.get(session, actor, report_id)
    content = papers.make(report).as_file(format)
    return file_answer(content, papers.filename_of(report, format), MEDIA_TYPES[format])


@router.post("/{report_id}/refresh", response_model=IndicatorReportView, summary="重新计算草稿")
def refresh_indicator_report(
    report_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("indicator-reports:write"),
) -> IndicatorReportView:
    report = repository.get(session, actor, report_id, lock=True)
    return _answer(service.refresh(session, actor, report), response)


@router.post("/{report_id}/issue", response_model=IndicatorReportView, summary="发布监测报告")
def issue_indicator_report(
    report_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("indicator-reports:write"),
) -> IndicatorReportView:
    """The figures are fixed as they were read (`If-Match`), and the leaders named for the district are told."""
    report = repository.get(session, actor, report_id, lock=True)
    check_version(header, report.version)
    return _answer(service.issue(session, actor, report), response)


@router.post(
    "/{report_id}/corrections", response_model=IndicatorReportView, status_code=201, summary="更正监测报告"
)
def correct_indicator_report(
    report_id: uuid.UUID,
    body: CorrectionCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("indicator-reports:write"),
) -> IndicatorReportView:
    """A draft of the next edition, computed anew; the issued one stays as it is."""
    report = repository.get(session, actor, report_id, lock=True)
    following = service.correct(session, actor, report, reason=body.reason)
    response.headers["Location"] = f"/api/v1/indicator-reports/{following.id}"
    return _answer(following, response)


@router.delete("/{report_id}", status_code=204, summary="删除更正草稿")
def delete_indicator_report(
    report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("indicator-reports:write")
) -> None:
    service.drop(session, actor, repository.get(session, actor, report_id, lock=True))


def _answer(report: IndicatorReport, response: Response) -> IndicatorReportView:
    set_etag(response, report.version)
    return view_of(report)
