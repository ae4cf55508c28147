"""Acts on what is owed, by whoever may act: each locks the requirement and its obligation first."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound
from app.ledger import obligations
from app.models.ledger import Obligation
from app.models.requirement import Requirement
from app.requirements import policy
from app.requirements import repository as requirements
from app.requirements import service as requirement_service


def lock(session: Session, actor: Actor, obligation_id: uuid.UUID) -> tuple[Requirement, Obligation]:
    """The requirement and what is owed on it, both locked. Raises `NotFound` for what is not the actor's to see."""
    requirement_id = session.scalar(select(Obligation.requirement_id).where(Obligation.id == obligation_id))
    if requirement_id is None:
        raise NotFound()
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    requirement_service.check_is_insider(actor, requirement)
    obligation = session.get_one(Obligation, obligation_id, with_for_update=True, populate_existing=True)
    return requirement, obligation


def ask(session: Session, actor: Actor, obligation_id: uuid.UUID, *, question: str, days: int) -> Obligation:
    """Asks the seeker and stops the clock; see `obligations.ask`. Raises `NotPermitted`, too."""
    requirement, obligation = lock(session, actor, obligation_id)
    policy.check_may_review(actor, requirement)
    obligations.ask(session, actor, requirement, obligation, question=question, days=days)
    return obligation


def reply(session: Session, actor: Actor, obligation_id: uuid.UUID, *, text: str) -> Obligation:
    """The seeker's reply, or what staff heard of it; see `obligations.go_on`. Raises `NotPermitted`, too."""
    requirement, obligation = lock(session, actor, obligation_id)
    policy.check_may_enter(actor, requirement)
    return obligations.go_on(session, actor, obligation, reply=text)
