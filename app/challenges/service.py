"""Files and edits challenges, and enters requirements into them."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.challenges import repository
from app.models.challenge import Challenge


def get(session: Session, actor: Actor, id: uuid.UUID) -> Challenge:
    """One challenge. Raises `NotFound` when it does not exist or is not visible to the actor."""
    return repository.get(session, actor, id)
