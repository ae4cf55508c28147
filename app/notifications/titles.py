"""What a message may say of its subject's name, by the tier that holds when the message is made.

A notification keeps ids only, so a problem that becomes confidential later is not named by older messages.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.masking import mask_organization
from app.models.challenge import Challenge
from app.models.notification import Notification
from app.models.organization import Organization
from app.models.requirement import Confidentiality, Requirement, stated

CHUNK = 500


def titles(session: Session, notifications: Sequence[Notification]) -> dict[uuid.UUID, str]:
    """By notification: the title of its requirement, else the name of its challenge, else "".

    A restricted requirement is not named at all; an anonymous one without the unit that has the problem, even
    to the unit itself, because a mailbox is not the place to tell readers apart.
    """
    requirements = _requirement_titles(session, {row.requirement_id for row in notifications})
    challenges = _challenge_names(session, {row.challenge_id for row in notifications})
    return {
        row.id: requirements.get(row.requirement_id, "")
        if row.requirement_id is not None
        else challenges.get(row.challenge_id, "")
        for row in notifications
    }


def _requirement_titles(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    found: dict[uuid.UUID | None, str] = {}
    for chunk in _chunks(ids):
        statement = (
            select(
                Requirement.id,
                Requirement.title,
                Requirement.refined,
                Requirement.confidentiality,
                Organization.name,
                Organization.region,
                Organization.former_names,
            )
            .join(Organization, Organization.id == Requirement.organization_id)
            .where(Requirement.id.in_(chunk))
        )
        for row in session.execute(statement):
            id, _, _, tier, name, region, former_names = row
            title = stated(row, "title")
            if tier is Confidentiality.PUBLIC:
                found[id] = title
            elif tier is Confidentiality.ANONYMOUS:
                found[id] = mask_organization(title, name, region, former_names)
    return found


def _challenge_names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    found: dict[uuid.UUID | None, str] = {}
    for chunk in _chunks(ids):
        statement = select(Challenge.id, Challenge.name).where(Challenge.id.in_(chunk))
        found.update((id, name) for id, name in session.execute(statement))
    return found


def _chunks(ids: Iterable[uuid.UUID | None]) -> list[list[uuid.UUID]]:
    wanted = [id for id in ids if id is not None]
    return [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
