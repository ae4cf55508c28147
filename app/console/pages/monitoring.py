"""Monitoring reports: the list, one report with its lights, issuing and correcting it, and its files."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.clock import in_shanghai, now
from app.kit.downloads import file_answer
from app.kit.etag import check_version
from app.kit.pagination import PageQuery, paginate
from app.models.monitoring import Indicator, IndicatorReport, Light, PeriodKind
from app.models.report import ReportFormat
from app.monitoring import papers, periods, repository, service
from app.monitoring.figures import RULES
from app.monitoring.router import period_from
from app.monitoring.schemas import CorrectionCreate, ReportsCreate
from app.reports.downloads import MEDIA_TYPES

router = page_router(prefix="/desk/monitoring")

PER_PAGE = 30


@router.get("", response_class=HTMLResponse)
def list_reports(
    request: Request,
    session: ReadSession,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("indicator-reports:read"),
) -> HTMLResponse:
    """The newest first: staff see all, a leader what is issued on the own districts."""
    return _list(request, session, actor, cursor)


@router.post("", response_class=HTMLResponse)
def draft_reports(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("indicator-reports:write"),
) -> Response:
    read = forms.read(ReportsCreate, form)
    if read.body is None:
        return _list(request, session, actor, None, read, status=422)
    try:
        period = period_from(read.body.period_kind, read.body.year, read.body.number)
        made = service.draft(session, actor, period)
    except JiebangError as error:
        session.rollback()
        return _list(request, session, actor, None, forms.refused(read.values, error), status=error.status)
    return done("/desk/monitoring", _("已生成 %(count)s 份草稿") % {"count": len(made)})


@router.get("/{report_id}", response_class=HTMLResponse)
def show_report(
    request: Request,
    report_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("indicator-reports:read"),
) -> HTMLResponse:
    report = repository.get(session, actor, report_id)
    others = [one for one in repository.editions(session, actor, report) if one.id != report.id]
    return page(
        request,
        "monitoring_report.html",
        report=report,
        title=papers.title_of(report),
        lines=[(Indicator(line["indicator"]), Light(line["light"]), line) for line in report.figures],
        others=others,
        is_draft=report.status is service.DRAFT,
        is_latest=all(one.edition < report.edition for one in others),
        formats=ReportFormat,
        Indicator=Indicator,
        columns=papers.COLUMN_NAMES,
        narrow=papers.NARROW,
        rules=RULES,
        shown=papers.shown,
        shown_trend=papers.shown_trend,
        name_of=service.name_of,
    )


@router.get("/{report_id}/files/{format}")
def get_file(
    report_id: uuid.UUID,
    format: ReportFormat,
    session: ReadSession,
    actor: Actor = needs("indicator-reports:read"),
) -> Response:
    report = repository.get(session, actor, report_id)
    content = papers.make(report).as_file(format)
    return file_answer(content, papers.filename_of(report, format), MEDIA_TYPES[format])


@router.post("/{report_id}/refresh", response_class=HTMLResponse)
def refresh_report(
    report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("indicator-reports:write")
) -> Response:
    service.refresh(session, actor, repository.get(session, actor, report_id, lock=True))
    return done(f"/desk/monitoring/{report_id}", _("已重新计算"))


@router.post("/{report_id}/issue", response_class=HTMLResponse)
def issue_report(
    report_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("indicator-reports:write"),
) -> Response:
    """Only the figures that the person had before them are issued."""
    report = repository.get(session, actor, report_id, lock=True)
    check_version(f'"{form.get("version", "")}"', report.version)
    service.issue(session, actor, report)
    return done(f"/desk/monitoring/{report_id}", _("已发布，数字不再变动"))


@router.post("/{report_id}/correct", response_class=HTMLResponse)
def correct_report(
    report_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("indicator-reports:write"),
) -> Response:
    report = repository.get(session, actor, report_id, lock=True)
    reason = forms.body_of(CorrectionCreate, form).reason
    following = service.correct(session, actor, report, reason=reason)
    return done(f"/desk/monitoring/{following.id}", _("已生成更正版草稿，请核对后发布"))


@router.post("/{report_id}/drop", response_class=HTMLResponse)
def drop_report(
    report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("indicator-reports:write")
) -> Response:
    service.drop(session, actor, repository.get(session, actor, report_id, lock=True))
    return done("/desk/monitoring", _("已删除更正草稿"))


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    cursor: str | None,
    read: forms.Read[Any] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    rows, next_cursor, total = paginate(
        session,
        repository.visible_to(actor),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=IndicatorReport.id,
        sortable=repository.SORTABLE,
        default="-as_of",
    )
    last = periods.period_of(in_shanghai(now()).date(), PeriodKind.MONTH).previous
    return page(
        request,
        "monitoring.html",
        status=status,
        items=[(row, service.name_of(row.region), service.period_of(row).label) for row in rows],
        total=total,
        next_cursor=next_cursor,
        kinds=PeriodKind,
        values=read.values if read else {"year": last.year, "number": last.number},
        errors=read.errors if read else {},
    )
