"""Ranks solvers for requirements through the index, and reads the rows behind the hits.

Nothing is stored here. The index may lag behind the database, so every hit is read again: what is gone, or
must not meet, does not appear.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.analysis import service as analyses
from app.indexing.documents import requirement_document, same_name
from app.indexing.service import SearchIndex
from app.kit.clock import now
from app.matches.gates import barred, barriers, gates_of_reading, shown, team_of, with_gates
from app.matches.reasons import evidence_of, spoken_json, summary, targets_of
from app.matches.wording import RULES
from app.models.organization import Organization
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile
from matching import Filter, Match, SolverCandidate
from matching.currency import readiness, recency
from matching.gates import Gates, preference
from matching.learn import SHIPPED, Ranker
from matching.spoken import Stated, spoken_targets

EXCLUDED = 10
"""So many teams that would have ranked but break a rule are told."""

SPARE = 5
"""So many more solvers are looked at when preferences may change the order at the end of a list."""


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
    targets: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A solver that would have stood at `rank` but must not be proposed; `rules` say why, in words."""

    rank: int
    solver: SolverProfile
    achievement: Achievement
    score: float
    grade: str
    probability: float
    rules: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for one requirement: `candidates` best first, of `pool` achievements that were searched.

    When `is_adequate` is false the candidates are the nearest there are, worth naming but not recommending.
    `excluded` are those that a rule keeps out although they would have been among the candidates. `ranker` names
    the learned version that it was computed with, `recipe` what the parts of the scores mean.
    """

    requirement_id: uuid.UUID
    candidates: tuple[Ranked, ...]
    is_adequate: bool
    pool: int
    model_id: str
    excluded: tuple[Excluded, ...] = ()
    ranker: str = SHIPPED
    recipe: str = ""


def narrowed(filters: CandidateFilters) -> Filter:
    """What the caller has narrowed a search to, before any gate."""
    any_of = {
        "field": filters.field,
        "region": (filters.region,) if filters.region else (),
        "solver_kind": filters.solver_kind,
        "kind": filters.achievement_kind,
    }
    unwanted = [same_name(name) for name in filters.excluded]
    return Filter(
        any_of={name: values for name, values in any_of.items() if values},
        none_of={"organization": unwanted} if unwanted else {},
    )


def conditions(organization: Organization, filters: CandidateFilters = CandidateFilters()) -> Filter:
    """What an achievement must meet to be searched for a requirement of `organization`."""
    seeker = [str(organization.id), same_name(organization.name)]
    named = [*seeker, *([same_name(organization.uscc)] if organization.uscc else [])]
    asked = narrowed(filters)
    return Filter(
        any_of=asked.any_of,
        none_of={
            "organization": [*seeker, *asked.none_of.get("organization", ())],
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
    return _rank(session, index, [requirement], limit=limit, filters=filters, explain=explain)[0]


def rank_all(
    session: Session,
    index: SearchIndex,
    requirements: Sequence[Requirement],
    *,
    limit: int,
    ranker: Ranker | None = None,
) -> list[Ranking]:
    """Ranks solvers for many requirements, in order; `organization` is loaded on each.

    A round hands in the version of the ranking that it keeps to; otherwise the live one answers.
    """
    everything = CandidateFilters()
    return _rank(session, index, requirements, limit=limit, filters=everything, explain=True, ranker=ranker)


def _rank(
    session: Session,
    index: SearchIndex,
    requirements: Sequence[Requirement],
    *,
    limit: int,
    filters: CandidateFilters,
    explain: bool,
    ranker: Ranker | None = None,
) -> list[Ranking]:
    version = ranker or index.ranker
    readings = analyses.readings_of(session, requirements)
    gates = {row.id: gates_of_reading(row, readings[row.id]) for row in requirements}
    documents = [requirement_document(row, row.organization) for row in requirements]
    # Without any gate first: it tells who is kept out, and encodes the texts of all requirements together.
    asked = narrowed(filters)
    everybody = list(index.match_many(documents, limit=limit, filter=asked, explain=False, ranker=version))
    regions = index.regions()
    found = []
    for row, document in zip(requirements, documents, strict=True):
        wanted = with_gates(conditions(row.organization, filters), gates[row.id], regions)
        spare = SPARE if gates[row.id].preferences else 0
        found.append(
            index.match(document, limit=limit + spare, filter=wanted, explain=explain, ranker=version)
        )
    solvers, achievements = _rows(session, [one for match in (*everybody, *found) for one in match.solvers])
    result = []
    for row, match, ungated in zip(requirements, found, everybody, strict=True):
        targets = targets_of(row, readings[row.id])
        kept = _kept(row, match, gates[row.id], targets, solvers, achievements)[:limit]
        result.append(
            Ranking(
                requirement_id=row.id,
                candidates=tuple(kept),
                is_adequate=any(candidate.is_adequate for candidate in kept),
                pool=match.pool,
                model_id=match.model_id,
                ranker=match.ranker,
                recipe=match.recipe,
                excluded=tuple(_excluded(row, ungated, gates[row.id], solvers, achievements)),
            )
        )
    return result


def _kept(
    requirement: Requirement,
    match: Match,
    gates: Gates,
    targets: Sequence[Stated],
    solvers: Mapping[uuid.UUID, SolverProfile],
    achievements: Mapping[uuid.UUID, Achievement],
) -> list[Ranked]:
    """The solvers that still exist and break no rule, in order, with what preferences, year and readiness add."""
    kept = []
    for candidate in match.solvers:
        solver = solvers.get(uuid.UUID(candidate.solver))
        achievement = achievements.get(uuid.UUID(candidate.best.achievement))
        if solver is None or achievement is None or barred(solver, requirement.organization, gates):
            continue
        kept.append(_ranked(requirement, candidate, solver, achievement, gates, targets))
    kept.sort(key=lambda one: -one.score)
    return [replace(one, rank=place) for place, one in enumerate(kept, 1)]


def _excluded(
    requirement: Requirement,
    match: Match,
    gates: Gates,
    solvers: Mapping[uuid.UUID, SolverProfile],
    achievements: Mapping[uuid.UUID, Achievement],
) -> list[Excluded]:
    found: list[Excluded] = []
    for candidate in match.solvers:
        solver = solvers.get(uuid.UUID(candidate.solver))
        achievement = achievements.get(uuid.UUID(candidate.best.achievement))
        if solver is None or achievement is None or len(found) >= EXCLUDED:
            continue
        rules = barriers(solver, requirement.organization, gates, RULES)
        if rules:
            found.append(
                Excluded(
                    rank=candidate.rank,
                    solver=solver,
                    achievement=achievement,
                    score=round(candidate.score, 6),
                    grade=candidate.grade.letter,
                    probability=round(candidate.grade.p3, 4),
                    rules=[rule.as_json() for rule in rules],
                )
            )
    return found


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


def contributions_of(candidate: SolverCandidate, **beyond_the_texts: float) -> dict[str, float]:
    """The parts of a solver's score by name, to six places; their sum is the score.

    `further_achievements` is what achievements beyond the best one add. Parts `beyond_the_texts` (preferences,
    year, readiness) follow when they add anything.
    """
    best = candidate.best
    parts: dict[str, float] = {part.name: round(part.value, 6) for part in best.contributions}
    further = {"further_achievements": candidate.score - best.score, **beyond_the_texts}
    return {**parts, **{name: round(value, 6) for name, value in further.items() if round(value, 6)}}


def _ranked(
    requirement: Requirement,
    candidate: SolverCandidate,
    solver: SolverProfile,
    achievement: Achievement,
    gates: Gates,
    targets: Sequence[Stated],
) -> Ranked:
    grade = candidate.grade
    evidence = evidence_of(candidate.best)
    spoken = spoken_json(spoken_targets(targets, achievement.title, achievement.description))
    beyond = {
        "preferences": preference(gates.preferences, team_of(solver)),
        "recency": recency(achievement.year, now().year),
        "readiness": readiness(achievement.trl, requirement.trl_wanted),
    }
    parts = contributions_of(candidate, **beyond)
    # Without an explanation there are no parts to add up.
    score = sum(parts.values()) if candidate.best.contributions else candidate.score + sum(beyond.values())
    return Ranked(
        rank=candidate.rank,
        solver=solver,
        achievement=achievement,
        score=round(score, 6),
        grade=grade.letter,
        expected_grade=round(grade.expected, 4),
        probability=round(grade.p3, 4),
        is_adequate=grade.adequate,
        summary=summary(evidence, spoken, chance=grade.p3, letter=grade.letter)[:1000],
        evidence=evidence,
        targets=spoken,
        contributions=parts,
        gates=shown(solver, gates),
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
