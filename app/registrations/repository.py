"""Which registrations an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound
from app.kit.clock import now
from app.models.access import User
from app.models.registration import Registration, RegistrationStatus

SORTABLE: dict[str, Any] = {"created_at": Registration.created_at, "decided_at": Registration.decided_at}


def visible_to(actor: Actor) -> Select[Registration]:
    """The registrations this actor may see: staff those that count, nobody else any."""
    statement = select(Registration).where(Registration.status != RegistrationStatus.UNCONFIRMED)
    return statement if actor.is_staff else statement.where(false())


def get(session: Session, actor: Actor, registration_id: uuid.UUID, *, lock: bool = False) -> Registration:
    """One registration. Raises `NotFound`."""
    statement = visible_to(actor).where(Registration.id == registration_id)
    if lock:
        statement = statement.with_for_update()
    found = session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def by_receipt(session: Session, registration_id: uuid.UUID, receipt_hash: str) -> Registration:
    """The registration of whoever holds its receipt. Raises `NotFound` for both that do not fit."""
    statement = select(Registration).where(
        Registration.id == registration_id, Registration.receipt_hash == receipt_hash
    )
    found = session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def count_waiting(session: Session, email: str) -> int:
    """How many undecided registrations name this address; unconfirmed ones count for an hour only, or a
    stranger could keep the holder of an address out."""
    is_fresh = Registration.created_at > now() - timedelta(hours=1)
    statement = select(func.count(Registration.id)).where(
        Registration.email == email,
        or_(
            Registration.status == RegistrationStatus.WAITING,
            and_(Registration.status == RegistrationStatus.UNCONFIRMED, is_fresh),
        ),
    )
    return session.scalar(statement) or 0


def known_emails(session: Session, emails: set[str]) -> set[str]:
    """Those of the addresses that belong to an account."""
    return set(session.scalars(select(User.email).where(User.email.in_(emails))))
