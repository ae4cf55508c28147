"""Timetables: never a clash, the least cost on small ones, the same each time, and a plain no with its reasons."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from matching.schedule import (
    Fact,
    InvalidTimetable,
    Meeting,
    NoTimetable,
    Participant,
    Place,
    Problem,
    Room,
    Slot,
    Weights,
    clashes,
    cost,
    timetable,
)
from matching.schedule.problem import facts_of, ordered

FEW_STEPS = 1_500


def slots(days: int, per_day: int) -> tuple[Slot, ...]:
    return tuple(Slot(day, 540 + 40 * i, 570 + 40 * i) for day in range(days) for i in range(per_day))


def drawn(seed: int, *, meetings: int, per_day: int, rooms: int, days: int = 2) -> Problem:
    """A problem with something of everything: absences, travel, two places, small rooms, equipment, pins."""
    rng = random.Random(seed)
    times = slots(days, per_day)
    some_rooms = tuple(
        Room(
            f"r{i}",
            rng.choice([6, 12, 30]),
            place=rng.choice(["east", "west"]) if seed % 3 == 0 else "",
            equipment=frozenset({"screen"} if rng.random() < 0.7 else ()),
            closed=frozenset(s for s in range(len(times)) if rng.random() < 0.08),
        )
        for i in range(rooms)
    )
    count = max(2, meetings // 2)
    people = tuple(
        Participant(
            f"p{i}",
            frozenset(s for s in range(len(times)) if rng.random() < 0.8) if rng.random() < 0.4 else None,
            travel_days=rng.choice([0, 1, 2]),
        )
        for i in range(2 * count)
    )
    wanted = []
    for i in range(meetings):
        who = (f"p{rng.randrange(count)}", f"p{count + rng.randrange(count)}")
        wanted.append(
            Meeting(
                f"m{i}",
                who,
                people=rng.choice([4, 6, 10]),
                equipment=frozenset({"screen"} if rng.random() < 0.3 else ()),
                slots=frozenset(range(per_day)) if rng.random() < 0.1 else None,
                pinned_slot=rng.randrange(len(times)) if rng.random() < 0.1 else None,
                pinned_room=f"r{rng.randrange(rooms)}" if rng.random() < 0.05 else None,
            )
        )
    return Problem(times, some_rooms, people, tuple(wanted), Weights(rng.choice([1, 2]), rng.choice([0, 3])))


def every_timetable(problem: Problem) -> Iterator[dict[str, Place]]:
    """All timetables without clashes, by trying everything."""
    problem = ordered(problem)
    everywhere = [Place(s, room.key) for s in range(len(problem.slots)) for room in problem.rooms]
    options = [
        [place for place in everywhere if not clashes(problem, {meeting.key: place})]
        for meeting in problem.meetings
    ]
    keys = [meeting.key for meeting in problem.meetings]
    for chosen in itertools.product(*options):
        places = dict(zip(keys, chosen, strict=True))
        if not clashes(problem, places):
            yield places


def bound_by(problem: Problem, facts: set[Fact]) -> Problem:
    """The problem with every fact lifted that is not among these (`rooms` and `room` cannot be).

    Whoever need not be in one place at a time becomes as many participants as it has meetings.
    """
    many = {person.key for person in problem.participants if not facts & _binding_together(person.key)}
    return _with_doubles(many, _with_less(problem, facts))


def _binding_together(key: str) -> set[Fact]:
    return {Fact("one_place", key), Fact("travel", key)}


def _with_doubles(many: set[str], problem: Problem) -> Problem:
    def name(who: str, meeting: Meeting) -> str:
        return f"{who}@{meeting.key}" if who in many else who

    doubles = tuple(
        replace(person, key=name(person.key, meeting))
        for person in problem.participants
        if person.key in many
        for meeting in problem.meetings
    )
    return replace(
        problem,
        participants=(*doubles, *(person for person in problem.participants if person.key not in many)),
        meetings=tuple(
            replace(meeting, participants=tuple(name(who, meeting) for who in meeting.participants))
            for meeting in problem.meetings
        ),
    )


def _with_less(problem: Problem, facts: set[Fact]) -> Problem:
    return replace(
        problem,
        rooms=tuple(
            replace(room, closed=room.closed if Fact("closed", room.key) in facts else frozenset())
            for room in problem.rooms
        ),
        participants=tuple(
            replace(
                person,
                slots=person.slots if Fact("availability", person.key) in facts else None,
                travel_days=person.travel_days if Fact("travel", person.key) in facts else 0,
            )
            for person in problem.participants
        ),
        meetings=tuple(
            replace(
                meeting,
                people=meeting.people if Fact("seats", meeting.key) in facts else 0,
                equipment=meeting.equipment if Fact("equipment", meeting.key) in facts else frozenset(),
                slots=meeting.slots if Fact("times", meeting.key) in facts else None,
                pinned_slot=meeting.pinned_slot if Fact("pin", meeting.key) in facts else None,
                pinned_room=meeting.pinned_room if Fact("pin", meeting.key) in facts else None,
            )
            for meeting in problem.meetings
            if Fact("meeting", meeting.key) in facts
        ),
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_timetable_never_holds_a_clash_and_costs_what_it_says(seed: int) -> None:
    problem = drawn(seed, meetings=10 + seed % 25, per_day=6, rooms=4)
    made = timetable(problem, partial=True, steps=FEW_STEPS)
    assert clashes(problem, made.places) == []
    assert made.places.keys() | set(made.unplaced) == {meeting.key for meeting in problem.meetings}
    assert not made.places.keys() & set(made.unplaced)
    held = replace(problem, meetings=tuple(m for m in problem.meetings if m.key in made.places))
    assert cost(held, made.places) == made.cost
    assert made.bound <= made.cost.total


@pytest.mark.parametrize("seed", range(60))
def test_a_small_timetable_is_the_cheapest_there_is_or_there_is_none(seed: int) -> None:
    problem = drawn(seed, meetings=3 + seed % 2, per_day=2, rooms=2)
    costs = [cost(problem, places).total for places in every_timetable(problem)]
    if costs:
        made = timetable(problem, steps=FEW_STEPS)
        assert made.is_optimal
        assert made.cost.total == made.bound == min(costs)
        return
    with pytest.raises(NoTimetable) as caught:
        timetable(problem)
    kept = set(caught.value.facts)
    assert caught.value.is_irreducible
    assert not any(True for _ in every_timetable(bound_by(problem, kept)))
    if any(fact.kind == "travel" and Fact("one_place", fact.key) not in kept for fact in kept):
        return  # Travel without being in one place at a time is no problem that can be written down.
    for fact in kept:
        if fact.kind not in ("rooms", "room"):
            rest = bound_by(problem, kept - {fact})
            assert any(True for _ in every_timetable(rest)), f"{fact} is not needed"


@pytest.mark.parametrize("seed", [3, 7, 11, 19])
def test_the_meetings_left_out_are_as_few_as_can_be(seed: int) -> None:
    problem = drawn(seed, meetings=6, per_day=2, rooms=1)
    made = timetable(problem, partial=True)
    most = max(
        size
        for size in range(len(problem.meetings) + 1)
        for some in itertools.combinations(problem.meetings, size)
        if any(True for _ in every_timetable(replace(problem, meetings=some)))
    )
    assert len(made.places) == most


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_the_input_means_nothing(seed: int) -> None:
    problem = drawn(seed, meetings=20, per_day=8, rooms=4)
    mixed = replace(
        problem,
        rooms=tuple(reversed(problem.rooms)),
        participants=tuple(reversed(problem.participants)),
        meetings=tuple(
            replace(each, participants=each.participants[::-1]) for each in reversed(problem.meetings)
        ),
    )
    first, second = (timetable(each, partial=True, steps=FEW_STEPS) for each in (problem, mixed))
    assert first == second


def two(**fields: object) -> Problem:
    """Two meetings of one firm."""
    meetings = (Meeting("a", ("firm", "x")), Meeting("b", ("firm", "y")))
    people = (Participant("firm"), Participant("x"), Participant("y"))
    return replace(Problem(slots(2, 2), (Room("r", 10), Room("s", 10)), people, meetings), **fields)  # type: ignore[arg-type]


def test_a_firm_comes_on_one_day_and_does_not_wait() -> None:
    made = timetable(two(slots=slots(2, 4)))
    assert (made.cost.gaps, made.cost.days, made.is_optimal) == (0, 3, True)
    days = {two(slots=slots(2, 4)).slots[place.slot].day for place in made.places.values()}
    assert len(days) == 1


def test_a_participant_stays_in_one_room_where_it_can() -> None:
    assert len({place.room for place in timetable(two()).places.values()}) == 1


def test_travel_puts_days_between_two_places() -> None:
    rooms = (Room("r", 10, place="east"), Room("s", 10, place="west"))
    problem = two(
        rooms=rooms,
        slots=slots(3, 1),
        participants=(Participant("firm", travel_days=2), Participant("x"), Participant("y")),
        meetings=(Meeting("a", ("firm", "x"), pinned_room="r"), Meeting("b", ("firm", "y"), pinned_room="s")),
    )
    places = timetable(problem).places
    assert abs(places["a"].slot - places["b"].slot) == 2
    assert [clash.kind for clash in clashes(problem, {"a": Place(0, "r"), "b": Place(1, "s")})] == ["travel"]


def test_pins_hold() -> None:
    problem = two(
        meetings=(
            Meeting("a", ("firm", "x"), pinned_slot=3, pinned_room="s"),
            Meeting("b", ("firm", "y"), pinned_slot=0),
        )
    )
    made = timetable(problem)
    assert made.places["a"] == Place(3, "s")
    assert made.places["b"].slot == 0


@pytest.mark.parametrize(
    ("problem", "facts"),
    [
        (
            two(slots=slots(1, 1)),
            {Fact("meeting", "a"), Fact("meeting", "b"), Fact("one_place", "firm")},
        ),
        (
            two(meetings=(Meeting("a", ("firm", "x"), people=11),)),
            {Fact("meeting", "a"), Fact("seats", "a")},
        ),
        (
            two(meetings=(Meeting("a", ("x",), pinned_slot=1),), participants=(Participant("x", frozenset({0})),)),
            {Fact("meeting", "a"), Fact("pin", "a"), Fact("availability", "x")},
        ),
        (
            two(
                meetings=(Meeting("a", ("x",), pinned_slot=1, pinned_room="r"),
                          Meeting("b", ("y",), pinned_slot=1, pinned_room="r")),
            ),
            {Fact("meeting", "a"), Fact("meeting", "b"), Fact("pin", "a"), Fact("pin", "b"), Fact("room", "r")},
        ),
        (
            two(
                slots=slots(1, 1),
                rooms=(Room("r", 10),),
                meetings=(Meeting("a", ("x",)), Meeting("b", ("y",))),
            ),
            {Fact("meeting", "a"), Fact("meeting", "b"), Fact("rooms")},
        ),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_named_and_nothing_else(problem: Problem, facts: set[Fact]) -> None:
    with pytest.raises(NoTimetable) as caught:
        timetable(problem)
    assert set(caught.value.facts) == facts
    assert caught.value.is_irreducible
    assert len(caught.value.unplaced) == 1
    assert set(caught.value.facts) <= set(facts_of(ordered(problem)))


def test_every_kind_of_clash_is_named() -> None:
    problem = Problem(
        slots(1, 3),
        (Room("r", 5, closed=frozenset({2})), Room("s", 20, equipment=frozenset({"screen"}))),
        (Participant("p", frozenset({0, 1})), Participant("q")),
        (
            Meeting(
                "a",
                ("p", "q"),
                people=9,
                equipment=frozenset({"screen"}),
                slots=frozenset({0}),
                pinned_slot=0,
            ),
            Meeting("b", ("q",)),
        ),
    )
    found = clashes(problem, {"a": Place(2, "r"), "b": Place(2, "r")}, of="a")
    assert {clash.kind for clash in found} == {
        "participant_busy", "participant_absent", "room_taken", "room_closed", "seats", "equipment", "times", "pin",
    }  # fmt: skip
    assert {clash.other for clash in found if clash.kind == "room_taken"} == {"b"}


@pytest.mark.parametrize(
    "problem",
    [
        two(rooms=(Room("r", 1), Room("r", 2))),
        two(meetings=(Meeting("a", ("nobody",)),)),
        two(meetings=(Meeting("a", ("x",), pinned_room="nowhere"),)),
        two(meetings=(Meeting("a", ("x",), pinned_slot=9),)),
        two(slots=(Slot(0, 60, 90), Slot(0, 80, 100))),
        two(weights=Weights(-1, 0)),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(problem: Problem) -> None:
    with pytest.raises(InvalidTimetable):
        timetable(problem)


def test_what_a_stage_raises_ends_the_run() -> None:
    class Stopped(BaseException):
        pass

    def stop(stage: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        timetable(two(), on_stage=stop)
