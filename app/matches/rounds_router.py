"""Match rounds: started, read, compared, steered by pins and bans, run again, published, withdrawn."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.errors import NotFound
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.matches import assignment_presenter, comparison, pair_rules, presenter, repository, rounds, service
from app.matches.assignment_schemas import (
    PairRefView,
    PairRuleBody,
    PairRuleView,
    RequirementAssignmentView,
    RerunBody,
    RoundComparisonView,
    TeamAssignmentView,
)
from app.matches.schemas import CandidatesView, PublicationView, RoundCreate, RoundView, WithdrawBody
from app.models.matching import MatchRound, PairRule, RoundResult, RoundTeam
from app.requirements import repository as requirements
from app.routing import Language, concept_router

router = concept_router("智能匹配")


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
    """Ranks solvers for every approved or published requirement of the challenge and assigns teams, in a job."""
    challenge = challenges.get(session, actor, challenge_id)
    found, job = rounds.start_round(
        session, actor, challenge, top=body.top, teams=body.teams, alternates=body.alternates
    )
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
    language: Language,
    limit: Annotated[int, Query(ge=1, le=100, description="候选数量")] = 50,
    actor: Actor = needs("rounds:read"),
) -> CandidatesView:
    """What the round holds for one of its requirements, published or not."""
    found = repository.get(session, actor, round_id)
    requirement = requirements.get(session, actor, requirement_id)
    if str(requirement_id) not in found.requirement_ids:
        raise NotFound()
    kept = service.kept_in(session, actor, found, requirement, limit=limit)
    return presenter.kept(actor, requirement, kept, language=language)


@router.post("/rounds/{round_id}/publish", response_model=PublicationView, summary="发布匹配结果")
def publish_round(
    round_id: uuid.UUID, session: WriteSession, actor: Actor = needs("rounds:write")
) -> PublicationView:
    """Answers every published requirement of the round: with its teams and candidates, or with what was searched.

    409 `round_outdated` when pins or bans changed since the round was computed.
    """
    found = repository.get(session, actor, round_id, lock=True)
    done = rounds.publish_round(session, actor, found)
    return PublicationView(
        round=_view(session, found),
        with_candidates=list(done.with_candidates),
        without_adequate=list(done.without_adequate),
        passed_over=list(done.passed_over),
        struck_out=[
            PairRefView(requirement_id=requirement_id, solver_id=solver_id)
            for requirement_id, solver_id in done.struck_out
        ],
    )


@router.post("/rounds/{round_id}/withdraw", response_model=RoundView, summary="撤回匹配轮次")
def withdraw_round(
    round_id: uuid.UUID, body: WithdrawBody, session: WriteSession, actor: Actor = needs("rounds:write")
) -> RoundView:
    """Takes a draft or published round back; the seekers concerned read the reason."""
    found = repository.get(session, actor, round_id, lock=True)
    return _view(session, rounds.withdraw_round(session, actor, found, reason=body.reason))


@router.post(
    "/rounds/{round_id}/rerun", response_model=RoundView, status_code=202, summary="重新运行匹配轮次"
)
def rerun_round(
    round_id: uuid.UUID,
    body: RerunBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("rounds:write"),
) -> RoundView:
    """Computes the round anew as a draft of its own, keeping assigned pairs; its figures tell what that costs.

    409 `round_infeasible` when pins, bans and pairs that must stay contradict each other.
    """
    found = repository.get(session, actor, round_id, lock=True)
    keep = None if body.keep is None else [(pair.requirement_id, pair.solver_id) for pair in body.keep]
    repeated, job = rounds.rerun(
        session, actor, found, keep=keep, keeping_value=body.keeping_value, must_stay=body.must_stay
    )
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return _view(session, repeated)


@router.get(
    "/rounds/{round_id}/assignments",
    response_model=Page[RequirementAssignmentView],
    summary="分配结果（按需求）",
)
def list_assignments(
    round_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    requirement_id: Annotated[uuid.UUID | None, Query(description="只看该需求")] = None,
    solver_id: Annotated[uuid.UUID | None, Query(description="只看分配给该解决方（含备选）的需求")] = None,
    served: Annotated[bool | None, Query(description="是否分得合适的团队")] = None,
    *,
    language: Language,
    actor: Actor = needs("rounds:read"),
) -> Page[RequirementAssignmentView]:
    """What each requirement got. Sort by number, level or best_adequate."""
    found = repository.get(session, actor, round_id)
    rows, next_cursor, total = paginate(
        session,
        repository.results_of(found.id, requirement_id=requirement_id, solver_id=solver_id, is_served=served),
        page=page,
        key=RoundResult.id,
        sortable={
            "number": RoundResult.number,
            "level": RoundResult.level,
            "best_adequate": RoundResult.best_adequate,
        },
        default="number",
    )
    items = assignment_presenter.by_requirement(session, found, rows, language=language)
    return Page[RequirementAssignmentView](items=items, next_cursor=next_cursor, total=total)


@router.get(
    "/rounds/{round_id}/teams", response_model=Page[TeamAssignmentView], summary="分配结果（按解决方）"
)
def list_teams(
    round_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    solver_id: Annotated[uuid.UUID | None, Query(description="只看该解决方")] = None,
    assigned: Annotated[bool | None, Query(description="是否分得需求")] = None,
    actor: Actor = needs("rounds:read"),
) -> Page[TeamAssignmentView]:
    """What each team got, and the places it had. Sort by assigned, capacity or taken."""
    found = repository.get(session, actor, round_id)
    rows, next_cursor, total = paginate(
        session,
        repository.teams_of(found.id, solver_id=solver_id, is_assigned=assigned),
        page=page,
        key=RoundTeam.id,
        sortable={
            "assigned": RoundTeam.assigned,
            "capacity": RoundTeam.capacity,
            "taken": RoundTeam.taken,
        },
        default="-assigned",
    )
    items = assignment_presenter.by_team(session, found, rows)
    return Page[TeamAssignmentView](items=items, next_cursor=next_cursor, total=total)


@router.get("/rounds/{round_id}/compare", response_model=RoundComparisonView, summary="比较两个匹配轮次")
def compare_rounds(
    round_id: uuid.UUID,
    session: ReadSession,
    other_id: Annotated[uuid.UUID, Query(alias="with", description="另一轮次")],
    limit: Annotated[int, Query(ge=1, le=200, description="每页条数")] = 50,
    cursor: Annotated[uuid.UUID | None, Query(description="上一页返回的 next_cursor")] = None,
    actor: Actor = needs("rounds:read"),
) -> RoundComparisonView:
    """How this round differs from another of the same challenge."""
    found, other = (repository.get(session, actor, key) for key in (round_id, other_id))
    differing = comparison.differences(session, found, other)
    return assignment_presenter.comparison(found, other, differing, limit=limit, after=cursor)


@router.get("/rounds/{round_id}/pairs", response_model=Page[PairRuleView], summary="指定与禁止的组合")
def list_pair_rules(
    round_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("rounds:read"),
) -> Page[PairRuleView]:
    """The pins and bans of the round's challenge."""
    found = repository.get(session, actor, round_id)
    rows, next_cursor, total = paginate(
        session,
        pair_rules.rules_of(found),
        page=page,
        key=PairRule.id,
        sortable={"created_at": PairRule.created_at},
        default="-created_at",
    )
    items = [assignment_presenter.pair_rule(row) for row in rows]
    return Page[PairRuleView](items=items, next_cursor=next_cursor, total=total)


