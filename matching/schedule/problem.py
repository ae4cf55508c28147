"""What a timetable is made of: slots, rooms, participants, meetings; and the facts that bind it, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from matching.errors import MatchingError

FactKind = Literal[
    "meeting", "one_place", "availability", "travel", "rooms", "room", "closed", "seats", "equipment", "times",
    "pin",
]  # fmt: skip


class InvalidTimetable(MatchingError):
    """The problem contradicts itself: a key twice, an unknown room, slots that overlap."""

    code = "invalid_timetable"
    zh = "排程数据有误。"
    en = "The data of the timetable are invalid."


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time in which one meeting fits. `day` counts calendar days, `starts` and `ends` minutes of the day."""

    day: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Room:
    """A room holds one meeting at a time, of at most `seats` people. `closed` are positions of slots."""

    key: str
    seats: int
    place: str = ""
    equipment: frozenset[str] = frozenset()
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Participant:
    """Who is in one place at a time. `slots` are the positions in which it can come (None: any).

    Meetings at two places lie at least `travel_days` calendar days apart: 0 allows both on one day, 1 the
    next day at the earliest.
    """

    key: str
    slots: frozenset[int] | None = None
    travel_days: int = 0


@dataclass(frozen=True, slots=True)
class Meeting:
    """Who meets, and where that is possible. A pin fixes the slot, the room, or both."""

    key: str
    participants: tuple[str, ...]
    people: int = 0
    equipment: frozenset[str] = frozenset()
    slots: frozenset[int] | None = None
    pinned_slot: int | None = None
    pinned_room: str | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """What is minimised: `gap` per idle slot between a participant's meetings of a day, `day` per day on which a
    participant must come. Breaks between slots are nobody's gap. Whole numbers, at least 0."""

    gap: int = 1
    day: int = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """A timetable to be made. Order of rooms, participants and meetings means nothing; that of slots is time."""

    slots: tuple[Slot, ...]
    rooms: tuple[Room, ...]
    participants: tuple[Participant, ...]
    meetings: tuple[Meeting, ...]
    weights: Weights = field(default_factory=Weights)


class Place(NamedTuple):
    """Where a meeting is: the position of its slot, and the key of its room."""

    slot: int
    room: str


class Fact(NamedTuple):
    """One thing that binds a timetable; `key` names the meeting, participant or room that it is about.

    `meeting`: it takes place. `one_place`: the participant is at one meeting at a time. `availability`: when
    the participant can come. `travel`: its days between places. `rooms`: no more meetings at a time than
    rooms (key ""). `room`: one pinned meeting at a time in this room. `closed`: when the room is not open.
    `seats`, `equipment`, `times`, `pin`: what the meeting asks for.
    """

    kind: FactKind
    key: str = ""


def ordered(problem: Problem) -> Problem:
    """The same problem with everything by key, so that the order of the input never matters.

    Raises `InvalidTimetable`.
    """
    _check_slots(problem.slots)
    for name, keys in (
        ("room", [room.key for room in problem.rooms]),
        ("participant", [person.key for person in problem.participants]),
        ("meeting", [meeting.key for meeting in problem.meetings]),
    ):
        if len(set(keys)) != len(keys):
            raise InvalidTimetable(f"a {name} comes twice")
    rooms = {room.key for room in problem.rooms}
    people = {person.key for person in problem.participants}
    count = len(problem.slots)
    for meeting in problem.meetings:
        if not set(meeting.participants) <= people or len(set(meeting.participants)) < 1:
            raise InvalidTimetable("a meeting of unknown participants, or of none")
        if meeting.pinned_room is not None and meeting.pinned_room not in rooms:
            raise InvalidTimetable("a meeting is pinned to an unknown room")
        if meeting.pinned_slot is not None and not 0 <= meeting.pinned_slot < count:
            raise InvalidTimetable("a meeting is pinned to an unknown slot")
    if min(problem.weights.gap, problem.weights.day) < 0:
        raise InvalidTimetable("weights are at least 0")
    return replace(
        problem,
        rooms=tuple(sorted(problem.rooms, key=lambda room: room.key)),
        participants=tuple(sorted(problem.participants, key=lambda person: person.key)),
        meetings=tuple(
            replace(meeting, participants=tuple(sorted(set(meeting.participants))))
            for meeting in sorted(problem.meetings, key=lambda meeting: meeting.key)
        ),
    )


def facts_of(problem: Problem) -> list[Fact]:
    """Everything that binds the problem, in a fixed order; what binds nothing is left out."""
    facts = [Fact("meeting", meeting.key) for meeting in problem.meetings]
    facts += [Fact("rooms")]
    busy = meetings_of(problem)
    places = {room.place for room in problem.rooms}
    for person in problem.participants:
        if len(busy[person.key]) > 1:
            facts.append(Fact("one_place", person.key))
            if person.travel_days and len(places) > 1:
                facts.append(Fact("travel", person.key))
        if person.slots is not None and busy[person.key]:
            facts.append(Fact("availability", person.key))
    facts += [Fact("closed", room.key) for room in problem.rooms if room.closed]
    pinned_rooms = [meeting.pinned_room for meeting in problem.meetings if meeting.pinned_room is not None]
    facts += [
        Fact("room", key) for key in sorted({key for key in pinned_rooms if pinned_rooms.count(key) > 1})
    ]
    for meeting in problem.meetings:
        if any(meeting.people > room.seats for room in problem.rooms):
            facts.append(Fact("seats", meeting.key))
        if any(not meeting.equipment <= room.equipment for room in problem.rooms):
            facts.append(Fact("equipment", meeting.key))
        if meeting.slots is not None:
            facts.append(Fact("times", meeting.key))
        if meeting.pinned_slot is not None or meeting.pinned_room is not None:
            facts.append(Fact("pin", meeting.key))
    return facts


def meetings_of(problem: Problem) -> dict[str, list[Meeting]]:
    """By participant: its meetings."""
    found: dict[str, list[Meeting]] = {person.key: [] for person in problem.participants}
    for meeting in problem.meetings:
        for key in meeting.participants:
            found[key].append(meeting)
    return found


def days_of(slots: Sequence[Slot]) -> dict[int, list[int]]:
    """By day: the positions of its slots in the order of time."""
    found: dict[int, list[int]] = {}
    for position, slot in enumerate(slots):
        found.setdefault(slot.day, []).append(position)
    return found


def _check_slots(slots: Iterable[Slot]) -> None:
    before: Slot | None = None
    for slot in slots:
        if not 0 <= slot.starts < slot.ends <= 24 * 60:
            raise InvalidTimetable("a slot ends before it starts, or on another day")
        if before is not None and (slot.day, slot.starts) < (before.day, before.ends):
            raise InvalidTimetable("slots overlap, or are out of order")
        before = slot
