"""The refined statement of a requirement: written in versions, compared with the seeker's words, replied to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import Conflict, NotPermitted
from app.models.requirement import Requirement
from app.models.review import Statement, StatementReply
from app.requirements import statement as refined
from app.requirements.policy import check_may_review, is_own
from app.requirements.statement import STATED_FIELDS
from app.reviews import repository
from app.reviews.difference import Segment, difference
from app.reviews.notices import tell_authors, tell_seeker


class StatementSuperseded(Conflict):
    code = "statement_superseded"
    zh = "凝练稿已有更新的版本（第 {number} 版），请先查看"
    en = "A newer version of the statement, number {number}, exists; read it first"


def write(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    content: Mapping[str, Any],
    *,
    based_on: int,
    note: str = "",
) -> Statement:
    """A new version of the statement, which replaces the last; the requirement is locked.

    `based_on` is the number of the version that the author has read, 0 for the first: of two authors at once
    one wins. `content` holds all of `STATED_FIELDS` as JSON values. Raises `NotPermitted`, `NotRefinable` or
    `StatementSuperseded`.
    """
    check_may_review(actor, requirement)
    refined.check_may_refine(requirement)
    last = _last_number(session, requirement)
    if based_on != last:
        raise StatementSuperseded(number=last)
    statement = Statement(
        requirement_id=requirement.id,
        number=last + 1,
        author_id=actor.user_id,
        content=dict(content),
        original=refined.original_of(requirement),
        note=note,
    )
    session.add(statement)
    session.flush()
    refined.restate(session, actor, requirement, content)
    tell_seeker(session, requirement, statement)
    return repository.statement(session, requirement.id, statement.number)


def reply(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    number: int,
    *,
    is_confirmed: bool,
    comment: str,
) -> Statement:
    """The seeker confirms the newest version or says what is wrong with it; the requirement is locked.

    Publication does not wait for it. Raises `NotPermitted` for anybody else, `NotFound`,
    `StatementSuperseded`, or `NotRefinable` once it is published.
    """
    if not is_own(actor, requirement):
        raise NotPermitted(permission="statements:reply")
    statement = repository.statement(session, requirement.id, number)
    refined.check_may_refine(requirement)
    last = _last_number(session, requirement)
    if number != last:
        raise StatementSuperseded(number=last)
    row = StatementReply(
        statement_id=statement.id, author_id=actor.user_id, is_confirmed=is_confirmed, comment=comment
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "requirement.statement_replied",
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
        is_confirmed=is_confirmed,
    )
    tell_authors(session, statement, row)
    return repository.statement(session, requirement.id, number)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Segment]]:
    """The differences of every stated field, in the order of the form."""
    return {name: difference(_as_text(before[name]), _as_text(after[name])) for name in STATED_FIELDS}


def is_outdated(requirement: Requirement, statement: Statement) -> bool:
    """Whether the form has changed since this version was written."""
    return statement.original != refined.original_of(requirement)


def _last_number(session: Session, requirement: Requirement) -> int:
    statement = select(func.max(Statement.number)).where(Statement.requirement_id == requirement.id)
    return session.scalar(statement) or 0


def _as_text(value: Any) -> str:
    """A field as people compare it: a list line by line, a target as `name operator value unit`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return "\n".join(item if isinstance(item, str) else _target(item) for item in value)


def _target(target: Mapping[str, Any]) -> str:
    upper = target.get("upper")
    amount = f"{target['value']:g}" + (f"–{upper:g}" if upper is not None else "")
    return f"{target['name']} {target['operator']} {amount} {target.get('unit', '')}".strip()


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON values, the same as a database gives back."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(values), ensure_ascii=False))
    return plain
