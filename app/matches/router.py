"""Candidates of requirements, requirements for solvers, and near-duplicates; rounds have a router of their own."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, needs
from app.kit.schemas import Line
from app.matches import presenter, rounds, service
from app.matches.ranking import CandidateFilters, rank
from app.matches.schemas import (
    CandidatesView,
    FittingRequirementsView,
    SimilarListView,
)
from app.models.requirement import Field
from app.models.solver import SolverKind
from app.requirements import repository as requirements
from app.routing import Language, concept_router, ignores_idempotency_keys
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
    language: Language,
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
        return presenter.kept(actor, requirement, kept, language=language)
    ranking = service.candidates_live(context, session, actor, requirement, limit=limit, filters=filters)
    return presenter.live(ranking, searched_solvers=service.searched_solvers(context), language=language)


@router.post(
    "/requirements/{requirement_id}/candidates/refresh",
    response_model=CandidatesView,
    summary="重新匹配该需求",
)
@ignores_idempotency_keys
def refresh_candidates(
    requirement_id: uuid.UUID,
    context: Context,
    language: Language,
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
    return presenter.live(ranking, searched_solvers=searched, language=language, round_id=found.id)


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
    language: Language,
    limit: Limit = 10,
    actor: Actor = needs("fitting-requirements:read"),
) -> FittingRequirementsView:
    """Published requirements that fit this solver, ranked, with evidence; for the solver and for staff."""
    solver = solvers.get(session, actor, solver_id)
    found = service.requirements_for(context, session, actor, solver, limit=limit)
    return presenter.fitting(actor, found, language=language)
