"""Rounds with candidates of our own choosing, assigned without an index."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import select

from app.db import Database
from app.matches import assignment
from app.matches.inputs import gather, wishes_of
from app.models import Candidate, Challenge, MatchRound, PairRule, Requirement, SolverProfile
from app.models.matching import CandidateRole, PairVerdict, RoundStatus

Probabilities = Mapping[tuple[Requirement, SolverProfile], float]


def make_round(
    db: Database,
    challenge: Challenge,
    requirements: list[Requirement],
    probabilities: Probabilities,
    *,
    teams: int = 1,
    alternates: int = 1,
) -> MatchRound:
    """A draft with these candidates, not yet assigned; from 0.5 on they are adequate."""
    with db.write() as session:
        found = MatchRound(
            challenge_id=challenge.id,
            status=RoundStatus.DRAFT,
            teams=teams,
            alternates=alternates,
            requirement_ids=[str(row.id) for row in requirements],
        )
        session.add(found)
        session.flush()
        for requirement in requirements:
            mine = [(p, team) for (row, team), p in probabilities.items() if row is requirement]
            mine.sort(key=lambda item: (-item[0], item[1].id))
            for rank, (probability, team) in enumerate(mine, 1):
                session.add(
                    Candidate(
                        round_id=found.id,
                        requirement_id=requirement.id,
                        solver_id=team.id,
                        rank=rank,
                        score=probability,
                        grade="A" if probability >= 0.5 else "C",
                        expected_grade=1 + 3 * probability,
                        probability=probability,
                        is_adequate=probability >= 0.5,
                    )
                )
        return found


def settle(db: Database, found: MatchRound) -> MatchRound:
    """Assigns the round as its job would."""
    with db.read() as session:
        current = session.get_one(MatchRound, found.id)
        inputs = gather(session, current, wishes=wishes_of(current), previous_id=current.previous_round_id)
    outcome = assignment.solve(inputs)
    with db.write() as session:
        current = session.get_one(MatchRound, found.id)
        assignment.store(session, current, inputs, outcome)
        return current


def pairs_of(
    db: Database, found: MatchRound, role: CandidateRole = CandidateRole.ASSIGNED
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    return {(row.requirement_id, row.solver_id) for row in candidates_of(db, found) if row.role is role}


def candidates_of(db: Database, found: MatchRound) -> list[Candidate]:
    with db.read() as session:
        statement = select(Candidate).where(Candidate.round_id == found.id)
        return list(session.scalars(statement.order_by(Candidate.requirement_id, Candidate.solver_id)))


def set_status(db: Database, found: MatchRound, status: RoundStatus) -> None:
    with db.write() as session:
        session.get_one(MatchRound, found.id).status = status


def add_rule(
    db: Database, challenge: Challenge, requirement: Requirement, team: SolverProfile, verdict: PairVerdict
) -> None:
    with db.write() as session:
        session.add(
            PairRule(
                challenge_id=challenge.id,
                requirement_id=requirement.id,
                solver_id=team.id,
                verdict=verdict,
                reason="测试",
            )
        )
