"""The assignment on matrices small enough to be checked by eye."""

from __future__ import annotations

import numpy as np
import pytest

from matching.assign import STAGES, Assignment, InvalidProblem, PairRule, Pairs, Problem, Verdict, assign
from tests.matching.assign_cases import problem_of


def teams_of(assignment: Assignment) -> list[list[int]]:
    return [[team.column for team in result.teams] for result in assignment.requirements]


def test_a_contested_team_goes_where_both_requirements_gain_most_together() -> None:
    # Row 0 would take team 0 greedily (0.9) and leave row 1 with nothing better than 0.6.
    result = assign(problem_of([[0.90, 0.85], [0.88, 0.60]], capacities=[1, 1]))
    assert teams_of(result) == [[1], [0]]
    assert result.figures.total == pytest.approx(1.73)


def test_serving_one_more_requirement_outweighs_any_total() -> None:
    # Without fairness team 0 goes to row 0 (1.0); but row 1 has no other adequate team.
    result = assign(problem_of([[1.00, 0.50], [0.50, 0.10]], capacities=[1, 1]))
    assert teams_of(result) == [[1], [0]]
    assert result.figures.served == 2


def test_raising_the_worst_served_outweighs_the_total() -> None:
    # 1.00 + 0.55 is the greater total, 0.70 + 0.75 the better deal for the worst-served.
    benefits = [[1.00, 0.70], [0.75, 0.55]]
    assert teams_of(assign(problem_of(benefits, capacities=[1, 1]))) == [[1], [0]]


def test_within_one_level_the_total_decides() -> None:
    # With levels as wide as 0.5 all four pairs serve equally well, except the 1.00 that nobody can lose.
    benefits = [[0.99, 0.70], [0.75, 0.55]]
    assert teams_of(assign(problem_of(benefits, capacities=[1, 1], step=0.5))) == [[0], [1]]


def test_after_the_worst_served_the_next_worst_is_raised() -> None:
    # Row 2 can only have 0.5. Among rows 0 and 1 the pair (0.7, 0.7) is fairer than (1.0, 0.6).
    benefits = [[1.0, 0.7, None], [0.7, 0.6, None], [None, None, 0.5]]
    assert teams_of(assign(problem_of(benefits, capacities=[1, 1, 1]))) == [[1], [0], [2]]


def test_each_requirement_gets_as_many_teams_as_wanted_in_order() -> None:
    result = assign(problem_of([[0.6, 0.9, 0.8, 0.7]], capacities=[1, 1, 1, 1], wanted=3))
    assert teams_of(result) == [[1, 2, 3]]


def test_adequate_teams_come_before_better_scored_inadequate_ones() -> None:
    pairs = Pairs(np.array([0, 0]), np.array([0, 1]), np.array([0.6, 0.9]), np.array([True, False]))
    result = assign(Problem(["r"], ["a", "b"], pairs, np.array([1, 1]), wanted=2))
    assert teams_of(result) == [[0, 1]]


def test_no_team_takes_more_than_its_capacity() -> None:
    result = assign(problem_of([[0.9, 0.2]] * 4, capacities=[2, 1]))
    assert result.figures.over_capacity == 0
    assert sorted(len(teams) for teams in teams_of(result)) == [0, 1, 1, 1]


def test_a_team_without_capacity_is_never_assigned() -> None:
    assert teams_of(assign(problem_of([[0.9, 0.6]], capacities=[0, 1]))) == [[1]]


def test_a_forbidden_pair_is_never_assigned_even_if_nothing_else_is_left() -> None:
    assert teams_of(assign(problem_of([[0.9]], capacities=[1], forbidden=[(0, 0)]))) == [[]]


def test_a_rule_on_a_pair_that_is_no_candidate_forbids_nothing_else() -> None:
    problem = problem_of([[0.9, None]], capacities=[1, 1], forbidden=[(0, 1)])
    assert teams_of(assign(problem)) == [[0]]


def test_a_forced_pair_is_assigned_and_takes_a_slot_and_a_place() -> None:
    result = assign(problem_of([[0.9, 0.5], [None, 0.8]], capacities=[1, 1], forced=[(0, 1)]))
    assert teams_of(result) == [[1], []]
    assert result.requirements[0].teams[0].rules == ("by_hand",)


def test_a_forced_inadequate_pair_does_not_count_as_serving() -> None:
    benefits = [[0.9, 0.1], [0.9, None]]
    result = assign(problem_of(benefits, capacities=[1, 1], wanted=[1, 1], forced=[(0, 1)]))
    assert [r.unserved is None for r in result.requirements] == [False, True]


def test_what_a_forced_pair_holds_already_does_not_count_twice() -> None:
    # Row 0 is served by force; lifting it to 0.9 must not cost row 1 its only adequate team.
    benefits = [[0.9, 0.5], [0.9, 0.2]]
    result = assign(problem_of(benefits, capacities=[1, 1], wanted=2, forced=[(0, 1)]))
    assert teams_of(result) == [[1], [0]]


