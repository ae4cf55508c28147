"""Looks a timetable over: every clash by name, and what it costs. Knows nothing of how it was made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matching.schedule.problem import Participant, Place, Problem, days_of, meetings_of

ClashKind = Literal[
    "participant_busy", "participant_absent", "travel", "room_taken", "room_closed", "seats", "equipment", "times",
    "pin",
]  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Clash:
    """One thing wrong with the place of `meeting`; `other` is the meeting it collides with, if one.

    `key` is the participant (`participant_busy`, `participant_absent`, `travel`) or else the room.
    """

    kind: ClashKind
    meeting: str
    key: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """Idle slots between meetings, days on which participants come, and their weighted sum."""

    gaps: int
    days: int
    total: int


def clashes(problem: Problem, places: Mapping[str, Place], *, of: str | None = None) -> list[Clash]:
    """Everything wrong with these places, sorted; `of` narrows it to what concerns one meeting.

    A collision of two meetings is told once, of the one whose key comes first (or of `of`).
    """
    found: list[Clash] = []
    rooms = {room.key: room for room in problem.rooms}
    people = {person.key: person for person in problem.participants}
    meetings = {meeting.key: meeting for meeting in problem.meetings if meeting.key in places}
    for key, meeting in meetings.items():
        place = places[key]
        room = rooms[place.room]
        if meeting.people > room.seats:
            found.append(Clash("seats", key, room.key))
        if not meeting.equipment <= room.equipment:
            found.append(Clash("equipment", key, room.key))
        if place.slot in room.closed:
            found.append(Clash("room_closed", key, room.key))
        if meeting.slots is not None and place.slot not in meeting.slots:
            found.append(Clash("times", key, room.key))
        if meeting.pinned_slot not in (None, place.slot) or meeting.pinned_room not in (None, place.room):
            found.append(Clash("pin", key, room.key))
        for who in meeting.participants:
            allowed = people[who].slots
            if allowed is not None and place.slot not in allowed:
                found.append(Clash("participant_absent", key, who))
    found += _taken_twice(meetings, places)
    for who, its in meetings_of(problem).items():
        found += _of_participant(problem, people[who], sorted(m.key for m in its if m.key in places), places)
    if of is None:
        return sorted(found)
    return sorted(
        Clash(clash.kind, of, clash.key, clash.meeting if clash.other == of else clash.other)
        for clash in found
        if of in (clash.meeting, clash.other)
    )


def cost(problem: Problem, places: Mapping[str, Place]) -> Cost:
    """What the timetable costs by the weights of the problem."""
    days = days_of(problem.slots)
    gaps = attended = 0
    for its in meetings_of(problem).values():
        taken = {places[meeting.key].slot for meeting in its if meeting.key in places}
        for positions in days.values():
            here = [index for index, position in enumerate(positions) if position in taken]
            if here:
                attended += 1
                gaps += here[-1] - here[0] + 1 - len(here)
    return Cost(gaps, attended, problem.weights.gap * gaps + problem.weights.day * attended)


def _taken_twice(meetings: Mapping[str, object], places: Mapping[str, Place]) -> list[Clash]:
    inside: dict[Place, list[str]] = defaultdict(list)
    for key in sorted(meetings):
        inside[places[key]].append(key)
    return [
        Clash("room_taken", first, place.room, other)
        for place, keys in inside.items()
        for index, first in enumerate(keys)
        for other in keys[index + 1 :]
    ]


def _of_participant(
    problem: Problem, person: Participant, keys: list[str], places: Mapping[str, Place]
) -> list[Clash]:
    site = {room.key: room.place for room in problem.rooms}
    found = []
    for index, first in enumerate(keys):
        for other in keys[index + 1 :]:
            one, two = places[first], places[other]
            apart = abs(problem.slots[one.slot].day - problem.slots[two.slot].day)
            if one.slot == two.slot:
                found.append(Clash("participant_busy", first, person.key, other))
            elif site[one.room] != site[two.room] and apart < person.travel_days:
                found.append(Clash("travel", first, person.key, other))
    return found
