"""Solves a round as a whole and stores what became of every pair, every requirement and every team."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.matches import wording
from app.matches.inputs import CHUNK, Inputs, Option
from app.models.matching import (
    FORCING,
    Candidate,
    CandidateRole,
    MatchRound,
    RoundResult,
    RoundTeam,
    Unserved,
)
from app.models.solver import SolverProfile
from matching.assign import (
    Assignment,
    Comparison,
    Figures,
    InfeasibleWishes,
    PassedOver,
    Price,
    RequirementResult,
    assign,
    compare,
    price_of_wishes,
)
from matching.assign.conflicts import check
from matching.assign.problem import encode

STAGES: dict[str, str] = {
    "checked": "兼顾公平",
    "fairness_settled": "求总体最优",
    "total_settled": "整理理由",
    "explained": "与其他方法比较",
}
"""What is done next, by the stage of the solver that has ended."""

FIRST_STAGE = "核对规则"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A solved round: the assignment, how it compares, and what its wishes cost (None without wishes)."""

    assignment: Assignment
    comparison: Comparison
    price: Price | None


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of one pair, as its candidate stores it."""

    role: CandidateRole
    reason: str
    place: int | None = None
    rules: tuple[str, ...] = ()
    is_forbidden: bool = False
    displaced: tuple[str, ...] = ()
    displaced_count: int = 0


def check_feasible(inputs: Inputs) -> None:
    """Raises `RoundInfeasible`, which names the smallest set of rules in the way, unless all can be kept."""
    problem = inputs.problem()
    try:
        check(problem, encode(problem))
    except InfeasibleWishes as error:
        raise wording.infeasible(error, inputs.requirements, inputs.teams) from error


def solve(inputs: Inputs, *, on_stage: Callable[[str], None] | None = None) -> Outcome:
    """The assignment with its comparisons. `on_stage` hears what is done next, in Chinese.

    What `on_stage` raises ends the run. Raises `RoundInfeasible`.
    """
    problem = inputs.problem()

    def report(stage: str) -> None:
        if on_stage is not None:
            on_stage(STAGES[stage])

    try:
        assignment = assign(problem, on_stage=report)
    except InfeasibleWishes as error:
        raise wording.infeasible(error, inputs.requirements, inputs.teams) from error
    has_wishes = bool(inputs.wishes.keep) or any(rule.name in FORCING for rule in inputs.rules)
    price = price_of_wishes(problem, assignment) if has_wishes else None
    return Outcome(assignment, compare(problem, assignment), price)


def store(session: Session, found: MatchRound, inputs: Inputs, outcome: Outcome) -> None:
    """Writes the outcome in place of an earlier one of the same round."""
    fates = _fates(inputs, outcome.assignment)
    _store_pairs(session, found, inputs, fates)
    _store_results(session, found, inputs, outcome.assignment)
    _store_teams(session, found, inputs, fates)
    found.pair_rules = list(inputs.pair_rules)
    found.figures = _figures(inputs, outcome)
    session.flush()


def _fates(inputs: Inputs, assignment: Assignment) -> list[_Fate]:
    """What became of each option, in their order."""
    forbidden: dict[tuple[int, int], list[str]] = {}
    for rule in inputs.rules:
        if rule.name not in FORCING:
            forbidden.setdefault((rule.row, rule.column), []).append(rule.name)
    used = Counter(team.column for result in assignment.requirements for team in result.teams)
    fates: dict[int, _Fate] = {}
    for result in assignment.requirements:
        for place, team in enumerate(result.teams, 1):
            option = inputs.options[team.pair]
            reason = wording.assigned(
                option.probability,
                option.grade,
                place=place,
                rules=team.rules,
                is_kept=option.is_kept,
                displaced=team.displaced_count,
            )
            fates[team.pair] = _Fate(
                CandidateRole.ASSIGNED,
                reason,
                place=place,
                rules=team.rules,
                displaced=tuple(inputs.requirements[row].id for row in team.displaced),
                displaced_count=team.displaced_count,
            )
        for place, stand_in in enumerate(result.alternates, 1):
            option = inputs.options[stand_in.pair]
            reason = wording.alternate(option.probability, option.grade, place=place)
            fates[stand_in.pair] = _Fate(CandidateRole.ALTERNATE, reason, place=place)
    return [
        fates.get(position) or _left(option, inputs, forbidden.get((option.row, option.column), ()), used)
        for position, option in enumerate(inputs.options)
    ]


def _left(option: Option, inputs: Inputs, rules: Sequence[str], used: Counter[int]) -> _Fate:
    if rules:
        return _Fate(CandidateRole.CANDIDATE, wording.forbidden(rules), rules=tuple(rules), is_forbidden=True)
    if not option.is_adequate:
        return _Fate(CandidateRole.CANDIDATE, wording.not_adequate(option.probability, option.grade))
    places = inputs.places(option.column)
    if used[option.column] >= places:
        return _Fate(CandidateRole.CANDIDATE, wording.full(option.probability, option.grade, places=places))
    return _Fate(CandidateRole.CANDIDATE, wording.outranked(option.probability, option.grade))


def _store_pairs(session: Session, found: MatchRound, inputs: Inputs, fates: Sequence[_Fate]) -> None:
    changes: list[dict[str, Any]] = []
    for option, fate in zip(inputs.options, fates, strict=True):
        values = {
            "role": fate.role,
            "place": fate.place,
            "rules": list(fate.rules),
            "is_forbidden": fate.is_forbidden,
            "is_kept": option.is_kept and fate.role is CandidateRole.ASSIGNED,
            "reason": fate.reason[:500],
            "displaced": list(fate.displaced),
            "displaced_count": fate.displaced_count,
        }
        if option.candidate_id is not None:
            changes.append({"id": option.candidate_id, **values})
            continue
        if session.get(SolverProfile, uuid.UUID(inputs.teams[option.column].id)) is not None:
            session.add(_wished(session, found, inputs, option, values))
    session.flush()
    present = _existing(session, [change["id"] for change in changes])
    changes = [change for change in changes if change["id"] in present]
    if changes:
        session.execute(update(Candidate), changes)
    session.expire_all()


def _existing(session: Session, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    # A team that was deleted meanwhile has taken its candidates with it.
    found: set[uuid.UUID] = set()
    for start in range(0, len(ids), CHUNK):
        statement = select(Candidate.id).where(Candidate.id.in_(ids[start : start + CHUNK]))
        found.update(session.scalars(statement))
    return found


def _wished(
    session: Session, found: MatchRound, inputs: Inputs, option: Option, values: dict[str, Any]
) -> Candidate:
    """A candidate for a wished pair: as the earlier round knew it, or with nothing that speaks for it."""
    earlier = session.get(Candidate, option.source_id) if option.source_id is not None else None
    return Candidate(
        round_id=found.id,
        requirement_id=uuid.UUID(inputs.requirements[option.row].id),
        solver_id=uuid.UUID(inputs.teams[option.column].id),
        achievement_id=earlier.achievement_id if earlier else None,
        rank=found.top + 1,
        score=earlier.score if earlier else 0.0,
        grade=option.grade,
        expected_grade=earlier.expected_grade if earlier else 1.0,
        probability=option.probability,
        is_adequate=option.is_adequate,
        evidence=earlier.evidence if earlier else [],
        contributions=earlier.contributions if earlier else {},
        gates=earlier.gates if earlier else [],
        targets=earlier.targets if earlier else [],
        summary=earlier.summary if earlier else "由承办单位指定，不在本轮检索出的候选之列。",
        **values,
    )


def _store_results(session: Session, found: MatchRound, inputs: Inputs, assignment: Assignment) -> None:
    session.execute(delete(RoundResult).where(RoundResult.round_id == found.id))
    number_of = {key: number for number, key in enumerate(found.requirement_ids, 1)}
    rows = [
        RoundResult(
            round_id=found.id,
            requirement_id=uuid.UUID(key),
            number=number_of[key],
            level=result.level,
            best_adequate=result.best_adequate,
            unserved=Unserved(result.unserved.value) if result.unserved else None,
            assigned=len(result.teams),
            passed_over=[_passed_over(item, inputs) for item in result.passed_over],
            passed_over_count=result.passed_over_count,
        )
        for key, result in _by_key(inputs, assignment.requirements)
    ]
    session.add_all(rows)


def _by_key(inputs: Inputs, results: Iterable[RequirementResult]) -> Iterable[tuple[str, RequirementResult]]:
    return ((inputs.requirements[result.row].id, result) for result in results)


def _passed_over(item: PassedOver, inputs: Inputs) -> dict[str, Any]:
    return {
        "solver_id": inputs.teams[item.column].id,
        "probability": round(item.benefit, 4),
        "is_adequate": item.adequate,
        "reason": item.reason.value,
        "rules": list(item.rules),
        "taken_by": [inputs.requirements[row].id for row in item.taken_by],
    }


def _store_teams(session: Session, found: MatchRound, inputs: Inputs, fates: Sequence[_Fate]) -> None:
    session.execute(delete(RoundTeam).where(RoundTeam.round_id == found.id))
    used = Counter(
        option.column
        for option, fate in zip(inputs.options, fates, strict=True)
        if fate.role is CandidateRole.ASSIGNED
    )
    keys = [uuid.UUID(team.id) for team in inputs.teams]
    existing: set[uuid.UUID] = set()
    for start in range(0, len(keys), CHUNK):
        chosen = SolverProfile.id.in_(keys[start : start + CHUNK])
        existing.update(session.scalars(select(SolverProfile.id).where(chosen)))
    rows = [
        {
            "round_id": found.id,
            "solver_id": key,
            "capacity": inputs.capacities[column],
            "taken": inputs.taken[column],
            "assigned": used[column],
        }
        for column, key in enumerate(keys)
        if key in existing
    ]
    if rows:
        session.execute(insert(RoundTeam), rows)


def _figures(inputs: Inputs, outcome: Outcome) -> dict[str, Any]:
    compared = outcome.comparison
    price = outcome.price
    return {
        "fair": _plain(compared.fair),
        "greedy_top": _plain(compared.greedy_top),
        "greedy": _plain(compared.greedy),
        "greatest_total": _plain(compared.greatest_total),
        "price": {"served": price.served, "total": round(price.total, 6)} if price else None,
        "dropped": [
            {
                "requirement_id": inputs.requirements[inputs.options[pair].row].id,
                "solver_id": inputs.teams[inputs.options[pair].column].id,
            }
            for pair in outcome.assignment.dropped
        ],
    }


def _plain(figures: Figures) -> dict[str, Any]:
    rounded = {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in asdict(figures).items()
    }
    return {**rounded, "levels": list(figures.levels)}
