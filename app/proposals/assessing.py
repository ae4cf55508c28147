"""Who assesses the proposals of a call, and their scorecards. Reviewers are blind to each other until all are in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError, NotFound
from app.indexing.outbox import note
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.models.indexing import IndexCollection
from app.models.proposal import (
    ACTIVE_ASSESSMENTS,
    ASSESSMENT_TRANSITIONS,
    EVALUATED_STATUSES,
    AssessmentStatus,
    Proposal,
    ProposalAssessment,
    ProposalCall,
    ProposalScorecard,
    ProposalStatus,
)
from app.models.requirement import Requirement
from app.proposals import policy, ranking, repository
from app.proposals.criteria import Criterion, parse
from app.proposals.notices import tell_assigned, tell_complete, tell_recused

AS = AssessmentStatus


class NothingToAssess(JiebangError):
    code, status = "nothing_to_assess", 409
    zh, en = "没有待评审的方案", "There is no proposal to assess"


class AssessmentOver(JiebangError):
    code, status = "assessment_over", 409
    zh, en = "评审结果已公布，评审不再变动", "A result was given; the assessment stays as it is"


class NotDeclared(JiebangError):
    code, status = "conflict_not_declared", 409
    zh, en = "请先声明是否存在利益冲突，再评审", "Declare first whether you have a conflict of interest"


class ScorecardFinal(JiebangError):
    code, status = "scorecard_final", 409
    zh, en = "评分表已提交，不能再改", "The scorecard was submitted and stays as it is"


class AssessmentHasScores(JiebangError):
    code, status = "assessment_has_scores", 409
    zh = "该专家已提交评分表，不能取消其评审；确有利益冲突的，由其本人声明回避"
    en = "The reviewer has submitted scores and is not removed; with a conflict of interest, they recuse themselves"


@dataclass(frozen=True)
class State:
    """Everything the assessment of a call rests on, read at one moment."""

    call: ProposalCall
    criteria: list[Criterion]
    assessments: list[ProposalAssessment]
    cards: list[ProposalScorecard]
    ranked: list[ranking.Ranked]

    @property
    def is_complete(self) -> bool:
        """Whether every scorecard is in."""
        return ranking.is_complete(self.assessments, self.ranked)

    @property
    def is_decided(self) -> bool:
        """Whether a result has been given for any of the proposals."""
        undecided = (ProposalStatus.UNDER_EVALUATION,)
        return any(item.proposal.status not in undecided for item in self.ranked)


def state_of(session: Session, call: ProposalCall) -> State:
    """The state of a closed call."""
    criteria = parse(call.criteria)
    cards = repository.cards_of(session, call.id)
    ranked = ranking.rank(criteria, repository.proposals_to(session, call.requirement_id), cards)
    return State(call, criteria, repository.active_assessments(session, call.id), cards, ranked)


def assign(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    call: ProposalCall,
    reviewer_ids: Sequence[uuid.UUID],
) -> list[ProposalAssessment]:
    """Gives these reviewers the call to assess; who has it already keeps it. The requirement is locked.

    Raises `NothingToAssess`, `AssessmentOver`, `InvalidInput` for who is no reviewer, `ReviewerConflict`, or
    `MoveNotAllowed` for who stepped back.
    """
    _check_is_undecided(session, call)
    found = _running(session, call)
    if not found:
        raise NothingToAssess()
    teams = [proposal.solver for proposal in found]
    given = []
    for place, reviewer_id in enumerate(dict.fromkeys(reviewer_ids)):
        if not policy.is_reviewer(session, reviewer_id):
            field = f"reviewer_ids.{place}"
            raise InvalidInput(
                fields=(FieldError(field, "unknown_reviewer", "没有这位评审专家", "No such reviewer"),)
            )
        policy.check_no_conflict(session, reviewer_id, requirement, teams)
        given.append(_give(session, actor, call, reviewer_id))
    return given


def declare(
    session: Session, actor: Actor, assessment: ProposalAssessment, *, has_conflict: bool, reason: str = ""
) -> ProposalAssessment:
    """The reviewer says whether anything ties them to a party; with a conflict, all their scores are void.

    The call is locked. Raises `MoveNotAllowed`, `AssessmentOver` or `ReviewerConflict`.
    """
    _check_is_own(actor, assessment)
    _check_is_undecided(session, assessment.call)
    assessment.declared_at, assessment.reason = now(), reason
    if has_conflict:
        _move(session, actor, assessment, AS.RECUSED)
        tell_recused(session, assessment, assessment.call)
        tell_if_complete(session, assessment.call)
        return assessment
    check_move(ASSESSMENT_TRANSITIONS, assessment.status, AS.ACCEPTED)
    found = _running(session, assessment.call)
    teams = [proposal.solver for proposal in found]
    policy.check_no_conflict(session, assessment.reviewer_id, assessment.call.requirement, teams)
    _move(session, actor, assessment, AS.ACCEPTED)
    for proposal in found:
        session.add(ProposalScorecard(assessment_id=assessment.id, proposal_id=proposal.id, scores=[]))
    session.flush()
    return assessment


def remove(
    session: Session, actor: Actor, assessment: ProposalAssessment, *, reason: str
) -> ProposalAssessment:
    """Takes a reviewer off who has not scored yet.

    Raises `AssessmentHasScores`, `AssessmentOver` or `MoveNotAllowed`.
    """
    _check_is_undecided(session, assessment.call)
    cards = select(ProposalScorecard).where(ProposalScorecard.assessment_id == assessment.id)
    held = session.scalars(cards).all()
    if assessment.status in ACTIVE_ASSESSMENTS and any(card.submitted_at is not None for card in held):
        raise AssessmentHasScores()
    assessment.reason = reason
    _move(session, actor, assessment, AS.REMOVED)
    for card in held:
        session.delete(card)
    session.flush()
    tell_if_complete(session, assessment.call)
    return assessment


def card_of(
    session: Session, actor: Actor, assessment: ProposalAssessment, proposal_id: uuid.UUID
) -> ProposalScorecard:
    """The reviewer's own scorecard. Raises `NotFound` or `NotDeclared`."""
    _check_is_own(actor, assessment)
    if assessment.status is AS.ASSIGNED:
        raise NotDeclared()
    statement = select(ProposalScorecard).where(
        ProposalScorecard.assessment_id == assessment.id, ProposalScorecard.proposal_id == proposal_id
    )
    card = session.scalar(statement.execution_options(populate_existing=True))
    if card is None or assessment.status is not AS.ACCEPTED:
        raise NotFound()
    return card


