"""Why there is no timetable: an irreducible set of facts in the way, and the meetings that find no place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ortools.sat.python import cp_model

from matching.errors import MatchingError
from matching.schedule.counting import IGNORED, is_overfull, stuck
from matching.schedule.model import build
from matching.schedule.problem import Fact, Problem, facts_of, meetings_of
from matching.schedule.search import new_solver

MOST_ATTEMPTS = 150
"""Models that may be solved to make a set of facts smaller; counting costs next to nothing and is not limited."""

ATTEMPT_EFFORT = 0.2

Contradicts = Callable[[list[Fact]], bool | None]
"""Whether facts allow no timetable; None when the effort did not suffice to tell."""


class NoTimetable(MatchingError):
    """The facts of the problem cannot all hold.

    `facts` are in the way: they alone allow no timetable; if `is_irreducible`, each of them is needed for
    that. `unplaced` are the meetings that a largest timetable within all other facts leaves out;
    `is_largest` tells whether that was proved to be the fewest.
    """

    code = "no_timetable"
    zh = "这些会面、场地与时间要求无法同时满足。"
    en = "These meetings, rooms and times cannot all be fitted together."

    def __init__(
        self, facts: Iterable[Fact], *, is_irreducible: bool, unplaced: Iterable[str], is_largest: bool
    ) -> None:
        self.facts = tuple(facts)
        self.is_irreducible = is_irreducible
        self.unplaced = tuple(unplaced)
        self.is_largest = is_largest
        super().__init__(f"{len(self.facts)} facts in the way, {len(self.unplaced)} meetings unplaced")


def in_the_way(problem: Problem) -> tuple[tuple[Fact, ...], bool]:
    """Facts that admit no timetable, and whether none of them can be spared.

    Looked for where it is plainest: a meeting that has no place by itself, more meetings than rooms, a
    participant with more meetings than time, and then anywhere. The problem is `ordered` and has no timetable.
    """
    facts = facts_of(problem)
    alone = stuck(problem, facts)
    if alone is not None:
        part = _restricted(problem, {alone.key})
        return _smallest(facts_of(part), lambda kept: is_overfull(part, kept), limit=None)
    if is_overfull(problem, facts):
        counted = [fact for fact in facts if fact.kind not in IGNORED]
        return _smallest(counted, lambda kept: is_overfull(problem, kept), limit=None)
    for its in sorted(meetings_of(problem).values(), key=len):
        part = _restricted(problem, {meeting.key for meeting in its})
        if len(its) > 1 and _is_contradictory(part, facts_of(part)):
            return _smallest(facts_of(part), lambda kept: _is_contradictory(part, kept), limit=MOST_ATTEMPTS)  # noqa: B023
    return _smallest(facts, lambda kept: _is_contradictory(problem, kept), limit=MOST_ATTEMPTS)


def _smallest(
    given: list[Fact], contradicts: Contradicts, *, limit: int | None
) -> tuple[tuple[Fact, ...], bool]:
    """Deletion in halves: a part that can go while the rest stays contradictory goes for good."""
    order = {fact: index for index, fact in enumerate(given)}
    facts = sorted(given, key=lambda fact: (_DROPPED_LAST.get(fact.kind, 0), order[fact]))
    attempts, is_sure = 0, True
    chunk = max(1, len(facts) // 2)
    while True:
        start = 0
        while start < len(facts):
            if attempts == limit:
                return tuple(sorted(facts, key=order.__getitem__)), False
            attempts += 1
            rest = facts[:start] + facts[start + chunk :]
            verdict = contradicts(rest)
            if verdict:
                facts = rest
            else:
                start += chunk
                is_sure = is_sure and (verdict is not None or chunk > 1)
        if chunk == 1:
            return tuple(sorted(facts, key=order.__getitem__)), is_sure
        chunk = max(1, chunk // 2)


def _restricted(problem: Problem, keys: set[str]) -> Problem:
    return replace(problem, meetings=tuple(each for each in problem.meetings if each.key in keys))


_DROPPED_LAST = {"meeting": 1, "one_place": 2, "rooms": 2}
"""Deletion keeps what it tries last: people are told of their own wishes only where those are needed, and of
meetings rather than of what cannot be changed."""


def _is_contradictory(problem: Problem, facts: list[Fact]) -> bool | None:
    """Whether these facts allow no timetable; None when the effort did not suffice to tell."""
    demanded = {fact.key for fact in facts if fact.kind == "meeting"}
    if not demanded:
        return False
    part = _restricted(problem, demanded)
    status = new_solver(ATTEMPT_EFFORT).solve(build(part, set(facts)).cp)
    if status == cp_model.INFEASIBLE:
        return True
    return None if status == cp_model.UNKNOWN else False
