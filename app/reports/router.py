"""`/challenges/{id}/reports` and `/reports`: documents to take away; letters and certificates on their own."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import service as challenges
from app.kit.downloads import DOCX, PDF, XLSX
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.report import Report, ReportFormat, ReportKind
from app.reports import downloads, repository, service
from app.reports.schemas import ReportCreate, ReportView, view_of
from app.routing import concept_router

router = concept_router("报告与文书")

BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
REPORT_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "文件", "content": {DOCX: BINARY, PDF: BINARY, XLSX: BINARY}}
}
LETTER_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "文件", "content": {DOCX: BINARY, PDF: BINARY}}
}


@router.post(
    "/challenges/{challenge_id}/reports", response_model=ReportView, status_code=202, summary="生成报告"
)
def create_report(
    challenge_id: uuid.UUID,
    body: ReportCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("reports:write"),
) -> ReportView:
    """Starts a job that gathers the data as of then and writes the files; progress and cancelling at
    `/jobs/{job_id}`."""
    challenge = challenges.get(session, actor, challenge_id)
    found = service.order(session, actor, challenge, kind=body.kind, audience=body.audience)
    response.headers["Location"] = f"/api/v1/reports/{found.id}"
    return view_of(found, is_new=True)


@router.get("/challenges/{challenge_id}/reports", response_model=Page[ReportView], summary="报告列表")
def list_reports(
    challenge_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    kind: ReportKind | None = None,
    actor: Actor = needs("reports:read"),
) -> Page[ReportView]:
    """The newest first. Sort by created_at or as_of."""
    challenge = challenges.get(session, actor, challenge_id)
    statement = repository.narrow(repository.visible_to(actor), challenge_id=challenge.id, kind=kind)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Report.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return Page[ReportView](items=[view_of(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/reports/{report_id}", response_model=ReportView, summary="报告状态")
def get_report(
    report_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("reports:read")
) -> ReportView:
    found = repository.get(session, actor, report_id)
    set_etag(response, found.version)
    return view_of(found)


@router.get(
    "/reports/{report_id}/files/{format}",
    summary="下载报告文件",
    response_class=Response,
    responses=REPORT_FILE,
)
def get_report_file(
    report_id: uuid.UUID, format: ReportFormat, session: ReadSession, actor: Actor = needs("reports:read")
) -> Response:
    """Word, PDF, or the workbook with the rows behind every figure."""
    found = service.file(session, repository.get(session, actor, report_id), format)
    return downloads.stored(found)


@router.delete("/reports/{report_id}", status_code=204, summary="删除报告")
def delete_report(report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("reports:write")) -> None:
    """With its files. What was taken away stays where it is."""
    service.drop(session, actor, repository.get(session, actor, report_id))


@router.get(
    "/requirements/{requirement_id}/answer-letter.{format}",
    summary="下载需求答复函",
    response_class=Response,
    responses=LETTER_FILE,
)
def get_answer_letter(
    requirement_id: uuid.UUID,
    format: ReportFormat,
    session: ReadSession,
    actor: Actor = needs("responses:read"),
) -> Response:
    """Every answer on the requirement so far in one letter (docx or pdf), for its seeker, reviewers and staff."""
    return downloads.paper(service.answer_letter(session, actor, requirement_id), "需求答复函", format)


@router.get(
    "/agreements/{agreement_id}/certificate.{format}",
    summary="下载合作协议登记证明",
    response_class=Response,
    responses=LETTER_FILE,
)
def get_certificate(
    agreement_id: uuid.UUID,
    format: ReportFormat,
    session: ReadSession,
    actor: Actor = needs("agreements:read"),
) -> Response:
    """The certificate of a signed agreement (docx or pdf), for its parties and staff."""
    return downloads.paper(service.certificate(session, actor, agreement_id), "合作协议登记证明", format)
