"""A selected team drops out: it is recorded why, the next on the shortlist takes its place, and all are told."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput
from app.kit.clock import now
from app.kit.lifecycle import MoveNotAllowed
from app.models.proposal import Proposal, ProposalCall, ProposalStatus
from app.models.requirement import Requirement
from app.proposals import assessing, repository
from app.proposals.notices import tell_result, tell_withdrawn
from app.proposals.results import Decision, decide
from app.proposals.service import check_is_not_under_contract, move, tell_seeker

P = ProposalStatus


def succeed(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    call: ProposalCall,
    dropped_id: uuid.UUID,
    *,
    reason: str,
    successor_id: uuid.UUID | None = None,
) -> list[Proposal]:
    """Ends a selected proposal and selects the best-ranked of the shortlisted, or the shortlisted one named.

    The seeker reads both in one answer, or that nobody is left on the shortlist. Returns the two, or the one.
    The requirement is locked. Raises `MoveNotAllowed` unless the first is selected, `AgreementStands` while it
    is under contract, and `InvalidInput` for a successor that is not on the shortlist.
    """
    ranked = [item.proposal for item in assessing.state_of(session, call).ranked]
    dropped = next((row for row in ranked if row.id == dropped_id), None)
    if dropped is None:
        raise _unknown("proposal_id", "没有这份方案", "No such proposal here")
    if dropped.status is not P.SELECTED:
        raise MoveNotAllowed(
            current=dropped.status.label,
            current_code=dropped.status.value,
            wanted=P.WITHDRAWN.label,
            wanted_code=P.WITHDRAWN.value,
        )
    check_is_not_under_contract(session, dropped)
    shortlist = [row for row in ranked if row.status is P.SHORTLISTED]
    if successor_id is not None:
        shortlist = [row for row in shortlist if row.id == successor_id]
        if not shortlist:
            raise _unknown("successor_id", "只能由已入围的方案递补", "Only a shortlisted proposal can follow")
    dropped.ended_at, dropped.reason = now(), reason
    move(session, actor, dropped, P.WITHDRAWN)
    tell_result(session, dropped)
    tell_withdrawn(session, dropped, but_not=actor.user_id)
    lead = f"原选中团队“{dropped.solver.name}”退出：{reason}"
    if not shortlist:
        tell_seeker(session, requirement, f"{lead}\n没有其他入围方案可以递补，承办单位将另行为您对接。", {})
        return [repository.get(session, actor, dropped.id)]
    why = f"原选中团队退出，按评审排名递补。退出原因：{reason}"
    decision = Decision(shortlist[0].id, P.SELECTED, why)
    decided = decide(session, actor, requirement, call, [decision], lead=lead)
    return [repository.get(session, actor, dropped.id), *decided]


def _unknown(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, "unknown_proposal", zh, en),))
