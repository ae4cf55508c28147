"""Tells exactly those whom a state of an invitation concerns: its team, or the organizers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.models.access import Role
from app.models.invitation import Invitation
from app.notifications.service import Event, RoleHolders, Subject, notify

ORGANIZERS = RoleHolders(Role.ORGANIZER)


def team_of(invitation: Invitation) -> list[RoleHolders]:
    """The people of the invited team; nobody when it belongs to no unit any more."""
    unit = invitation.solver.organization_id
    return [] if unit is None else [RoleHolders(Role.SOLVER, unit)]


def tell(
    session: Session,
    invitation: Invitation,
    event: Event,
    recipients: Sequence[RoleHolders],
    *,
    but_not: uuid.UUID | None = None,
    once: str | None = None,
) -> None:
    """Tells the recipients of the event, once per invitation or per occasion `once`; what needs the deadline
    carries it."""
    parameters: dict[str, datetime] = {}
    if event in (Event.INVITATION_SENT, Event.INVITATION_REMINDER, Event.INVITATION_EXTENDED):
        parameters["reply_by"] = invitation.reply_by
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("invitation", invitation.id, requirement_id=invitation.requirement_id),
        parameters=parameters,
        once=once or f"invitation:{invitation.id}",
        but_not=but_not,
    )
