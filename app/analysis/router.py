"""`/requirements/{id}/analysis`: read it, correct it, read the text again; and all of a challenge as a job."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.analysis import policy, presenter, repository, service
from app.analysis.neighbours import near
from app.analysis.schemas import AnalysisPatch, AnalysisView, BatchView, NeighboursView
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.kit.etag import check_version, if_match, set_etag
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.routing import concept_router

router = concept_router("需求解析")

IfMatch = Annotated[str | None, Depends(if_match)]


@router.get("/requirements/{requirement_id}/analysis", response_model=AnalysisView, summary="需求解析")
def get_analysis(
    requirement_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("analyses:read"),
) -> AnalysisView:
    """What the text says, and what it lacks, with people's corrections; for the seeker, reviewers and staff.

    Always of the text as it is now: what is not stored is computed at once (then `is_stored` is false).
    """
    requirement = requirements.get(session, actor, requirement_id)
    policy.check_may_read(actor, requirement)
    return _answer(session, requirement, response)


@router.patch("/requirements/{requirement_id}/analysis", response_model=AnalysisView, summary="修改需求解析")
def patch_analysis(
    requirement_id: uuid.UUID,
    body: AnalysisPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("analyses:write"),
) -> AnalysisView:
    """Only the parts that are sent change; null takes a correction back. Corrections survive every new reading.

    Needs `If-Match` with the ETag that was read.
    """
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    policy.check_may_edit(actor, requirement)
    row = repository.stored(session, [requirement.id]).get(requirement.id)
    check_version(header, row.version if row else 0)
    service.edit(session, actor, requirement, body.as_changes())
    return _answer(session, requirement, response)


@router.post(
    "/requirements/{requirement_id}/analysis/refresh", response_model=AnalysisView, summary="重新解析该需求"
)
def refresh_analysis(
    requirement_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("analyses:write"),
) -> AnalysisView:
    """Reads the text again and stores the result; corrections stay."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    service.refresh(session, actor, requirement)
    return _answer(session, requirement, response)


@router.get(
    "/requirements/{requirement_id}/analysis/neighbours",
    response_model=NeighboursView,
    summary="重复与同一瓶颈的需求",
)
def list_neighbours(
    requirement_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    limit: Annotated[int, Query(ge=1, le=50, description="数量")] = 10,
    actor: Actor = needs("analyses:read"),
) -> NeighboursView:
    """Near-duplicates and requirements with the same bottleneck, among those that the caller may see."""
    requirement = requirements.get(session, actor, requirement_id)
    policy.check_may_read(actor, requirement)
    return presenter.present_neighbours(near(context, session, actor, requirement, limit=limit))


@router.post(
    "/challenges/{challenge_id}/analyses",
    response_model=BatchView,
    status_code=202,
    summary="解析赛事的全部需求",
)
def analyse_challenge(
    challenge_id: uuid.UUID, session: WriteSession, actor: Actor = needs("analyses:run")
) -> BatchView:
    """A job that brings the analyses of the challenge's requirements up to date; watch or cancel it under `/jobs`."""
    challenge = challenges.get(session, actor, challenge_id)
    return BatchView(job_id=service.start_batch(session, actor, challenge).id)


def _answer(session: Session, requirement: Requirement, response: Response) -> AnalysisView:
    found = service.reading_of(session, requirement)
    set_etag(response, found.version)
    return presenter.present(found)