def test_a_requirement_that_must_be_served_goes_first() -> None:
    benefits = [[0.9], [0.8]]
    assert teams_of(assign(problem_of(benefits, capacities=[1], must_serve=[1]))) == [[], [0]]


def test_a_pair_worth_keeping_stays_and_one_not_worth_it_goes() -> None:
    benefits = [[0.60, 0.64]]
    kept = assign(problem_of(benefits, capacities=[1, 1], keeping=[[0.10, 0.0]]))
    assert teams_of(kept) == [[0]] and kept.requirements[0].teams[0].kept
    assert kept.figures.total == pytest.approx(0.60)
    assert kept.figures.keeping_value == pytest.approx(0.10)
    gone = assign(problem_of(benefits, capacities=[1, 1], keeping=[[0.01, 0.0]]))
    assert teams_of(gone) == [[1]] and gone.dropped == (0,)


def test_keeping_never_outweighs_fairness() -> None:
    benefits = [[0.9, 0.6], [0.9, 0.2]]
    result = assign(problem_of(benefits, capacities=[1, 1], keeping=[[10.0, 0.0], [0.0, 0.0]]))
    assert teams_of(result) == [[1], [0]]


def test_a_pair_of_no_benefit_is_not_assigned() -> None:
    assert teams_of(assign(problem_of([[0.0, 0.7]], capacities=[1, 1], wanted=2))) == [[1]]


def test_a_round_without_requirements_teams_or_pairs_is_empty() -> None:
    nothing = Pairs(np.array([], int), np.array([], int), np.array([], float), np.array([], bool))
    assert assign(Problem([], [], nothing, np.array([], int))).requirements == ()
    assert teams_of(assign(Problem(["r"], [], nothing, np.array([], int)))) == [[]]
    assert assign(Problem([], ["t"], nothing, np.array([1]))).figures.pairs == 0


def test_stages_are_reported_in_order_and_stopping_at_one_ends_the_run() -> None:
    problem, seen = problem_of([[0.9]], capacities=[1]), []
    assign(problem, on_stage=seen.append)
    assert tuple(seen) == STAGES

    def stop(stage: str) -> None:
        raise InterruptedError(stage)

    with pytest.raises(InterruptedError, match="checked"):
        assign(problem, on_stage=stop)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rows": np.array([1])}, "rows"),
        ({"columns": np.array([-1])}, "columns"),
        ({"columns": np.array([0.0])}, "columns"),
        ({"benefits": np.array([1.1])}, "benefits"),
        ({"benefits": np.array([np.nan])}, "benefits"),
        ({"benefits": np.array([0.5, 0.5])}, "benefits"),
        ({"adequate": np.array([1])}, "adequate"),
        ({"keeping": np.array([-0.1])}, "keeping"),
        ({"keeping": np.array([10.1])}, "keeping"),
        ({"keeping": np.array([np.nan])}, "keeping"),
        ({"keeping": np.array([])}, "keeping"),
    ],
)
def test_pairs_out_of_shape_or_range_are_refused_by_name(change: dict[str, np.ndarray], field: str) -> None:
    good = {
        "rows": np.array([0]),
        "columns": np.array([0]),
        "benefits": np.array([0.5]),
        "adequate": np.array([True]),
    }
    assign(Problem(["r"], ["t"], Pairs(**good), np.array([1])))
    with pytest.raises(InvalidProblem, match=field):
        assign(Problem(["r"], ["t"], Pairs(**{**good, **change}), np.array([1])))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"requirements": ["r", "r"]}, "requirements"),
        ({"teams": ["t", "t"]}, "teams"),
        ({"capacities": np.array([-1, 1])}, "capacities"),
        ({"capacities": np.array([1])}, "capacities"),
        ({"wanted": -1}, "wanted"),
        ({"wanted": np.array([1, 1, 1])}, "wanted"),
        ({"alternates": -1}, "alternates"),
        ({"explained": -1}, "explained"),
        ({"fairness_step": 0.0}, "fairness_step"),
        ({"must_serve": [2]}, "must_serve"),
        ({"rules": [PairRule(0, 2, Verdict.FORBIDDEN, "x")]}, "rules"),
        ({"rules": [PairRule(1, 1, Verdict.FORCED, "x")]}, "no candidate"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(change: dict[str, object], field: str) -> None:
    pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([0.5, 0.6]), np.array([True, True]))
    good: dict[str, object] = {
        "requirements": ["r", "s"],
        "teams": ["t", "u"],
        "pairs": pairs,
        "capacities": np.array([1, 1]),
    }
    assign(Problem(**good))  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match=field):
        assign(Problem(**{**good, **change}))  # type: ignore[arg-type]


def test_a_pair_that_stands_twice_is_refused() -> None:
    pairs = Pairs(np.array([0, 0]), np.array([0, 0]), np.array([0.5, 0.6]), np.array([True, True]))
    with pytest.raises(InvalidProblem, match="twice"):
        assign(Problem(["r"], ["t"], pairs, np.array([1])))
