"""Files in: upload, progress, what became of each row, and the marked file to correct."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.challenges import repository as challenges
from app.console.language import gettext as _
from app.console.rendering import is_part, page
from app.console.routing import done, form_of, needs, page_router, reload_page
from app.errors import FieldError, InvalidInput
from app.exchange import repository, service
from app.exchange.filing import kind_name
from app.exchange.guards import read_limited
from app.exchange.templates import TITLES, make_template
from app.jobs import service as jobs
from app.kit.downloads import XLSX, file_answer
from app.kit.pagination import PageQuery, paginate
from app.models.challenge import Challenge, ChallengeStatus
from app.models.exchange import Import, ImportKind, ImportMode, ImportRow, RowOutcome
from app.models.job import JobStatus

router = page_router(prefix="/desk/imports")

PER_PAGE = 50


@router.get("", response_class=HTMLResponse)
def list_imports(
    request: Request, session: ReadSession, actor: Actor = needs("imports:read")
) -> HTMLResponse:
    """The form, the templates, and what was imported before."""
    rows = session.scalars(repository.imports_visible_to(actor).order_by(Import.created_at.desc()).limit(50))
    running = challenges.visible_to(actor).where(Challenge.status == ChallengeStatus.OPEN)
    return page(
        request,
        "imports.html",
        items=list(rows),
        kinds=ImportKind,
        titles=TITLES,
        names=kind_name,
        running=list(session.scalars(running.order_by(Challenge.code))),
    )


@router.get("/templates/{kind}.xlsx")
def get_template(kind: ImportKind, actor: Actor = needs("imports:read")) -> Response:
    name = kind_name(kind)
    assert name is not None
    return file_answer(make_template(name), f"{TITLES[name]}.xlsx", XLSX)


@router.post("", response_class=HTMLResponse)
def start_import(
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("imports:write"),
) -> Response:
    """Keeps the file, starts the job, and goes to its page."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        missing = FieldError("file", "missing", "请选择要导入的文件", "Choose a file to import")
        raise InvalidInput(fields=(missing,))
    limit = context.settings.max_upload_mb
    content = read_limited(file.file, max_mb=limit)
    kind = str(form.get("kind") or "")
    record = service.start_import(
        session,
        actor,
        filename=file.filename,
        content=content,
        max_mb=limit,
        kind=ImportKind(kind) if kind in set(ImportKind) else None,
        mode=ImportMode.ALL_OR_NOTHING if form.get("all") else ImportMode.ROW_BY_ROW,
        is_dry_run=bool(form.get("dry_run")),
        challenge=str(form.get("challenge") or "") or None,
        organization_id=None,
    )
    return done(f"/desk/imports/{record.id}")


@router.get("/{import_id}", response_class=HTMLResponse)
def show_import(
    request: Request,
    import_id: uuid.UUID,
    session: ReadSession,
    outcome: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("imports:read"),
) -> HTMLResponse:
    """Progress while it runs; afterwards the rows, those that need work first in mind."""
    record = repository.get_import(session, actor, import_id)
    job = jobs.get_job(session, record.job_id, actor=actor) if record.job_id else None
    if is_part(request) and job is not None and job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
        return reload_page()
    chosen = (RowOutcome(outcome),) if outcome in set(RowOutcome) else ()
    rows, next_cursor, total = paginate(
        session,
        repository.rows_of(record.id, chosen),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=ImportRow.id,
        sortable=repository.ROWS_SORTABLE,
        default="number",
    )
    return page(
        request,
        "import.html",
        block="state",
        item=record,
        job=job,
        rows=rows,
        total=total,
        next_cursor=next_cursor,
        outcome=outcome,
        outcomes=RowOutcome,
    )


@router.get("/{import_id}/report.xlsx")
def get_report(
    import_id: uuid.UUID, session: ReadSession, context: Context, actor: Actor = needs("imports:read")
) -> Response:
    """The uploaded file with every bad cell marked."""
    name, content = service.report_of(session, actor, import_id, max_mb=context.settings.max_upload_mb)
    return file_answer(content, name, XLSX)


@router.post("/{import_id}/cancel", response_class=HTMLResponse)
def cancel_import(
    import_id: uuid.UUID, session: WriteSession, actor: Actor = needs("jobs:write")
) -> Response:
    record = repository.get_import(session, actor, import_id)
    if record.job_id is not None:
        jobs.cancel_job(session, record.job_id, actor=actor)
    return done(f"/desk/imports/{import_id}", _("正在取消"))
