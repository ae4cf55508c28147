"""What a match round asks for: candidate pairs, capacities, wishes and rules, all by position.

Checks shapes and ranges here, once; whether the wishes can hold together is left to `conflicts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from matching.errors import MatchingError

Positions = NDArray[np.int64]
Amounts = NDArray[np.float64]
Mask = NDArray[np.bool_]

MILLION = 1_000_000
SMALLEST_STEP = 0.001
# Ten benefits outweigh any exchange worth making; more would only eat into the solver's range of numbers.
LARGEST_KEEPING_VALUE = 10.0


class InvalidProblem(MatchingError):
    """Shapes, ranges or positions of the input do not fit; `detail` names the field."""

    code = "invalid_assignment_problem"
    zh = "分配问题的输入不正确。"
    en = "The input of the assignment is not valid."


class Verdict(IntEnum):
    """What a rule says of a pair."""

    FORBIDDEN = -1
    FREE = 0
    FORCED = 1


@dataclass(frozen=True, slots=True)
class PairRule:
    """One rule on one pair: `name` is the stable code that is shown as the reason (`conflict_of_interest`,
    …).

    A forbidding rule may name a pair that is no candidate; a forcing rule may not, since its benefit is
    unknown.
    """

    row: int
    column: int
    verdict: Verdict
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """`p` candidate pairs in any order, each (row, column) once.

    `rows`, `columns`: (p,) int64 positions of the requirement and of the team. `benefits`: (p,) in [0, 1],
    read in millionths. `adequate`: (p,) bool. `keeping`: (p,) in [0, 10], what it is worth to keep this pair
    of an earlier round, in units of benefit (0: not in the earlier round); None: there was none.
    """

    rows: Positions
    columns: Positions
    benefits: Amounts
    adequate: Mask
    keeping: Amounts | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One round: m requirements × n teams.

    `requirements` (m) and `teams` (n) are unique keys: every tie is settled by their order, so that the
    result does not depend on the order of the input. `capacities`: (n,) how many requirements a team can
    take. `wanted`: teams per requirement, one number or (m,). `alternates`: how many stand-ins to name at
    most. `must_serve`: rows that must get an adequate team. `fairness_step`: the width of a level of benefit
    within which two requirements count as equally well served (see `fairness`), in [0.001, 1]; finer steps
    take longer. `explained`: at most so many passed-over teams and displaced requirements are listed each
    time (the counts are always complete).
    """

    requirements: Sequence[str]
    teams: Sequence[str]
    pairs: Pairs
    capacities: Positions
    wanted: Positions | int = 3
    alternates: int = 3
    rules: Sequence[PairRule] = ()
    must_serve: Sequence[int] = ()
    fairness_step: float = 0.05
    explained: int = 5

    MAXIMUM_EXPLAINED: ClassVar[int] = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """The problem as the solver sees it: rows and columns renumbered by key, pairs sorted by (row, column).

    `benefit` and `keeping` in millionths; `level` 0 for an inadequate pair, else 1 + ⌊benefit ÷ step⌋;
    `verdict` −1, 0, 1; `row_of` and `column_of` give the caller's positions back; `pair_of` the caller's
    pair.
    """

    rows: Positions
    columns: Positions
    benefit: Positions
    keeping: Positions
    adequate: Mask
    level: Positions
    verdict: Positions
    wanted: Positions
    capacity: Positions
    must_serve: Mask
    row_of: Positions
    column_of: Positions
    pair_of: Positions
    rules_of: dict[int, tuple[str, ...]] = field(repr=False)

    @property
    def row_count(self) -> int:
        return len(self.wanted)

    @property
    def column_count(self) -> int:
        return len(self.capacity)

    @property
    def free(self) -> Mask:
        return np.asarray(self.verdict == Verdict.FREE)

    @property
    def forced(self) -> Mask:
        return np.asarray(self.verdict == Verdict.FORCED)


