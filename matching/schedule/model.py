"""The timetable as a model of CP-SAT. Rooms that are alike form one kind, of which a number can be in use.

Which room of a kind a meeting gets is left to `rooms`: by its numbers there always is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from ortools.sat.python import cp_model

from matching.schedule.problem import Fact, Meeting, Problem, Room, days_of, meetings_of

Literal = cp_model.IntVar


@dataclass(frozen=True, slots=True)
class RoomKind:
    """Rooms that differ in nothing but their keys, which ascend."""

    rooms: tuple[Room, ...]

    @property
    def first(self) -> Room:
        return self.rooms[0]


@dataclass(frozen=True, slots=True)
class Model:
    """`choices[meeting][(slot, kind)]` is 1 where the meeting takes place; `is_held` tells whether it does."""

    cp: cp_model.CpModel
    kinds: tuple[RoomKind, ...]
    choices: dict[str, dict[tuple[int, int], Literal]]
    is_held: dict[str, Literal]


def kinds_of(problem: Problem) -> tuple[RoomKind, ...]:
    """The kinds of rooms, by the key of their first room."""
    found: dict[object, list[Room]] = defaultdict(list)
    for room in problem.rooms:
        found[(room.seats, room.place, room.equipment, room.closed)].append(room)
    return tuple(RoomKind(tuple(rooms)) for rooms in sorted(found.values(), key=lambda rooms: rooms[0].key))


def build(problem: Problem, facts: Collection[Fact]) -> Model:
    """The model of a problem that is `ordered`, bound by these facts and no others.

    A meeting that no fact demands may be left out.
    """
    cp = cp_model.CpModel()
    kinds = kinds_of(problem)
    known = facts if isinstance(facts, set | frozenset) else set(facts)
    model = Model(cp, kinds, {}, {})
    for meeting in problem.meetings:
        choices = {
            (slot, kind): cp.new_bool_var("")
            for slot in range(len(problem.slots))
            for kind in range(len(kinds))
            if is_open(problem, kinds[kind], meeting, slot, known)
        }
        model.choices[meeting.key] = choices
        held = cp.new_bool_var("")
        model.is_held[meeting.key] = held
        cp.add(sum(choices.values()) == held)
        if Fact("meeting", meeting.key) in known:
            cp.add(held == 1)
    _bind_rooms(problem, model, known)
    _bind_participants(problem, model, known)
    return model


def minimise(problem: Problem, model: Model) -> None:
    """Adds the objective: weighted idle slots and days of attendance."""
    cp, weights = model.cp, problem.weights
    terms: list[cp_model.LinearExpr] = []
    for its in meetings_of(problem).values():
        busy = _busy(model, its)
        for positions in days_of(problem.slots).values():
            here = [position for position in positions if busy[position]]
            if not here:
                continue
            present = cp.new_bool_var("")
            for position in here:
                for literal in busy[position]:
                    cp.add_implication(literal, present)
            if weights.day:
                terms.append(weights.day * present)
            if weights.gap and len(its) > 1 and len(here) > 1:
                # Never idle for longer than from the first to the last slot that it could have here.
                window = positions[positions.index(here[0]) : positions.index(here[-1]) + 1]
                terms += [weights.gap * idle for idle in _idle(cp, [busy[position] for position in window])]
    cp.minimize(sum(terms))


def maximise_held(model: Model) -> None:
    """Adds the objective: as many meetings as possible."""
    model.cp.maximize(sum(model.is_held.values()))


def is_open(problem: Problem, kind: RoomKind, meeting: Meeting, slot: int, facts: Collection[Fact]) -> bool:
    """Whether the meeting could be in this slot and kind of room, whoever takes part."""
    room, key = kind.first, meeting.key
    if meeting.people > room.seats and Fact("seats", key) in facts:
        return False
    if not meeting.equipment <= room.equipment and Fact("equipment", key) in facts:
        return False
    if meeting.slots is not None and slot not in meeting.slots and Fact("times", key) in facts:
        return False
    if Fact("pin", key) in facts:
        if meeting.pinned_slot not in (None, slot):
            return False
        if meeting.pinned_room is not None and all(meeting.pinned_room != each.key for each in kind.rooms):
            return False
    return not (slot in room.closed and all(Fact("closed", each.key) in facts for each in kind.rooms))


def _bind_rooms(problem: Problem, model: Model, facts: Collection[Fact]) -> None:
    taken: dict[tuple[int, int], list[Literal]] = defaultdict(list)
    pinned: dict[tuple[int, str], list[Literal]] = defaultdict(list)
    for meeting in problem.meetings:
        for (slot, kind), literal in model.choices[meeting.key].items():
            taken[slot, kind].append(literal)
            if meeting.pinned_room is not None and Fact("pin", meeting.key) in facts:
                pinned[slot, meeting.pinned_room].append(literal)
    if Fact("rooms") in facts:
        for (_, kind), literals in taken.items():
            count = len(model.kinds[kind].rooms)
            if len(literals) > count:
                model.cp.add(sum(literals) <= count)
    for (_, room), literals in pinned.items():
        if len(literals) > 1 and Fact("room", room) in facts:
            model.cp.add_at_most_one(literals)


def _bind_participants(problem: Problem, model: Model, facts: Collection[Fact]) -> None:
    busy_with = meetings_of(problem)
    for person in problem.participants:
        its = busy_with[person.key]
        if person.slots is not None and Fact("availability", person.key) in facts:
            for meeting in its:
                for (slot, _), literal in model.choices[meeting.key].items():
                    if slot not in person.slots:
                        model.cp.add(literal == 0)
        if Fact("one_place", person.key) in facts:
            for literals in _busy(model, its).values():
                if len(literals) > 1:
                    model.cp.add_at_most_one(literals)
        if Fact("travel", person.key) in facts:
            _bind_travel(problem, model, its, person.travel_days)


def _bind_travel(problem: Problem, model: Model, its: list[Meeting], travel_days: int) -> None:
    at: dict[tuple[int, str], Literal] = {}
    for meeting in its:
        for (slot, kind), literal in model.choices[meeting.key].items():
            here = (problem.slots[slot].day, model.kinds[kind].first.place)
            if here not in at:
                at[here] = model.cp.new_bool_var("")
            model.cp.add_implication(literal, at[here])
    stays = sorted(at)
    for index, (day, place) in enumerate(stays):
        for other_day, other in stays[index + 1 :]:
            if place != other and other_day - day < travel_days:
                model.cp.add_bool_or([at[day, place].Not(), at[other_day, other].Not()])


def _busy(model: Model, its: list[Meeting]) -> dict[int, list[Literal]]:
    busy: dict[int, list[Literal]] = defaultdict(list)
    for meeting in its:
        for (slot, _), literal in model.choices[meeting.key].items():
            busy[slot].append(literal)
    return busy


def _idle(cp: cp_model.CpModel, busy: list[list[Literal]]) -> list[Literal]:
    """A literal per inner slot that is 1 where someone waits: it was busy before and will be after."""
    count = len(busy)
    before: list[Literal] = []
    for index in range(count - 1):
        literal = cp.new_bool_var("")
        for each in busy[index]:
            cp.add_implication(each, literal)
        if before:
            cp.add_implication(before[-1], literal)
        before.append(literal)
    after: dict[int, Literal] = {}
    for index in range(count - 1, 0, -1):
        literal = cp.new_bool_var("")
        for each in busy[index]:
            cp.add_implication(each, literal)
        if index + 1 in after:
            cp.add_implication(after[index + 1], literal)
        after[index] = literal
    found = []
    for index in range(1, count - 1):
        idle = cp.new_bool_var("")
        cp.add(idle >= before[index - 1] + after[index + 1] - 1 - sum(busy[index]))
        found.append(idle)
    return found
