"""Coverage of the answer ledger: each figure is the count of a statement whose rows can be listed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.kit.columns import Labelled
from app.models.challenge import ChallengeEntry
from app.models.ledger import Obligation, Response
from app.models.requirement import Requirement
from app.requirements.repository import visible_to


class Figure(Labelled):
    SUBMITTED = "submitted", "已提交"
    ANSWERED = "answered", "到期答复均已给出"
    RESPONDED = "responded", "至少有一次答复"
    DUE = "due", "待答复（未逾期）"
    OVERDUE = "overdue", "逾期未答复"
    ENDED = "ended", "已办结"


@dataclass(frozen=True)
class Coverage:
    """The figures at one instant. `coverage` = answered / submitted, 1.0 when nothing was submitted."""

    at: datetime
    counts: dict[Figure, int]

    @property
    def coverage(self) -> float:
        submitted = self.counts[Figure.SUBMITTED]
        return self.counts[Figure.ANSWERED] / submitted if submitted else 1.0


def rows_behind(
    figure: Figure, *, actor: Actor, at: datetime, challenge_id: uuid.UUID | None = None
) -> Select[Requirement]:
    """The requirements that a figure counts."""
    statement = visible_to(actor).where(Requirement.submitted_at.is_not(None), _condition(figure, at))
    if challenge_id is not None:
        entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == challenge_id)
        statement = statement.where(Requirement.id.in_(entered))
    return statement.options(joinedload(Requirement.organization))


def measure(
    session: Session, *, actor: Actor, at: datetime, challenge_id: uuid.UUID | None = None
) -> Coverage:
    """All figures from one snapshot of the database."""
    counts = {}
    for figure in Figure:
        statement = rows_behind(figure, actor=actor, at=at, challenge_id=challenge_id)
        rows = statement.with_only_columns(Requirement.id).order_by(None).subquery()
        counts[figure] = session.scalar(select(func.count()).select_from(rows)) or 0
    return Coverage(at=at, counts=counts)


def obligations_of(session: Session, requirement_ids: list[uuid.UUID]) -> dict[uuid.UUID, Obligation]:
    """The open obligation of each requirement that has one."""
    statement = select(Obligation).where(
        Obligation.requirement_id.in_(requirement_ids), Obligation.closed_at.is_(None)
    )
    return {row.requirement_id: row for row in session.scalars(statement)}


def _condition(figure: Figure, at: datetime) -> ColumnElement[bool]:
    mine = (Obligation.requirement_id == Requirement.id) & Obligation.closed_at.is_(None)
    overdue = exists().where(mine, Obligation.due_at <= at)
    if figure is Figure.OVERDUE:
        return overdue
    if figure is Figure.ANSWERED:
        return ~overdue
    if figure is Figure.DUE:
        return exists().where(mine, Obligation.due_at > at)
    if figure is Figure.RESPONDED:
        return exists().where(Response.requirement_id == Requirement.id)
    if figure is Figure.ENDED:
        return ~exists().where(mine)
    return true()
