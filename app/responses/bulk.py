"""Many written answers at once, each in words of its own: every row is given or reported, or all or none are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError
from app.ledger.replies import replies_to
from app.models.ledger import Response
from app.requirements import repository as requirements
from app.requirements import service as requirement_service


class RepeatedRow(JiebangError):
    code, status = "repeated", 422
    zh, en = "同一需求在本次提交中出现多次", "The requirement stands in this list more than once"


@dataclass(frozen=True)
class Given:
    """One row as the client sent it."""

    requirement_id: uuid.UUID
    text: str


@dataclass(frozen=True)
class Outcome:
    """What became of a row: answered or said already (`response_id`), or why not (`error`)."""

    requirement_id: uuid.UUID
    response_id: uuid.UUID | None = None
    is_new: bool = False
    error: JiebangError | None = None


def answer_many(
    session: Session, actor: Actor, rows: Sequence[Given], *, all_or_nothing: bool
) -> list[Outcome]:
    """Answers each requirement; outcomes in the order of `rows`.

    A row whose text is the requirement's last answer already changes nothing, so a list can be sent again. With
    `all_or_nothing` a row that fails raises `InvalidInput` naming every such row, and nothing is stored.
    """
    outcomes: dict[int, Outcome] = {}
    seen: set[uuid.UUID] = set()
    # In the order of ids, so that two lists at once wait for each other instead of locking each other out.
    for place in sorted(range(len(rows)), key=lambda place: (rows[place].requirement_id, place)):
        row = rows[place]
        if row.requirement_id in seen:
            outcomes[place] = Outcome(row.requirement_id, error=RepeatedRow())
            continue
        seen.add(row.requirement_id)
        outcomes[place] = _answer(session, actor, row)
    found = [outcomes[place] for place in range(len(rows))]
    if all_or_nothing and any(outcome.error for outcome in found):
        raise InvalidInput(
            fields=tuple(
                FieldError(
                    f"rows.{place}",
                    outcome.error.code,
                    outcome.error.detail("zh"),
                    outcome.error.detail("en"),
                )
                for place, outcome in enumerate(found)
                if outcome.error
            )
        )
    return found


def _answer(session: Session, actor: Actor, row: Given) -> Outcome:
    outcome = Outcome(row.requirement_id)
    try:
        with session.begin_nested():
            requirement = requirements.get(session, actor, row.requirement_id, lock=True)
            last = _last_answer(session, requirement.id)
            if last is not None and last.text == row.text and not _is_asked_again(session, last):
                return replace(outcome, response_id=last.id)
            response = requirement_service.answer_in_writing(session, actor, requirement, row.text)
            return replace(outcome, response_id=response.id, is_new=True)
    except JiebangError as error:
        return replace(outcome, error=error)


def _last_answer(session: Session, requirement_id: uuid.UUID) -> Response | None:
    statement = select(Response).where(Response.requirement_id == requirement_id)
    return session.scalar(statement.order_by(Response.created_at.desc(), Response.id.desc()).limit(1))


def _is_asked_again(session: Session, last: Response) -> bool:
    """Whether the seeker called this answer none, so that saying it again is no repetition of the client's."""
    return last.id in replies_to(session, [last.id]).reopenings
