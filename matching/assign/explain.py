"""Decodes a solved matrix into the caller's positions, with alternates, reasons and what displaced what.

Decides nothing: which pairs are assigned was settled by `fairness` and `total`.
"""

from __future__ import annotations

import numpy as np

from matching.assign.fairness import Room
from matching.assign.figures import figures
from matching.assign.problem import MILLION, Mask, Matrix, Positions, Verdict
from matching.assign.result import (
    Alternate,
    AssignedTeam,
    Assignment,
    PassedOver,
    PassedOverReason,
    RequirementResult,
    UnservedReason,
)


class _Lists:
    """Pairs grouped by row or by column, each group in a fixed order."""

    def __init__(self, pairs: Positions, groups: Positions, count: int) -> None:
        self._pairs: list[int] = pairs.tolist()
        self._first: list[int] = np.searchsorted(groups, np.arange(count + 1)).tolist()

    def of(self, group: int) -> list[int]:
        start, end = self._first[group], self._first[group + 1]
        return self._pairs[start:end]

    def size(self, group: int) -> int:
        return self._first[group + 1] - self._first[group]


class _Decoder:
    def __init__(
        self, matrix: Matrix, room: Room, *, assigned: Mask, alternates: int, explained: int
    ) -> None:
        self._matrix = matrix
        self._room = room
        self._explained = explained
        self._alternates_wanted = alternates
        used = np.bincount(matrix.columns[assigned], minlength=matrix.column_count)
        self._full = used >= matrix.capacity
        passed = _passed_over(matrix, assigned)
        free = matrix.free & ~assigned
        self.assigned = _by_row(matrix, np.flatnonzero(assigned), adequate_first=True)
        self._passed = _by_row(matrix, passed, adequate_first=False)
        stand_in = free & ~self._full[matrix.columns] & (matrix.adequate | (matrix.benefit > 0))
        self._stand_ins = _by_row(matrix, np.flatnonzero(stand_in), adequate_first=True)
        displaced = passed[self._full[matrix.columns[passed]] & (matrix.verdict[passed] == Verdict.FREE)]
        self._displaced = _by_column(matrix, displaced)
        self._takers = _by_column(matrix, np.flatnonzero(assigned))
        self._row = matrix.rows.tolist()
        self._column = matrix.columns.tolist()
        self._caller_row = matrix.row_of.tolist()
        self._caller_column = matrix.column_of.tolist()
        self._caller_pair = matrix.pair_of.tolist()
        self._benefit = (matrix.benefit / MILLION).tolist()
        self._adequate = matrix.adequate.tolist()
        self._verdict = matrix.verdict.tolist()
        self._kept = (matrix.keeping > 0).tolist()
        self._reasons = _unserved_reasons(matrix, room)
        self._level = np.zeros(matrix.row_count, np.int64)
        np.maximum.at(self._level, matrix.rows[assigned], matrix.level[assigned])

    def requirement(self, row: int) -> RequirementResult:
        teams = tuple(self._team(pair) for pair in self.assigned.of(row))
        wanted = int(self._matrix.wanted[row])
        stand_ins = self._stand_ins.of(row)[: self._alternates_wanted] if wanted else []
        level = int(self._level[row])
        return RequirementResult(
            row=self._caller_row[row],
            level=level,
            best_adequate=max((team.benefit for team in teams if team.adequate), default=0.0),
            unserved=None if level else self._reasons[row],
            teams=teams,
            alternates=tuple(self._alternate(pair) for pair in stand_ins),
            passed_over=tuple(self._passed_over(pair) for pair in self._passed.of(row)[: self._explained]),
            passed_over_count=self._passed.size(row),
        )

    def _team(self, pair: int) -> AssignedTeam:
        column = self._column[pair]
        return AssignedTeam(
            column=self._caller_column[column],
            pair=self._caller_pair[pair],
            benefit=self._benefit[pair],
            adequate=self._adequate[pair],
            kept=self._kept[pair],
            rules=self._matrix.rules_of[pair] if self._verdict[pair] == Verdict.FORCED else (),
            displaced=self._rows_of(self._displaced, column),
            displaced_count=self._displaced.size(column),
        )

    def _alternate(self, pair: int) -> Alternate:
        return Alternate(
            column=self._caller_column[self._column[pair]],
            pair=self._caller_pair[pair],
            benefit=self._benefit[pair],
            adequate=self._adequate[pair],
        )

    def _passed_over(self, pair: int) -> PassedOver:
        column = self._column[pair]
        forbidden = self._verdict[pair] == Verdict.FORBIDDEN
        reason = PassedOverReason.OUTRANKED
        if forbidden:
            reason = PassedOverReason.FORBIDDEN
        elif self._full[column]:
            reason = PassedOverReason.FULL
        return PassedOver(
            column=self._caller_column[column],
            pair=self._caller_pair[pair],
            benefit=self._benefit[pair],
            adequate=self._adequate[pair],
            reason=reason,
            rules=self._matrix.rules_of[pair] if forbidden else (),
            taken_by=self._rows_of(self._takers, column) if reason is PassedOverReason.FULL else (),
        )

    def _rows_of(self, lists: _Lists, column: int) -> tuple[int, ...]:
        return tuple(self._caller_row[self._row[pair]] for pair in lists.of(column)[: self._explained])


