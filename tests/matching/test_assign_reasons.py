"""Alternates, reasons, what displaced what, and the figures that set a round beside simpler ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching.assign import (
    Figures,
    PassedOverReason,
    UnservedReason,
    assign,
    compare,
    price_of_wishes,
)
from tests.matching.assign_cases import problem_of, random_problem


def test_alternates_are_the_next_best_whose_teams_have_a_place_left() -> None:
    # Row 0 takes team 0; team 1 is full with row 1; teams 3 and 2 stand in, the better one first.
    benefits = [[0.95, 0.80, 0.55, 0.70, 0.2], [None, 0.9, None, None, None]]
    result = assign(problem_of(benefits, capacities=[1] * 5, alternates=2))
    assert [a.column for a in result.requirements[0].alternates] == [3, 2]


def test_an_inadequate_alternate_stands_behind_adequate_ones_and_none_is_forbidden() -> None:
    benefits = [[0.9, 0.3, 0.6, 0.8]]
    result = assign(problem_of(benefits, capacities=[1] * 4, forbidden=[(0, 3)]))
    assert [(a.column, a.adequate) for a in result.requirements[0].alternates] == [(2, True), (1, False)]


def test_a_place_that_is_left_may_stand_in_for_several_requirements() -> None:
    result = assign(problem_of([[0.9, None, 0.6], [None, 0.9, 0.6]], capacities=[1, 1, 1]))
    assert [[a.column for a in r.alternates] for r in result.requirements] == [[2], [2]]


def test_no_alternates_are_named_when_none_are_asked_for() -> None:
    result = assign(problem_of([[0.9, 0.8]], capacities=[1, 1], alternates=0))
    assert result.requirements[0].alternates == ()


def test_each_unserved_requirement_says_why() -> None:
    result = assign(
        problem_of(
            [
                [None, None, None],
                [None, 0.2, None],
                [0.9, None, None],
                [0.8, None, None],
                [None, 0.9, 0.1],
                [None, 0.7, None],
                [None, 0.8, None],
            ],
            capacities=[1, 1, 9],
            wanted=[1, 1, 1, 1, 1, 1, 0],
            forced=[(4, 2)],
            forbidden=[(3, 0), (5, 1)],
        )
    )
    assert [r.unserved for r in result.requirements] == [
        UnservedReason.NO_CANDIDATE,
        UnservedReason.NO_ADEQUATE,
        None,
        UnservedReason.FORBIDDEN,
        UnservedReason.SLOTS_FORCED,
        UnservedReason.FORBIDDEN,
        UnservedReason.NOTHING_WANTED,
    ]
    assert [r.row for r in result.unserved] == [0, 1, 3, 4, 5, 6]


def test_exhausted_capacity_names_the_requirements_that_hold_the_places() -> None:
    result = assign(problem_of([[0.9], [0.8], [0.7]], capacities=[2]))
    last = result.requirements[2]
    assert last.unserved is UnservedReason.CAPACITY_EXHAUSTED
    assert [(p.column, p.reason, p.taken_by) for p in last.passed_over] == [
        (0, PassedOverReason.FULL, (0, 1))
    ]
    assert [r.teams[0].displaced for r in result.requirements[:2]] == [(2,), (2,)]


def test_a_better_scored_team_that_was_not_assigned_is_explained() -> None:
    benefits = [[0.95, 0.90, 0.60], [0.50, None, None]]
    result = assign(problem_of(benefits, capacities=[1, 1, 1], forbidden=[(0, 1)]))
    first = result.requirements[0]
    assert [t.column for t in first.teams] == [2]
    assert [(p.column, p.reason, p.rules, p.taken_by) for p in first.passed_over] == [
        (0, PassedOverReason.FULL, (), (1,)),
        (1, PassedOverReason.FORBIDDEN, ("conflict_of_interest",), ()),
    ]
    displacing = result.requirements[1].teams[0]
    assert (displacing.column, displacing.displaced, displacing.displaced_count) == (0, (0,), 1)


def test_a_forced_pair_outranks_a_better_team_with_a_place_left() -> None:
    result = assign(problem_of([[0.5, 0.9]], capacities=[1, 1], forced=[(0, 0)]))
    (passed,) = result.requirements[0].passed_over
    assert (passed.column, passed.reason) == (1, PassedOverReason.OUTRANKED)


def test_lists_of_reasons_are_cut_and_counted_in_full() -> None:
    benefits = [[0.9]] + [[0.5]] * 9
    result = assign(replace(problem_of(benefits, capacities=[1]), explained=2))
    team = result.requirements[0].teams[0]
    assert (len(team.displaced), team.displaced_count) == (2, 9)


def test_every_full_team_passed_over_is_taken_by_requirements_that_name_it() -> None:
    checked = 0
    for seed in range(300):
        problem = replace(random_problem(np.random.default_rng(seed)), rules=(), must_serve=())
        result = assign(problem)
        holders = {(t.column, r.row): t for r in result.requirements for t in r.teams}
        for r in result.requirements:
            for passed in r.passed_over:
                if passed.reason is not PassedOverReason.FULL:
                    continue
                for taker in passed.taken_by:
                    assert r.row in holders[passed.column, taker].displaced
                    checked += 1
    assert checked > 100


def test_figures_of_the_simple_ways_show_what_the_round_is_for() -> None:
    problem = problem_of([[1.00, 0.50], [0.90, 0.10]], capacities=[1, 1])
    result = compare(problem, assign(problem))
    # Top-1 gives team 0 to both; the greatest total and the fair round are 0.5 + 0.9 here.
    assert (result.greedy_top.over_capacity, result.greedy_top.served) == (1, 2)
    assert (result.greedy.served, result.greedy.total) == (1, pytest.approx(1.1))
    assert (result.fair.served, result.fair.total) == (2, pytest.approx(1.4))
    assert result.greatest_total.total == pytest.approx(1.4)


def test_the_round_is_never_less_fair_nor_the_greatest_total_ever_smaller() -> None:
    for seed in range(200):
        problem = replace(random_problem(np.random.default_rng(seed)), rules=(), must_serve=())
        if problem.pairs.keeping is not None:
            problem = replace(problem, pairs=replace(problem.pairs, keeping=None))
        result = compare(problem, assign(problem))
        for other in (result.greedy, result.greatest_total):
            assert result.fair.at_least_as_fair_as(other)
            assert result.fair.served >= other.served
            assert result.greatest_total.total >= other.total - 1e-9
        assert result.fair.total <= result.greatest_total.total + 1e-9


def figures_of(levels: tuple[int, ...]) -> Figures:
    return Figures(
        requirements=sum(levels),
        servable=0,
        served=0,
        worst_served=0.0,
        worst_tenth=0.0,
        levels=levels,
        pairs=0,
        total=0.0,
        over_capacity=0,
        kept=0,
        dropped=0,
        keeping_value=0.0,
    )


def test_fewer_requirements_at_the_first_difference_is_fairer() -> None:
    assert figures_of((0, 1, 9)).at_least_as_fair_as(figures_of((1, 0, 9)))
    assert not figures_of((1, 0, 9)).at_least_as_fair_as(figures_of((0, 10)))
    assert figures_of((1, 9)).at_least_as_fair_as(figures_of((1, 9, 0)))


def test_worst_served_and_worst_tenth_are_read_off_the_best_adequate_teams() -> None:
    figures = assign(problem_of([[0.9, 0.6], [None, 0.8], [0.2, None]], capacities=[2, 1])).figures
    assert (figures.servable, figures.served) == (2, 2)
    assert figures.worst_served == pytest.approx(0.8)
    unserved = assign(problem_of([[0.9], [0.8]], capacities=[1])).figures
    assert (unserved.servable, unserved.served, unserved.worst_tenth) == (2, 1, 0.0)


def test_the_price_of_wishes_is_the_round_without_them_less_the_round_with_them() -> None:
    problem = problem_of([[0.9, 0.6], [0.8, None]], capacities=[1, 1], forced=[(0, 0)])
    price = price_of_wishes(problem, assign(problem))
    assert (price.served, price.total) == (1, pytest.approx(0.5))


def test_forbidding_rules_and_capacities_are_no_wishes_and_stay() -> None:
    problem = problem_of([[0.9, 0.6]], capacities=[1, 1], forbidden=[(0, 0)], must_serve=[0])
    price = price_of_wishes(problem, assign(problem))
    assert (price.served, price.total) == (0, pytest.approx(0.0))
