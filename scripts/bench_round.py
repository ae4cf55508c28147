"""Measures a match round: time, memory, fairness and total beside simpler ways, and its distance to an exact
model.

Prints one table and writes it into docs/benchmarks.md between its markers. Data are synthetic and seeded:
benefit is a logistic function of how hard a requirement is, how good a team is and how well both fit; popular
teams are candidates more often; 2 % of the pairs are forbidden, 2 % of the requirements have a forced pair,
10 % of the requirements have a pair of an earlier round that is worth 0.05 to keep. Each size runs in a
process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ortools.graph.python import min_cost_flow  # noqa: E402
from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: E402
from scipy.sparse import csr_array  # noqa: E402

from matching.assign import Assignment, Figures, PairRule, Pairs, Problem, Verdict, assign, compare  # noqa: E402

BEGIN, END = "<!-- bench_round:begin -->", "<!-- bench_round:end -->"
MILLION = 1_000_000


@dataclass(frozen=True)
class Size:
    name: str
    requirements: int
    teams: int
    candidates: int
    runs: int
    seconds_allowed: float | None = None
    megabytes_allowed: float | None = None
    exact: bool = False


SIZES = (
    Size("800 × 5,000", 800, 5_000, 82, 5, 1.0, 1024, exact=True),
    Size("800 × 300 (crowded)", 800, 300, 90, 5, exact=True),
    Size("10,000 × 100,000", 10_000, 100_000, 102, 3, 30.0, 1024),
    Size("10,000 × 4,000 (crowded)", 10_000, 4_000, 104, 3),
)


@dataclass(frozen=True)
class Measured:
    pairs: int
    round_seconds: tuple[float, float]
    plain_seconds: tuple[float, float]
    input_megabytes: float
    peak_megabytes: float
    fair: Figures
    greedy_top: Figures
    greedy: Figures
    greatest_total: Figures
    broken_rules: int
    exact: str


def synthetic(size: Size, seed: int = 1) -> Problem:
    """The problem of a size, the same for the same seed."""
    rng = np.random.default_rng(seed)
    m, n = size.requirements, size.teams
    rows = np.repeat(np.arange(m), size.candidates)
    popular = np.minimum((n * rng.beta(0.6, 1.2, len(rows))).astype(np.int64), n - 1)
    cells = np.unique(rows * n + popular)
    rows, columns = cells // n, cells % n
    fit = rng.normal(0, 0.6, m)[rows] + rng.normal(0, 0.5, n)[columns] + rng.normal(0, 1.0, len(cells))
    benefits = 1 / (1 + np.exp(1.8 - 1.2 * fit))
    capacities = rng.choice([1, 1, 2, 3], n)
    forbidden = rng.random(len(cells)) < 0.02
    rules = [
        PairRule(int(rows[e]), int(columns[e]), Verdict.FORBIDDEN, "conflict_of_interest")
        for e in np.flatnonzero(forbidden)
    ]
    left = capacities.copy()
    first = np.searchsorted(rows, np.arange(m))
    for row in np.flatnonzero(rng.random(m) < 0.02):
        pair = first[row] + int(rng.integers(0, 10))
        if rows[pair] == row and not forbidden[pair] and left[columns[pair]] > 0:
            left[columns[pair]] -= 1
            rules.append(PairRule(int(row), int(columns[pair]), Verdict.FORCED, "set_by_hand"))
    keeping = np.zeros(len(cells))
    keeping[first[rng.random(m) < 0.1] + 12] = 0.05
    return Problem(
        [f"requirement {i:07}" for i in range(m)],
        [f"team {i:07}" for i in range(n)],
        Pairs(rows, columns, benefits, benefits >= 0.5, keeping),
        capacities,
        rules=rules,
    )


def plain_flow(problem: Problem) -> int:
    """One flow of least cost over all pairs, without rules, fairness or reasons: the yardstick for time."""
    pairs, m, n = problem.pairs, len(problem.requirements), len(problem.teams)
    wanted = np.full(m, problem.wanted, np.int64)
    sink = m + n
    solver = min_cost_flow.SimpleMinCostFlow()
    costs = -np.rint(pairs.benefits * MILLION).astype(np.int64)
    ones = np.ones(len(pairs), np.int64)
    solver.add_arcs_with_capacity_and_unit_cost(pairs.rows, m + pairs.columns, ones, costs)
    solver.add_arcs_with_capacity_and_unit_cost(np.arange(m), np.full(m, sink), wanted, np.zeros(m, np.int64))
    solver.add_arcs_with_capacity_and_unit_cost(
        m + np.arange(n), np.full(n, sink), problem.capacities, np.zeros(n, np.int64)
    )
    supplies = np.zeros(sink + 1, np.int64)
    supplies[:m] = wanted
    supplies[sink] = -int(wanted.sum())
    solver.set_nodes_supplies(np.arange(sink + 1), supplies)
    if solver.solve() != solver.OPTIMAL:
        raise SystemExit("the plain flow has no optimum")
    return int(solver.optimal_cost())


def count_broken(problem: Problem, result: Assignment) -> int:
    """Rules broken, counted from the problem itself: pairs, slots, capacities."""
    given = {(r.row, t.column) for r in result.requirements for t in r.teams}
    broken = sum(((r.row, r.column) in given) != (r.verdict == Verdict.FORCED) for r in problem.rules)
    load = np.bincount([column for _, column in given], minlength=len(problem.teams))
    broken += int(np.maximum(load - problem.capacities, 0).sum())
    broken += sum(len(r.teams) > 3 for r in result.requirements)
    return int(broken)


def levels_of(problem: Problem) -> np.ndarray:
    micro = np.rint(problem.pairs.benefits * MILLION).astype(np.int64)
    return np.where(problem.pairs.adequate, 1 + micro // round(problem.fairness_step * MILLION), 0)


def exact_optimum(problem: Problem) -> tuple[list[int], float] | None:
    """HiGHS on the full integer model, aim by aim: (requirements at each level or above, greatest total).

    Beside the pairs, one adequate pair of each requirement stands for its level. None when an aim is not
    proved within two minutes.
    """
    pairs, level = problem.pairs, levels_of(problem)
    p, m, n = len(pairs), len(problem.requirements), len(problem.teams)
    adequate = np.flatnonzero(level > 0)
    q = len(adequate)
    every, stands = np.arange(p), p + np.arange(q)

    def rows_of(
        rows: np.ndarray, columns: np.ndarray, count: int, values: np.ndarray | None = None
    ) -> csr_array:
        entries = np.ones(len(rows)) if values is None else values
        return csr_array((entries, (rows, columns)), shape=(count, p + q))

    both = np.concatenate([np.arange(q), np.arange(q)])
    signs = np.concatenate([np.ones(q), -np.ones(q)])
    implied = rows_of(both, np.concatenate([stands, adequate]), q, signs)
    constraints = [
        LinearConstraint(rows_of(pairs.rows, every, m), -np.inf, 3),
        LinearConstraint(rows_of(pairs.columns, every, n), -np.inf, problem.capacities),
        LinearConstraint(rows_of(pairs.rows[adequate], stands, m), -np.inf, 1),
        LinearConstraint(implied, -np.inf, 0),
    ]
    low, high = np.zeros(p + q), np.ones(p + q)
    at = {cell: e for e, cell in enumerate(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))}
    for rule in problem.rules:
        low[at[rule.row, rule.column]] = high[at[rule.row, rule.column]] = rule.verdict == Verdict.FORCED

    def greatest(worth: np.ndarray) -> float | None:
        found = milp(
            -worth,
            constraints=constraints,
            bounds=Bounds(low, high),
            integrality=np.ones(p + q),
            options={"mip_rel_gap": 0.0, "time_limit": 120},
        )
        return None if found.status else -float(found.fun)

    reaching = []
    for threshold in np.unique(level[adequate]).tolist():
        worth = np.concatenate([np.zeros(p), (level[adequate] >= threshold).astype(float)])
        most = greatest(worth)
        if most is None:
            return None
        reaching.append(round(most))
        constraints.append(LinearConstraint(csr_array(worth[None, :]), reaching[-1], np.inf))
    keeping = np.zeros(p) if pairs.keeping is None else pairs.keeping
    micro = np.rint(pairs.benefits * MILLION) + np.rint(keeping * MILLION)
    total = greatest(np.concatenate([micro / MILLION, np.zeros(q)]))
    return None if total is None else (reaching, total)


def distance_to_exact(problem: Problem, figures: Figures) -> str:
    started = time.perf_counter()
    optimum = exact_optimum(problem)
    if optimum is None:
        return "not proved within two minutes per aim"
    reaching, total = optimum
    seconds = time.perf_counter() - started
    at_least = [sum(figures.levels[x:]) for x in range(1, len(figures.levels))]
    present = np.unique(levels_of(problem)[problem.pairs.adequate]).tolist()
    mine = [at_least[x - 1] if x <= len(at_least) else 0 for x in present]
    same = "equal on every level" if mine == reaching else "DIFFERENT"
    gap = 1 - (figures.total + figures.keeping_value) / total
    side = "below" if gap >= 0 else "above"
    return f"fairness {same}, total {abs(gap):.4%} {side} (HiGHS, proved optimal, {seconds:.0f} s)"


def median_seconds(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """(by the clock, of the processor): on a shared machine only the second is the work's own."""
    clock, processor = [], []
    for _ in range(runs):
        started, busy = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - busy)
    return statistics.median(clock), statistics.median(processor)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(size: Size, with_exact: bool) -> Measured:
    problem = synthetic(size)
    before = peak()
    result = assign(problem)
    high = peak()
    round_seconds = median_seconds(lambda: assign(problem), size.runs)
    plain_seconds = median_seconds(lambda: plain_flow(problem), size.runs)
    comparison = compare(problem, result)
    return Measured(
        pairs=len(problem.pairs),
        round_seconds=round_seconds,
        plain_seconds=plain_seconds,
        input_megabytes=before,
        peak_megabytes=high,
        fair=comparison.fair,
        greedy_top=comparison.greedy_top,
        greedy=comparison.greedy,
        greatest_total=comparison.greatest_total,
        broken_rules=count_broken(problem, result),
        exact=distance_to_exact(problem, result.figures) if size.exact and with_exact else "",
    )


