"""Ranks solvers for requirements through the index, and reads the rows behind the hits.

Nothing is stored here. The index may lag behind the database, so every hit is read again: what is gone, or
must not meet, does not appear.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.indexing.documents import requirement_document, same_name
from app.indexing.service import SearchIndex
from app.models.organization import Organization
from app.models.requirement import Requirement
from app.models.solver import UNNAMED, Achievement, SolverProfile
from matching import Candidate as Hit
from matching import Filter, Match, SolverCandidate

GATES: tuple[tuple[str, str], ...] = (
    ("other_organization", "与需求方不是同一单位"),
    ("not_excluded", "未声明回避该需求方"),
    ("active", "解决方档案有效"),
)
"""Hard conditions that every candidate meets; whoever fails one is left out of the search itself."""


@dataclass(frozen=True, slots=True)
class CandidateFilters:
    """How a search for candidates is narrowed. `excluded` names organizations that must not appear."""

    field: tuple[str, ...] = ()
    region: str = ""
    solver_kind: tuple[str, ...] = ()
    achievement_kind: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A solver ranked for a requirement with the achievement that speaks best for it.

    `grade` is a letter A to D, `expected_grade` lies in [1, 4], `probability` is P(grade ≥ 3).
    """

    rank: int
    solver: SolverProfile
    achievement: Achievement
    score: float
    grade: str
    expected_grade: float
    probability: float
    is_adequate: bool
    summary: str
    evidence: list[dict[str, Any]] = field(default_factory=list)
    contributions: dict[str, float] = field(default_factory=dict)
    gates: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for one requirement: `candidates` best first, of `pool` achievements that were searched.

    When `is_adequate` is false the candidates are the nearest there are, worth naming but not recommending.
    """

    requirement_id: uuid.UUID
    candidates: tuple[Ranked, ...]
    is_adequate: bool
    pool: int
    model_id: str


def conditions(organization: Organization, filters: CandidateFilters = CandidateFilters()) -> Filter:
    """What an achievement must meet to be searched for a requirement of `organization`."""
    seeker = [str(organization.id), same_name(organization.name)]
    named = [*seeker, *([same_name(organization.uscc)] if organization.uscc else [])]
    any_of = {
        "field": filters.field,
        "region": (filters.region,) if filters.region else (),
        "solver_kind": filters.solver_kind,
        "kind": filters.achievement_kind,
    }
    return Filter(
        any_of={name: values for name, values in any_of.items() if values},
        none_of={
            "organization": [*seeker, *(same_name(name) for name in filters.excluded)],
            "excludes": named,
            "active": ["no"],
        },
    )


def rank(
    session: Session,
    index: SearchIndex,
    requirement: Requirement,
    *,
    limit: int,
    filters: CandidateFilters = CandidateFilters(),
    explain: bool = True,
) -> Ranking:
    """Ranks at most `limit` solvers for one requirement, whose `organization` is loaded."""
    document = requirement_document(requirement, requirement.organization)
    narrowed = conditions(requirement.organization, filters)
    found = index.match(document, limit=limit, filter=narrowed, explain=explain)
    return rankings(session, [(requirement, found)])[0]


def rank_all(
    session: Session, index: SearchIndex, requirements: Sequence[Requirement], *, limit: int
) -> list[Ranking]:
    """Ranks solvers for many requirements, in order; `organization` is loaded on each."""
    return rankings(session, list(match_all(index, requirements, limit=limit)))


def match_all(
    index: SearchIndex, requirements: Sequence[Requirement], *, limit: int, explain: bool = True
) -> Iterator[tuple[Requirement, Match]]:
    """The engine's answer to each requirement, in order.

    Requirements of one organization side by side share a filter, so their texts are encoded together.
    """
    for _, group in groupby(requirements, key=lambda requirement: requirement.organization_id):
        side_by_side = list(group)
        documents = [requirement_document(row, row.organization) for row in side_by_side]
        narrowed = conditions(side_by_side[0].organization)
        found = index.match_many(documents, limit=limit, filter=narrowed, explain=explain)
        yield from zip(side_by_side, found, strict=True)


def rankings(session: Session, found: Sequence[tuple[Requirement, Match]]) -> list[Ranking]:
    """Matches with the rows of their solvers and achievements, all read at once."""
    solvers, achievements = _rows(session, [solver for _, match in found for solver in match.solvers])
    result = []
    for requirement, match in found:
        kept: list[Ranked] = []
        for candidate in match.solvers:
            solver = solvers.get(uuid.UUID(candidate.solver))
            achievement = achievements.get(uuid.UUID(candidate.best.achievement))
            if solver is None or achievement is None or not may_meet(solver, requirement.organization):
                continue
            kept.append(_ranked(len(kept) + 1, candidate, solver, achievement))
        is_adequate = any(candidate.is_adequate for candidate in kept)
        result.append(Ranking(requirement.id, tuple(kept), is_adequate, match.pool, match.model_id))
    return result


def may_meet(solver: SolverProfile, organization: Organization) -> bool:
    """Whether a solver may be proposed to a seeker: active, another unit, and not excluding the seeker."""
    return not bars(solver, organization)


def bars(solver: SolverProfile, organization: Organization) -> tuple[str, ...]:
    """The codes of the rules that keep a solver from a seeker; empty when it may be proposed."""
    found = []
    if not solver.is_active:
        found.append("inactive")
    same = solver.source != UNNAMED and same_name(solver.name) == same_name(organization.name)
    if same or solver.organization_id == organization.id:
        found.append("conflict_of_interest")
    if solver.exclusions:
        names = {
            same_name(name)
            for name in (organization.name, str(organization.id), organization.uscc or "")
            if name
        }
        if names.intersection(same_name(name) for name in solver.exclusions):
            found.append("excluded_by_solver")
    return tuple(found)


def evidence_of(hit: Hit) -> list[dict[str, Any]]:
    """Evidence as it is stored and shown: the phrases that meet, strongest first."""
    return [
        {
            "kind": item.kind,
            "requirement": item.requirement.text,
            "achievement": item.achievement.text,
            "strength": round(item.strength, 4),
        }
        for item in hit.evidence
    ]


def contributions_of(candidate: SolverCandidate) -> dict[str, float]:
    """The parts of a solver's score by name; they sum to it.

    `further_achievements` is what achievements beyond the best one add.
    """
    best = candidate.best
    parts: dict[str, float] = {part.name: round(part.value, 4) for part in best.contributions}
    bonus = round(candidate.score - best.score, 4)
    return {**parts, "further_achievements": bonus} if bonus else parts


def _ranked(
    position: int, candidate: SolverCandidate, solver: SolverProfile, achievement: Achievement
) -> Ranked:
    grade = candidate.grade
    return Ranked(
        rank=position,
        solver=solver,
        achievement=achievement,
        score=round(candidate.score, 6),
        grade=grade.letter,
        expected_grade=round(grade.expected, 4),
        probability=round(grade.p3, 4),
        is_adequate=grade.adequate,
        summary=candidate.best.sentence[:1000],
        evidence=evidence_of(candidate.best),
        contributions=contributions_of(candidate),
        gates=[{"code": code, "label": label, "passed": True} for code, label in GATES],
    )


def _rows(
    session: Session, found: Sequence[SolverCandidate]
) -> tuple[dict[uuid.UUID, SolverProfile], dict[uuid.UUID, Achievement]]:
    solver_ids = list({uuid.UUID(item.solver) for item in found})
    achievement_ids = list({uuid.UUID(item.best.achievement) for item in found})
    solvers: dict[uuid.UUID, SolverProfile] = {}
    achievements: dict[uuid.UUID, Achievement] = {}
    for start in range(0, len(solver_ids), 500):
        chunk = solver_ids[start : start + 500]
        for solver in session.scalars(select(SolverProfile).where(SolverProfile.id.in_(chunk))):
            solvers[solver.id] = solver
    for start in range(0, len(achievement_ids), 500):
        chunk = achievement_ids[start : start + 500]
        for achievement in session.scalars(select(Achievement).where(Achievement.id.in_(chunk))):
            achievements[achievement.id] = achievement
    return solvers, achievements
