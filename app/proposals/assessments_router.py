"""`/proposal-assessments`: reviewers declare, score and hand in; nobody reads another's scores before all are in."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.proposal import AssessmentStatus, ProposalAssessment, ProposalCall, ProposalScorecard
from app.proposals import assessing, calls, repository
from app.proposals.assessment_presenter import present_assessment, present_scorecard, present_scorecards
from app.proposals.assessment_schemas import (
    AssessmentView,
    DeclareBody,
    RemoveBody,
    ScorecardBody,
    ScorecardListView,
    ScorecardView,
)
from app.proposals.criteria import criteria_of, parse
from app.routing import concept_router

router = concept_router("方案征集与评审")

IfMatch = Annotated[str | None, Depends(if_match)]


@router.get("/proposal-assessments", response_model=Page[AssessmentView], summary="方案评审任务")
def list_assessments(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    status: Annotated[list[AssessmentStatus] | None, Query(description="状态")] = None,
    requirement_id: uuid.UUID | None = None,
    actor: Actor = needs("assessments:read"),
) -> Page[AssessmentView]:
    """Reviewers see their own, staff all. Sort by created_at."""
    statement = repository.with_call(repository.assessments_visible_to(actor))
    if status:
        statement = statement.where(ProposalAssessment.status.in_(status))
    if requirement_id is not None:
        statement = statement.where(ProposalCall.requirement_id == requirement_id)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=ProposalAssessment.id,
        sortable=repository.ASSESSMENTS_SORTABLE,
        default="-created_at",
    )
    items = [present_assessment(session, actor, row) for row in rows]
    return Page[AssessmentView](items=items, next_cursor=next_cursor, total=total)


@router.get(
    "/proposal-assessments/{assessment_id}", response_model=AssessmentView, summary="方案评审任务详情"
)
def get_assessment(
    assessment_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("assessments:read"),
) -> AssessmentView:
    return _answer(session, actor, repository.get_assessment(session, actor, assessment_id), response)


@router.post(
    "/proposal-assessments/{assessment_id}/declare", response_model=AssessmentView, summary="声明利益冲突"
)
def declare(
    assessment_id: uuid.UUID,
    body: DeclareBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("proposals:assess"),
) -> AssessmentView:
    """Without a conflict the proposals can be read and scored from now on; with one the task ends here."""
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    assessing.declare(session, actor, assessment, has_conflict=body.has_conflict, reason=body.reason)
    return _answer(session, actor, assessment, response)


@router.post(
    "/proposal-assessments/{assessment_id}/remove", response_model=AssessmentView, summary="取消评审任务"
)
def remove_assessment(
    assessment_id: uuid.UUID,
    body: RemoveBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("proposals:manage"),
) -> AssessmentView:
    """409 `assessment_has_scores` once the reviewer has handed in a scorecard."""
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    assessing.remove(session, actor, assessment, reason=body.reason)
    return _answer(session, actor, assessment, response)


@router.get(
    "/proposal-assessments/{assessment_id}/scorecards/{proposal_id}",
    response_model=ScorecardView,
    summary="我的评分表",
)
def get_scorecard(
    assessment_id: uuid.UUID,
    proposal_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("proposals:assess"),
) -> ScorecardView:
    assessment = repository.get_assessment(session, actor, assessment_id)
    card = assessing.card_of(session, actor, assessment, proposal_id)
    return _card(assessment, card, response)


@router.put(
    "/proposal-assessments/{assessment_id}/scorecards/{proposal_id}",
    response_model=ScorecardView,
    summary="填写评分表",
)
def put_scorecard(
    assessment_id: uuid.UUID,
    proposal_id: uuid.UUID,
    body: ScorecardBody,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("proposals:assess"),
) -> ScorecardView:
    """May be incomplete; nobody else reads it. Needs `If-Match`."""
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    card = assessing.card_of(session, actor, assessment, proposal_id)
    check_version(header, card.version)
    rows = [{"code": row.code, "score": float(row.score), "comment": row.comment} for row in body.scores]
    assessing.save(session, actor, assessment, card, scores=rows, comment=body.comment)
    return _card(assessment, card, response)


@router.post(
    "/proposal-assessments/{assessment_id}/scorecards/{proposal_id}/submit",
    response_model=ScorecardView,
    summary="提交评分表",
)
def submit_scorecard(
    assessment_id: uuid.UUID,
    proposal_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("proposals:assess"),
) -> ScorecardView:
    """Every criterion needs a score; the scorecard is final from now on."""
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    card = assessing.card_of(session, actor, assessment, proposal_id)
    if header is not None:
        check_version(header, card.version)
    assessing.hand_in(session, actor, assessment, card)
    return _card(assessment, card, response)


@router.get("/proposals/{proposal_id}/scorecards", response_model=ScorecardListView, summary="方案的评分表")
def list_scorecards(
    proposal_id: uuid.UUID, session: ReadSession, actor: Actor = needs("assessments:read")
) -> ScorecardListView:
    """Staff read what is in; a reviewer the own one, and the others' once all are in."""
    proposal = repository.get(session, actor, proposal_id)
    cards = assessing.readable_cards(session, actor, proposal)
    call = calls.get(session, proposal.requirement_id)
    return present_scorecards(criteria_of(session, proposal.requirement_id, call), cards)


def _answer(
    session: Session, actor: Actor, assessment: ProposalAssessment, response: Response
) -> AssessmentView:
    set_etag(response, assessment.version)
    return present_assessment(session, actor, assessment)


def _card(assessment: ProposalAssessment, card: ProposalScorecard, response: Response) -> ScorecardView:
    card.assessment = assessment
    set_etag(response, card.version)
    return present_scorecard(parse(assessment.call.criteria), card)