def decode(matrix: Matrix, room: Room, *, assigned: Mask, alternates: int, explained: int) -> Assignment:
    """The assignment in the caller's positions; `assigned` (p,) in the matrix's order of pairs."""
    decoder = _Decoder(matrix, room, assigned=assigned, alternates=alternates, explained=explained)
    place = np.empty(matrix.row_count, np.int64)
    place[matrix.row_of] = np.arange(matrix.row_count)
    return Assignment(
        requirements=tuple(decoder.requirement(row) for row in place.tolist()),
        figures=figures(matrix, assigned),
        dropped=tuple(sorted(matrix.pair_of[(matrix.keeping > 0) & ~assigned].tolist())),
    )


def _passed_over(matrix: Matrix, assigned: Mask) -> Positions:
    """Unassigned pairs above the lowest assigned one of their row, or whose row has a free slot."""
    lowest = np.full(matrix.row_count, MILLION + 1, np.int64)
    np.minimum.at(lowest, matrix.rows[assigned], matrix.benefit[assigned])
    lowest[np.bincount(matrix.rows[assigned], minlength=matrix.row_count) < matrix.wanted] = 0
    better = (matrix.benefit > lowest[matrix.rows]) & (matrix.wanted[matrix.rows] > 0)
    return np.flatnonzero(~assigned & better)


def _by_row(matrix: Matrix, pairs: Positions, *, adequate_first: bool) -> _Lists:
    rank = ~matrix.adequate[pairs] if adequate_first else np.zeros(len(pairs), np.bool_)
    order = np.lexsort((matrix.columns[pairs], -matrix.benefit[pairs], rank, matrix.rows[pairs]))
    return _Lists(pairs[order], matrix.rows[pairs][order], matrix.row_count)


def _by_column(matrix: Matrix, pairs: Positions) -> _Lists:
    order = np.lexsort((matrix.rows[pairs], -matrix.benefit[pairs], matrix.columns[pairs]))
    return _Lists(pairs[order], matrix.columns[pairs][order], matrix.column_count)


def _unserved_reasons(matrix: Matrix, room: Room) -> list[UnservedReason]:
    """(m,) the reason that holds for each row if it ends up unserved."""

    def has(pairs: Mask) -> Mask:
        return np.asarray(np.bincount(matrix.rows[pairs], minlength=matrix.row_count) > 0)

    # In the order of precedence: a later entry overrides an earlier one.
    applies = [
        (UnservedReason.CAPACITY_EXHAUSTED, np.ones(matrix.row_count, np.bool_)),
        (UnservedReason.SLOTS_FORCED, room.slots <= 0),
        (UnservedReason.FORBIDDEN, ~has(matrix.adequate & (matrix.verdict != Verdict.FORBIDDEN))),
        (UnservedReason.NO_ADEQUATE, ~has(matrix.adequate)),
        (UnservedReason.NO_CANDIDATE, ~has(np.ones(len(matrix.rows), np.bool_))),
        (UnservedReason.NOTHING_WANTED, matrix.wanted == 0),
    ]
    which = np.zeros(matrix.row_count, np.int64)
    for number, (_, rows) in enumerate(applies):
        which[rows] = number
    return [applies[number][0] for number in which.tolist()]
