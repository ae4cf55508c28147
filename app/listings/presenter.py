"""Renders the entries of a challenge; each requirement as the reader may see it anyway."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.challenges import scope
from app.listings import service
from app.listings.schemas import EntryView
from app.models.challenge import Challenge, ChallengeEntry
from app.requirements.presenter import present


def present_entries(
    session: Session, actor: Actor, challenge: Challenge, rows: Sequence[ChallengeEntry]
) -> list[EntryView]:
    """The entries of one challenge; whether they fit its scope is for staff."""
    found = service.requirements_of(session, actor, rows)
    views = []
    for row in rows:
        requirement = found[row.requirement_id]
        outside = scope.differences(challenge, requirement) if actor.is_staff else ()
        views.append(
            EntryView(
                id=row.id,
                number=row.number,
                published_at=row.published_at,
                outside_scope=[item.field for item in outside],
                scope_reason=row.scope_reason if actor.is_staff else "",
                requirement=present(actor, requirement),
            )
        )
    return views
