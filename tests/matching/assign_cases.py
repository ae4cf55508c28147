"""Small problems for the tests of the assignment, and the answer found by trying everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from matching.assign import Assignment, PairRule, Pairs, Problem, Verdict

MILLION = 1_000_000


def problem_of(
    benefits: Sequence[Sequence[float | None]],
    *,
    capacities: Sequence[int],
    wanted: int | Sequence[int] = 1,
    adequate_from: float = 0.5,
    keeping: Sequence[Sequence[float]] | None = None,
    forced: Sequence[tuple[int, int]] = (),
    forbidden: Sequence[tuple[int, int]] = (),
    must_serve: Sequence[int] = (),
    step: float = 0.05,
    alternates: int = 3,
) -> Problem:
    """A problem from a matrix of benefits (None: no candidate), as one reads it."""
    cells = [(r, c, b) for r, row in enumerate(benefits) for c, b in enumerate(row) if b is not None]
    worth = np.array([b for _, _, b in cells], np.float64)
    rules = [PairRule(r, c, Verdict.FORCED, "by_hand") for r, c in forced]
    rules += [PairRule(r, c, Verdict.FORBIDDEN, "conflict_of_interest") for r, c in forbidden]
    return Problem(
        requirements=[f"r{i}" for i in range(len(benefits))],
        teams=[f"t{i}" for i in range(len(capacities))],
        pairs=Pairs(
            rows=np.array([r for r, _, _ in cells], np.int64),
            columns=np.array([c for _, c, _ in cells], np.int64),
            benefits=worth,
            adequate=worth >= adequate_from,
            keeping=None if keeping is None else np.array([keeping[r][c] for r, c, _ in cells], np.float64),
        ),
        capacities=np.array(capacities, np.int64),
        wanted=wanted if isinstance(wanted, int) else np.array(wanted, np.int64),
        alternates=alternates,
        rules=rules,
        must_serve=must_serve,
        fairness_step=step,
    )


def random_problem(generator: np.random.Generator) -> Problem:
    """A tiny problem with all kinds of rules, by no means always feasible."""
    m, n = (int(x) for x in generator.integers(1, 5, 2))
    cells = np.argwhere(generator.random((m, n)) < generator.choice([0.5, 0.8, 1.0]))
    p = len(cells)
    # Few distinct benefits make ties, which is where an order of aims goes wrong first.
    benefits = generator.integers(0, 11, p) / 10 if generator.random() < 0.6 else generator.random(p)
    adequate = (benefits >= 0.4) if generator.random() < 0.7 else (generator.random(p) < 0.6)
    keeping = generator.choice([0.0, 0.0, 0.15, 2.0], p) if generator.random() < 0.4 else None
    rules = []
    for r, c in cells:
        draw = generator.random()
        if draw < 0.1:
            rules.append(PairRule(int(r), int(c), Verdict.FORBIDDEN, str(generator.choice(["a", "b"]))))
        elif draw > 0.95:
            rules.append(PairRule(int(r), int(c), Verdict.FORCED, "by_hand"))
    return Problem(
        requirements=[f"r{i}" for i in generator.permutation(m)],
        teams=[f"t{i}" for i in generator.permutation(n)],
        pairs=Pairs(cells[:, 0], cells[:, 1], benefits, adequate, keeping),
        capacities=generator.integers(0, 3, n),
        wanted=generator.integers(0, 4, m) if generator.random() < 0.5 else 2,
        alternates=2,
        rules=rules,
        must_serve=[int(r) for r in range(m) if generator.random() < 0.08],
        fairness_step=float(generator.choice([0.01, 0.05, 0.2, 1.0])),
    )


@dataclass(frozen=True)
class Worth:
    """How good an assignment is, the greater the better: levels in the fairness order, then millionths."""

    levels: tuple[int, ...]
    total: int

    def __gt__(self, other: Worth) -> bool:
        return (sorted(self.levels), self.total) > (sorted(other.levels), other.total)


class BruteForce:
    """Tries every assignment of a tiny problem, with rules read straight from the problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        pairs = problem.pairs
        m = len(problem.requirements)
        self.wanted = [problem.wanted] * m if isinstance(problem.wanted, int) else list(problem.wanted)
        step = round(problem.fairness_step * MILLION)
        self.options: list[list[tuple[tuple[int, ...], int, int]]] = [[] for _ in range(m)]
        forced = {(r.row, r.column) for r in problem.rules if r.verdict == Verdict.FORCED}
        forbidden = {(r.row, r.column) for r in problem.rules if r.verdict == Verdict.FORBIDDEN}
        for row in range(m):
            mine = [i for i in range(len(pairs)) if pairs.rows[i] == row]
            for size in range(min(int(self.wanted[row]), len(mine)) + 1):
                for chosen in combinations(mine, size):
                    cells = {(row, int(pairs.columns[i])) for i in chosen}
                    if cells & forbidden or not {cell for cell in forced if cell[0] == row} <= cells:
                        continue
                    benefits = [round(float(pairs.benefits[i]) * MILLION) for i in chosen]
                    levels = [
                        1 + b // step for i, b in zip(chosen, benefits, strict=True) if pairs.adequate[i]
                    ]
                    level = max(levels, default=0)
                    if row in problem.must_serve and not level:
                        continue
                    keeping = 0
                    if pairs.keeping is not None:
                        keeping = sum(round(float(pairs.keeping[i]) * MILLION) for i in chosen)
                    columns = tuple(int(pairs.columns[i]) for i in chosen)
                    self.options[row].append((columns, level, sum(benefits) + keeping))

    def best(self) -> Worth | None:
        """The worth of the best assignment; None when there is none at all."""
        best: Worth | None = None
        for worth in self._all(0, [int(c) for c in self.problem.capacities], (), 0):
            if best is None or worth > best:
                best = worth
        return best

    def _all(self, row: int, places: list[int], levels: tuple[int, ...], total: int) -> Iterator[Worth]:
        if row == len(self.options):
            yield Worth(levels, total)
            return
        for columns, level, value in self.options[row]:
            if all(places[c] > 0 for c in columns):
                left = list(places)
                for c in columns:
                    left[c] -= 1
                yield from self._all(row + 1, left, (*levels, level), total + value)