@router.put(
    "/rounds/{round_id}/pairs/{requirement_id}/{solver_id}",
    response_model=PairRuleView,
    summary="指定或禁止一个组合",
)
def set_pair_rule(
    round_id: uuid.UUID,
    requirement_id: uuid.UUID,
    solver_id: uuid.UUID,
    body: PairRuleBody,
    session: WriteSession,
    actor: Actor = needs("rounds:write"),
) -> PairRuleView:
    """Holds for every later computation of the challenge.

    409 `round_infeasible`, with the smallest set of rules in the way, when it contradicts them.
    """
    found = repository.get(session, actor, round_id, lock=True)
    rule = pair_rules.set_rule(
        session, actor, found, (requirement_id, solver_id), verdict=body.verdict, reason=body.reason
    )
    return assignment_presenter.pair_rule(rule)


@router.delete(
    "/rounds/{round_id}/pairs/{requirement_id}/{solver_id}", status_code=204, summary="取消指定或禁止"
)
def lift_pair_rule(
    round_id: uuid.UUID,
    requirement_id: uuid.UUID,
    solver_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("rounds:write"),
) -> None:
    found = repository.get(session, actor, round_id, lock=True)
    pair_rules.lift_rule(session, actor, found, (requirement_id, solver_id))


def _view(session: Session, found: MatchRound) -> RoundView:
    job = next(iter(repository.jobs_of(session, [found]).values()), None)
    assigned = repository.assigned_count(session, found.id)
    return presenter.round_view(found, job, repository.counts(session, found.id), assigned=assigned)
