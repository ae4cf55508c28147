"""The timetable from end to end: order → find → improve → give rooms; or say why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from matching.errors import MatchingError
from matching.schedule.check import Cost, cost
from matching.schedule.conflicts import NoTimetable, in_the_way
from matching.schedule.counting import is_overfull
from matching.schedule.improve import Board, improve, place_all
from matching.schedule.model import Model, build, maximise_held, minimise
from matching.schedule.problem import Fact, Place, Problem, days_of, facts_of, meetings_of, ordered
from matching.schedule.rooms import give_rooms
from matching.schedule.search import new_solver

STEPS_A_MEETING, MOST_STEPS = 1_000, 200_000
"""Attempts at improvement by moving meetings."""

PROVING_EFFORT = 0.3
"""Effort for the proof that nothing is better, in the solver's units: about a second each."""

PROVABLE = 800
"""Choices (meeting × slot × kind of room) up to which a proof is attempted; it succeeds for small ones only."""

FINDING_EFFORT = 5.0
STAGES = ("checked", "placed", "improved")
Stage = Callable[[str], None]


class TimetableNotFound(MatchingError):
    """The effort allowed was used up before a timetable was found or proved impossible."""

    code = "timetable_not_found"
    zh = "在限定的计算量内没有找到可行的日程，也未能证明不存在；请增加场地或时间后重试。"
    en = "No timetable was found within the effort allowed, nor proved impossible; add rooms or time and try again."


@dataclass(frozen=True, slots=True)
class Timetable:
    """Every meeting with its place. `unplaced` is empty unless a partial timetable was asked for.

    `bound` is what no timetable of the placed meetings costs less than; `is_optimal` where it is met.
    """

    places: dict[str, Place]
    unplaced: tuple[str, ...]
    cost: Cost
    bound: int
    is_optimal: bool


def timetable(
    problem: Problem, *, partial: bool = False, steps: int | None = None, on_stage: Stage | None = None
) -> Timetable:
    """The best timetable found, without clashes. Same problem, same timetable, in whatever order its parts come.

    With `partial` it holds as many meetings as possible, and the others are listed; nothing else ever gives
    way. `on_stage` is called with each of STAGES; what it raises ends the run. Raises `InvalidTimetable`,
    `NoTimetable`, `TimetableNotFound`.
    """
    report = on_stage or (lambda stage: None)
    problem = ordered(problem)
    facts = facts_of(problem)
    report("checked")
    model = build(problem, set(facts))
    board = Board(problem, model.kinds, _options(problem, model))
    unplaced: tuple[str, ...] = ()
    overfull = is_overfull(problem, facts)
    if overfull or not place_all(board):
        solver = new_solver(FINDING_EFFORT)
        status = cp_model.INFEASIBLE if overfull else solver.solve(model.cp)
        if status == cp_model.UNKNOWN:
            raise TimetableNotFound()
        if status == cp_model.INFEASIBLE:
            unplaced, chosen, is_largest = _largest(problem, facts)
            if not partial:
                found, is_irreducible = in_the_way(problem)
                raise NoTimetable(
                    found, is_irreducible=is_irreducible, unplaced=unplaced, is_largest=is_largest
                )
            placed = tuple(meeting for meeting in problem.meetings if meeting.key in chosen)
            problem = replace(problem, meetings=placed)
            model = build(problem, set(facts))
        else:
            chosen = _chosen(model, solver)
        board = Board(problem, model.kinds, _options(problem, model))
        for index, meeting in enumerate(problem.meetings):
            board.put(index, chosen[meeting.key])
    report("placed")
    least = least_cost(problem)
    if steps is None:
        steps = min(MOST_STEPS, STEPS_A_MEETING * len(problem.meetings))
    improve(board, steps, least=least)
    places, spent = _decoded(problem, model, board)
    if spent.total > least and sum(map(len, model.choices.values())) <= PROVABLE:
        least = max(least, _prove(problem, model, board))
        places, spent = _decoded(problem, model, board)
    report("improved")
    return Timetable(places, unplaced, spent, least, is_optimal=spent.total <= least)


def least_cost(problem: Problem) -> int:
    """A cost that no timetable goes below: every participant comes on the fewest days that hold its meetings."""
    days = days_of(problem.slots)
    count = 0
    for person in problem.participants:
        left = len(meetings_of(problem)[person.key])
        room = [sum(person.slots is None or slot in person.slots for slot in day) for day in days.values()]
        for size in sorted(room, reverse=True):
            if left > 0:
                count, left = count + 1, left - size
    return problem.weights.day * count


def _prove(problem: Problem, model: Model, board: Board) -> int:
    """The solver's own bound; the board takes its timetable when that is cheaper."""
    minimise(problem, model)
    keys = [meeting.key for meeting in problem.meetings]
    for key, place in zip(keys, board.place, strict=True):
        for choice, literal in model.choices[key].items():
            model.cp.add_hint(literal, int(place == choice))
    solver = new_solver(PROVING_EFFORT)
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return 0
    if solver.objective_value < board.total():
        chosen = _chosen(model, solver)
        for index in range(len(keys)):
            board.take(index)
        for index, key in enumerate(keys):
            board.put(index, chosen[key])
    return math.ceil(solver.best_objective_bound - 1e-6)


def _options(problem: Problem, model: Model) -> dict[str, list[tuple[int, int]]]:
    people = {person.key: person.slots for person in problem.participants}
    return {
        meeting.key: [
            choice
            for choice in model.choices[meeting.key]
            if all((slots := people[who]) is None or choice[0] in slots for who in meeting.participants)
        ]
        for meeting in problem.meetings
    }


def _decoded(problem: Problem, model: Model, board: Board) -> tuple[dict[str, Place], Cost]:
    chosen = {
        meeting.key: choice
        for meeting, choice in zip(problem.meetings, board.place, strict=True)
        if choice is not None
    }
    places = give_rooms(problem, model.kinds, chosen)
    return places, cost(problem, places)


def _largest(problem: Problem, facts: list[Fact]) -> tuple[tuple[str, ...], dict[str, tuple[int, int]], bool]:
    """As many meetings as possible: those left out, the places of the others, and whether that is proved."""
    model = build(problem, {fact for fact in facts if fact.kind != "meeting"})
    maximise_held(model)
    solver = new_solver(FINDING_EFFORT)
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise TimetableNotFound()
    chosen = _chosen(model, solver)
    missing = tuple(meeting.key for meeting in problem.meetings if meeting.key not in chosen)
    return missing, chosen, status == cp_model.OPTIMAL


def _chosen(model: Model, solver: cp_model.CpSolver) -> dict[str, tuple[int, int]]:
    return {
        key: choice
        for key, choices in model.choices.items()
        for choice, literal in choices.items()
        if solver.boolean_value(literal)
    }
