"""How many of a team's places are taken: by invitations, by rounds that stand, and by agreements being carried out.

A problem takes one place, however many of these name it, until it has ended.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.clock import in_shanghai, now
from app.models.agreement import Agreement, AgreementStatus
from app.models.invitation import BINDING_STATUSES, Invitation
from app.models.matching import FORCING, Candidate, CandidateRole, MatchRound, RoundResult, RoundStatus
from app.models.requirement import END_STATUSES, Requirement
from app.models.solver import SolverProfile

Pair = tuple[uuid.UUID, uuid.UUID]
"""A requirement's id and a team's id."""

GOING_ON = (AgreementStatus.DRAFT, AgreementStatus.SIGNED, AgreementStatus.IN_DELIVERY)
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one team. `free` is 0 while it is paused."""

    taken: int
    free: int


def today() -> date:
    """The day on which pauses are judged: Beijing time."""
    return in_shanghai(now()).date()


def places_of(session: Session, teams: Collection[SolverProfile]) -> dict[uuid.UUID, Places]:
    """Taken and free places by team."""
    found = held(session, [team.id for team in teams])
    day = today()
    return {
        team.id: Places(
            taken=len(found[team.id]),
            free=0 if team.is_paused_on(day) else max(0, team.capacity - len(found[team.id])),
        )
        for team in teams
    }


def held(
    session: Session,
    team_ids: Collection[uuid.UUID] | None = None,
    *,
    but_round: uuid.UUID | None = None,
    without: Iterable[uuid.UUID] = (),
) -> defaultdict[uuid.UUID, set[uuid.UUID]]:
    """The requirements that take a place of each team (None: of all teams).

    What the round `but_round` has assigned does not count, nor do the requirements `without`. An assignment
    stands while its round is published, no later published round has assigned the requirement anew, the
    requirement has not ended, and the team has not turned down the invitation that followed.
    """
    left_out = set(without)
    found: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    bound, turned_down = _invited(session, team_ids)
    for requirement_id, team_id in (*bound, *_agreed(session, team_ids)):
        found[team_id].add(requirement_id)
    for pair in _assigned(session, team_ids, but_round):
        if pair not in turned_down:
            found[pair[1]].add(pair[0])
    if left_out:
        for requirements in found.values():
            requirements -= left_out
    return found


def _chunks(team_ids: Collection[uuid.UUID] | None) -> Iterator[list[uuid.UUID] | None]:
    if team_ids is None:
        yield None
        return
    wanted = list(team_ids)
    for start in range(0, len(wanted), CHUNK):
        yield wanted[start : start + CHUNK]


def _invited(session: Session, team_ids: Collection[uuid.UUID] | None) -> tuple[set[Pair], set[Pair]]:
    """Pairs with an invitation that binds, and pairs whose invitations have all come to nothing."""
    bound: set[Pair] = set()
    over: set[Pair] = set()
    for chunk in _chunks(team_ids):
        statement = (
            select(Invitation.requirement_id, Invitation.solver_id, Invitation.status)
            .join(Requirement, Requirement.id == Invitation.requirement_id)
            .where(Requirement.status.not_in(END_STATUSES))
        )
        if chunk is not None:
            statement = statement.where(Invitation.solver_id.in_(chunk))
        for requirement_id, team_id, status in session.execute(statement):
            (bound if status in BINDING_STATUSES else over).add((requirement_id, team_id))
    return bound, over - bound


def _agreed(session: Session, team_ids: Collection[uuid.UUID] | None) -> set[Pair]:
    pairs: set[Pair] = set()
    for chunk in _chunks(team_ids):
        statement = (
            select(Agreement.requirement_id, Agreement.solver_id)
            .join(Requirement, Requirement.id == Agreement.requirement_id)
            .where(
                Requirement.status.not_in(END_STATUSES),
                Agreement.status.in_(GOING_ON),
            )
        )
        if chunk is not None:
            statement = statement.where(Agreement.solver_id.in_(chunk))
        pairs.update((requirement_id, team_id) for requirement_id, team_id in session.execute(statement))
    return pairs


def _assigned(
    session: Session, team_ids: Collection[uuid.UUID] | None, but_round: uuid.UUID | None
) -> set[Pair]:
    """The assignments of published rounds that stand; those of a profile that was merged are its successor's."""
    pairs: set[Pair] = set()
    standing: dict[uuid.UUID, uuid.UUID] | None = None
    for chunk in _chunks(team_ids):
        statement = (
            select(
                Candidate.requirement_id,
                Candidate.round_id,
                Candidate.solver_id,
                SolverProfile.merged_into_id,
                Candidate.is_adequate,
                Candidate.rules,
            )
            .join(MatchRound, MatchRound.id == Candidate.round_id)
            .join(SolverProfile, SolverProfile.id == Candidate.solver_id)
            .where(Candidate.role == CandidateRole.ASSIGNED, MatchRound.status == RoundStatus.PUBLISHED)
        )
        if chunk is not None:
            statement = statement.where(
                Candidate.solver_id.in_(chunk) | SolverProfile.merged_into_id.in_(chunk)
            )
        rows = session.execute(statement).all()
        if rows and standing is None:
            standing = _standing(session, but_round)
        for requirement_id, round_id, team_id, merged_into_id, is_adequate, rules in rows:
            # A team that was never told to the seeker holds no place.
            is_told = is_adequate or not FORCING.isdisjoint(rules)
            if is_told and (standing or {}).get(requirement_id) == round_id:
                pairs.add((requirement_id, merged_into_id or team_id))
    return pairs


def _standing(session: Session, but_round: uuid.UUID | None) -> dict[uuid.UUID, uuid.UUID]:
    """The newest published round of each requirement that has not ended."""
    statement = (
        select(RoundResult.requirement_id, RoundResult.round_id)
        .join(MatchRound, MatchRound.id == RoundResult.round_id)
        .join(Requirement, Requirement.id == RoundResult.requirement_id)
        .where(MatchRound.status == RoundStatus.PUBLISHED, Requirement.status.not_in(END_STATUSES))
        .order_by(MatchRound.id)
    )
    if but_round is not None:
        statement = statement.where(MatchRound.id != but_round)
    return dict(iter(session.execute(statement)))
