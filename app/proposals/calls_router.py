"""`/requirements/{id}/proposal-call`, the criteria of challenges, assigning, ranking and the result."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page
from app.models.proposal import ChallengeCriteria, ProposalStatus
from app.models.requirement import Requirement
from app.proposals import assessing, calls, repository, results, succession
from app.proposals.assessment_presenter import present_assessments, present_ranking
from app.proposals.assessment_schemas import (
    AssessmentListView,
    AssignBody,
    DecisionsBody,
    RankingView,
    SuccessionBody,
)
from app.proposals.call_presenter import call_view
from app.proposals.criteria import Criterion, parse
from app.proposals.deadlines import closed_call
from app.proposals.presenter import present, present_criteria
from app.proposals.results import Decision
from app.proposals.schemas import CallBody, CallView, Criteria, CriteriaBody, CriteriaView, ProposalView
from app.requirements import repository as requirements
from app.routing import concept_router

router = concept_router("方案征集与评审")

IfMatch = Annotated[str | None, Depends(if_match)]


@router.get("/requirements/{requirement_id}/proposal-call", response_model=CallView, summary="方案征集")
def get_call(
    requirement_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("proposals:read"),
) -> CallView:
    """Until when, from whom and by which criteria; for everyone who may see the requirement or was invited."""
    requirement = repository.requirement_for(session, actor, requirement_id)
    return _call_view(session, actor, requirement, response)


@router.put("/requirements/{requirement_id}/proposal-call", response_model=CallView, summary="设定方案征集")
def put_call(
    requirement_id: uuid.UUID,
    body: CallBody,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("proposals:manage"),
) -> CallView:
    """Needs `If-Match` (`"0"` before anything was set). Once a team is at work, the closing instant only moves
    to later, and everybody concerned is told; once it has passed, nothing changes."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    known = calls.get(session, requirement.id)
    check_version(header, 0 if known is None else known.version)
    calls.edit(
        session,
        actor,
        requirement,
        calls.ensure(session, requirement.id),
        admission=body.admission,
        closing=body.closes_at,
        criteria=_criteria(body.criteria),
    )
    return _call_view(session, actor, requirement, response)


@router.get(
    "/challenges/{challenge_id}/proposal-criteria", response_model=CriteriaView, summary="赛事评审指标"
)
def get_criteria(
    challenge_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("proposals:read"),
) -> CriteriaView:
    """Empty: the usual ones hold."""
    challenge = challenges.get(session, actor, challenge_id)
    row = session.scalar(select(ChallengeCriteria).where(ChallengeCriteria.challenge_id == challenge.id))
    return _criteria_view(row, response)


@router.put(
    "/challenges/{challenge_id}/proposal-criteria", response_model=CriteriaView, summary="设定赛事评审指标"
)
def put_criteria(
    challenge_id: uuid.UUID,
    body: CriteriaBody,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("proposals:manage"),
) -> CriteriaView:
    """For all its requirements that have none of their own and whose call is not closed yet. Needs `If-Match`
    (`"0"` before anything was set)."""
    challenge = challenges.get(session, actor, challenge_id, lock=True)
    known = session.scalar(select(ChallengeCriteria).where(ChallengeCriteria.challenge_id == challenge.id))
    check_version(header, 0 if known is None else known.version)
    row = calls.ensure_challenge(session, challenge.id)
    calls.edit_challenge(session, actor, challenge, row, _criteria(body.criteria))
    return _criteria_view(row, response)


@router.post(
    "/requirements/{requirement_id}/proposal-assessments",
    response_model=AssessmentListView,
    status_code=201,
    summary="指派方案评审专家",
)
def assign_reviewers(
    requirement_id: uuid.UUID,
    body: AssignBody,
    session: WriteSession,
    actor: Actor = needs("proposals:manage"),
) -> AssessmentListView:
    """After the closing instant. Each scores every proposal; who is tied to any party is refused with
    `reviewer_conflict`. Assigning again changes nothing."""
    requirement, call = closed_call(session, actor, requirement_id)
    given = assessing.assign(session, actor, requirement, call, body.reviewer_ids)
    found = [repository.get_assessment(session, actor, assessment.id) for assessment in given]
    return present_assessments(session, actor, found)


@router.get(
    "/requirements/{requirement_id}/proposal-ranking", response_model=RankingView, summary="方案评审排名"
)
def get_ranking(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("proposals:manage")
) -> RankingView:
    """By the mean of the weighted scores that are in, with ties and spread. 409 before the call is closed."""
    requirement = requirements.get(session, actor, requirement_id)
    call = calls.check_is_closed(calls.get(session, requirement.id))
    return present_ranking(assessing.state_of(session, call))


@router.post(
    "/requirements/{requirement_id}/proposal-results",
    response_model=Page[ProposalView],
    summary="公布方案评审结果",
)
def decide_proposals(
    requirement_id: uuid.UUID,
    body: DecisionsBody,
    session: WriteSession,
    actor: Actor = needs("proposals:manage"),
) -> Page[ProposalView]:
    """Shortlisted, selected or not, each with the reason that its team reads; the seeker gets them as an answer.
    409 `assessment_incomplete` until every scorecard is in."""
    requirement, call = closed_call(session, actor, requirement_id)
    decisions = [Decision(row.proposal_id, ProposalStatus(row.outcome), row.reason) for row in body.decisions]
    decided = results.decide(session, actor, requirement, call, decisions)
    return Page[ProposalView](items=[present(actor, row) for row in decided], total=len(decided))


@router.post(
    "/requirements/{requirement_id}/proposal-results/succession",
    response_model=Page[ProposalView],
    summary="选中团队退出，由下一名递补",
)
def succeed_selected(
    requirement_id: uuid.UUID,
    body: SuccessionBody,
    session: WriteSession,
    actor: Actor = needs("proposals:manage"),
) -> Page[ProposalView]:
    """The selected proposal ends with the reason; the best-ranked shortlisted one, or the one named, is selected.
    Both teams, the reviewers and the seeker are told. 409 `agreement_stands` while it is under contract."""
    requirement, call = closed_call(session, actor, requirement_id)
    found = succession.succeed(
        session,
        actor,
        requirement,
        call,
        body.proposal_id,
        reason=body.reason,
        successor_id=body.successor_id,
    )
    return Page[ProposalView](items=[present(actor, row) for row in found], total=len(found))


def _criteria(rows: Criteria) -> list[Criterion]:
    return [Criterion(row.code, row.name, row.weight, row.note) for row in rows]


def _call_view(session: Session, actor: Actor, requirement: Requirement, response: Response) -> CallView:
    view = call_view(session, actor, requirement)
    set_etag(response, view.version)
    return view


def _criteria_view(row: ChallengeCriteria | None, response: Response) -> CriteriaView:
    version = 0 if row is None else row.version
    set_etag(response, version)
    return CriteriaView(criteria=present_criteria(parse(row.criteria) if row else []), version=version)
