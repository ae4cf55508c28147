"""Which achievements an actor may see, in one statement: those of the teams it may see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session, contains_eager

from app.auth.actor import Actor
from app.errors import NotFound
from app.kit.contains import contains_words
from app.models.requirement import Field
from app.models.solver import Achievement, AchievementKind, SolverProfile
from app.solvers.repository import is_visible

SORTABLE: dict[str, Any] = {
    "created_at": Achievement.created_at,
    "updated_at": Achievement.updated_at,
    "title": Achievement.title,
    "year": Achievement.year,
    "trl": Achievement.trl,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    q: str | None = None
    kind: tuple[AchievementKind, ...] = ()
    field: tuple[Field, ...] = ()
    solver_id: uuid.UUID | None = None
    year: int | None = None
    region: str | None = None
    external_id: str | None = None


def visible_to(actor: Actor) -> Select[Achievement]:
    """The achievements this actor may see, each with its team."""
    return (
        select(Achievement)
        .join(Achievement.solver)
        .where(is_visible(actor))
        .options(contains_eager(Achievement.solver))
    )


def get(session: Session, actor: Actor, achievement_id: uuid.UUID, *, lock: bool = False) -> Achievement:
    """One achievement. Raises `NotFound` for what does not exist and what the actor may not see alike."""
    statement = visible_to(actor).where(Achievement.id == achievement_id)
    if lock:
        statement = statement.with_for_update(of=Achievement)
    achievement = session.scalar(statement)
    if achievement is None:
        raise NotFound()
    return achievement


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.q:
        lists = (Achievement.keywords,)
        words = contains_words(filters.q, Achievement.title, Achievement.description, lists=lists)
        statement = statement.where(words)
    if filters.kind:
        statement = statement.where(Achievement.kind.in_(filters.kind))
    if filters.field:
        statement = statement.where(Achievement.field.in_(filters.field))
    if filters.solver_id:
        statement = statement.where(Achievement.solver_id == filters.solver_id)
    if filters.year:
        statement = statement.where(Achievement.year == filters.year)
    if filters.region:
        statement = statement.where(SolverProfile.region.contains(filters.region, autoescape=True))
    if filters.external_id:
        statement = statement.where(Achievement.external_id == filters.external_id)
    return statement


def by_external_id(session: Session, source: str, external_id: str) -> Achievement | None:
    statement = select(Achievement).where(
        Achievement.source == source, Achievement.external_id == external_id
    )
    return session.scalar(statement)


def remove(session: Session, achievement_id: uuid.UUID) -> None:
    """Deletes the row; candidates that it spoke for keep their evidence and lose the reference."""
    session.execute(delete(Achievement).where(Achievement.id == achievement_id))
