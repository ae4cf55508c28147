"""Gives every meeting a room of its kind: pinned rooms first, then the room its participants know already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from matching.schedule.model import RoomKind
from matching.schedule.problem import Place, Problem


def give_rooms(
    problem: Problem, kinds: tuple[RoomKind, ...], chosen: Mapping[str, tuple[int, int]]
) -> dict[str, Place]:
    """Places by meeting, from its slot and kind of room. Slot by slot, so the result is always the same."""
    meetings = {meeting.key: meeting for meeting in problem.meetings}
    known: dict[str, Counter[str]] = defaultdict(Counter)
    places: dict[str, Place] = {}
    groups: dict[tuple[int, int], list[str]] = defaultdict(list)
    for key, choice in chosen.items():
        groups[choice].append(key)

    def settle(key: str, slot: int, room: str) -> None:
        places[key] = Place(slot, room)
        for who in meetings[key].participants:
            known[who][room] += 1

    for slot, kind in sorted(groups):
        keys = sorted(groups[slot, kind])
        free = [room.key for room in kinds[kind].rooms]
        for key in keys:
            pinned = meetings[key].pinned_room
            if pinned is not None:
                free.remove(pinned)
                settle(key, slot, pinned)
        for key in keys:
            if key in places:
                continue
            who = meetings[key].participants
            room = max(free, key=lambda room: (sum(known[each][room] for each in who), -free.index(room)))
            free.remove(room)
            settle(key, slot, room)
    return places
