"""Answers questions about candidates for one actor: for a requirement, for a solver, and near-duplicates.

Who gets a live ranking and who only what was published is decided here; how it is computed, in `ranking`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.context import AppContext
from app.errors import NotFound
from app.indexing.documents import requirement_document
from app.indexing.visibility import PUBLISHED, narrow, requirements_visible_to
from app.matches import repository
from app.matches.gates import barred, gates_of, team_of
from app.matches.ranking import CandidateFilters, Ranking, rank
from app.matches.reasons import evidence_of
from app.models.access import Role
from app.models.matching import Candidate, MatchRound, RoundExclusion, RoundStatus
from app.models.organization import Organization
from app.models.requirement import PUBLIC_STATUSES, Confidentiality, Requirement
from app.models.solver import Achievement, SolverProfile
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from matching import Candidate as Hit
from matching import Filter
from matching.gates import Gates, broken

ASKED_AGAIN = 200
"""So many forbidden requirements are skipped before a solver gets a shorter list."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Candidates as a round holds them; `round` is None when the actor has nothing to see yet.

    `excluded` are the teams that gates keep out; empty for whoever only gets what was published.
    """

    round: MatchRound | None
    candidates: tuple[Candidate, ...]
    excluded: tuple[RoundExclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class Similar:
    """Another requirement of the same need; `similarity` in [0, 1]."""

    requirement: Requirement
    similarity: float
    is_duplicate: bool


@dataclass(frozen=True, slots=True)
class Fitting:
    """A published requirement ranked for a solver by one of its achievements (None: by its profile)."""

    rank: int
    requirement: Requirement
    achievement: Achievement | None
    hit: Hit
    evidence: list[dict[str, object]]


def may_rank(actor: Actor) -> bool:
    """Whether the actor gets rankings that were not published."""
    return actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER)


def candidates_live(
    context: AppContext,
    session: Session,
    actor: Actor,
    requirement: Requirement,
    *,
    limit: int,
    filters: CandidateFilters = CandidateFilters(),
) -> Ranking:
    """Ranks solvers now. Raises `NotPermitted` for whoever only gets what was published."""
    if not may_rank(actor):
        actor.require("candidates:refresh")
    return rank(session, context.index, requirement, limit=limit, filters=filters)


def candidates_kept(session: Session, actor: Actor, requirement: Requirement, *, limit: int) -> Kept:
    """The latest stored ranking for staff and reviewers, the latest published one for the seeker.

    Raises `NotPermitted` for readers of the public part only.
    """
    requirement_service.check_is_insider(actor, requirement)
    statuses = [RoundStatus.PUBLISHED, RoundStatus.DRAFT] if may_rank(actor) else [RoundStatus.PUBLISHED]
    found = repository.latest_of(session, requirement.id, statuses)
    if found is None:
        return Kept(None, ())
    return kept_in(session, actor, found, requirement, limit=limit)


def kept_in(
    session: Session, actor: Actor, found: MatchRound, requirement: Requirement, *, limit: int
) -> Kept:
    """What a round holds for one requirement, as far as the actor may read it."""
    rows = repository.candidates_of(
        session, found.id, requirement.id, limit=limit, with_forbidden=may_rank(actor)
    )
    excluded: list[RoundExclusion] = []
    if may_rank(actor):
        excluded = repository.exclusions_of(session, found.id, [requirement.id]).get(requirement.id, [])
    return Kept(found, tuple(rows), tuple(excluded))


def similar_to(
    context: AppContext, session: Session, actor: Actor, requirement: Requirement, *, limit: int
) -> list[Similar]:
    """Near-duplicates among the requirements that the actor may see, most similar first."""
    visible = requirements_visible_to(actor)
    if not visible:
        return []
    document = requirement_document(requirement, requirement.organization)
    hits = context.index.similar(document, limit=limit, filter=visible)
    keys = [uuid.UUID(hit.key) for hit in hits]
    rows = _rows(session, actor, keys)
    return [
        Similar(rows[key], round(hit.similarity, 4), hit.duplicate)
        for key, hit in zip(keys, hits, strict=True)
        if key in rows and key != requirement.id
    ]


def requirements_for(
    context: AppContext, session: Session, actor: Actor, solver: SolverProfile, *, limit: int
) -> list[Fitting]:
    """Published requirements that fit a solver, ranked; for the solver itself and for staff.

    Restricted requirements and those of the solver's own unit never appear, nor do public ones of units that
    it has excluded, nor those whose must-have conditions it breaks. For anonymous ones its exclusions and its
    name change nothing here, or it could find out by trying names whose they are; a match round heeds them all
    the same.
    Raises `NotFound` for other people's solvers and `NotIndexed` for one with nothing to match yet.
    """
    if not (actor.is_staff or solver.organization_id in actor.organizations(Role.SOLVER)):
        raise NotFound()
    refused = _refused(session, solver)
    own = [solver.organization_id] if solver.organization_id else []
    visible = [
        *narrow([PUBLISHED], {"confidentiality": ["public"]}, {"organization": list(map(str, refused))}),
        *narrow([PUBLISHED], {"confidentiality": ["anonymous"]}, {"organization": list(map(str, own))}),
    ]
    hits, rows = _fitting(context, session, solver, visible, limit=limit)
    achievement_ids = [uuid.UUID(hit.achievement) for hit in hits]
    statement = select(Achievement).where(Achievement.id.in_(achievement_ids))
    achievements = {row.id: row for row in session.scalars(statement)}
    found: list[Fitting] = []
    for hit in hits:
        row = rows.get(uuid.UUID(hit.requirement))
        if row is None:
            continue
        achievement = achievements.get(uuid.UUID(hit.achievement))
        found.append(Fitting(len(found) + 1, row, achievement, hit, evidence_of(hit)))
    return found


def _fitting(
    context: AppContext,
    session: Session,
    solver: SolverProfile,
    visible: Sequence[Filter],
    *,
    limit: int,
) -> tuple[list[Hit], dict[uuid.UUID, Requirement]]:
    """Hits that may be offered to the solver, and their rows.

    What a gate forbids is only known from the rows, so the index is asked again without it until the list is
    full or nothing more is forbidden.
    """
    refused: frozenset[str] = frozenset()
    while True:
        asked = [replace(one, excluded_keys=one.excluded_keys | refused) for one in visible]
        hits = context.index.requirements_for(str(solver.id), limit=limit, filter=asked)
        rows = _published(session, [uuid.UUID(hit.requirement) for hit in hits])
        gates = gates_of(session, list(rows.values()))
        offered = {key: row for key, row in rows.items() if _may_be_offered(solver, row, gates[key])}
        further = frozenset(map(str, rows.keys() - offered.keys()))
        if not further or len(refused) >= ASKED_AGAIN:
            return [hit for hit in hits if uuid.UUID(hit.requirement) in offered], offered
        refused |= further


def _may_be_offered(solver: SolverProfile, requirement: Requirement, gates: Gates) -> bool:
    if requirement.confidentiality is Confidentiality.PUBLIC:
        return not barred(solver, requirement.organization, gates)
    stated = broken(gates.rules, team_of(solver))
    return solver.organization_id != requirement.organization_id and not stated


def searched_solvers(context: AppContext) -> int:
    """How many solvers a ranking looks at."""
    return context.index.counts()["solvers"]


def _rows(session: Session, actor: Actor, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, Requirement]:
    statement = requirements.visible_to(actor).where(Requirement.id.in_(keys))
    return {row.id: row for row in session.scalars(statement)}


def _published(session: Session, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, Requirement]:
    return {
        row.id: row
        for row in repository.requirements_in_order(session, keys)
        if row.status in PUBLIC_STATUSES and row.confidentiality is not Confidentiality.RESTRICTED
    }


def _refused(session: Session, solver: SolverProfile) -> list[uuid.UUID]:
    """The organizations whose requirements a solver must not meet: its own and those it names."""
    names = [name.strip() for name in solver.exclusions or () if name.strip()]
    same = Organization.name.in_([*names, solver.name])
    by_code = Organization.uscc.in_([name.upper() for name in names])
    found = set(session.scalars(select(Organization.id).where(or_(same, by_code))))
    for name in names:
        try:
            found.add(uuid.UUID(name))
        except ValueError:
            continue
    if solver.organization_id is not None:
        found.add(solver.organization_id)
    return sorted(found)
