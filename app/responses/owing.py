"""Acts on what is owed and was answered, by whoever may act: each locks the requirement first."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound, NotPermitted
from app.ledger import obligations, replies
from app.models.ledger import Obligation, Response
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


def lock_answer(session: Session, actor: Actor, response_id: uuid.UUID) -> tuple[Requirement, Response]:
    """An answer to a requirement of the actor's own unit, which is locked. Raises `NotFound` or `NotPermitted`."""
    response = replies.get_response(session, response_id)
    requirement = requirements.get(session, actor, response.requirement_id, lock=True)
    if not policy.is_own(actor, requirement):
        raise NotPermitted(permission="responses:acknowledge")
    return requirement, response
