"""Sets two rounds of a challenge side by side: their figures, and whom each requirement gained and lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import JiebangError
from app.matches import repository
from app.matches.inputs import Pair
from app.models.matching import MatchRound, RoundResult
from app.models.requirement import Requirement
from app.models.solver import SolverProfile


class RoundsNotComparable(JiebangError):
    code, status = "rounds_not_comparable", 409
    zh = "只能比较同一赛事中已完成计算的轮次"
    en = "Only computed rounds of one challenge can be compared"


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement whose teams differ. Levels are None where a round did not hold the requirement."""

    requirement_id: uuid.UUID
    added: tuple[uuid.UUID, ...]
    removed: tuple[uuid.UUID, ...]
    level: int | None
    other_level: int | None


@dataclass(frozen=True, slots=True)
class Differences:
    """Pairs of the first round that the other has too, that only the first has, and that only the other has.

    `changes` are ordered by requirement id.
    """

    same: int
    added: int
    removed: int
    changes: tuple[Change, ...]


def differences(session: Session, found: MatchRound, other: MatchRound) -> Differences:
    """What `found` assigns otherwise than `other`.

    Raises `RoundsNotComparable` for rounds of different challenges and for rounds without an assignment.
    """
    if found.challenge_id is None or found.challenge_id != other.challenge_id:
        raise RoundsNotComparable()
    if not (found.figures and other.figures):
        raise RoundsNotComparable()
    mine, theirs = (repository.assigned_pairs(session, row.id) for row in (found, other))
    levels, other_levels = (_levels(session, row.id) for row in (found, other))
    added, removed = _by_requirement(mine - theirs), _by_requirement(theirs - mine)
    changes = tuple(
        Change(key, added.get(key, ()), removed.get(key, ()), levels.get(key), other_levels.get(key))
        for key in sorted({*added, *removed})
    )
    return Differences(len(mine & theirs), len(mine - theirs), len(theirs - mine), changes)


def _by_requirement(pairs: set[Pair]) -> Mapping[uuid.UUID, tuple[uuid.UUID, ...]]:
    found: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {}
    for requirement_id, solver_id in sorted(pairs):
        found[requirement_id] = (*found.get(requirement_id, ()), solver_id)
    return found


def _levels(session: Session, round_id: uuid.UUID) -> dict[uuid.UUID, int]:
    statement = select(RoundResult.requirement_id, RoundResult.level)
    rows = session.execute(statement.where(RoundResult.round_id == round_id))
    return {row.requirement_id: row.level for row in rows}


def names_in(session: Session, differing: Differences) -> dict[uuid.UUID, str]:
    """The titles of the requirements and the names of the teams that the changes speak of, by id."""
    wanted = {change.requirement_id for change in differing.changes}
    teams = {key for change in differing.changes for key in (*change.added, *change.removed)}
    titles = session.execute(select(Requirement.id, Requirement.title).where(Requirement.id.in_(wanted)))
    named = session.execute(select(SolverProfile.id, SolverProfile.name).where(SolverProfile.id.in_(teams)))
    return {row[0]: row[1] for row in (*titles, *named)}
