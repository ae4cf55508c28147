"""Renders an interest for one reader: the seeker reads what the team says, the team what it was answered."""

from __future__ import annotations

from typing import Any

from app.auth.actor import Actor
from app.interests.schemas import InterestView, RoundInterestView
from app.invitations.schemas import InvitedTeamView
from app.models.interest import Interest
from app.models.matching import Candidate
from app.requirements.disclosure import public_text
from app.requirements.repository import is_insider
from app.solvers.repository import is_own

_COLUMNS = ("id", "status", "requirement_id", "text", "decided_at", "created_at", "version")


def present(actor: Actor, interest: Interest) -> InterestView:
    """The interest as `actor` may read it."""
    return InterestView(**_values(actor, interest))


def present_in_round(actor: Actor, interest: Interest, found: Candidate | None) -> RoundInterestView:
    """The interest beside the pair of a round."""
    return RoundInterestView(
        **_values(actor, interest),
        rank=found.rank if found else None,
        grade=found.grade if found else None,
        probability=found.probability if found else None,
        role=found.role if found else None,
        is_forbidden=found.is_forbidden if found else None,
    )


def _values(actor: Actor, interest: Interest) -> dict[str, Any]:
    requirement = interest.requirement
    is_answered_to = actor.is_staff or is_own(actor, interest.solver)
    return {name: getattr(interest, name) for name in _COLUMNS} | {
        "status_label": interest.status.label,
        "title": requirement.title if is_insider(actor, requirement) else public_text(requirement, "title"),
        "solver": InvitedTeamView.model_validate(interest.solver),
        "answer": interest.answer if is_answered_to else None,
        "invitation_id": interest.invitation_id if is_answered_to else None,
    }