def save(
    session: Session,
    actor: Actor,
    assessment: ProposalAssessment,
    card: ProposalScorecard,
    *,
    scores: Sequence[Mapping[str, Any]],
    comment: str,
) -> ProposalScorecard:
    """Keeps scores that may be incomplete. Raises `ScorecardFinal`, `InvalidInput` or `ReviewerConflict`."""
    _check_may_score(session, assessment, card)
    known = {criterion.code for criterion in parse(assessment.call.criteria)}
    for place, row in enumerate(scores):
        if row["code"] not in known or any(other["code"] == row["code"] for other in scores[:place]):
            problem = FieldError(
                f"scores.{place}.code", "unknown_criterion", "没有这项评审指标", "No such criterion"
            )
            raise InvalidInput(fields=(problem,))
    card.scores, card.comment = [dict(row) for row in scores], comment
    session.flush()
    return card


def hand_in(
    session: Session, actor: Actor, assessment: ProposalAssessment, card: ProposalScorecard
) -> ProposalScorecard:
    """Makes a complete scorecard final. Raises `InvalidInput`, `ScorecardFinal` or `ReviewerConflict`."""
    _check_may_score(session, assessment, card)
    given = {row["code"] for row in card.scores}
    missing = [row for row in parse(assessment.call.criteria) if row.code not in given]
    if missing:
        raise InvalidInput(
            fields=tuple(
                FieldError(
                    f"scores.{row.code}", "missing", f"请为“{row.name}”评分", "Every criterion needs a score"
                )
                for row in missing
            )
        )
    card.submitted_at = now()
    session.flush()
    _record(session, actor, assessment, "assessment.scored", proposal=str(card.proposal_id))
    tell_if_complete(session, assessment.call)
    return card


