"""Long work: what runs and how far it has come, cancelled or tried again."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.routing import done, needs, page_router
from app.jobs import repository, service
from app.jobs.repository import STOPPED, UNDER_WAY
from app.kit.pagination import paginate
from app.models.job import Job, JobStatus

router = page_router(prefix="/desk/jobs")

PER_PAGE = 30


COLUMNS = (
    Column("任务", lambda job: _names().get(job.name, job.name), 24),
    Column("状态", lambda job: job.status, 12),
    Column("进度", lambda job: f"{job.done} / {job.total}" if job.total else None, 14),
    Column("开始", lambda job: job.started_at),
    Column("结束", lambda job: job.finished_at),
)


@router.get("", response_class=HTMLResponse)
def list_jobs(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("jobs:read"),
) -> Response:
    """The newest first; staff see all, everybody else what they started. Looks again while anything runs."""
    chosen = [JobStatus(status)] if status in set(JobStatus) else []
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), statuses=chosen, name=None),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=Job.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return lists.answer(
        request,
        "jobs.html",
        title="后台任务",
        columns=COLUMNS,
        block="results",
        items=rows,
        total=total,
        next_cursor=next_cursor,
        statuses=JobStatus,
        chosen_status=status,
        is_running=any(row.status in UNDER_WAY for row in rows),
        under_way=UNDER_WAY,
        stopped=STOPPED,
        names=_names(),
    )


@router.post("/{job_id}/cancel", response_class=HTMLResponse)
def cancel_job(job_id: uuid.UUID, session: WriteSession, actor: Actor = needs("jobs:write")) -> Response:
    """A queued job ends at once, a running one before its next step; finished steps stay."""
    service.cancel_job(session, job_id, actor=actor)
    return done("/desk/jobs", _("正在取消"))


@router.post("/{job_id}/retry", response_class=HTMLResponse)
def retry_job(job_id: uuid.UUID, session: WriteSession, actor: Actor = needs("jobs:write")) -> Response:
    """Goes on from the last finished step."""
    service.retry_job(session, job_id, actor=actor)
    return done("/desk/jobs", _("已重新排队，从上次完成的地方继续"))


def _names() -> dict[str, str]:
    """What people call the work; a name that is not here is shown as it is."""
    return {
        "imports.run": _("导入表格"),
        "exports.run": _("导出"),
        "matches.run": _("匹配"),
        "analyses.run": _("需求解析"),
        "batches.run": _("批量办理"),
        "meetings.plan": _("计算日程"),
        "reports.run": _("生成文书"),
    }
