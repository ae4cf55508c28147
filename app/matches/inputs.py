"""Reads what a round is assigned from: candidates, places left, rules, wishes. Decides and stores nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.matches import repository
from app.matches.gates import barred, gates_of
from app.matches.wording import Named
from app.models.challenge import ChallengeEntry
from app.models.matching import (
    Candidate,
    MatchRound,
    PairRule,
    PairVerdict,
)
from app.models.requirement import MATCHABLE_STATUSES, Requirement
from app.models.solver import SolverProfile
from app.solvers import places
from matching.assign import PairRule as Rule
from matching.assign import Pairs, Problem, Verdict
from matching.gates import Gates

Pair = tuple[uuid.UUID, uuid.UUID]
"""A requirement's id and a team's id."""

EXPLAINED = 10
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Option:
    """A pair of the matrix. `candidate_id` is None for a wished pair that the ranking did not bring."""

    candidate_id: uuid.UUID | None
    row: int
    column: int
    probability: float
    grade: str
    is_adequate: bool
    is_kept: bool
    source_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """Pairs of an earlier round that should stay: at `value` each, or without fail."""

    keep: frozenset[Pair] = frozenset()
    value: float = 0.0
    must_stay: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything an assignment depends on; `taken` and `capacities` are per team, in the order of `teams`."""

    requirements: tuple[Named, ...]
    teams: tuple[Named, ...]
    capacities: tuple[int, ...]
    taken: tuple[int, ...]
    options: tuple[Option, ...]
    rules: tuple[Rule, ...]
    wishes: Wishes
    pair_rules: tuple[dict[str, str], ...]
    wanted: int
    alternates: int

    def places(self, column: int) -> int:
        """The places a team has left."""
        return max(0, self.capacities[column] - self.taken[column])

    def problem(self) -> Problem:
        """The same as the solver reads it.

        A team that is not adequate is worth nothing: its seeker is not told of it, so only a rule that forces
        the pair assigns it.
        """
        value = 0.0 if self.wishes.must_stay else self.wishes.value
        forced = {(rule.row, rule.column) for rule in self.rules if rule.verdict is Verdict.FORCED}
        counts = [one.is_adequate or (one.row, one.column) in forced for one in self.options]
        worth = [one.probability if can else 0.0 for one, can in zip(self.options, counts, strict=True)]
        keeping = np.array(
            [value if one.is_kept and can else 0.0 for one, can in zip(self.options, counts, strict=True)],
            np.float64,
        )
        return Problem(
            requirements=[named.id for named in self.requirements],
            teams=[named.id for named in self.teams],
            pairs=Pairs(
                rows=np.array([option.row for option in self.options], np.int64),
                columns=np.array([option.column for option in self.options], np.int64),
                benefits=np.array(worth, np.float64),
                adequate=np.array([option.is_adequate for option in self.options], np.bool_),
                keeping=keeping,
            ),
            capacities=np.array([self.places(column) for column in range(len(self.teams))], np.int64),
            wanted=self.wanted,
            alternates=self.alternates,
            rules=self.rules,
            explained=EXPLAINED,
        )


def wishes_of(found: MatchRound) -> Wishes:
    """The wishes that a round was started with."""
    return Wishes(frozenset(_pair(item) for item in found.keep), found.keeping_value, found.must_stay)


def gather(session: Session, found: MatchRound, *, wishes: Wishes, previous_id: uuid.UUID | None) -> Inputs:
    """The inputs of a round over its stored candidates, as the database stands now.

    Requirements that are gone or no longer matchable take no part. Pairs that are pinned or to be kept take
    part even if the ranking did not bring them: with what `previous_id` knew of them, else without benefit.
    """
    skipped = {item["id"] for item in found.skipped if item["kind"] == "requirement"}
    ids = [uuid.UUID(key) for key in found.requirement_ids if key not in skipped]
    rows = [row for row in _requirements(session, ids) if row.status in MATCHABLE_STATUSES]
    row_of = {row.id: position for position, row in enumerate(rows)}
    rules = pair_rules_of(session, found.challenge_id, row_of)
    pinned = {(rule.requirement_id, rule.solver_id) for rule in rules if rule.verdict is PairVerdict.PINNED}
    stored = _stored(session, found.id, row_of)
    missing = {pair for pair in wishes.keep | pinned if pair[0] in row_of and pair not in stored}
    earlier = _stored(session, previous_id, row_of, only=missing) if previous_id and missing else {}
    solvers = _solvers(session, {pair[1] for pair in (*stored, *missing)})
    columns = sorted(solvers)
    column_of = {key: position for position, key in enumerate(columns)}
    options = [_option(item, row_of, column_of, wishes, is_new=False) for item in stored.values()]
    for pair in sorted(pair for pair in missing if pair[1] in column_of):
        item = earlier.get(pair, _Stored(None, *pair, 0.0, "D", False))
        options.append(_option(item, row_of, column_of, wishes, is_new=True))
    taken = places_taken(session, found, row_of)
    return Inputs(
        requirements=_named_requirements(session, found, rows),
        teams=tuple(Named(str(key), solvers[key].external_id or _short(key)) for key in columns),
        capacities=tuple(max(0, solvers[key].capacity) for key in columns),
        taken=tuple(taken[key] for key in columns),
        options=tuple(options),
        rules=_rules(rows, gates_of(session, rows), solvers, options, rules, columns, wishes),
        wishes=wishes,
        pair_rules=tuple(described(rules)),
        wanted=found.teams,
        alternates=found.alternates,
    )


