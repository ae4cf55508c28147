"""What the last match round says of a challenge's requirements: who could solve them, and who is wanted most."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.matches import repository
from app.models.challenge import Challenge
from app.models.matching import Candidate, CandidateRole, MatchRound, RoundResult, RoundStatus, RoundTeam
from app.models.solver import UNNAMED, SolverProfile


@dataclass(frozen=True)
class Supply:
    """A round: `candidates` by requirement, best first, without forbidden pairs; results and teams as stored."""

    found: MatchRound
    candidates: dict[uuid.UUID, list[Candidate]]
    results: dict[uuid.UUID, RoundResult]
    teams: dict[uuid.UUID, RoundTeam]

    @property
    def requirement_ids(self) -> frozenset[uuid.UUID]:
        return frozenset(uuid.UUID(key) for key in self.found.requirement_ids)

    def adequate(self, requirement_id: uuid.UUID) -> list[Candidate]:
        """The candidates of a requirement that are adequate, best first."""
        return [one for one in self.candidates.get(requirement_id, []) if one.is_adequate]

    def recommended(self, requirement_id: uuid.UUID) -> list[Candidate]:
        """The teams that the round assigned, then its stand-ins."""
        found = [
            one for one in self.candidates.get(requirement_id, []) if one.role is not CandidateRole.CANDIDATE
        ]
        return sorted(
            found, key=lambda one: (one.role is not CandidateRole.ASSIGNED, one.place or 0, one.rank)
        )


def last_round(session: Session, challenge: Challenge) -> MatchRound | None:
    """The newest published round of the challenge, else the newest draft."""
    for status in (RoundStatus.PUBLISHED, RoundStatus.DRAFT):
        statement = select(MatchRound).where(
            MatchRound.challenge_id == challenge.id, MatchRound.status == status
        )
        found = session.scalars(statement.order_by(MatchRound.id.desc()).limit(1)).first()
        if found is not None:
            return found
    return None


def supply_of(session: Session, challenge: Challenge, requirement_ids: Sequence[uuid.UUID]) -> Supply | None:
    """What the last round found for these requirements; None where there is no round yet."""
    found = last_round(session, challenge)
    if found is None:
        return None
    wanted = set(requirement_ids)
    candidates = {
        key: [one for one in rows if not one.is_forbidden]
        for key, rows in repository.all_candidates(session, found.id).items()
        if key in wanted
    }
    results = session.scalars(repository.results_of(found.id))
    teams = session.scalars(repository.teams_of(found.id))
    return Supply(
        found=found,
        candidates=candidates,
        results={row.requirement_id: row for row in results if row.requirement_id in wanted},
        teams={row.solver_id: row for row in teams},
    )


def team_name(solver: SolverProfile) -> str:
    """A team as documents name it; who is known by an achievement alone has no name of its own."""
    return "未登记单位的成果" if solver.source == UNNAMED else solver.name
