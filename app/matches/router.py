"""Candidates of requirements, requirements for solvers, near-duplicates, and match rounds."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.errors import NotFound
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.matches import presenter, repository, rounds, service
from app.matches.ranking import CandidateFilters, rank
from app.matches.schemas import (
    CandidatesView,
    FittingRequirementsView,
    PublicationView,
    RoundCreate,
    RoundView,
    SimilarListView,
    WithdrawBody,
)
from app.models.matching import MatchRound
from app.models.requirement import Field
from app.models.solver import SolverKind
from app.requirements import repository as requirements
from app.routing import concept_router, ignores_idempotency_keys
from app.solvers import repository as solvers

router = concept_router("智能匹配")

Limit = Annotated[int, Query(ge=1, le=50, description="候选数量")]


def candidate_filters(
    field: Annotated[list[Field] | None, Query(description="成果所属领域")] = None,
    region: Annotated[
        Annotated[str, Line(200)] | None, Query(description="解决方地区，如 江苏省/南京市")
    ] = None,
    solver_kind: Annotated[list[SolverKind] | None, Query(description="解决方类型")] = None,
    excluded: Annotated[
        list[Annotated[str, Line(200)]] | None, Query(max_length=20, description="不参与匹配的单位名称")
    ] = None,
) -> CandidateFilters:
    """The query parameters that narrow a live ranking."""
    return CandidateFilters(
        field=tuple(value.value for value in field or ()),
        region=region or "",
        solver_kind=tuple(value.value for value in solver_kind or ()),
        excluded=tuple(excluded or ()),
    )


@router.get("/requirements/{requirement_id}/candidates", response_model=CandidatesView, summary="候选解决方")
def list_candidates(
    requirement_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    filters: Annotated[CandidateFilters, Depends(candidate_filters)],
    limit: Limit = 10,
    live: Annotated[bool, Query(description="不取已存结果，立即重新计算（承办单位、评审可用）")] = False,
    actor: Actor = needs("candidates:read"),
) -> CandidatesView:
    """The seeker gets what was published to it.

    Staff and reviewers get the latest ranking, or a live one when none is stored, when a filter is given, or
    when they ask for it.
    """
    requirement = requirements.get(session, actor, requirement_id)
    is_narrowed = filters != CandidateFilters()
    kept = service.candidates_kept(session, actor, requirement, limit=limit)
    if not service.may_rank(actor) or (kept.round is not None and not live and not is_narrowed):
        return presenter.kept(actor, requirement, kept)
    ranking = service.candidates_live(context, session, actor, requirement, limit=limit, filters=filters)
    return presenter.live(ranking, searched_solvers=service.searched_solvers(context))


@router.post(
    "/requirements/{requirement_id}/candidates/refresh",
    response_model=CandidatesView,
    summary="重新匹配该需求",
)
@ignores_idempotency_keys
def refresh_candidates(
    requirement_id: uuid.UUID,
    context: Context,
    limit: Limit = 10,
    actor: Actor = needs("candidates:refresh"),
) -> CandidatesView:
    """Ranks solvers now and keeps the result as a draft round, which can be published to the seeker.

    Repeated, it leaves one such draft.
    """
    # Ranking encodes texts; no other writer should wait for that.
    with context.db.read() as session:
        requirement = requirements.get(session, actor, requirement_id)
        ranking = rank(session, context.index, requirement, limit=limit)
    searched = service.searched_solvers(context)
    with context.db.write() as session:
        found = rounds.keep_ranking(session, actor, ranking, top=limit, searched_solvers=searched)
    return presenter.live(ranking, searched_solvers=searched, round_id=found.id)


@router.get("/requirements/{requirement_id}/similar", response_model=SimilarListView, summary="相似需求")
def list_similar(
    requirement_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    limit: Limit = 10,
    actor: Actor = needs("requirements:read"),
) -> SimilarListView:
    """Near-duplicates among what the caller may see; worth a look before submitting."""
    requirement = requirements.get(session, actor, requirement_id)
    found = service.similar_to(context, session, actor, requirement, limit=limit)
    return presenter.similar(actor, found)


@router.get(
    "/solvers/{solver_id}/requirements", response_model=FittingRequirementsView, summary="适合该解决方的需求"
)
def list_fitting_requirements(
    solver_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    limit: Limit = 10,
    actor: Actor = needs("fitting-requirements:read"),
) -> FittingRequirementsView:
    """Published requirements that fit this solver, ranked, with evidence; for the solver and for staff."""
    solver = solvers.get(session, actor, solver_id)
    found = service.requirements_for(context, session, actor, solver, limit=limit)
    return presenter.fitting(actor, found)


@router.post(
    "/challenges/{challenge_id}/rounds", response_model=RoundView, status_code=202, summary="启动一轮匹配"
)
def create_round(
    challenge_id: uuid.UUID,
    body: RoundCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("rounds:write"),
) -> RoundView:
    """Ranks solvers for every approved or published requirement of the challenge, in a job."""
    challenge = challenges.get(session, actor, challenge_id)
    found, job = rounds.start_round(session, actor, challenge, top=body.top)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return _view(session, found)


@router.get("/challenges/{challenge_id}/rounds", response_model=Page[RoundView], summary="匹配轮次列表")
def list_rounds(
    challenge_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("rounds:read"),
) -> Any:
    challenge = challenges.get(session, actor, challenge_id)
    rows, next_cursor, total = paginate(
        session,
        repository.visible_to(actor).where(MatchRound.challenge_id == challenge.id),
        page=page,
        key=MatchRound.id,
        sortable={"created_at": MatchRound.created_at, "published_at": MatchRound.published_at},
        default="-created_at",
    )
    views = [_view(session, row) for row in rows]
    return Page[RoundView](items=views, next_cursor=next_cursor, total=total)


@router.get("/rounds/{round_id}", response_model=RoundView, summary="匹配轮次")
def get_round(
    round_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("rounds:read")
) -> RoundView:
    found = repository.get(session, actor, round_id)
    set_etag(response, found.version)
    return _view(session, found)


@router.get(
    "/rounds/{round_id}/requirements/{requirement_id}",
    response_model=CandidatesView,
    summary="该轮次中一项需求的候选",
)
def get_round_candidates(
    round_id: uuid.UUID,
    requirement_id: uuid.UUID,
    session: ReadSession,
    limit: Limit = 50,
    actor: Actor = needs("rounds:read"),
) -> CandidatesView:
    """What the round holds for one of its requirements, published or not."""
    found = repository.get(session, actor, round_id)
    requirement = requirements.get(session, actor, requirement_id)
    if str(requirement_id) not in found.requirement_ids:
        raise NotFound()
    rows = repository.candidates_of(session, found.id, requirement.id, limit=limit)
    return presenter.kept(actor, requirement, service.Kept(found, tuple(rows)))


@router.post("/rounds/{round_id}/publish", response_model=PublicationView, summary="发布匹配结果")
def publish_round(
    round_id: uuid.UUID, session: WriteSession, actor: Actor = needs("rounds:write")
) -> PublicationView:
    """Answers every published requirement of the round: with its candidates, or with what was searched."""
    found = repository.get(session, actor, round_id, lock=True)
    done = rounds.publish_round(session, actor, found)
    return PublicationView(
        round=_view(session, found),
        with_candidates=list(done.with_candidates),
        without_adequate=list(done.without_adequate),
        passed_over=list(done.passed_over),
    )


@router.post("/rounds/{round_id}/withdraw", response_model=RoundView, summary="撤回匹配轮次")
def withdraw_round(
    round_id: uuid.UUID, body: WithdrawBody, session: WriteSession, actor: Actor = needs("rounds:write")
) -> RoundView:
    """Takes a draft or published round back; the seekers concerned read the reason."""
    found = repository.get(session, actor, round_id, lock=True)
    return _view(session, rounds.withdraw_round(session, actor, found, reason=body.reason))


def _view(session: Session, found: MatchRound) -> RoundView:
    job = next(iter(repository.jobs_of(session, [found]).values()), None)
    return presenter.round_view(found, job, repository.counts(session, found.id))
