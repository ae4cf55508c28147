"""Tells the two parties of a meeting, and nobody else, that it is arranged, changed or cancelled."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.models.access import Role
from app.models.meeting import Meeting
from app.models.notification import Event
from app.notifications.service import RoleHolders, Subject, notify


def tell_parties(session: Session, meeting: Meeting, event: Event, *, but_not: uuid.UUID | None) -> int:
    """Once per event and state of the meeting; returns how many people are told."""
    assert meeting.starts_at is not None
    recipients = [RoleHolders(Role.SEEKER, meeting.requirement.organization_id)]
    # A team that nobody has claimed has no people here.
    if meeting.solver.organization_id is not None:
        recipients.append(RoleHolders(Role.SOLVER, meeting.solver.organization_id))
    return notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject(
            "meeting",
            meeting.id,
            requirement_id=meeting.requirement_id,
            challenge_id=meeting.session.challenge_id,
        ),
        parameters={"starts_at": meeting.starts_at},
        once=f"meeting:{meeting.id}:{meeting.sequence}",
        but_not=but_not,
    )
