"""The result: which proposals are shortlisted, selected or not, with reasons that every team and the seeker read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.ledger import service as ledger
from app.models.ledger import ObligationKind, ResponseKind
from app.models.proposal import PROPOSAL_TRANSITIONS, Proposal, ProposalCall, ProposalStatus
from app.models.requirement import Requirement, RequirementStatus
from app.proposals import assessing, repository
from app.proposals.notices import tell_result
from app.proposals.service import move
from app.requirements import service as requirements
from app.requirements.service import Answer

P = ProposalStatus
OUTCOMES = (P.SELECTED, P.SHORTLISTED, P.NOT_SELECTED)


class AssessmentIncomplete(JiebangError):
    code, status = "assessment_incomplete", 409
    zh = "评分表尚未收齐（{done}/{wanted}），不能公布结果"
    en = "Not all scorecards are in ({done} of {wanted}); the result comes after them"


@dataclass(frozen=True)
class Decision:
    """What becomes of a proposal, and why: the team reads the reason."""

    proposal_id: uuid.UUID
    outcome: ProposalStatus
    reason: str


def decide(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    call: ProposalCall,
    decisions: Sequence[Decision],
    *,
    lead: str = "",
) -> list[Proposal]:
    """Gives these proposals their outcome, all or none; the requirement is locked and the call closed.

    `lead` is what the seeker reads before the results.

    A requirement that is published or matched is in contact once a proposal is selected. Raises
    `AssessmentIncomplete`, `InvalidInput` for a proposal that is not there or named twice, or `MoveNotAllowed`.
    """
    state = assessing.state_of(session, call)
    found = {item.proposal.id: item.proposal for item in state.ranked}
    _check_names(decisions, set(found))
    if not state.is_complete:
        wanted = max(1, len(state.assessments)) * len(state.ranked)
        done = sum(item.scorecards for item in state.ranked)
        raise AssessmentIncomplete(done=done, wanted=wanted)
    for decision in decisions:
        check_move(PROPOSAL_TRANSITIONS, found[decision.proposal_id].status, decision.outcome)
    decided = []
    for decision in decisions:
        proposal = found[decision.proposal_id]
        proposal.reason = decision.reason
        if decision.outcome is not P.SHORTLISTED:
            proposal.ended_at = now()
        move(session, actor, proposal, decision.outcome)
        tell_result(session, proposal)
        decided.append(proposal)
    _answer_seeker(session, actor, requirement, decided, lead)
    return [repository.get(session, actor, proposal.id) for proposal in decided]


def _answer_seeker(
    session: Session, actor: Actor, requirement: Requirement, decided: Sequence[Proposal], lead: str
) -> None:
    lines = [
        f"{outcome.label}：“{proposal.solver.name}”的《{_title(proposal)}》。{proposal.reason}"
        for outcome in OUTCOMES
        for proposal in decided
        if proposal.status is outcome
    ]
    text = "\n".join([*filter(None, [lead]), "解决方案评审结果：", *lines])
    detail = {
        "proposals": [{"id": str(proposal.id), "outcome": proposal.status.value} for proposal in decided]
    }
    is_selected = any(proposal.status is P.SELECTED for proposal in decided)
    if is_selected and requirement.status in (RequirementStatus.PUBLISHED, RequirementStatus.MATCHING):
        answer = Answer(ResponseKind.PROPOSAL_RESULT, text, detail)
        requirements.move(session, actor, requirement, RequirementStatus.IN_CONTACT, answer)
        return
    owed = ledger.open_obligation(session, requirement.id)
    if owed is not None and owed.kind is ObligationKind.FIRST_CANDIDATES:
        # Without a selected team the first candidates are still owed.
        ledger.give_notice(session, requirement, text=text, author_id=actor.user_id, detail=detail)
        return
    ledger.answer(
        session,
        requirement,
        kind=ResponseKind.PROPOSAL_RESULT,
        text=text,
        author_id=actor.user_id,
        detail=detail,
    )


def _title(proposal: Proposal) -> str:
    """As it was handed in, whatever the working copy says since."""
    assert proposal.latest is not None
    title: str = proposal.latest.content["title"]
    return title


def _check_names(decisions: Sequence[Decision], known: set[uuid.UUID]) -> None:
    named: set[uuid.UUID] = set()
    for place, decision in enumerate(decisions):
        if decision.proposal_id not in known or decision.proposal_id in named:
            problem = FieldError(
                f"decisions.{place}.proposal_id",
                "unknown_proposal",
                "没有这份待定的方案，或已列出",
                "No such proposal here, or named twice",
            )
            raise InvalidInput(fields=(problem,))
        named.add(decision.proposal_id)