def pair_rules_of(
    session: Session, challenge_id: uuid.UUID | None, requirement_ids: Iterable[uuid.UUID]
) -> list[PairRule]:
    """The pins and bans of a challenge on some requirements, in a fixed order.

    Without a challenge: the bans that hold for them in any challenge.
    """
    wanted = set(requirement_ids)
    statement = select(PairRule).order_by(PairRule.requirement_id, PairRule.solver_id)
    if challenge_id is None:
        statement = statement.where(
            PairRule.verdict == PairVerdict.FORBIDDEN, PairRule.requirement_id.in_(list(wanted)[:CHUNK])
        )
    else:
        statement = statement.where(PairRule.challenge_id == challenge_id)
    return [rule for rule in session.scalars(statement) if rule.requirement_id in wanted]


def described(rules: Sequence[PairRule]) -> list[dict[str, str]]:
    """Rules as a round remembers them."""
    return [
        {
            "requirement_id": str(rule.requirement_id),
            "solver_id": str(rule.solver_id),
            "verdict": rule.verdict.value,
        }
        for rule in rules
    ]


def places_taken(
    session: Session, found: MatchRound, of_this_round: Iterable[uuid.UUID]
) -> Counter[uuid.UUID]:
    """How many places of each team are taken elsewhere (`solvers.places`); requirements of this round give
    theirs back."""
    held = places.held(session, but_round=found.id, without=of_this_round)
    return Counter({team_id: len(requirements) for team_id, requirements in held.items()})


@dataclass(frozen=True, slots=True)
class _Stored:
    id: uuid.UUID | None
    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    probability: float
    grade: str
    is_adequate: bool


def _stored(
    session: Session,
    round_id: uuid.UUID,
    row_of: Mapping[uuid.UUID, int],
    *,
    only: set[Pair] | None = None,
) -> dict[Pair, _Stored]:
    statement = select(
        Candidate.id,
        Candidate.requirement_id,
        Candidate.solver_id,
        Candidate.probability,
        Candidate.grade,
        Candidate.is_adequate,
    ).where(Candidate.round_id == round_id)
    found: dict[Pair, _Stored] = {}
    for row in session.execute(statement.order_by(Candidate.requirement_id, Candidate.rank)):
        item = _Stored(*row)
        pair = (item.requirement_id, item.solver_id)
        if item.requirement_id in row_of and (only is None or pair in only):
            found[pair] = item
    return found


def _option(
    item: _Stored,
    row_of: Mapping[uuid.UUID, int],
    column_of: Mapping[uuid.UUID, int],
    wishes: Wishes,
    *,
    is_new: bool,
) -> Option:
    return Option(
        candidate_id=None if is_new else item.id,
        row=row_of[item.requirement_id],
        column=column_of[item.solver_id],
        probability=min(1.0, max(0.0, item.probability)),
        grade=item.grade,
        is_adequate=item.is_adequate,
        is_kept=(item.requirement_id, item.solver_id) in wishes.keep,
        source_id=item.id if is_new else None,
    )


def _rules(
    rows: Sequence[Requirement],
    gates: Mapping[uuid.UUID, Gates],
    solvers: Mapping[uuid.UUID, SolverProfile],
    options: Sequence[Option],
    by_hand: Sequence[PairRule],
    columns: Sequence[uuid.UUID],
    wishes: Wishes,
) -> tuple[Rule, ...]:
    found = []
    column_of = {key: position for position, key in enumerate(columns)}
    day = places.today()
    for option in options:
        row, team = rows[option.row], solvers[columns[option.column]]
        for code in barred(team, row.organization, gates[row.id]):
            found.append(Rule(option.row, option.column, Verdict.FORBIDDEN, code))
        # Whoever pauses takes on nothing new; what was agreed on before goes on.
        if team.is_paused_on(day) and not option.is_kept:
            found.append(Rule(option.row, option.column, Verdict.FORBIDDEN, "paused"))
        if option.is_kept and wishes.must_stay:
            found.append(Rule(option.row, option.column, Verdict.FORCED, "accepted"))
    row_of = {row.id: position for position, row in enumerate(rows)}
    for rule in by_hand:
        if rule.solver_id not in column_of:
            continue
        pair = row_of[rule.requirement_id], column_of[rule.solver_id]
        is_pin = rule.verdict is PairVerdict.PINNED
        verdict, code = (Verdict.FORCED, "pinned") if is_pin else (Verdict.FORBIDDEN, "banned")
        found.append(Rule(*pair, verdict, code))
    return tuple(found)


def _requirements(session: Session, ids: Sequence[uuid.UUID]) -> list[Requirement]:
    found: list[Requirement] = []
    for start in range(0, len(ids), CHUNK):
        found += repository.requirements_in_order(session, ids[start : start + CHUNK])
    return found


def _solvers(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, SolverProfile]:
    wanted = sorted(ids)
    found: dict[uuid.UUID, SolverProfile] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = select(SolverProfile).where(SolverProfile.id.in_(wanted[start : start + CHUNK]))
        found.update({solver.id: solver for solver in session.scalars(statement)})
    return found


def _named_requirements(
    session: Session, found: MatchRound, rows: Sequence[Requirement]
) -> tuple[Named, ...]:
    statement = select(ChallengeEntry.requirement_id, ChallengeEntry.number).where(
        ChallengeEntry.challenge_id == found.challenge_id, ChallengeEntry.number.is_not(None)
    )
    numbers = {key: f"第 {number} 号" for key, number in session.execute(statement)}
    return tuple(Named(str(row.id), numbers.get(row.id) or row.external_id or _short(row.id)) for row in rows)


def _short(key: uuid.UUID) -> str:
    # The end of a UUIDv7 is random; its beginning is the time and alike for neighbours.
    return str(key)[-12:]


def _pair(item: Mapping[str, str]) -> Pair:
    return uuid.UUID(item["requirement_id"]), uuid.UUID(item["solver_id"])