def readable_cards(session: Session, actor: Actor, proposal: Proposal) -> list[ProposalScorecard]:
    """The submitted scorecards for a proposal: staff all, a reviewer the others' only when all are in.

    The reader may see the proposal; neither teams nor the seeker read who gave how much.
    """
    call = session.scalar(select(ProposalCall).where(ProposalCall.requirement_id == proposal.requirement_id))
    if call is None or call.closed_at is None:
        return []
    state = state_of(session, call)
    own = [card for card in state.cards if card.proposal_id == proposal.id and card.submitted_at is not None]
    if actor.is_staff:
        return own
    is_assessing = any(row.reviewer_id == actor.user_id for row in state.assessments)
    if is_assessing and state.is_complete:
        return own
    return [card for card in own if card.assessment.reviewer_id == actor.user_id]


def tell_if_complete(session: Session, call: ProposalCall) -> None:
    """Tells the organizers once every scorecard is in."""
    state = state_of(session, call)
    if state.is_complete:
        tell_complete(session, call, sum(item.scorecards for item in state.ranked))


def _check_is_undecided(session: Session, call: ProposalCall) -> None:
    if state_of(session, call).is_decided:
        raise AssessmentOver()


def _give(session: Session, actor: Actor, call: ProposalCall, reviewer_id: uuid.UUID) -> ProposalAssessment:
    statement = select(ProposalAssessment).where(
        ProposalAssessment.call_id == call.id, ProposalAssessment.reviewer_id == reviewer_id
    )
    assessment = session.scalar(statement)
    if assessment is not None and assessment.status in ACTIVE_ASSESSMENTS:
        return assessment
    if assessment is None:
        assessment = ProposalAssessment(
            call_id=call.id, reviewer_id=reviewer_id, assigned_by_id=actor.user_id, status=AS.ASSIGNED
        )
        session.add(assessment)
        session.flush()
        _record(session, actor, assessment, "assessment.assigned")
    else:
        assessment.declared_at, assessment.reason = None, ""
        _move(session, actor, assessment, AS.ASSIGNED)
    tell_assigned(session, assessment, call)
    return assessment


def _running(session: Session, call: ProposalCall) -> list[Proposal]:
    found = repository.proposals_to(session, call.requirement_id)
    return [proposal for proposal in found if proposal.status in EVALUATED_STATUSES]


def _check_is_own(actor: Actor, assessment: ProposalAssessment) -> None:
    # Staff see every task; only the reviewer it was given to can act on it.
    if actor.user_id is None or assessment.reviewer_id != actor.user_id:
        raise NotFound()


def _check_may_score(session: Session, assessment: ProposalAssessment, card: ProposalScorecard) -> None:
    if card.submitted_at is not None:
        raise ScorecardFinal()
    _check_is_undecided(session, assessment.call)
    # Whoever joined a party's unit since is tied to it now.
    teams = [proposal.solver for proposal in _running(session, assessment.call)]
    policy.check_no_conflict(session, assessment.reviewer_id, assessment.call.requirement, teams)


def _move(
    session: Session, actor: Actor, assessment: ProposalAssessment, to: AssessmentStatus
) -> ProposalAssessment:
    before = assessment.status
    check_move(ASSESSMENT_TRANSITIONS, before, to)
    assessment.status = to
    session.flush()
    _record(session, actor, assessment, "assessment.moved", **{"from": before.value, "to": to.value})
    return assessment


def _record(
    session: Session, actor: Actor, assessment: ProposalAssessment, action: str, **detail: str
) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="proposal_assessment",
        object_id=assessment.id,
        **detail,
    )
    # Who is to assess proposals for a requirement sees and finds it, and who is no longer to does not.
    call = session.get_one(ProposalCall, assessment.call_id)
    note(session, IndexCollection.REQUIREMENTS, call.requirement_id)
