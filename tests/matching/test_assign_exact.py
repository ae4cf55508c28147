"""The assignment against exact models: everything tried on tiny problems, CP-SAT on middling ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from matching.assign import Assignment, InfeasibleWishes, PairRule, Pairs, Problem, Verdict, assign, fairness
from matching.assign.flow import CostsTooLarge
from tests.matching.assign_cases import BruteForce, broken_rules, problem_of, random_problem, worth_of

INSTANCES, PARTS = 1000, 4


@pytest.mark.parametrize("part", range(PARTS))
def test_random_problems_break_no_rule_and_equal_the_best_of_all_assignments(part: int) -> None:
    feasible = infeasible = 0
    for seed in range(part, INSTANCES, PARTS):
        problem = random_problem(np.random.default_rng(seed))
        best = BruteForce(problem).best()
        try:
            result = assign(problem)
        except InfeasibleWishes:
            assert best is None, f"seed {seed}: an assignment exists"
            infeasible += 1
            continue
        assert best is not None, f"seed {seed}: no assignment exists"
        assert broken_rules(problem, result) == [], f"seed {seed}"
        worth = worth_of(result)
        assert (sorted(worth.levels), worth.total) == (sorted(best.levels), best.total), f"seed {seed}"
        feasible += 1
    # Both kinds must occur, or the comparison above would prove little.
    assert feasible > 100 and infeasible > 10


def test_settling_level_by_level_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # On large rounds the weights of all levels exceed one flow; a limit of 1 does that to small ones.
    monkeypatch.setattr(fairness, "largest_cost", lambda _: 1)
    for seed in range(5000, 5300):
        problem = random_problem(np.random.default_rng(seed))
        best = BruteForce(problem).best()
        if best is None:
            continue
        worth = worth_of(assign(problem))
        assert (sorted(worth.levels), worth.total) == (sorted(best.levels), best.total), f"seed {seed}"


def test_weights_the_solver_finds_too_large_are_tried_again_with_fewer_levels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = 0
    settle = fairness._settle

    def narrow(*arguments: Any) -> Any:
        nonlocal refused
        if arguments[3].max() > 1:
            refused += 1
            raise CostsTooLarge
        return settle(*arguments)

    monkeypatch.setattr(fairness, "_settle", narrow)
    for seed in range(6000, 6150):
        problem = random_problem(np.random.default_rng(seed))
        best = BruteForce(problem).best()
        if best is None:
            continue
        worth = worth_of(assign(problem))
        assert (sorted(worth.levels), worth.total) == (sorted(best.levels), best.total), f"seed {seed}"
    assert refused > 50


benefit = st.one_of(st.none(), st.sampled_from([0.0, 0.3, 0.5, 0.52, 0.7, 1.0]), st.floats(0, 1))


@given(
    benefits=st.lists(st.lists(benefit, min_size=3, max_size=3), min_size=1, max_size=4),
    capacities=st.lists(st.integers(0, 2), min_size=3, max_size=3),
    wanted=st.integers(0, 3),
    step=st.sampled_from([0.001, 0.05, 0.3]),
)
@settings(max_examples=150, deadline=None, database=None)
def test_any_small_matrix_equals_the_best_of_all_assignments(
    benefits: list[list[float | None]], capacities: list[int], wanted: int, step: float
) -> None:
    problem = problem_of(benefits, capacities=capacities, wanted=wanted, step=step)
    best, worth = BruteForce(problem).best(), worth_of(assign(problem))
    assert best is not None
    assert (sorted(worth.levels), worth.total) == (sorted(best.levels), best.total)


def shuffled(problem: Problem, generator: np.random.Generator) -> tuple[Problem, np.ndarray, np.ndarray]:
    """The same problem with requirements, teams, pairs and rules in another order."""
    m, n = len(problem.requirements), len(problem.teams)
    rows, columns = generator.permutation(m), generator.permutation(n)
    new_row, new_column = np.argsort(rows), np.argsort(columns)
    pairs = problem.pairs
    order = generator.permutation(len(pairs))
    wanted = problem.wanted if isinstance(problem.wanted, int) else problem.wanted[rows]
    again = replace(
        problem,
        requirements=[problem.requirements[r] for r in rows],
        teams=[problem.teams[c] for c in columns],
        pairs=Pairs(
            new_row[pairs.rows][order],
            new_column[pairs.columns][order],
            pairs.benefits[order],
            pairs.adequate[order],
            None if pairs.keeping is None else pairs.keeping[order],
        ),
        capacities=problem.capacities[columns],
        wanted=wanted,
        rules=[replace(r, row=int(new_row[r.row]), column=int(new_column[r.column])) for r in problem.rules][
            ::-1
        ],
        must_serve=[int(new_row[r]) for r in problem.must_serve],
    )
    return again, rows, columns


def by_key(problem: Problem, result: Assignment) -> dict[str, object]:
    """The whole answer in terms of keys alone."""
    team, name = problem.teams, problem.requirements
    return {
        name[r.row]: (
            r.level,
            r.unserved,
            [(team[t.column], t.rules, t.kept, [name[d] for d in t.displaced]) for t in r.teams],
            [team[a.column] for a in r.alternates],
            [(team[p.column], p.reason, [name[x] for x in p.taken_by]) for p in r.passed_over],
        )
        for r in result.requirements
    }


def test_the_result_does_not_depend_on_the_order_of_the_input() -> None:
    compared = 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        problem = random_problem(generator)
        again, _, _ = shuffled(problem, generator)
        try:
            first = by_key(problem, assign(problem))
        except InfeasibleWishes as refusal:
            with pytest.raises(InfeasibleWishes) as second:
                assign(again)
            assert [o.kind for o in second.value.smallest] == [o.kind for o in refusal.smallest]
            continue
        assert by_key(again, assign(again)) == first, f"seed {seed}"
        compared += 1
    assert compared > 100


def middling_problem(seed: int) -> Problem:
    generator = np.random.default_rng(seed)
    m, n = 30, 20
    cells = np.argwhere(generator.random((m, n)) < 0.4)
    benefits = np.round(generator.beta(1.2, 2.0, len(cells)), 3)
    rules = [
        PairRule(int(r), int(c), Verdict.FORBIDDEN if generator.random() < 0.8 else Verdict.FORCED, "rule")
        for r, c in cells
        if generator.random() < 0.05
    ]
    keeping = np.where(generator.random(len(cells)) < 0.1, 0.1, 0.0)
    return Problem(
        [f"r{i:02}" for i in range(m)],
        [f"t{i:02}" for i in range(n)],
        Pairs(cells[:, 0], cells[:, 1], benefits, benefits >= 0.5, keeping),
        capacities=generator.integers(1, 5, n),
        wanted=3,
        rules=rules,
    )


def exact_by_cp_sat(problem: Problem) -> tuple[tuple[int, ...], int]:
    """(requirements below each level in turn, total with keeping in millionths), each proved optimal."""
    pairs, model = problem.pairs, cp_model.CpModel()
    rows, columns = pairs.rows.tolist(), pairs.columns.tolist()
    chosen = [model.new_bool_var("") for _ in rows]
    for rule in problem.rules:
        pair = next(i for i in range(len(rows)) if (rows[i], columns[i]) == (rule.row, rule.column))
        model.add(chosen[pair] == (rule.verdict == Verdict.FORCED))
    m = len(problem.requirements)
    for row in range(m):
        model.add(sum(chosen[i] for i in range(len(rows)) if rows[i] == row) <= 3)
    for column, capacity in enumerate(problem.capacities.tolist()):
        model.add(sum(chosen[i] for i in range(len(rows)) if columns[i] == column) <= capacity)
    step = round(problem.fairness_step * 1e6)
    micro = np.rint(pairs.benefits * 1e6).astype(int).tolist()
    level = [1 + b // step if pairs.adequate[i] else 0 for i, b in enumerate(micro)]
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    below = []
    for threshold in range(1, max(level) + 1):
        reached = [model.new_bool_var("") for _ in range(m)]
        for row in range(m):
            enough = [chosen[i] for i in range(len(rows)) if rows[i] == row and level[i] >= threshold]
            model.add(sum(enough) >= reached[row])
        model.maximize(sum(reached))
        assert solver.solve(model) == cp_model.OPTIMAL
        count = round(solver.objective_value)
        model.add(sum(reached) >= count)
        below.append(m - count)
    assert pairs.keeping is not None
    worth = [b + round(float(k) * 1e6) for b, k in zip(micro, pairs.keeping, strict=True)]
    model.maximize(sum(w * x for w, x in zip(worth, chosen, strict=True)))
    assert solver.solve(model) == cp_model.OPTIMAL
    return tuple(below), round(solver.objective_value)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_middling_problem_equals_the_optimum_of_an_integer_model(seed: int) -> None:
    problem = middling_problem(seed)
    result = assign(problem)
    below, total = exact_by_cp_sat(problem)
    reached = np.cumsum(result.figures.levels)
    mine = tuple(int(reached[min(t, len(reached) - 1)]) for t in range(len(below)))
    assert mine == below
    assert worth_of(result).total == total
    assert broken_rules(problem, result) == []
