"""Renders assessments, scorecards and the ranking."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.models.proposal import (
    EVALUATED_STATUSES,
    ProposalAssessment,
    ProposalScorecard,
)
from app.proposals import repository
from app.proposals.assessing import State
from app.proposals.assessment_schemas import (
    AssessmentListView,
    AssessmentView,
    RankedView,
    RankingView,
    ScorecardListView,
    ScorecardView,
    ScoreView,
    ToAssessView,
)
from app.proposals.criteria import Criterion, parse, weighted
from app.proposals.presenter import present_criteria, title_for
from app.proposals.ranking import Ranked
from app.proposals.schemas import TeamView


def present_assessment(session: Session, actor: Actor, assessment: ProposalAssessment) -> AssessmentView:
    """A reviewer's task with the teams whose proposals it is about."""
    call = assessment.call
    statement = select(ProposalScorecard.proposal_id).where(
        ProposalScorecard.assessment_id == assessment.id, ProposalScorecard.submitted_at.is_not(None)
    )
    scored = set(session.scalars(statement))
    proposals = [
        ToAssessView(
            proposal_id=row.id, solver=TeamView.model_validate(row.solver), is_scored=row.id in scored
        )
        for row in repository.proposals_to(session, call.requirement_id)
        if row.status in EVALUATED_STATUSES
    ]
    return AssessmentView(
        id=assessment.id,
        status=assessment.status,
        status_label=assessment.status.label,
        requirement_id=call.requirement_id,
        requirement=title_for(actor, call.requirement),
        organization=call.requirement.organization.name,
        reviewer=TeamView.model_validate(assessment.reviewer),
        declared_at=assessment.declared_at,
        reason=assessment.reason,
        criteria=present_criteria(parse(call.criteria)),
        proposals=proposals,
        created_at=assessment.created_at,
        version=assessment.version,
    )


def present_assessments(
    session: Session, actor: Actor, rows: Sequence[ProposalAssessment]
) -> AssessmentListView:
    items = [present_assessment(session, actor, row) for row in rows]
    return AssessmentListView(items=items, total=len(items))


def present_scorecard(criteria: Sequence[Criterion], card: ProposalScorecard) -> ScorecardView:
    """A scorecard whose assessment comes with its reviewer."""
    return ScorecardView(
        proposal_id=card.proposal_id,
        assessment_id=card.assessment_id,
        reviewer=TeamView.model_validate(card.assessment.reviewer),
        scores=[ScoreView.model_validate(row) for row in card.scores],
        comment=card.comment,
        total=weighted(criteria, card.scores),
        submitted_at=card.submitted_at,
        version=card.version,
    )


def present_scorecards(
    criteria: Sequence[Criterion], cards: Sequence[ProposalScorecard]
) -> ScorecardListView:
    items = [present_scorecard(criteria, card) for card in cards]
    return ScorecardListView(items=items, total=len(items))


def present_ranking(state: State) -> RankingView:
    return RankingView(
        requirement_id=state.call.requirement_id,
        reviewers=len(state.assessments),
        is_complete=state.is_complete,
        items=[_ranked(item) for item in state.ranked],
        total=len(state.ranked),
    )


def _ranked(item: Ranked) -> RankedView:
    proposal = item.proposal
    assert proposal.latest is not None
    return RankedView(
        rank=item.rank,
        is_tied=item.is_tied,
        proposal_id=proposal.id,
        solver=TeamView.model_validate(proposal.solver),
        title=proposal.latest.content["title"],
        status=proposal.status,
        status_label=proposal.status.label,
        mean=item.mean,
        lowest=item.lowest,
        highest=item.highest,
        spread=item.spread,
        scorecards=item.scorecards,
        by_criterion=dict(item.by_criterion),
    )