def encode(problem: Problem) -> Matrix:
    """Checks the problem and turns it into its canonical matrix.

    A pair that is both forced and forbidden is marked as forced here; `conflicts.check` refuses it before
    anything is solved. Raises InvalidProblem.
    """
    pairs, m, n = problem.pairs, len(problem.requirements), len(problem.teams)
    _check_pairs(pairs, m, n)
    _check_settings(problem)
    capacity = _counts(problem.capacities, n, "capacities")
    wanted = _counts(problem.wanted, m, "wanted")
    row_of, new_row = _canonical(problem.requirements, "requirements")
    column_of, new_column = _canonical(problem.teams, "teams")
    rows, columns = new_row[pairs.rows], new_column[pairs.columns]
    cells = rows * np.int64(max(n, 1)) + columns
    order = np.argsort(cells, kind="stable")
    cells = cells[order]
    if len(cells) > 1 and bool(np.any(cells[1:] == cells[:-1])):
        raise InvalidProblem("pairs: a (row, column) stands twice")
    benefit = np.rint(pairs.benefits[order] * MILLION).astype(np.int64)
    keeping = np.zeros(len(order), np.int64)
    if pairs.keeping is not None:
        keeping = np.rint(pairs.keeping[order] * MILLION).astype(np.int64)
    adequate = pairs.adequate[order]
    step = round(problem.fairness_step * MILLION)
    verdict, rules_of = _verdicts(problem, cells, new_row, new_column)
    must_serve = np.zeros(m, np.bool_)
    must_serve[new_row[_rows_in_range(problem.must_serve, m)]] = True
    return Matrix(
        rows=rows[order],
        columns=columns[order],
        benefit=benefit,
        keeping=keeping,
        adequate=adequate,
        level=np.where(adequate, 1 + benefit // step, 0).astype(np.int64),
        verdict=verdict,
        wanted=wanted[row_of],
        capacity=capacity[column_of],
        must_serve=must_serve,
        row_of=row_of,
        column_of=column_of,
        pair_of=order.astype(np.int64),
        rules_of=rules_of,
    )


def rules_by_cell(problem: Problem) -> dict[tuple[int, int], tuple[PairRule, ...]]:
    """All rules of each (row, column) in the caller's positions, in a fixed order: by verdict, then name."""
    grouped: dict[tuple[int, int], set[PairRule]] = {}
    for rule in problem.rules:
        if rule.verdict != Verdict.FREE:
            grouped.setdefault((rule.row, rule.column), set()).add(rule)
    return {cell: tuple(sorted(rules, key=lambda r: (r.verdict, r.name))) for cell, rules in grouped.items()}


def _check_pairs(pairs: Pairs, m: int, n: int) -> None:
    p = len(pairs.rows)
    for name in ("rows", "columns", "benefits", "adequate"):
        if getattr(pairs, name).shape != (p,):
            raise InvalidProblem(f"pairs.{name}: expected shape ({p},)")
    if pairs.keeping is not None and pairs.keeping.shape != (p,):
        raise InvalidProblem(f"pairs.keeping: expected shape ({p},)")
    if pairs.adequate.dtype != np.bool_:
        raise InvalidProblem("pairs.adequate: expected booleans")
    for name, limit in (("rows", m), ("columns", n)):
        values = getattr(pairs, name)
        if not np.issubdtype(values.dtype, np.integer):
            raise InvalidProblem(f"pairs.{name}: expected integers")
        if p and (int(values.min()) < 0 or int(values.max()) >= limit):
            raise InvalidProblem(f"pairs.{name}: outside 0…{limit - 1}")
    if not bool(np.all((pairs.benefits >= 0.0) & (pairs.benefits <= 1.0))):
        raise InvalidProblem("pairs.benefits: outside [0, 1] or not a number")
    if pairs.keeping is not None and not bool(
        np.all((pairs.keeping >= 0.0) & (pairs.keeping <= LARGEST_KEEPING_VALUE))
    ):
        raise InvalidProblem(f"pairs.keeping: outside [0, {LARGEST_KEEPING_VALUE:g}] or not a number")


def _check_settings(problem: Problem) -> None:
    if not SMALLEST_STEP <= problem.fairness_step <= 1.0:
        raise InvalidProblem(f"fairness_step: outside [{SMALLEST_STEP}, 1]")
    if problem.alternates < 0:
        raise InvalidProblem("alternates: negative")
    if not 0 <= problem.explained <= Problem.MAXIMUM_EXPLAINED:
        raise InvalidProblem(f"explained: outside 0…{Problem.MAXIMUM_EXPLAINED}")


def _counts(values: Positions | int, length: int, name: str) -> Positions:
    counts = np.full(length, values, np.int64) if isinstance(values, int) else values
    if counts.shape != (length,) or not np.issubdtype(counts.dtype, np.integer):
        raise InvalidProblem(f"{name}: expected {length} integers")
    if length and int(counts.min()) < 0:
        raise InvalidProblem(f"{name}: negative")
    # Nobody can be paired more often than there are partners; the cut keeps sums small.
    return np.minimum(counts, np.iinfo(np.int32).max).astype(np.int64)


def _canonical(keys: Sequence[str], name: str) -> tuple[Positions, Positions]:
    """(caller's position of each canonical one, canonical position of each of the caller's)."""
    if len(set(keys)) != len(keys):
        raise InvalidProblem(f"{name}: a key stands twice")
    old = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    new = np.empty(len(keys), np.int64)
    new[old] = np.arange(len(keys))
    return old, new


def _rows_in_range(rows: Sequence[int], m: int) -> Positions:
    listed = np.array(list(rows), np.int64)
    if len(listed) and (int(listed.min()) < 0 or int(listed.max()) >= m):
        raise InvalidProblem(f"must_serve: outside 0…{m - 1}")
    return listed


def _verdicts(
    problem: Problem, cells: Positions, new_row: Positions, new_column: Positions
) -> tuple[Positions, dict[int, tuple[str, ...]]]:
    verdict = np.zeros(len(cells), np.int64)
    by_cell = rules_by_cell(problem)
    if not by_cell:
        return verdict, {}
    m, n = len(new_row), len(new_column)
    named = np.array(list(by_cell), np.int64)
    if (named < 0).any() or (named[:, 0] >= m).any() or (named[:, 1] >= n).any():
        raise InvalidProblem("rules: a pair outside the matrix")
    wanted_cells = new_row[named[:, 0]] * np.int64(n) + new_column[named[:, 1]]
    found = np.searchsorted(cells, wanted_cells)
    rules_of: dict[int, tuple[str, ...]] = {}
    for place, cell, (position, rules) in zip(found, wanted_cells, by_cell.items(), strict=True):
        forced = any(rule.verdict == Verdict.FORCED for rule in rules)
        if place == len(cells) or cells[place] != cell:
            if forced:
                raise InvalidProblem(f"rules: the forced pair {position} is no candidate")
            continue
        verdict[place] = Verdict.FORCED if forced else Verdict.FORBIDDEN
        rules_of[int(place)] = tuple(rule.name for rule in rules)
    return verdict, rules_of
