"""Searches the index within what the actor may see and reads the rows behind the hits again.

Visibility holds inside the search, so neither totals nor scores tell of a hidden row; reading again covers
the moment in which the index lags behind the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.achievements import repository as achievements
from app.auth.actor import Actor
from app.challenges import repository as challenges
from app.context import AppContext
from app.indexing.replica import name_of
from app.indexing.visibility import narrow, requirements_visible_to
from app.models.access import Role
from app.models.challenge import Challenge
from app.models.indexing import IndexCollection
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile
from app.requirements import repository as requirements
from app.solvers import repository as solvers
from matching import Filter, Hit

DEPTH = 1000
"""No page reaches beyond this rank; whoever looks further should search for something else."""


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """How a search is narrowed; an empty value means no narrowing. `kind` is a solver's or achievement's."""

    field: tuple[str, ...] = ()
    region: str = ""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with its row: a `Requirement`, `Achievement` or `SolverProfile`."""

    hit: Hit
    row: Any


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Hits in order; `total` of all pages; `next_offset` is None on the last page."""

    items: tuple[Found, ...]
    total: int
    next_offset: int | None


def search(
    context: AppContext,
    session: Session,
    actor: Actor,
    collection: IndexCollection,
    query: str,
    *,
    limit: int,
    offset: int = 0,
    filters: SearchFilters = SearchFilters(),
) -> FoundPage:
    """One page of what `query` finds in a collection, best first. A blank query finds nothing."""
    alternatives = _alternatives(actor, collection, filters)
    is_narrowed = collection is IndexCollection.REQUIREMENTS and filters.challenge != ""
    if is_narrowed and not _sees_challenge(session, actor, filters.challenge):
        # Of a challenge in preparation, a seeker knows what it has entered itself and strangers know nothing.
        own = [str(key) for key in sorted(actor.organizations(Role.SEEKER))]
        alternatives = narrow(alternatives, {"organization": own}) if own else ()
    if not alternatives or not query.strip() or offset >= DEPTH:
        return FoundPage((), 0, None)
    page = context.index.search(
        name_of(collection), query, limit=min(limit, DEPTH - offset), offset=offset, filter=alternatives
    )
    rows = _rows(session, actor, collection, [uuid.UUID(hit.key) for hit in page.hits])
    items = tuple(Found(hit, rows[uuid.UUID(hit.key)]) for hit in page.hits if uuid.UUID(hit.key) in rows)
    # A row that is gone although the index still holds it is not counted either.
    total = page.total - (len(page.hits) - len(items))
    reached = offset + len(page.hits)
    has_more = bool(page.hits) and reached < min(page.total, DEPTH)
    return FoundPage(items, total, reached if has_more else None)


def _alternatives(actor: Actor, collection: IndexCollection, filters: SearchFilters) -> tuple[Filter, ...]:
    region = (filters.region,) if filters.region else ()
    if collection is IndexCollection.REQUIREMENTS:
        wanted: dict[str, Sequence[str]] = {
            "field": filters.field,
            "region": region,
            "status": filters.status,
            "year": filters.year,
            "challenge": (filters.challenge,) if filters.challenge else (),
        }
        return narrow(requirements_visible_to(actor), wanted)
    if collection is IndexCollection.ACHIEVEMENTS:
        wanted = {"field": filters.field, "region": region, "kind": filters.kind, "year": filters.year}
    else:
        wanted = {"region": region, "solver_kind": filters.kind}
    return narrow([Filter()], wanted)


def _sees_challenge(session: Session, actor: Actor, challenge_id: str) -> bool:
    statement = challenges.visible_to(actor).where(Challenge.id == uuid.UUID(challenge_id))
    return session.scalar(statement) is not None


def _rows(
    session: Session, actor: Actor, collection: IndexCollection, keys: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Any]:
    if collection is IndexCollection.REQUIREMENTS:
        requirement_rows = requirements.visible_to(actor).where(Requirement.id.in_(keys))
        return {row.id: row for row in session.scalars(requirement_rows)}
    if collection is IndexCollection.ACHIEVEMENTS:
        achievement_rows = achievements.visible_to(actor).where(Achievement.id.in_(keys))
        return {row.id: row for row in session.scalars(achievement_rows)}
    solver_rows = solvers.visible_to(actor).where(SolverProfile.id.in_(keys))
    return {row.id: row for row in session.scalars(solver_rows)}
