"""Renders what rounds assign, for staff: they alone read reasons and who displaced whom."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.matches import repository
from app.matches.assignment_schemas import (
    AssignedPairView,
    FiguresView,
    KeptOutView,
    PairRuleView,
    PassedOverView,
    RequirementAssignmentView,
    RoundChangeView,
    RoundComparisonView,
    TeamAssignmentView,
)
from app.matches.comparison import Differences
from app.models.matching import Candidate, CandidateRole, MatchRound, PairRule, RoundResult, RoundTeam

SHOWN = (CandidateRole.ASSIGNED, CandidateRole.ALTERNATE)
NEAREST = 3
"""So many of the best ranked are shown although they are not adequate."""


def by_requirement(
    session: Session, found: MatchRound, results: Sequence[RoundResult], *, language: str
) -> list[RequirementAssignmentView]:
    """Each result with its teams and stand-ins; `requirement` is loaded on the results."""
    keys = [result.requirement_id for result in results]
    is_near = and_(
        Candidate.rank <= NEAREST,
        Candidate.role == CandidateRole.CANDIDATE,
        Candidate.is_adequate.is_(False),
        Candidate.is_forbidden.is_(False),
    )
    shown = and_(Candidate.requirement_id.in_(keys), or_(Candidate.role.in_(SHOWN), is_near))
    pairs = _pairs(session, found, shown)
    grouped: dict[tuple[uuid.UUID, CandidateRole], list[Candidate]] = {}
    for candidate in pairs:
        grouped.setdefault((candidate.requirement_id, candidate.role), []).append(candidate)
    kept_out = repository.exclusions_of(session, found.id, keys)
    return [
        RequirementAssignmentView(
            requirement_id=result.requirement_id,
            requirement=result.requirement.title,
            number=result.number,
            level=result.level,
            best_adequate=result.best_adequate,
            unserved=result.unserved,
            unserved_label=result.unserved.label if result.unserved else "",
            teams=_views(grouped.get((result.requirement_id, CandidateRole.ASSIGNED), ())),
            alternates=_views(grouped.get((result.requirement_id, CandidateRole.ALTERNATE), ())),
            nearest=_views(grouped.get((result.requirement_id, CandidateRole.CANDIDATE), ())),
            passed_over=[PassedOverView.model_validate(item) for item in result.passed_over],
            passed_over_count=result.passed_over_count,
            excluded=[
                KeptOutView(
                    solver_id=item.solver_id,
                    solver=item.solver.name,
                    rank=item.rank,
                    probability=item.probability,
                    rules=[_in_words(rule, language) for rule in item.rules],
                )
                for item in kept_out.get(result.requirement_id, ())
            ],
        )
        for result in results
    ]


def by_team(session: Session, found: MatchRound, teams: Sequence[RoundTeam]) -> list[TeamAssignmentView]:
    """Each team with the requirements it is assigned; `solver` is loaded on the teams."""
    keys = [team.solver_id for team in teams]
    is_assigned = Candidate.role == CandidateRole.ASSIGNED
    pairs = _pairs(session, found, and_(Candidate.solver_id.in_(keys), is_assigned))
    grouped: dict[uuid.UUID, list[Candidate]] = {}
    for candidate in pairs:
        grouped.setdefault(candidate.solver_id, []).append(candidate)
    return [
        TeamAssignmentView(
            solver_id=team.solver_id,
            solver=team.solver.name,
            capacity=team.capacity,
            taken=team.taken,
            places=max(0, team.capacity - team.taken),
            assigned=team.assigned,
            requirements=_views(grouped.get(team.solver_id, ())),
        )
        for team in teams
    ]


def pair_rule(rule: PairRule) -> PairRuleView:
    """A pin or ban."""
    return PairRuleView(
        requirement_id=rule.requirement_id,
        solver_id=rule.solver_id,
        verdict=rule.verdict,
        verdict_label=rule.verdict.label,
        reason=rule.reason,
        created_by_id=rule.created_by_id,
        created_at=rule.created_at,
    )


def _in_words(rule: Mapping[str, Any], language: str) -> str:
    label = str(rule["label_en"] if language == "en" else rule["label"])
    return f"{label}（{rule['text']}）" if rule["text"] else label


def comparison(
    found: MatchRound, other: MatchRound, differing: Differences, *, limit: int, after: uuid.UUID | None
) -> RoundComparisonView:
    """The differences, one page of the requirements they touch: those after the id `after`."""
    rest = [change for change in differing.changes if after is None or change.requirement_id > after]
    shown = rest[:limit]
    return RoundComparisonView(
        round_id=found.id,
        other_id=other.id,
        figures=FiguresView.model_validate(found.figures["fair"]),
        other_figures=FiguresView.model_validate(other.figures["fair"]),
        same=differing.same,
        added=differing.added,
        removed=differing.removed,
        items=[RoundChangeView.model_validate(change) for change in shown],
        next_cursor=str(shown[-1].requirement_id) if len(rest) > len(shown) else None,
        total=len(differing.changes),
    )


def _pairs(session: Session, found: MatchRound, chosen: ColumnElement[bool]) -> list[Candidate]:
    statement = (
        select(Candidate)
        .where(Candidate.round_id == found.id, chosen)
        .options(joinedload(Candidate.solver), joinedload(Candidate.requirement))
        .order_by(Candidate.requirement_id, Candidate.place, Candidate.rank)
    )
    return list(session.scalars(statement))


def _views(candidates: Sequence[Candidate]) -> list[AssignedPairView]:
    return [
        AssignedPairView(
            requirement_id=candidate.requirement_id,
            requirement=candidate.requirement.title,
            solver_id=candidate.solver_id,
            solver=candidate.solver.name,
            role=candidate.role,
            role_label=candidate.role.label,
            place=candidate.place,
            probability=candidate.probability,
            grade=candidate.grade,
            is_adequate=candidate.is_adequate,
            is_kept=candidate.is_kept,
            rules=candidate.rules,
            reason=candidate.reason,
            summary=candidate.summary,
            displaced=[uuid.UUID(key) for key in candidate.displaced],
            displaced_count=candidate.displaced_count,
        )
        for candidate in candidates
    ]
