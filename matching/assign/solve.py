"""The match round from end to end: encode → check → settle fairness → greatest total → decode; and its
comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from matching.assign.conflicts import check
from matching.assign.explain import decode
from matching.assign.fairness import fairest, room_left
from matching.assign.figures import figures, greedy_top, greedy_within_capacity
from matching.assign.problem import PairRule, Problem, Verdict, encode
from matching.assign.result import Assignment, Figures
from matching.assign.total import greatest_total, unordered

Stage = Callable[[str], None]
STAGES = ("checked", "fairness_settled", "total_settled", "explained")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same problem under the same rules, solved in four ways.

    `fair`: the round. `greedy_top`: every requirement takes its top teams and ignores capacity. `greedy`: the
    best pair first, within capacity. `greatest_total`: the exact greatest total, without fairness.
    """

    fair: Figures
    greedy_top: Figures
    greedy: Figures
    greatest_total: Figures


@dataclass(frozen=True, slots=True)
class Price:
    """What the forced pairs, must-serve wishes and keeping values cost: the round with and without them."""

    with_wishes: Figures
    without_wishes: Figures

    @property
    def served(self) -> int:
        """Requirements with an adequate team that are lost to the wishes."""
        return self.without_wishes.served - self.with_wishes.served

    @property
    def total(self) -> float:
        """Benefit lost to the wishes; below 0 if they gave up fairness for benefit."""
        return self.without_wishes.total - self.with_wishes.total


def assign(problem: Problem, *, on_stage: Stage | None = None) -> Assignment:
    """The fairest assignment within all rules, and among the fairest the one of the greatest benefit.

    `on_stage` is called with each of STAGES in turn; what it raises ends the run (that is how a job is
    cancelled). Same problem, same result, in whatever order its parts come; see the package for the
    definition. Raises InvalidProblem, InfeasibleWishes, AssignmentNotSolved.
    """
    report = on_stage or _silent
    matrix = encode(problem)
    check(problem, matrix)
    report("checked")
    room = room_left(matrix)
    face = fairest(matrix, room)
    report("fairness_settled")
    assigned = greatest_total(matrix, room, face=face)
    report("total_settled")
    assignment = decode(
        matrix, room, assigned=assigned, alternates=problem.alternates, explained=problem.explained
    )
    report("explained")
    return assignment


def compare(problem: Problem, assignment: Assignment) -> Comparison:
    """Sets `assignment` beside greedy and plain greatest-total ones. Raises as `assign` does."""
    matrix = encode(problem)
    check(problem, matrix)
    room = room_left(matrix)
    return Comparison(
        fair=assignment.figures,
        greedy_top=figures(matrix, greedy_top(matrix, room)),
        greedy=figures(matrix, greedy_within_capacity(matrix, room)),
        greatest_total=figures(matrix, greatest_total(matrix, room, face=unordered(matrix))),
    )


def price_of_wishes(problem: Problem, assignment: Assignment) -> Price:
    """Solves the round once more with forced pairs set free, nothing to keep and nobody preferred.

    Forbidding rules and capacities stay: they are never wishes. Raises as `assign` does.
    """
    return Price(with_wishes=assignment.figures, without_wishes=assign(without_wishes(problem)).figures)


def without_wishes(problem: Problem) -> Problem:
    """The same problem with its forbidding rules and capacities only."""
    rules: tuple[PairRule, ...] = tuple(r for r in problem.rules if r.verdict == Verdict.FORBIDDEN)
    return replace(
        problem,
        rules=rules,
        must_serve=(),
        pairs=replace(problem.pairs, keeping=None),
        explained=0,
        alternates=0,
    )


def _silent(_: str) -> None:
    return None
