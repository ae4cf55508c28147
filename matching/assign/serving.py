"""Which requirements that must be served cannot be, and an irreducible set of facts that makes it so.

Works on the matrix; how the facts are worded is left to `conflicts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from matching.assign.fairness import Room
from matching.assign.problem import Matrix, Verdict


class Fact(NamedTuple):
    """One constraint: `kind` sorts facts, `at` is a row, a column or a pair of the matrix."""

    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Core:
    """An irreducible infeasible set, each part ascending: rows to serve, teams that are full, and so on."""

    rows: tuple[int, ...]
    full_rows: tuple[int, ...]
    teams: tuple[int, ...]
    forced: tuple[int, ...]
    forbidden: tuple[int, ...]


class ServingWishes:
    """The bipartite graph of the requirements that must be served and their adequate teams."""

    def __init__(self, matrix: Matrix, room: Room) -> None:
        self._matrix = matrix
        wanting = matrix.must_serve & (room.held == 0)
        self._rows = [int(r) for r in np.flatnonzero(wanting)]
        pairs = np.flatnonzero(matrix.adequate & wanting[matrix.rows])
        self._options: dict[int, list[tuple[int, int]]] = {row: [] for row in self._rows}
        for pair, row, column in zip(pairs, matrix.rows[pairs], matrix.columns[pairs], strict=True):
            self._options[int(row)].append((int(pair), int(column)))
        self._forced_in_row: dict[int, list[int]] = {}
        self._forced_in_team: dict[int, list[int]] = {}
        for pair in np.flatnonzero(matrix.forced):
            self._forced_in_row.setdefault(int(matrix.rows[pair]), []).append(int(pair))
            self._forced_in_team.setdefault(int(matrix.columns[pair]), []).append(int(pair))

    def left_out(self) -> list[int]:
        """The rows that a largest matching leaves without an adequate team; empty when all can be served."""
        return self._match(self._facts_about(self._rows))[0]

    def irreducible(self, row: int) -> Core:
        """Facts about `row` and those it competes with that cannot all hold, none of which can be spared."""
        around = self._rivals(row)
        facts = sorted(self._facts_about(around))
        chunk = max(1, len(facts) // 2)
        while True:
            start = 0
            while start < len(facts):
                without = facts[:start] + facts[start + chunk :]
                if self._match(set(without))[0]:
                    facts = without
                else:
                    start += chunk
            if chunk == 1:
                break
            chunk //= 2
        return Core(
            rows=_at(facts, "must_serve"),
            full_rows=_at(facts, "wanted"),
            teams=_at(facts, "capacity"),
            forced=_at(facts, "forced"),
            forbidden=_at(facts, "forbidden"),
        )

    def _facts_about(self, rows: Sequence[int]) -> set[Fact]:
        facts: set[Fact] = set()
        for row in rows:
            facts |= {Fact("must_serve", row), Fact("wanted", row)}
            facts |= {Fact("forced", pair) for pair in self._forced_in_row.get(row, ())}
            for pair, column in self._options[row]:
                facts.add(Fact("capacity", column))
                facts |= {Fact("forced", other) for other in self._forced_in_team.get(column, ())}
                if self._matrix.verdict[pair] == Verdict.FORBIDDEN:
                    facts.add(Fact("forbidden", pair))
        return facts

    def _rivals(self, row: int) -> list[int]:
        """The rows an alternating search from the left-out `row` reaches: they share too few teams (Hall)."""
        _, seated = self._match(self._facts_about(self._rows))
        reached, queue, teams = {row}, [row], set[int]()
        while queue:
            for pair, column in self._options[queue.pop()]:
                if column in teams or self._matrix.verdict[pair] == Verdict.FORBIDDEN:
                    continue
                teams.add(column)
                for other in seated.get(column, ()):
                    if other not in reached:
                        reached.add(other)
                        queue.append(other)
        return sorted(reached)

    def _match(self, facts: set[Fact]) -> tuple[list[int], dict[int, list[int]]]:
        """Seats the rows whose serving is a fact, bound by facts alone: (rows left out, rows per team)."""
        matrix = self._matrix
        seated: dict[int, list[int]] = {}

        def places(column: int) -> int:
            if Fact("capacity", column) not in facts:
                return len(self._rows)
            taken = sum(Fact("forced", pair) in facts for pair in self._forced_in_team.get(column, ()))
            return int(matrix.capacity[column]) - taken

        def has_slot(row: int) -> bool:
            if Fact("wanted", row) not in facts:
                return True
            taken = sum(Fact("forced", pair) in facts for pair in self._forced_in_row.get(row, ()))
            return int(matrix.wanted[row]) > taken

        def seat(start: int) -> bool:
            # A breadth-first augmenting path: no recursion, however long the chain of moves is.
            came: dict[int, int] = {}
            queue = [start]
            for row in queue:
                for pair, column in self._options[row]:
                    if column in came or Fact("forbidden", pair) in facts:
                        continue
                    came[column] = row
                    sitting = seated.setdefault(column, [])
                    if len(sitting) < places(column):
                        self._shift(seated, came, column, start)
                        return True
                    queue.extend(sitting)
            return False

        wanting = [row for row in self._rows if Fact("must_serve", row) in facts]
        return [row for row in wanting if not (has_slot(row) and seat(row))], seated

    @staticmethod
    def _shift(seated: dict[int, list[int]], came: dict[int, int], column: int, start: int) -> None:
        """Moves every row along the path one team on, from its free end back to `start`."""
        place_of = {row: team for team, rows in seated.items() for row in rows}
        while True:
            row = came[column]
            seated[column].append(row)
            if row == start:
                return
            column, left = place_of[row], row
            seated[column].remove(left)


def _at(facts: Sequence[Fact], kind: str) -> tuple[int, ...]:
    return tuple(fact.at for fact in facts if fact.kind == kind)
