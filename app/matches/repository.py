"""Reads and writes rounds and their candidates; what may be done with a round is left to `rounds`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.matches.ranking import Excluded, Ranked, Ranking
from app.models.job import Job, JobStatus
from app.models.matching import (
    Candidate,
    CandidateRole,
    MatchRound,
    RoundExclusion,
    RoundResult,
    RoundStatus,
    RoundTeam,
)
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile


def visible_to(actor: Actor) -> Select[MatchRound]:
    """The rounds this actor may see: all for staff, none for others."""
    statement = select(MatchRound)
    if actor.is_staff:
        return statement
    return statement.where(MatchRound.id.is_(None))


def get(session: Session, actor: Actor, round_id: uuid.UUID, *, lock: bool = False) -> MatchRound:
    """One round. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    statement = visible_to(actor).where(MatchRound.id == round_id)
    if lock:
        statement = statement.with_for_update()
    found = session.scalar(statement)
    if found is None:
        raise NotFound()
    return found


def running_in(session: Session, challenge_id: uuid.UUID) -> MatchRound | None:
    """The round of a challenge that is being computed, if any; one whose job has failed does not count."""
    statement = (
        select(MatchRound)
        .join(Job, Job.id == MatchRound.job_id)
        .where(
            MatchRound.challenge_id == challenge_id,
            MatchRound.status == RoundStatus.RUNNING,
            Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)),
        )
    )
    return session.scalars(statement.limit(1)).first()


def jobs_of(session: Session, rounds: Iterable[MatchRound]) -> dict[uuid.UUID, Job]:
    """The jobs behind rounds, by job id."""
    ids = [row.job_id for row in rounds if row.job_id is not None]
    return {job.id: job for job in session.scalars(select(Job).where(Job.id.in_(ids)))}


def latest_of(
    session: Session, requirement_id: uuid.UUID, statuses: Iterable[RoundStatus]
) -> MatchRound | None:
    """The newest round with one of `statuses` over the requirement, also one that found nobody for it."""
    results = select(RoundResult.round_id).where(RoundResult.requirement_id == requirement_id)
    # A refreshed ranking has no results; its round is over this requirement alone.
    is_alone = cast(MatchRound.requirement_ids, String) == json.dumps([str(requirement_id)])
    covers = MatchRound.id.in_(_with_candidates(requirement_id)) | MatchRound.id.in_(results) | is_alone
    return _newest(session, statuses, covers)


def latest_with_candidates(
    session: Session, requirement_id: uuid.UUID, statuses: Iterable[RoundStatus]
) -> MatchRound | None:
    """The newest round with one of `statuses` that holds candidates for the requirement."""
    return _newest(session, statuses, MatchRound.id.in_(_with_candidates(requirement_id)))