def worth_of(assignment: Assignment) -> Worth:
    figures = assignment.figures
    levels = tuple(result.level for result in assignment.requirements)
    return Worth(levels, round((figures.total + figures.keeping_value) * MILLION))


def broken_rules(problem: Problem, assignment: Assignment) -> list[str]:
    """Every rule the assignment breaks, read straight from the problem."""
    broken = []
    given = {(r.row, t.column) for r in assignment.requirements for t in r.teams}
    known = set(zip(problem.pairs.rows.tolist(), problem.pairs.columns.tolist(), strict=True))
    if not given <= known:
        broken.append("a pair that is no candidate")
    for rule in problem.rules:
        if rule.verdict == Verdict.FORBIDDEN and (rule.row, rule.column) in given:
            broken.append(f"forbidden {rule}")
        if rule.verdict == Verdict.FORCED and (rule.row, rule.column) not in given:
            broken.append(f"not forced {rule}")
    load = [0] * len(problem.teams)
    for result in assignment.requirements:
        limit = problem.wanted if isinstance(problem.wanted, int) else problem.wanted[result.row]
        if len(result.teams) > limit or len({t.column for t in result.teams}) != len(result.teams):
            broken.append(f"too many teams for {result.row}")
        if result.row in problem.must_serve and result.unserved is not None:
            broken.append(f"{result.row} must be served")
        for team in result.teams:
            load[team.column] += 1
    broken += [f"capacity of {c}" for c, taken in enumerate(load) if taken > problem.capacities[c]]
    return broken
