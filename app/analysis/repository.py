"""Reads stored analyses. Which of them an actor may see follows from its requirements, never from here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.models.analysis import RequirementAnalysis
from app.models.challenge import ChallengeEntry
from app.models.requirement import END_STATUSES, Requirement, RequirementStatus

CHUNK = 500
"""Keys per statement, below every database's limit of parameters."""

UNREAD = END_STATUSES | {RequirementStatus.DRAFT}
"""States whose requirements nobody waits for an analysis of."""


def stored(session: Session, requirement_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, RequirementAnalysis]:
    """The stored analyses of these requirements, as far as there are any."""
    found: dict[uuid.UUID, RequirementAnalysis] = {}
    for start in range(0, len(requirement_ids), CHUNK):
        statement = select(RequirementAnalysis).where(
            RequirementAnalysis.requirement_id.in_(requirement_ids[start : start + CHUNK])
        )
        found |= {row.requirement_id: row for row in session.scalars(statement)}
    return found


def next_to_analyse(
    session: Session, *, after: uuid.UUID | None, challenge_id: uuid.UUID | None, limit: int
) -> list[Requirement]:
    """The next `limit` requirements in the order of their ids, locked: all that wait, or those of a challenge."""
    statement = _waiting(select(Requirement), challenge_id)
    if after is not None:
        statement = statement.where(Requirement.id > after)
    statement = statement.order_by(Requirement.id).limit(limit).with_for_update()
    return list(session.scalars(statement))


def count_to_analyse(session: Session, challenge_id: uuid.UUID | None) -> int:
    """How many requirements `next_to_analyse` will hand out from the start."""
    return session.scalar(_waiting(select(func.count(Requirement.id)), challenge_id)) or 0


def _waiting(statement: Select[Any], challenge_id: uuid.UUID | None) -> Select[Any]:
    statement = statement.where(Requirement.status.not_in(UNREAD))
    if challenge_id is None:
        return statement
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == challenge_id)
    return statement.where(Requirement.id.in_(entered))
