"""What time brings to the ledger: clocks that go on, overdue answers, their way up, the daily digest.

Each is found by its state and done in a transaction of its own, so that it happens once, also after a restart.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Database
from app.kit.clock import now
from app.ledger import digest, escalation, obligations
from app.ledger.calendar import calendar_of
from app.models.ledger import Obligation, ObligationPause
from app.models.requirement import Requirement

log = logging.getLogger("jiebang.ledger")


def settle(db: Database) -> int:
    """Does everything that is due now and returns how much that was; one that fails stops no other."""
    with db.read() as session:
        unanswered, overdue, up = _unanswered(session), _overdue(session), _to_escalate(session)
    done = _each(db, unanswered, obligations.expire)
    done += _each(db, overdue, escalation.note_overdue)
    done += _each(db, up, escalation.escalate)
    return done + _send_digest(db)


def _each(db: Database, ids: list[uuid.UUID], do: Callable[[Session, Obligation], bool]) -> int:
    done = 0
    for id in ids:
        try:
            with db.write() as session:
                done += do(session, _locked(session, id))
        except Exception as error:
            log.error("answer not settled", extra={"obligation": str(id), "kind": type(error).__name__})
    return done


def _locked(session: Session, id: uuid.UUID) -> Obligation:
    # Whoever answers holds the requirement, so what is read after it is what will be.
    requirement_id = session.scalar(select(Obligation.requirement_id).where(Obligation.id == id))
    session.scalar(select(Requirement.id).where(Requirement.id == requirement_id).with_for_update())
    return session.get_one(Obligation, id, with_for_update=True, populate_existing=True)


def _unanswered(session: Session) -> list[uuid.UUID]:
    """Obligations whose question to the seeker had no reply in time."""
    statement = select(ObligationPause.obligation_id).where(
        ObligationPause.ended_at.is_(None), ObligationPause.ends_at <= now()
    )
    return list(session.scalars(statement))


def _overdue(session: Session) -> list[uuid.UUID]:
    statement = select(Obligation.id).where(
        Obligation.closed_at.is_(None), Obligation.due_at <= now(), Obligation.overdue_at.is_(None)
    )
    return list(session.scalars(statement.order_by(Obligation.due_at, Obligation.id)))


def _to_escalate(session: Session) -> list[uuid.UUID]:
    statement = select(Obligation).where(
        Obligation.closed_at.is_(None), Obligation.due_at <= now(), Obligation.escalated_at.is_(None)
    )
    rows = list(session.scalars(statement.order_by(Obligation.due_at, Obligation.id)))
    calendar, at = calendar_of(session), now()
    return [row.id for row in rows if escalation.way_of(session, row, calendar).at <= at]


def _send_digest(db: Database) -> int:
    with db.read() as session:
        if not digest.is_due(session):
            return 0
    try:
        with db.write() as session:
            return digest.send(session)
    except IntegrityError:
        # Another process has sent the digest of this day.
        return 0
