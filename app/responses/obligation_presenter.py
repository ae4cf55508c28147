"""What is or was owed as its readers see it: with the titles of the requirements and the names of the people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.ledger import obligations
from app.ledger.obligations import standing_of
from app.models.access import User
from app.models.ledger import Obligation, ObligationPause
from app.models.requirement import Requirement
from app.responses.obligation_schemas import ObligationView, PauseView


def present(session: Session, rows: Sequence[Obligation]) -> list[ObligationView]:
    """The rows with the titles of their requirements and the names of their owners."""
    ids = {row.requirement_id for row in rows}
    statement = select(Requirement).where(Requirement.id.in_(ids))
    titled = {row.id: row for row in session.scalars(statement.options(joinedload(Requirement.organization)))}
    people = {id for row in rows for id in (row.owner_id, row.escalated_to_id) if id is not None}
    named = session.execute(select(User.id, User.name).where(User.id.in_(people)))
    names: dict[uuid.UUID | None, str] = {row.id: row.name for row in named}
    pauses = obligations.pauses_of(session, [row.id for row in rows])
    return [_view(row, titled[row.requirement_id], names, pauses.get(row.id, [])) for row in rows]


def _view(
    row: Obligation,
    requirement: Requirement,
    names: Mapping[uuid.UUID | None, str],
    pauses: list[ObligationPause],
) -> ObligationView:
    standing = None if row.closed_at is not None else standing_of(row)
    return ObligationView(
        id=row.id,
        requirement_id=row.requirement_id,
        title=requirement.title,
        organization=requirement.organization.name,
        kind=row.kind,
        kind_label=row.kind.label,
        owner_role=row.owner_role,
        owner_id=row.owner_id,
        owner_name=names.get(row.owner_id),
        opened_at=row.opened_at,
        due_at=row.due_at,
        remaining_days=row.remaining_days,
        uncounted_year=row.uncounted_year,
        closed_at=row.closed_at,
        standing=standing,
        standing_label=standing.label if standing else None,
        overdue_at=row.overdue_at,
        escalated_at=row.escalated_at,
        escalated_to_id=row.escalated_to_id,
        escalated_to_name=names.get(row.escalated_to_id),
        pauses=[
            PauseView(
                question=pause.question,
                asked_at=pause.created_at,
                asked_by_id=pause.asked_by_id,
                reply_by=pause.ends_at,
                ended_at=pause.ended_at,
                reply=pause.reply,
            )
            for pause in pauses
        ],
        version=row.version,
    )