def _with_candidates(requirement_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(Candidate.round_id).where(Candidate.requirement_id == requirement_id)


def _newest(
    session: Session, statuses: Iterable[RoundStatus], condition: ColumnElement[bool]
) -> MatchRound | None:
    statement = select(MatchRound).where(MatchRound.status.in_(list(statuses)), condition)
    return session.scalars(statement.order_by(MatchRound.id.desc()).limit(1)).first()


def candidates_of(
    session: Session,
    round_id: uuid.UUID,
    requirement_id: uuid.UUID,
    *,
    limit: int | None = None,
    with_forbidden: bool = True,
) -> list[Candidate]:
    """Candidates of one requirement in one round, best first, with solver and achievement."""
    statement = (
        select(Candidate)
        .where(Candidate.round_id == round_id, Candidate.requirement_id == requirement_id)
        .options(joinedload(Candidate.solver), joinedload(Candidate.achievement))
        .order_by(Candidate.rank, Candidate.solver_id)
    )
    if not with_forbidden:
        statement = statement.where(Candidate.is_forbidden.is_(False))
    return list(session.scalars(statement if limit is None else statement.limit(limit)))


def all_candidates(session: Session, round_id: uuid.UUID) -> dict[uuid.UUID, list[Candidate]]:
    """All candidates of a round by requirement, best first, with solver and achievement."""
    statement = (
        select(Candidate)
        .where(Candidate.round_id == round_id)
        .options(joinedload(Candidate.solver), joinedload(Candidate.achievement))
        .order_by(Candidate.requirement_id, Candidate.rank)
    )
    found: dict[uuid.UUID, list[Candidate]] = {}
    for candidate in session.scalars(statement):
        found.setdefault(candidate.requirement_id, []).append(candidate)
    return found


def exclusions_of(
    session: Session, round_id: uuid.UUID, requirement_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[RoundExclusion]]:
    """Who was kept out of some requirements of a round, by requirement, in order of rank."""
    statement = (
        select(RoundExclusion)
        .where(RoundExclusion.round_id == round_id, RoundExclusion.requirement_id.in_(requirement_ids))
        .options(joinedload(RoundExclusion.solver), joinedload(RoundExclusion.achievement))
        .order_by(RoundExclusion.requirement_id, RoundExclusion.rank)
    )
    found: dict[uuid.UUID, list[RoundExclusion]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.requirement_id, []).append(row)
    return found


def assigned_pairs(session: Session, round_id: uuid.UUID) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """The (requirement, team) pairs that a round assigns."""
    statement = select(Candidate.requirement_id, Candidate.solver_id).where(
        Candidate.round_id == round_id, Candidate.role == CandidateRole.ASSIGNED
    )
    return {(requirement_id, solver_id) for requirement_id, solver_id in session.execute(statement)}


def assigned_count(session: Session, round_id: uuid.UUID) -> int:
    """How many pairs a round assigns."""
    statement = select(func.count(Candidate.id)).where(
        Candidate.round_id == round_id, Candidate.role == CandidateRole.ASSIGNED
    )
    return session.scalar(statement) or 0


def results_of(
    round_id: uuid.UUID,
    *,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
    is_served: bool | None = None,
) -> Select[RoundResult]:
    """What requirements got in a round, narrowed; `solver_id`: those that it is assigned or a stand-in for."""
    statement = select(RoundResult).where(RoundResult.round_id == round_id)
    if requirement_id is not None:
        statement = statement.where(RoundResult.requirement_id == requirement_id)
    if is_served is not None:
        unserved = RoundResult.unserved
        statement = statement.where(unserved.is_(None) if is_served else unserved.is_not(None))
    if solver_id is not None:
        with_team = select(Candidate.requirement_id).where(
            Candidate.round_id == round_id,
            Candidate.solver_id == solver_id,
            Candidate.role != CandidateRole.CANDIDATE,
        )
        statement = statement.where(RoundResult.requirement_id.in_(with_team))
    return statement.options(joinedload(RoundResult.requirement))


def teams_of(
    round_id: uuid.UUID, *, solver_id: uuid.UUID | None = None, is_assigned: bool | None = None
) -> Select[RoundTeam]:
    """The teams of a round, narrowed."""
    statement = select(RoundTeam).where(RoundTeam.round_id == round_id)
    if solver_id is not None:
        statement = statement.where(RoundTeam.solver_id == solver_id)
    if is_assigned is not None:
        statement = statement.where(RoundTeam.assigned > 0 if is_assigned else RoundTeam.assigned == 0)
    return statement.options(joinedload(RoundTeam.solver))


def counts(session: Session, round_id: uuid.UUID) -> tuple[int, int]:
    """How many requirements of a round have an adequate candidate, and how many candidates it holds."""
    answered, total = session.execute(
        select(
            func.count(func.distinct(Candidate.requirement_id)).filter(
                Candidate.is_adequate, Candidate.is_forbidden.is_(False)
            ),
            func.count(Candidate.id),
        ).where(Candidate.round_id == round_id)
    ).one()
    return answered, total


def replace(session: Session, round_id: uuid.UUID, rankings: Sequence[Ranking]) -> None:
    """Stores the candidates of some requirements of a round in place of what it held for them.

    What was deleted since the ranking was computed is left out.
    """
    ids = [ranking.requirement_id for ranking in rankings]
    found: list[Ranked | Excluded] = []
    for ranking in rankings:
        found += [*ranking.candidates, *ranking.excluded]
    solvers = _existing(session, SolverProfile.id, {item.solver.id for item in found})
    achievements = _existing(session, Achievement.id, {item.achievement.id for item in found})
    for table in (Candidate, RoundExclusion):
        session.execute(delete(table).where(table.round_id == round_id, table.requirement_id.in_(ids)))
    session.add_all(
        RoundExclusion(
            round_id=round_id,
            requirement_id=ranking.requirement_id,
            solver_id=item.solver.id,
            achievement_id=item.achievement.id,
            rank=item.rank,
            score=item.score,
            grade=item.grade,
            probability=item.probability,
            rules=item.rules,
        )
        for ranking in rankings
        for item in ranking.excluded
        if item.solver.id in solvers and item.achievement.id in achievements
    )
    session.add_all(
        Candidate(
            round_id=round_id,
            requirement_id=ranking.requirement_id,
            solver_id=item.solver.id,
            achievement_id=item.achievement.id,
            rank=item.rank,
            score=item.score,
            grade=item.grade,
            expected_grade=item.expected_grade,
            probability=item.probability,
            is_adequate=item.is_adequate,
            evidence=item.evidence,
            contributions=item.contributions,
            gates=item.gates,
            targets=item.targets,
            summary=item.summary,
        )
        for ranking in rankings
        for item in ranking.candidates
        if item.solver.id in solvers and item.achievement.id in achievements
    )
    session.flush()


def _existing(
    session: Session, column: InstrumentedAttribute[uuid.UUID], ids: Iterable[uuid.UUID]
) -> set[uuid.UUID]:
    wanted = list(ids)
    found: set[uuid.UUID] = set()
    for start in range(0, len(wanted), 500):
        found.update(session.scalars(select(column).where(column.in_(wanted[start : start + 500]))))
    return found


def requirements_in_order(session: Session, ids: Sequence[uuid.UUID]) -> list[Requirement]:
    """The requirements that still exist, in the order of `ids`, with their organizations."""
    statement = (
        select(Requirement)
        .where(Requirement.id.in_(ids))
        .options(joinedload(Requirement.organization), selectinload(Requirement.challenges))
    )
    found = {row.id: row for row in session.scalars(statement)}
    return [found[key] for key in ids if key in found]


def candidates_for(
    session: Session, round_id: uuid.UUID, requirement_ids: Sequence[uuid.UUID]
) -> list[Candidate]:
    """Every candidate that a round holds for these requirements, with its team, best first."""
    statement = (
        select(Candidate)
        .where(Candidate.round_id == round_id, Candidate.requirement_id.in_(requirement_ids))
        .options(joinedload(Candidate.solver))
        .order_by(Candidate.requirement_id, Candidate.rank)
    )
    return list(session.scalars(statement))
