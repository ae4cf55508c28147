"""Documents to take away: those of a challenge are made by a job and kept; letters come at once."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository as challenges
from app.console import challenge_frame, forms
from app.console.language import gettext as _
from app.console.rendering import is_part
from app.console.routing import done, form_of, needs, page_router, reload_page
from app.jobs import service as jobs
from app.jobs.repository import STOPPED, UNDER_WAY
from app.kit.pagination import PageQuery, paginate
from app.models.report import Report, ReportAudience, ReportFormat, ReportKind
from app.reports import downloads, repository, service
from app.reports.makers import FOR_THE_PUBLIC
from app.reports.schemas import ReportCreate

router = page_router(prefix="/desk")

PER_PAGE = 20


@router.get("/challenges/{challenge_id}/documents", response_class=HTMLResponse)
def list_documents(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    kind: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("reports:read"),
) -> HTMLResponse:
    """What can be made, and what was made: by whom, as of when, how large. Looks again while one is made."""
    challenge = challenges.get(session, actor, challenge_id)
    chosen = ReportKind(kind) if kind in set(ReportKind) else None
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), challenge_id=challenge.id, kind=chosen),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Report.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    work = repository.jobs_of(session, actor, rows)
    is_running = any(job.status in UNDER_WAY for job in work.values())
    if is_part(request) and not is_running:
        return reload_page()
    return challenge_frame.show(
        request,
        challenge,
        "challenge_documents.html",
        "documents",
        block="made",
        items=rows,
        total=total,
        next_cursor=next_cursor,
        chosen=chosen,
        kinds=ReportKind,
        about=_about(),
        for_the_public=FOR_THE_PUBLIC,
        public=ReportAudience.PUBLIC,
        makers=repository.makers_of(session, rows),
        work=work,
        is_running=is_running,
        under_way=UNDER_WAY,
        stopped=STOPPED,
        may_make="reports:write" in actor.permissions,
    )


@router.post("/challenges/{challenge_id}/documents", response_class=HTMLResponse)
def make_document(
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reports:write"),
) -> Response:
    """Starts the job; the list shows how far it is."""
    challenge = challenges.get(session, actor, challenge_id)
    body = forms.body_of(ReportCreate, form)
    service.order(session, actor, challenge, kind=body.kind, audience=body.audience)
    return done(_list(challenge_id), _("正在生成，完成后可在下面下载，也会收到消息"))


@router.get("/documents/{report_id}/{format}")
def get_file(
    report_id: uuid.UUID, format: ReportFormat, session: ReadSession, actor: Actor = needs("reports:read")
) -> Response:
    found = service.file(session, repository.get(session, actor, report_id), format)
    return downloads.stored(found)


@router.post("/documents/{report_id}/cancel", response_class=HTMLResponse)
def cancel_document(
    report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("jobs:write")
) -> Response:
    """The job ends before its next step; the report stays in the list without files."""
    found = repository.get(session, actor, report_id)
    if found.job_id is not None:
        jobs.cancel_job(session, found.job_id, actor=actor)
    return done(_list(found.challenge_id), _("正在取消"))


@router.post("/documents/{report_id}/retry", response_class=HTMLResponse)
def retry_document(
    report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("jobs:write")
) -> Response:
    found = repository.get(session, actor, report_id)
    if found.job_id is not None:
        jobs.retry_job(session, found.job_id, actor=actor)
    return done(_list(found.challenge_id), _("正在重新生成"))


@router.post("/documents/{report_id}/delete", response_class=HTMLResponse)
def delete_document(
    report_id: uuid.UUID, session: WriteSession, actor: Actor = needs("reports:write")
) -> Response:
    """With its files; what was downloaded before stays where it is."""
    found = repository.get(session, actor, report_id)
    challenge_id = found.challenge_id
    service.drop(session, actor, found)
    return done(_list(challenge_id), _("已删除"))


@router.get("/requirements/{requirement_id}/answer-letter.{format}")
def get_answer_letter(
    requirement_id: uuid.UUID,
    format: ReportFormat,
    session: ReadSession,
    actor: Actor = needs("responses:read"),
) -> Response:
    """Every answer on the requirement so far as one letter."""
    made = service.answer_letter(session, actor, requirement_id)
    return downloads.paper(made, "需求答复函", format)


def _list(challenge_id: uuid.UUID) -> str:
    return f"/desk/challenges/{challenge_id}/documents"


def _about() -> dict[ReportKind, str]:
    """What each kind is good for; a kind that is not here stands with its name alone."""
    return {
        ReportKind.REQUIREMENT_ANALYSIS: _(
            "需求的构成、关键词、共性主题、描述质量、供给缺口和建议，附全部数据明细"
        ),
        ReportKind.PROBLEM_LIST: _("已编号的赛题逐题列出，公开版只含任何人可见的内容"),
        ReportKind.MATCH_BOOK: _("每题的推荐团队和依据，每支团队的赛题，供对接会使用"),
        ReportKind.MEETING_TIMETABLE: _("对接会的场次、时间和地点"),
        ReportKind.ANSWER_LETTERS: _("每项需求一封答复函，可直接盖章寄出"),
        ReportKind.AGREEMENTS: _("签约金额、到账和里程碑汇总"),
        ReportKind.LEDGER: _("每项需求答复了什么、还欠什么、何时到期"),
    }
