"""Wishes that cannot hold together are refused with an irreducible set of the rules in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from matching.assign import InfeasibleWishes, Obstacle, PairRule, Problem, Verdict, assign
from tests.matching.assign_cases import BruteForce, problem_of, random_problem


def refusal(problem: Problem) -> InfeasibleWishes:
    with pytest.raises(InfeasibleWishes) as caught:
        assign(problem)
    return caught.value


def test_a_pair_both_forced_and_forbidden_names_the_two_rules() -> None:
    problem = problem_of([[0.9, 0.8]], capacities=[1, 1], forced=[(0, 1)], forbidden=[(0, 1)])
    assert set(refusal(problem).smallest) == {
        Obstacle("forced", 0, 1, "by_hand"),
        Obstacle("forbidden", 0, 1, "conflict_of_interest"),
    }


def test_a_forced_pair_forbidden_twice_has_two_conflicts() -> None:
    problem = problem_of([[0.9]], capacities=[1], forced=[(0, 0)], forbidden=[(0, 0)])
    problem = replace(problem, rules=[*problem.rules, PairRule(0, 0, Verdict.FORBIDDEN, "excluded")])
    assert len(refusal(problem).conflicts) == 2


def test_forced_pairs_beyond_a_capacity_name_the_capacity_and_one_pair_too_many() -> None:
    problem = problem_of([[0.9]] * 4, capacities=[1], forced=[(0, 0), (1, 0), (3, 0)])
    smallest = refusal(problem).smallest
    assert smallest[0] == Obstacle("capacity", None, 0, "", 1)
    assert {(o.kind, o.row) for o in smallest[1:]} == {("forced", 0), ("forced", 1)}


def test_forced_pairs_beyond_what_is_wanted_name_the_requirement() -> None:
    problem = problem_of([[0.9, 0.8, 0.7]], capacities=[1, 1, 1], wanted=1, forced=[(0, 0), (0, 2)])
    smallest = refusal(problem).smallest
    assert smallest[0] == Obstacle("wanted", 0, None, "", 1)
    assert [o.column for o in smallest[1:]] == [0, 2]


def test_the_shortest_conflict_comes_first_and_none_is_left_out() -> None:
    problem = problem_of(
        [[0.9, 0.9], [0.8, 0.9], [0.8, None]],
        capacities=[1, 1],
        forced=[(0, 0), (1, 0), (1, 1)],
        forbidden=[(1, 1)],
    )
    conflicts = refusal(problem).conflicts
    assert [len(c) for c in conflicts] == [2, 3, 3]


def test_two_that_must_be_served_by_one_team_name_both_and_its_capacity() -> None:
    problem = problem_of([[0.9, 0.8], [0.9, 0.1], [0.9, 0.1]], capacities=[1, 1], must_serve=[0, 1, 2])
    assert set(refusal(problem).smallest) == {
        Obstacle("must_serve", 1),
        Obstacle("must_serve", 2),
        Obstacle("capacity", None, 0, "", 1),
    }


def test_a_requirement_that_must_be_served_without_an_adequate_candidate_stands_alone() -> None:
    assert refusal(problem_of([[0.1]], capacities=[1], must_serve=[0])).smallest == (
        Obstacle("must_serve", 0),
    )


def test_a_forbidding_rule_in_the_way_of_serving_is_named() -> None:
    problem = problem_of([[0.9, 0.1]], capacities=[1, 1], must_serve=[0], forbidden=[(0, 0), (0, 1)])
    assert set(refusal(problem).smallest) == {
        Obstacle("must_serve", 0),
        Obstacle("forbidden", 0, 0, "conflict_of_interest"),
    }


def test_the_refusal_is_worded_in_both_languages_under_a_stable_code() -> None:
    error = refusal(problem_of([[0.1]], capacities=[1], must_serve=[0]))
    assert error.code == "infeasible_wishes" and error.zh and error.en


def only(problem: Problem, obstacles: Iterable[Obstacle]) -> Problem:
    """The problem with nothing to keep to but these obstacles."""
    kept = list(obstacles)
    m, n = len(problem.requirements), len(problem.teams)
    capacities, wanted = np.full(n, m), np.full(m, n)
    for o in kept:
        if o.kind == "capacity":
            capacities[o.column] = o.limit
        if o.kind == "wanted":
            wanted[o.row] = o.limit
    verdicts = {"forced": Verdict.FORCED, "forbidden": Verdict.FORBIDDEN}
    return replace(
        problem,
        capacities=capacities,
        wanted=wanted,
        rules=[PairRule(o.row, o.column, verdicts[o.kind], o.name) for o in kept if o.kind in verdicts],
        must_serve=[o.row for o in kept if o.kind == "must_serve"],
    )


def eager_problem(seed: int) -> Problem:
    """A random problem with more wishes than usual, so that most cannot be fulfilled."""
    generator = np.random.default_rng(seed)
    problem = random_problem(generator)
    m = len(problem.requirements)
    return replace(problem, must_serve=[r for r in range(m) if generator.random() < 0.7])


def test_every_conflict_is_infeasible_and_lifting_any_one_of_its_rules_resolves_it() -> None:
    kinds: set[str] = set()
    refused = 0
    for seed in range(300):
        problem = eager_problem(seed)
        try:
            assign(problem)
            continue
        except InfeasibleWishes as error:
            conflicts = error.conflicts
        refused += 1
        for conflict in conflicts:
            kinds |= {o.kind for o in conflict}
            assert BruteForce(only(problem, conflict)).best() is None, f"seed {seed}"
            for spared in conflict:
                rest = only(problem, [o for o in conflict if o is not spared])
                assert BruteForce(rest).best() is not None, f"seed {seed}: {spared} is not needed"
    assert refused > 100
    assert kinds == {"forced", "forbidden", "capacity", "wanted", "must_serve"}
