"""Who owes an answer, and when its clock stands still: assigning, asking the seeker, going on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import SYSTEM, Actor
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.clock import now
from app.kit.columns import Labelled
from app.ledger import clocks
from app.ledger import service as ledger
from app.ledger.ages import Age, is_of_age
from app.ledger.calendar import calendar_of
from app.ledger.notices import tell_of_reply, tell_owner
from app.models.access import Membership, Role, User
from app.models.challenge import ChallengeEntry
from app.models.ledger import WORKING_DAYS, Obligation, ObligationKind, ObligationPause
from app.models.requirement import Requirement

MOST_PAUSES = 2
"""Questions per obligation: a clock that can be stopped at will is none."""

LONGEST_PAUSE_DAYS = 20
"""Working days that the seeker has at most for a reply before the clock goes on by itself."""

OWNER_ROLES = frozenset({Role.ORGANIZER, Role.ADMIN, Role.REVIEWER})
"""Who can owe an answer in person."""


class NothingOwed(JiebangError):
    code, status = "obligation_closed", 409
    zh, en = "这项答复已办结，请刷新后重试", "This answer is not owed any more; read it again"


class ClockStopped(JiebangError):
    code, status = "clock_stopped", 409
    zh, en = "正在等待需求方补充，时钟已暂停", "It is the seeker's turn already; no clock runs"


class ClockNotStopped(JiebangError):
    code, status = "clock_not_stopped", 409
    zh, en = "没有等待需求方回复的问题", "No question to the seeker is open"


class AlreadyOverdue(JiebangError):
    code, status = "already_overdue", 409
    zh, en = "答复已逾期，不能再暂停计时", "The answer is overdue; its clock cannot be stopped any more"


class TooManyPauses(JiebangError):
    code, status = "too_many_pauses", 409
    zh, en = "每项答复最多可暂停 {most} 次", "The clock of an answer can be stopped {most} times at most"


class Standing(Labelled):
    """How an open obligation stands at an instant."""

    RUNNING = "running", "办理中"
    OVERDUE = "overdue", "已逾期"
    ESCALATED = "escalated", "已上报"
    PAUSED = "paused", "等待需求方"


@dataclass(frozen=True)
class Filters:
    """How the list of what is owed is narrowed; None means no narrowing."""

    standing: Standing | None = None
    owner_id: uuid.UUID | None = None
    owner_role: Role | None = None
    challenge_id: uuid.UUID | None = None
    age: Age | None = None
    kind: ObligationKind | None = None


def owed(visible: Select[Any], filters: Filters) -> Select[Obligation]:
    """What is owed on the requirements of `visible`, narrowed."""
    ids = visible.with_only_columns(Requirement.id).order_by(None)
    statement = select(Obligation).where(Obligation.closed_at.is_(None), Obligation.requirement_id.in_(ids))
    if filters.standing is not None:
        statement = statement.where(*_stands(filters.standing))
    if filters.owner_id is not None:
        statement = statement.where(Obligation.owner_id == filters.owner_id)
    if filters.owner_role is not None:
        statement = statement.where(Obligation.owner_role == filters.owner_role)
    if filters.kind is not None:
        statement = statement.where(Obligation.kind == filters.kind)
    if filters.age is not None:
        statement = statement.where(is_of_age(filters.age, now()))
    if filters.challenge_id is not None:
        entered = select(ChallengeEntry.requirement_id).where(
            ChallengeEntry.challenge_id == filters.challenge_id
        )
        statement = statement.where(Obligation.requirement_id.in_(entered))
    return statement


def standing_of(obligation: Obligation) -> Standing:
    """How an open obligation stands now."""
    if obligation.due_at is None:
        return Standing.PAUSED
    if obligation.due_at > now():
        return Standing.RUNNING
    return Standing.ESCALATED if obligation.escalated_at else Standing.OVERDUE


def _stands(standing: Standing) -> Iterable[ColumnElement[bool]]:
    at = now()
    if standing is Standing.PAUSED:
        return (Obligation.due_at.is_(None),)
    if standing is Standing.RUNNING:
        return (Obligation.due_at > at,)
    is_escalated = Obligation.escalated_at.is_not(None)
    return (Obligation.due_at <= at, is_escalated if standing is Standing.ESCALATED else ~is_escalated)


def history_of(session: Session, requirement_id: uuid.UUID) -> list[Obligation]:
    """Everything that was and is owed on a requirement, oldest first."""
    statement = select(Obligation).where(Obligation.requirement_id == requirement_id)
    return list(session.scalars(statement.order_by(Obligation.opened_at, Obligation.id)))


def pauses_of(session: Session, obligation_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[ObligationPause]]:
    """The questions to the seeker by obligation, oldest first."""
    found: dict[uuid.UUID, list[ObligationPause]] = {}
    statement = select(ObligationPause).where(ObligationPause.obligation_id.in_(obligation_ids))
    for pause in session.scalars(statement.order_by(ObligationPause.id)):
        found.setdefault(pause.obligation_id, []).append(pause)
    return found


def assign(session: Session, actor: Actor, obligation: Obligation, owner_id: uuid.UUID | None) -> Obligation:
    """Names the person who owes the answer, or (None) leaves it to the role; a named person is told.

    Raises `NothingOwed`, and `InvalidInput` for somebody who cannot answer.
    """
    _check_open(obligation)
    if owner_id is not None and not _can_answer(session, owner_id):
        raise InvalidInput(fields=(_unknown_person("owner_id"),))
    if obligation.owner_id == owner_id:
        return obligation
    before = obligation.owner_id
    obligation.owner_id = owner_id
    session.flush()
    _audit(
        session,
        actor,
        obligation,
        "obligation.assigned",
        **{"from": str(before or "role"), "to": str(owner_id or "role")},
    )
    if owner_id is not None:
        tell_owner(session, obligation, but_not=actor.user_id)
    return obligation


def ask(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    obligation: Obligation,
    *,
    question: str,
    days: int,
) -> ObligationPause:
    """Asks the seeker for what is needed to answer, and stops the clock until the reply.

    Without a reply it goes on by itself after `days` working days. The seeker reads the question among the answers.
    Raises `NothingOwed`, `ClockStopped`, `AlreadyOverdue` and `TooManyPauses`.
    """
    _check_open(obligation)
    if obligation.due_at is None:
        raise ClockStopped()
    if obligation.due_at <= now():
        raise AlreadyOverdue()
    if len(pauses_of(session, [obligation.id]).get(obligation.id, [])) >= MOST_PAUSES:
        raise TooManyPauses(most=MOST_PAUSES)
    calendar = calendar_of(session)
    pause = ObligationPause(
        obligation_id=obligation.id,
        asked_by_id=actor.user_id,
        question=question,
        ends_at=calendar.add_workdays(now(), days).astimezone(UTC),
    )
    session.add(pause)
    clocks.stop(obligation, calendar)
    session.flush()
    detail = {"obligation_id": str(obligation.id), "reply_by": pause.ends_at.isoformat()}
    ledger.give_notice(session, requirement, text=question, author_id=actor.user_id, detail=detail)
    _audit(session, actor, obligation, "obligation.paused", left=obligation.remaining_days or 0)
    return pause


def go_on(
    session: Session,
    actor: Actor,
    obligation: Obligation,
    *,
    reply: str = "",
) -> Obligation:
    """Ends the question and lets the clock go on where it stopped. Raises `NothingOwed` and `ClockNotStopped`."""
    _check_open(obligation)
    pause = ledger.open_pause(session, obligation.id)
    if pause is None:
        raise ClockNotStopped()
    pause.ended_at, pause.reply = now(), reply
    pause.replied_by_id = actor.user_id
    clocks.go_on(obligation, calendar_of(session), days=WORKING_DAYS[obligation.kind])
    session.flush()
    _audit(session, actor, obligation, "obligation.resumed", replied=bool(reply))
    tell_of_reply(session, obligation, pause, but_not=actor.user_id)
    return obligation


def expire(session: Session, obligation: Obligation) -> bool:
    """Lets the clock go on when the time for a reply is over; False when there is nothing to do (any more)."""
    pause = ledger.open_pause(session, obligation.id)
    if obligation.closed_at is not None or pause is None or pause.ends_at > now():
        return False
    go_on(session, SYSTEM, obligation)
    return True


def _check_open(obligation: Obligation) -> None:
    if obligation.closed_at is not None:
        raise NothingOwed()


def possible_owners(session: Session, roles: frozenset[Role] = OWNER_ROLES) -> list[User]:
    """Everybody who can owe an answer in person, or has one of other `roles`, by name."""
    held = select(Membership.user_id).where(Membership.role.in_(roles))
    return list(session.scalars(select(User).where(User.is_active, User.id.in_(held)).order_by(User.name)))


def _can_answer(session: Session, user_id: uuid.UUID) -> bool:
    return can_hold(session, user_id, OWNER_ROLES)


def can_hold(session: Session, user_id: uuid.UUID, roles: frozenset[Role]) -> bool:
    """Whether the person's account is switched on and holds one of the roles."""
    statement = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(User.id == user_id, User.is_active, Membership.role.in_(roles))
        .limit(1)
    )
    return session.scalar(statement) is not None


def _unknown_person(field: str) -> FieldError:
    return FieldError(
        field, "cannot_answer", "此人不存在、已停用或没有相应角色", "No active person with such a role"
    )


def _audit(
    session: Session, actor: Actor, obligation: Obligation, action: str, **detail: str | int | bool
) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=obligation.requirement_id,
        obligation=str(obligation.id),
        **detail,
    )