def seconds(taken: tuple[float, float]) -> str:
    return f"{taken[0]:.2f} / {taken[1]:.2f}"


def table(measured: dict[Size, Measured]) -> str:
    lines = [
        "| round | way | seconds, clock / processor | adequate coverage | worst served | worst tenth "
        "| total | of greatest | over capacity | rules broken |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size, m in measured.items():
        ways = (
            ("**fair round**, all rules and reasons", m.fair, seconds(m.round_seconds), str(m.broken_rules)),
            ("greatest total (plain flow)", m.greatest_total, seconds(m.plain_seconds), ""),
            ("greedy within capacity", m.greedy, "", ""),
            ("greedy top 3", m.greedy_top, "", ""),
        )
        for position, (way, f, taken, broken) in enumerate(ways):
            name = f"{size.name}, {m.pairs:,} pairs" if not position else ""
            lines.append(
                f"| {name} | {way} | {taken} | {f.served:,} of {f.servable:,} | {f.worst_served:.3f} | "
                f"{f.worst_tenth:.3f} | {f.total:,.1f} | {f.total / m.greatest_total.total:.2%} | "
                f"{f.over_capacity:,} | {broken} |"
            )
    return "\n".join(lines)


def notes(measured: dict[Size, Measured]) -> str:
    lines = []
    for size, m in measured.items():
        ratio = m.round_seconds[1] / m.plain_seconds[1]
        allowed = f" (allowed {size.seconds_allowed:g} s)" if size.seconds_allowed else ""
        limit = f" (allowed {size.megabytes_allowed:g} MB)" if size.megabytes_allowed else ""
        lines.append(
            f"- {size.name}: {m.round_seconds[0]:.2f} s{allowed}, {ratio:.1f} times the processor time "
            f"of the plain flow; peak {m.peak_megabytes:.0f} MB{limit}, of which {m.input_megabytes:.0f} MB "
            "before the round starts (interpreter, libraries, input)."
            + (f" Exact model: {m.exact}." if m.exact else "")
        )
    return "\n".join(lines)


def report(measured: dict[Size, Measured]) -> str:
    head = (
        f"Median of {min(s.runs for s in measured)}–{max(s.runs for s in measured)} runs, Python "
        f"{platform.python_version()}, {multiprocessing.cpu_count()} cores shared with other work; "
        "`scripts/bench_round.py` (synthetic, seeded data: see there). The round's time includes encoding, "
        "the check of wishes, fairness, total, alternates and every reason. Coverage: requirements with an "
        "adequate team, of those that could have one if alone. Worst served: lowest best-adequate "
        "benefit among the served; worst tenth: its mean over the worst-served tenth, unserved ones "
        "counting 0. Rules broken are counted for the round. The plain flow "
        "is timed without rules; its figures are the greatest total within them."
    )
    return f"{head}\n\n{table(measured)}\n\n{notes(measured)}"


def write(text: str, target: Path) -> None:
    block = f"{BEGIN}\n{text}\n{END}"
    current = target.read_text(encoding="utf-8") if target.exists() else "# Benchmarks\n"
    if BEGIN in current and END in current:
        before, rest = current.split(BEGIN, 1)
        target.write_text(before + block + rest.split(END, 1)[1], encoding="utf-8")
        return
    target.write_text(f"{current.rstrip()}\n\n## The match round\n\n{block}\n", encoding="utf-8")


def missed(measured: dict[Size, Measured]) -> list[str]:
    """The targets that were not met, in words."""
    found = []
    for size, m in measured.items():
        if size.seconds_allowed and m.round_seconds[0] > size.seconds_allowed:
            found.append(f"{size.name}: {m.round_seconds[0]:.2f} s")
        if size.megabytes_allowed and m.peak_megabytes > size.megabytes_allowed:
            found.append(f"{size.name}: {m.peak_megabytes:.0f} MB")
        if m.broken_rules:
            found.append(f"{size.name}: {m.broken_rules} rules broken")
        if "DIFFERENT" in m.exact:
            found.append(f"{size.name}: {m.exact}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="sizes whose name contains this", default="")
    parser.add_argument("--no-exact", action="store_true", help="leave out the integer model (minutes)")
    parser.add_argument("--dry", action="store_true", help="print only, leave docs/benchmarks.md alone")
    arguments = parser.parse_args()
    measured: dict[Size, Measured] = {}
    for size in (s for s in SIZES if arguments.only in s.name):
        # A fresh process each: the peak of one size must not hide in that of another.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured[size] = pool.apply(measure, (size, not arguments.no_exact))
        print(f"{size.name} done", file=sys.stderr)
    if not measured:
        raise SystemExit("no size of that name")
    text = report(measured)
    print(text)
    if not arguments.dry:
        write(text, ROOT / "docs" / "benchmarks.md")
    if failures := missed(measured):
        raise SystemExit("targets missed: " + "; ".join(failures))


if __name__ == "__main__":
    main()
