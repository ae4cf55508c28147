"""The call for proposals on a requirement as its readers get it: until when, from whom, by which criteria."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import JiebangError
from app.kit.clock import now
from app.models.proposal import Proposal, ProposalStatus
from app.models.requirement import Requirement
from app.proposals import calls, policy
from app.proposals.criteria import criteria_of
from app.proposals.presenter import present_call
from app.proposals.schemas import CallView


def call_view(session: Session, actor: Actor, requirement: Requirement) -> CallView:
    """The call at this moment; the actor may see the requirement. Only staff read how many were handed in."""
    call = calls.get(session, requirement.id)
    try:
        calls.check_is_open(session, requirement.id, call, now())
        is_open = requirement.status in policy.PROPOSABLE_STATUSES
    except JiebangError:
        is_open = False
    count = None
    if actor.is_staff:
        handed_in = select(func.count(Proposal.id)).where(
            Proposal.requirement_id == requirement.id,
            Proposal.number > 0,
            Proposal.status != ProposalStatus.WITHDRAWN,
        )
        count = session.scalar(handed_in) or 0
    return present_call(
        requirement,
        call,
        closes_at=calls.closes_at(session, requirement.id, call),
        is_open=is_open,
        criteria=criteria_of(session, requirement.id, call),
        proposals=count,
    )
