"""`/imports` and `/exports`: files in and out as jobs, templates to fill in, reports to read."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, File, Form, Query, Response, UploadFile

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.exchange import proposal_list, repository, service
from app.exchange.filing import kind_name
from app.exchange.guards import read_limited
from app.exchange.schemas import (
    ExportCreate,
    ExportView,
    ImportRowView,
    ImportView,
    view_of_export,
    view_of_import,
    view_of_row,
)
from app.exchange.templates import TITLES, make_template
from app.kit.downloads import XLSX, documented, file_answer
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.exchange import Export, Import, ImportKind, ImportMode, ImportRow, RowOutcome
from app.routing import concept_router

router = concept_router("导入导出")

MEDIA_TYPES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
FILE_ANSWER = documented(XLSX)


@router.get(
    "/imports/templates/{kind}.xlsx", summary="下载导入模板", response_class=Response, responses=FILE_ANSWER
)
def get_template(kind: ImportKind, actor: Actor = needs("imports:read")) -> Response:
    """The workbook to fill in: drop-downs, notes, an example row that is never imported, instructions."""
    name = kind_name(kind)
    assert name is not None
    return file_answer(make_template(name), f"{TITLES[name]}.xlsx", XLSX)


@router.post(
    "/imports",
    response_model=ImportView,
    status_code=202,
    summary="上传并导入文件",
    responses={415: {"description": "文件类型不支持 / unsupported file type", **PROBLEM}},
)
def create_import(
    session: WriteSession,
    context: Context,
    response: Response,
    file: Annotated[UploadFile, File(description=".xlsx、.xls、.csv、.jsonl")],
    kind: Annotated[ImportKind | None, Form(description="省略时由表头判断")] = None,
    mode: Annotated[ImportMode, Form(description="逐行入库，或全部成功才入库")] = ImportMode.ROW_BY_ROW,
    dry_run: Annotated[bool, Form(description="只检查，不入库")] = False,
    challenge: Annotated[Annotated[str, Line(40)] | None, Form(description="需求要进入的赛事代码")] = None,
    organization_id: Annotated[uuid.UUID | None, Form(description="为哪个单位导入")] = None,
    actor: Actor = needs("imports:write"),
) -> ImportView:
    """Keeps the file and starts a job; its progress is at `/jobs/{job_id}`, the rows' results at
    `/imports/{id}/rows`. Importing a file again changes nothing that it does not say anew."""
    limit = context.settings.max_upload_mb
    content = read_limited(file.file, max_mb=limit)
    record = service.start_import(
        session,
        actor,
        filename=file.filename or "",
        content=content,
        max_mb=limit,
        kind=kind,
        mode=mode,
        is_dry_run=dry_run,
        challenge=challenge or None,
        organization_id=organization_id,
    )
    response.headers["Location"] = f"/api/v1/imports/{record.id}"
    return view_of_import(record)


@router.get("/imports", response_model=Page[ImportView], summary="导入记录")
def list_imports(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    kind: ImportKind | None = None,
    actor: Actor = needs("imports:read"),
) -> Page[ImportView]:
    """The newest first. Sort by created_at, finished_at or filename."""
    statement = repository.imports_visible_to(actor)
    if kind is not None:
        statement = statement.where(Import.kind == kind)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Import.id,
        sortable=repository.IMPORTS_SORTABLE,
        default="-created_at",
    )
    items = [view_of_import(row) for row in rows]
    return Page[ImportView](items=items, next_cursor=next_cursor, total=total)


@router.get("/imports/{import_id}", response_model=ImportView, summary="导入结果汇总")
def get_import(
    import_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("imports:read")
) -> ImportView:
    record = repository.get_import(session, actor, import_id)
    set_etag(response, record.version)
    return view_of_import(record)


@router.get("/imports/{import_id}/rows", response_model=Page[ImportRowView], summary="逐行结果")
def list_import_rows(
    import_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    outcome: Annotated[list[RowOutcome] | None, Query(max_length=4)] = None,
    actor: Actor = needs("imports:read"),
) -> Page[ImportRowView]:
    """In file order; with `outcome=rejected` only the rows that need work."""
    record = repository.get_import(session, actor, import_id)
    rows, next_cursor, total = paginate(
        session,
        repository.rows_of(record.id, tuple(outcome or ())),
        page=page,
        key=ImportRow.id,
        sortable=repository.ROWS_SORTABLE,
        default="number",
    )
    items = [view_of_row(row) for row in rows]
    return Page[ImportRowView](items=items, next_cursor=next_cursor, total=total)


@router.get(
    "/imports/{import_id}/report.xlsx",
    summary="下载标注结果的原文件",
    response_class=Response,
    responses=FILE_ANSWER,
)
def get_report(
    import_id: uuid.UUID, session: ReadSession, context: Context, actor: Actor = needs("imports:read")
) -> Response:
    """The uploaded file with a column 结果 and every bad cell marked and explained."""
    name, content = service.report_of(session, actor, import_id, max_mb=context.settings.max_upload_mb)
    return file_answer(content, name, XLSX)


@router.post("/exports", response_model=ExportView, status_code=202, summary="导出列表")
def create_export(
    body: ExportCreate, session: WriteSession, response: Response, actor: Actor = needs("exports:write")
) -> ExportView:
    """Starts a job that writes what the caller may see into a file, under the headers of the templates."""
    record = service.start_export(
        session, actor, kind=body.kind, format=body.format, filters=body.stored_filters()
    )
    response.headers["Location"] = f"/api/v1/exports/{record.id}"
    return view_of_export(record)


@router.get("/exports", response_model=Page[ExportView], summary="导出记录")
def list_exports(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("exports:read"),
) -> Page[ExportView]:
    """The caller's own, newest first."""
    rows, next_cursor, total = paginate(
        session,
        repository.exports_visible_to(actor),
        page=page,
        key=Export.id,
        sortable=repository.EXPORTS_SORTABLE,
        default="-created_at",
    )
    items = [view_of_export(row) for row in rows]
    return Page[ExportView](items=items, next_cursor=next_cursor, total=total)


@router.get("/exports/{export_id}", response_model=ExportView, summary="导出状态")
def get_export(
    export_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("exports:read")
) -> ExportView:
    record = repository.get_export(session, actor, export_id)
    set_etag(response, record.version)
    return view_of_export(record)


@router.get(
    "/exports/{export_id}/file",
    summary="下载导出的文件",
    response_class=Response,
    responses={**FILE_ANSWER, 410: {"description": "文件已过期 / expired", **PROBLEM}},
)
def get_export_file(
    export_id: uuid.UUID, session: ReadSession, actor: Actor = needs("exports:read")
) -> Response:
    """The finished file, until it expires."""
    name, content = service.exported_file(session, actor, export_id)
    return file_answer(content, name, MEDIA_TYPES[name.rsplit(".", 1)[-1]])


@router.get(
    "/requirements/{requirement_id}/proposals.xlsx",
    summary="导出解决方案列表",
    response_class=Response,
    responses=FILE_ANSWER,
)
def get_proposal_list(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("proposals:read")
) -> Response:
    """The proposals that the caller may see; for staff with the ranking once the call is closed."""
    return file_answer(proposal_list.workbook_of(session, actor, requirement_id), "解决方案.xlsx", XLSX)
