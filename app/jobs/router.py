"""`/jobs`: watch, cancel and retry long work. Jobs begin elsewhere, by the request that needs them."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.jobs import repository, service
from app.jobs.schemas import JobView
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.job import Job, JobStatus
from app.routing import concept_router

router = concept_router("后台任务")


@router.get("/jobs", response_model=Page[JobView], summary="后台任务列表")
def list_jobs(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    status: Annotated[list[JobStatus] | None, Query(max_length=5, description="按状态筛选，可重复")] = None,
    name: Annotated[str | None, Query(max_length=60, description="按任务名筛选")] = None,
    actor: Actor = needs("jobs:read"),
) -> Page[JobView]:
    """The newest first; organizers see all jobs, everybody else the ones they started."""
    statement = repository.narrow(repository.visible_to(actor), statuses=status or [], name=name)
    rows, next_cursor, total = paginate(
        session, statement, page=page, key=Job.id, sortable=repository.SORTABLE, default="-created_at"
    )
    return Page[JobView](items=[_view(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/jobs/{job_id}", response_model=JobView, summary="任务进度与结果")
def get_job(
    job_id: uuid.UUID, response: Response, session: ReadSession, actor: Actor = needs("jobs:read")
) -> JobView:
    return _answer(response, service.get_job(session, job_id, actor=actor))


@router.post("/jobs/{job_id}/cancel", response_model=JobView, summary="取消任务")
def cancel_job(
    job_id: uuid.UUID, response: Response, session: WriteSession, actor: Actor = needs("jobs:write")
) -> JobView:
    """A queued job ends at once, a running one before its next step; finished steps stay."""
    return _answer(response, service.cancel_job(session, job_id, actor=actor))


@router.post("/jobs/{job_id}/retry", response_model=JobView, summary="重试任务")
def retry_job(
    job_id: uuid.UUID, response: Response, session: WriteSession, actor: Actor = needs("jobs:write")
) -> JobView:
    """A failed or cancelled job goes on from its last finished step."""
    return _answer(response, service.retry_job(session, job_id, actor=actor))


def _answer(response: Response, job: Job) -> JobView:
    set_etag(response, job.version)
    return _view(job)


def _view(job: Job) -> JobView:
    return JobView(
        id=job.id,
        name=job.name,
        status=job.status,
        done=job.done,
        total=job.total,
        stage=job.stage,
        is_cancelling=job.cancel_requested and job.status is JobStatus.RUNNING,
        attempts=job.attempts,
        error_code=job.error_code,
        error=job.error,
        result=job.result,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
