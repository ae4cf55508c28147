"""Whether the wishes of a round can hold together, and if not, which few of them are in the way.

Nothing is ever relaxed: a problem that passes here has an assignment that keeps every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matching.assign.fairness import room_left
from matching.assign.problem import Matrix, Problem, Verdict, rules_by_cell
from matching.assign.serving import ServingWishes
from matching.errors import MatchingError

ObstacleKind = Literal["forced", "forbidden", "capacity", "wanted", "must_serve"]
MOST_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One rule of an unsatisfiable set, in the caller's positions.

    `forced`, `forbidden`: the rule `name` on (row, column), the first by name if several say the same.
    `capacity`: the team `column` takes at most `limit`. `wanted`: the requirement `row` gets at most `limit`
    teams. `must_serve`: `row` must get an adequate team.
    """

    kind: ObstacleKind
    row: int | None = None
    column: int | None = None
    name: str = ""
    limit: int | None = None


class InfeasibleWishes(MatchingError):
    """Wishes that no assignment can fulfil together.

    Each entry of `conflicts` is irreducible: without any single one of its rules, the rest could be
    fulfilled. `smallest` is the shortest of them (the first in order of keys if several are as short). All
    contradictions of forced pairs are found; of must-serve wishes, at most MOST_ATTEMPTS sets, one per
    requirement left out.
    """

    code = "infeasible_wishes"
    zh = "强制、禁止或名额等要求互相冲突，无法同时满足；请先取消其中之一。"
    en = "These forced, forbidden or capacity wishes contradict each other; lift one of them first."

    def __init__(self, conflicts: Iterable[tuple[Obstacle, ...]]) -> None:
        self.conflicts = tuple(sorted(conflicts, key=len))
        self.smallest = self.conflicts[0]
        super().__init__(f"{len(self.conflicts)} conflicts, the smallest of {len(self.smallest)} rules")


def check(problem: Problem, matrix: Matrix) -> None:
    """Raises InfeasibleWishes unless some assignment keeps all rules of the problem."""
    conflicts = [
        *_contradictions(problem, matrix),
        *_too_many_for_a_team(matrix),
        *_too_many_for_a_row(matrix),
    ]
    if not conflicts:
        conflicts = _unservable(matrix)
    if conflicts:
        raise InfeasibleWishes(conflicts)


def _contradictions(problem: Problem, matrix: Matrix) -> list[tuple[Obstacle, ...]]:
    found = []
    new_row = {int(old): new for new, old in enumerate(matrix.row_of)}
    new_column = {int(old): new for new, old in enumerate(matrix.column_of)}
    for (row, column), rules in rules_by_cell(problem).items():
        forced = [rule for rule in rules if rule.verdict == Verdict.FORCED]
        forbidden = [rule for rule in rules if rule.verdict == Verdict.FORBIDDEN]
        # Each forbidding rule alone is in the way of the forced pair, so each makes a set of its own.
        for against in forbidden if forced else []:
            pair = (
                Obstacle("forced", row, column, forced[0].name),
                Obstacle("forbidden", row, column, against.name),
            )
            found.append(((new_row[row], new_column[column], against.name), pair))
    return [pair for _, pair in sorted(found, key=lambda entry: entry[0])]


def _too_many_for_a_team(matrix: Matrix) -> list[tuple[Obstacle, ...]]:
    forced = np.flatnonzero(matrix.forced)
    load = np.bincount(matrix.columns[forced], minlength=matrix.column_count)
    conflicts: list[tuple[Obstacle, ...]] = []
    for column in np.flatnonzero(load > matrix.capacity):
        limit = int(matrix.capacity[column])
        enough = forced[matrix.columns[forced] == column][: limit + 1]
        conflicts.append((capacity_obstacle(matrix, int(column)), *forced_obstacles(matrix, enough)))
    return conflicts


def _too_many_for_a_row(matrix: Matrix) -> list[tuple[Obstacle, ...]]:
    forced = np.flatnonzero(matrix.forced)
    load = np.bincount(matrix.rows[forced], minlength=matrix.row_count)
    conflicts: list[tuple[Obstacle, ...]] = []
    for row in np.flatnonzero(load > matrix.wanted):
        limit = int(matrix.wanted[row])
        enough = forced[matrix.rows[forced] == row][: limit + 1]
        conflicts.append((wanted_obstacle(matrix, int(row)), *forced_obstacles(matrix, enough)))
    return conflicts


def _unservable(matrix: Matrix) -> list[tuple[Obstacle, ...]]:
    """The irreducible sets behind requirements that must, but cannot all, be served."""
    if not matrix.must_serve.any():
        return []
    wishes = ServingWishes(matrix, room_left(matrix))
    unique: dict[tuple[Obstacle, ...], None] = {}
    for row in wishes.left_out()[:MOST_ATTEMPTS]:
        core = wishes.irreducible(row)
        unique[
            (
                *(Obstacle("must_serve", int(matrix.row_of[r])) for r in core.rows),
                *(wanted_obstacle(matrix, r) for r in core.full_rows),
                *(capacity_obstacle(matrix, t) for t in core.teams),
                *forced_obstacles(matrix, core.forced),
                *(
                    Obstacle("forbidden", *positions(matrix, e), matrix.rules_of[e][0])
                    for e in core.forbidden
                ),
            )
        ] = None
    return list(unique)


def positions(matrix: Matrix, pair: int) -> tuple[int, int]:
    """The caller's (row, column) of a pair of the matrix."""
    return int(matrix.row_of[matrix.rows[pair]]), int(matrix.column_of[matrix.columns[pair]])


def forced_obstacles(matrix: Matrix, pairs: Sequence[int] | np.ndarray) -> list[Obstacle]:
    """One obstacle per forced pair, under the first name it was forced by."""
    return [Obstacle("forced", *positions(matrix, int(e)), matrix.rules_of[int(e)][0]) for e in pairs]


def capacity_obstacle(matrix: Matrix, column: int) -> Obstacle:
    return Obstacle("capacity", None, int(matrix.column_of[column]), "", int(matrix.capacity[column]))


def wanted_obstacle(matrix: Matrix, row: int) -> Obstacle:
    return Obstacle("wanted", int(matrix.row_of[row]), None, "", int(matrix.wanted[row]))
