"""Where overdue answers go: at once on the organizers' list, days later to a superior, each once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.clock import now
from app.kit.workdays import Calendar
from app.ledger.calendar import calendar_of
from app.ledger.notices import tell_escalated, tell_overdue
from app.ledger.obligations import can_hold
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeEntry
from app.models.ledger import EscalationRule, Obligation

AFTER_DAYS = 3
"""Working days after the due day, where no rule says otherwise; then the administrators are told."""

SUPERIOR_ROLES = frozenset({Role.ORGANIZER, Role.ADMIN})
"""A superior must be able to see what is overdue."""


@dataclass(frozen=True)
class Way:
    """When an overdue answer goes up, and to whom; None for the administrators."""

    at: datetime
    superior_id: uuid.UUID | None


def rule_of(session: Session, challenge_id: uuid.UUID, *, lock: bool = False) -> EscalationRule | None:
    """The rule of a challenge, if it has one."""
    statement = select(EscalationRule).where(EscalationRule.challenge_id == challenge_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def set_rule(
    session: Session, actor: Actor, challenge: Challenge, *, superior_id: uuid.UUID, after_days: int
) -> EscalationRule:
    """Names the superior of a challenge. Raises `InvalidInput` for somebody who is neither organizer nor admin."""
    if not can_hold(session, superior_id, SUPERIOR_ROLES):
        unknown = FieldError(
            "superior_id",
            "cannot_supervise",
            "应为在用的承办单位或管理员账户",
            "Must be an active organizer or administrator",
        )
        raise InvalidInput(fields=(unknown,))
    rule = rule_of(session, challenge.id, lock=True)
    if rule is None:
        rule = EscalationRule(challenge_id=challenge.id)
        session.add(rule)
    rule.superior_id, rule.after_days = superior_id, after_days
    session.flush()
    _audit(session, actor, challenge.id, superior=str(superior_id), after_days=after_days)
    return rule


def drop_rule(session: Session, actor: Actor, challenge: Challenge) -> None:
    """Goes back to the administrators and the usual days. Raises `NotFound`."""
    rule = rule_of(session, challenge.id, lock=True)
    if rule is None:
        raise NotFound()
    session.delete(rule)
    session.flush()
    _audit(session, actor, challenge.id, superior="", after_days=AFTER_DAYS)


def note_overdue(session: Session, obligation: Obligation) -> bool:
    """Puts an answer on the organizers' list; False when it is there, or not overdue (any more)."""
    if not _is_overdue(obligation) or obligation.overdue_at is not None:
        return False
    obligation.overdue_at = now()
    session.flush()
    _record(session, obligation, "obligation.overdue")
    tell_overdue(session, obligation)
    return True


def escalate(session: Session, obligation: Obligation) -> bool:
    """Takes an overdue answer to the superior; False when that is done, or not due yet."""
    if not _is_overdue(obligation) or obligation.escalated_at is not None:
        return False
    way = way_of(session, obligation, calendar_of(session))
    if way.at > now():
        return False
    obligation.escalated_at, obligation.escalated_to_id = now(), way.superior_id
    session.flush()
    _record(session, obligation, "obligation.escalated", to=str(way.superior_id or "admins"))
    tell_escalated(session, obligation, way.superior_id)
    return True


def way_of(session: Session, obligation: Obligation, calendar: Calendar) -> Way:
    """When and to whom an answer goes up that has a due day.

    A requirement in several challenges follows the rule of the first it was entered into that has one.
    """
    assert obligation.due_at is not None
    statement = (
        select(EscalationRule)
        .join(ChallengeEntry, ChallengeEntry.challenge_id == EscalationRule.challenge_id)
        .where(ChallengeEntry.requirement_id == obligation.requirement_id)
        .order_by(ChallengeEntry.id)
        .limit(1)
    )
    rule = session.scalar(statement)
    # The due instant is the end of a day, and so belongs to the next one; the days count from the due day.
    last_moment = obligation.due_at - timedelta(microseconds=1)
    at = calendar.add_workdays(last_moment, AFTER_DAYS if rule is None else rule.after_days)
    if rule is None or not can_hold(session, rule.superior_id, SUPERIOR_ROLES):
        return Way(at, None)
    return Way(at, rule.superior_id)


def _is_overdue(obligation: Obligation) -> bool:
    return obligation.closed_at is None and obligation.due_at is not None and obligation.due_at <= now()


def _record(session: Session, obligation: Obligation, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=None,
        object_kind="requirement",
        object_id=obligation.requirement_id,
        obligation=str(obligation.id),
        **detail,
    )


def _audit(session: Session, actor: Actor, challenge_id: uuid.UUID, **detail: str | int) -> None:
    audit.record(
        session,
        "challenge.escalation_set",
        actor_id=actor.user_id,
        object_kind="challenge",
        object_id=challenge_id,
        **detail,
    )
