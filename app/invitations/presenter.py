"""Renders an invitation for one reader: a team learns of the problem what its tier allows, and no rival."""

from __future__ import annotations

from typing import Any

from app.auth.actor import Actor
from app.invitations.rounds import Mailing
from app.invitations.schemas import (
    InvitationDetailView,
    InvitationView,
    InvitedTeamView,
    InvitedView,
    MailingView,
    PassedPairView,
)
from app.models.invitation import Invitation
from app.requirements.disclosure import public_text
from app.requirements.presenter import present as present_requirement
from app.requirements.repository import is_insider

_COMPUTED = {"status_label", "title", "solver"}
_COLUMNS = tuple(name for name in InvitationView.model_fields if name not in _COMPUTED)
_STAFF_ONLY = ("round_id", "instead_of_id", "invites_alternates")
"""Whether somebody stands behind or before a team is not for the team to know."""


def present(actor: Actor, invitation: Invitation) -> InvitationView:
    """The invitation as `actor` may read it."""
    return InvitationView(**_values(actor, invitation))


def present_in_full(actor: Actor, invitation: Invitation) -> InvitationDetailView:
    """The invitation with its problem."""
    requirement = present_requirement(actor, invitation.requirement)
    return InvitationDetailView(**_values(actor, invitation), requirement=requirement)


def present_followed(invitation: Invitation) -> InvitedView:
    """The invitation for the unit that has the problem: who was asked and what became of it, without reasons."""
    return InvitedView(
        id=invitation.id,
        status=invitation.status,
        status_label=invitation.status.label,
        solver=InvitedTeamView.model_validate(invitation.solver),
        sent_at=invitation.created_at,
        reply_by=invitation.reply_by,
        ended_at=invitation.ended_at,
    )


def present_mailing(actor: Actor, mailing: Mailing) -> MailingView:
    """What became of a round's pairs."""
    return MailingView(
        sent=[present(actor, row) for row in mailing.sent],
        passed=[PassedPairView.model_validate(row) for row in mailing.passed],
    )


def _values(actor: Actor, invitation: Invitation) -> dict[str, Any]:
    requirement = invitation.requirement
    is_stranger = not is_insider(actor, requirement)
    values: dict[str, Any] = {name: getattr(invitation, name) for name in _COLUMNS}
    if not actor.is_staff:
        values |= dict.fromkeys(_STAFF_ONLY)
    return values | {
        "status_label": invitation.status.label,
        "title": public_text(requirement, "title") if is_stranger else requirement.title,
        "solver": InvitedTeamView.model_validate(invitation.solver),
    }
