"""A session as a problem of timetables: who can come when, what is fixed, which room does for whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.kit.clock import in_shanghai
from app.meetings import repository
from app.meetings.times import Timed, slots_of, within
from app.models.meeting import Meeting, MeetingParty, MeetingSession, MeetingStatus
from app.models.solver import SolverKind
from matching.schedule import Meeting as Wanted
from matching.schedule import Participant, Place, Problem, Room, Weights

Key = tuple[str, uuid.UUID]
"""`organization` or `solver`, and its id."""


@dataclass(frozen=True)
class Inputs:
    """The problem, with what its positions and keys stand for. `places` are where meetings are now."""

    problem: Problem
    slots: tuple[Timed, ...]
    meetings: dict[str, Meeting]
    places: dict[str, Place]

    def position_of(self, starts_at: datetime) -> int | None:
        """The slot that begins at this instant."""
        return next((i for i, timed in enumerate(self.slots) if timed.starts_at == starts_at), None)


def name_of(key: Key) -> str:
    """How a participant is named in the problem."""
    return f"{key[0]}:{key[1]}"


def participants_of(meeting: Meeting, seekers: frozenset[uuid.UUID]) -> tuple[Key, ...]:
    """The unit that has the problem, and the team. A team that is a firm is the firm, when that is a seeker here."""
    team = meeting.solver
    keys: list[Key] = [("organization", meeting.requirement.organization_id), ("solver", team.id)]
    if (
        team.kind is SolverKind.ENTERPRISE
        and team.organization_id in seekers
        and team.organization_id is not None
    ):
        keys.append(("organization", team.organization_id))
    return tuple(dict.fromkeys(keys))


def gather(session: Session, found: MeetingSession, *, free: Sequence[uuid.UUID] = ()) -> Inputs:
    """Everything as it stands. Meetings that were told stay where they are; `free` names those whose pins do not
    count now, because somebody is moving them."""
    slots = tuple(slots_of(found))
    rows = repository.meetings_in(session, found.id)
    seekers = frozenset(row.requirement.organization_id for row in rows)
    who = {row.id: participants_of(row, seekers) for row in rows}
    position = {timed.starts_at: index for index, timed in enumerate(slots)}
    rooms = {room.id for room in found.rooms}
    wanted: list[Wanted] = []
    places: dict[str, Place] = {}
    for row in rows:
        at, room = row.pinned_at, row.pinned_room_id
        if row.status is not MeetingStatus.PLANNED:
            at, room = row.starts_at, row.room_id
        if row.id in free:
            at = room = None
        wanted.append(
            Wanted(
                key=str(row.id),
                participants=tuple(name_of(key) for key in who[row.id]),
                people=row.people,
                equipment=frozenset(row.equipment),
                # A pin to a time that is no slot any more allows none, and is named as what is in the way.
                slots=None if at is None or at in position else frozenset(),
                pinned_slot=position.get(at) if at is not None else None,
                pinned_room=str(room) if room in rooms else None,
            )
        )
        if row.starts_at in position and row.room_id in rooms:
            places[str(row.id)] = Place(position[row.starts_at], str(row.room_id))
    problem = Problem(
        slots=tuple(timed.slot for timed in slots),
        rooms=_rooms(found, slots),
        participants=_participants(session, found, slots, {key for keys in who.values() for key in keys}),
        meetings=tuple(wanted),
        weights=Weights(found.gap_weight, found.day_weight),
    )
    return Inputs(problem, slots, {str(row.id): row for row in rows}, places)


def _rooms(found: MeetingSession, slots: Sequence[Timed]) -> tuple[Room, ...]:
    return tuple(
        Room(
            key=str(room.id),
            seats=room.seats,
            place=room.place,
            equipment=frozenset(room.equipment),
            closed=frozenset(i for i, timed in enumerate(slots) if within(timed, room.closed)),
        )
        for room in found.rooms
    )


def _participants(
    session: Session, found: MeetingSession, slots: Sequence[Timed], keys: set[Key]
) -> tuple[Participant, ...]:
    parties: dict[Key, MeetingParty] = {}
    for party in found.parties:
        if party.organization_id is not None:
            parties["organization", party.organization_id] = party
        elif party.solver_id is not None:
            parties["solver", party.solver_id] = party
    elsewhere: dict[Key, list[dict[str, str]]] = defaultdict(list)
    for unit, team, starts_at, ends_at in repository.scheduled_elsewhere(session, found.id):
        window = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        elsewhere["organization", unit].append(window)
        elsewhere["solver", team].append(window)
    participants = []
    for key in sorted(keys):
        row = parties.get(key)
        days = set(row.days) if row is not None else set()
        absent = [*(row.absent if row is not None else ()), *elsewhere[key]]
        allowed = frozenset(
            i
            for i, timed in enumerate(slots)
            if (not days or in_shanghai(timed.starts_at).date().isoformat() in days)
            and not within(timed, absent)
        )
        participants.append(
            Participant(
                name_of(key),
                slots=None if len(allowed) == len(slots) else allowed,
                travel_days=row.travel_days if row is not None else 0,
            )
        )
    return tuple(participants)
