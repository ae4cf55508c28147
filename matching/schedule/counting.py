"""Counting arguments against a timetable: more meetings than rooms and slots that would do for them.

Looks at rooms and times only, not at who meets; a largest flow decides, so it is exact about those.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from ortools.graph.python import max_flow

from matching.schedule.model import is_open, kinds_of
from matching.schedule.problem import Fact, Meeting, Problem

IGNORED = frozenset({"one_place", "travel", "room"})
"""Facts that no counting of rooms and times sees."""


def is_overfull(problem: Problem, facts: Collection[Fact]) -> bool:
    """Whether the demanded meetings do not fit into rooms and slots, by these facts alone."""
    known = set(facts)
    kinds = kinds_of(problem)
    absent = _absences(problem, known)
    demanded = [meeting for meeting in problem.meetings if Fact("meeting", meeting.key) in known]
    count, width = len(demanded), len(kinds)
    tails, heads = [], []
    for index, meeting in enumerate(demanded):
        slots = [
            s for s in range(len(problem.slots)) if not any(s in absent[who] for who in meeting.participants)
        ]
        for kind, each in enumerate(kinds):
            for slot in slots:
                if is_open(problem, each, meeting, slot, known):
                    tails.append(index)
                    heads.append(count + slot * width + kind)
    boxes = sorted(set(heads))
    source, sink = count + len(problem.slots) * width, count + len(problem.slots) * width + 1
    room = [len(kinds[(box - count) % width].rooms) if Fact("rooms") in known else count for box in boxes]
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(
        np.array([source] * count + tails + boxes, dtype=np.int32),
        np.array(list(range(count)) + heads + [sink] * len(boxes), dtype=np.int32),
        np.array([1] * count + [1] * len(tails) + room, dtype=np.int64),
    )
    flow.solve(source, sink)
    return bool(flow.optimal_flow() < count)


def _absences(problem: Problem, facts: Collection[Fact]) -> dict[str, frozenset[int]]:
    every = frozenset(range(len(problem.slots)))
    return {
        person.key: every - person.slots
        if person.slots is not None and Fact("availability", person.key) in facts
        else frozenset()
        for person in problem.participants
    }


def stuck(problem: Problem, facts: Collection[Fact]) -> Meeting | None:
    """The first meeting that has no place even if it were the only one."""
    known = set(facts)
    kinds = kinds_of(problem)
    absent = _absences(problem, known)
    for meeting in problem.meetings:
        slots = [
            s for s in range(len(problem.slots)) if not any(s in absent[who] for who in meeting.participants)
        ]
        if not any(is_open(problem, kind, meeting, slot, known) for slot in slots for kind in kinds):
            return meeting
    return None
