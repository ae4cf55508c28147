"""Moves meetings: computed, adjusted by hand, told, cancelled, held. A place is only ever given without a clash."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, NotPermitted
from app.jobs import service as jobs
from app.kit.clock import in_shanghai, now
from app.kit.lifecycle import check_move
from app.ledger import service as ledger
from app.meetings import policy, repository
from app.meetings.inputs import Inputs, gather
from app.meetings.notices import tell_parties
from app.meetings.planning import check_is_idle
from app.models.access import Role
from app.models.job import Job
from app.models.ledger import ResponseKind
from app.models.meeting import (
    MEETING_TRANSITIONS,
    SESSION_TRANSITIONS,
    Attendance,
    Meeting,
    MeetingSession,
    MeetingStatus,
    Outcome,
    SessionStatus,
)
from app.models.notification import Event
from app.models.requirement import PUBLIC_STATUSES, RequirementStatus
from app.requirements import repository as requirement_rows
from app.requirements import service as requirements
from app.requirements.service import Answer
from matching.schedule import Place, clashes, cost

M = MeetingStatus


@dataclass(frozen=True)
class Opening:
    """A place that a meeting could have without a clash; `change` is what it adds to the cost of the timetable."""

    starts_at: datetime
    ends_at: datetime
    room_id: uuid.UUID
    change: int


def compute(session: Session, actor: Actor, found: MeetingSession, *, partial: bool) -> Job:
    """A timetable for everything that was not told yet, made by the job `meetings.plan`.

    Raises `SessionNotEditable`, `SessionBusy`, `NothingToSchedule`.
    """
    policy.check_is_running(found)
    check_is_idle(session, found)
    if all(row.status is not M.PLANNED for row in repository.meetings_in(session, found.id)):
        raise policy.NothingToSchedule()
    job = jobs.enqueue(
        session, "meetings.plan", {"session_id": str(found.id), "partial": partial}, actor=actor
    )
    found.job_id, found.result = job.id, {}
    session.flush()
    _audit_session(session, actor, found, "timetable.started")
    return job


def openings(session: Session, meeting: Meeting) -> list[Opening]:
    """Every place that this meeting could have as the others stand, the cheapest first.

    Raises `SessionNotEditable` or `MeetingNotMovable`.
    """
    policy.check_is_movable(meeting)
    inputs = gather(session, meeting.session, free=[meeting.id])
    key = str(meeting.id)
    others = {other: place for other, place in inputs.places.items() if other != key}
    before = cost(inputs.problem, others).total
    found = []
    for index, timed in enumerate(inputs.slots):
        for room in inputs.problem.rooms:
            places = {**others, key: Place(index, room.key)}
            if not clashes(inputs.problem, places, of=key):
                change = cost(inputs.problem, places).total - before
                found.append(Opening(timed.starts_at, timed.ends_at, uuid.UUID(room.key), change))
    return sorted(found, key=lambda each: (each.change, each.starts_at, each.room_id))


def move(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    *,
    starts_at: datetime,
    room_id: uuid.UUID,
    pin: bool = True,
) -> Meeting:
    """Gives a meeting this time and room, and holds it there if `pin`; who was told is told of the change.

    Raises `TimetableClash` naming everything in the way, `InvalidInput` for what is no slot or room of the
    session, `SessionNotEditable`, `SessionBusy`, `MeetingNotMovable`.
    """
    policy.check_is_movable(meeting)
    check_is_idle(session, meeting.session)
    inputs = gather(session, meeting.session, free=[meeting.id])
    place = _place(inputs, starts_at, room_id)
    _check(inputs, {**inputs.places, str(meeting.id): place}, [str(meeting.id)])
    _settle(session, actor, inputs, meeting, place, pin=pin)
    return repository.get(session, actor, meeting.id)


def swap(session: Session, actor: Actor, meeting: Meeting, other: Meeting) -> Meeting:
    """Exchanges times and rooms of two meetings of a session. Raises as `move` does, and `MeetingUnplaced`."""
    if other.session_id != meeting.session_id or other.id == meeting.id:
        raise InvalidInput(
            fields=(
                FieldError(
                    "other_id",
                    "another_session",
                    "须是同一场次的另一会面",
                    "Name another meeting of the session",
                ),
            )
        )
    policy.check_is_movable(meeting)
    policy.check_is_movable(other)
    check_is_idle(session, meeting.session)
    inputs = gather(session, meeting.session, free=[meeting.id, other.id])
    first, second = str(meeting.id), str(other.id)
    if first not in inputs.places or second not in inputs.places:
        raise policy.MeetingUnplaced()
    places = {**inputs.places, first: inputs.places[second], second: inputs.places[first]}
    _check(inputs, places, [first, second])
    _settle(session, actor, inputs, meeting, places[first], pin=True)
    _settle(session, actor, inputs, other, places[second], pin=True)
    return repository.get(session, actor, meeting.id)


def pin(session: Session, actor: Actor, meeting: Meeting, *, is_pinned: bool) -> Meeting:
    """Holds a planned meeting where it is when the timetable is computed again, or lets it go.

    Raises `MeetingUnplaced`, `SessionNotEditable`, `SessionBusy`, `MeetingNotMovable`.
    """
    policy.check_is_movable(meeting)
    check_is_idle(session, meeting.session)
    if is_pinned and meeting.starts_at is None:
        raise policy.MeetingUnplaced()
    meeting.pinned_at = meeting.starts_at if is_pinned else None
    meeting.pinned_room_id = meeting.room_id if is_pinned else None
    session.flush()
    _audit(session, actor, meeting, "meeting.pinned" if is_pinned else "meeting.unpinned")
    return repository.get(session, actor, meeting.id)


def publish(session: Session, actor: Actor, found: MeetingSession, *, without_unplaced: bool) -> int:
    """Tells the parties of every planned meeting that has a place; returns how many meetings were told.

    The whole timetable is looked over first. Raises `TimetableClash`, `MeetingsUnplaced`, `NothingToSchedule`,
    `SessionNotEditable`, `SessionBusy`.
    """
    policy.check_is_running(found)
    check_is_idle(session, found)
    inputs = gather(session, found)
    _check(inputs, inputs.places, None)
    waiting = [row for row in inputs.meetings.values() if row.status is M.PLANNED]
    placed = [row for row in waiting if str(row.id) in inputs.places]
    if not placed:
        raise policy.NothingToSchedule()
    if len(placed) < len(waiting) and not without_unplaced:
        raise policy.MeetingsUnplaced(count=len(waiting) - len(placed))
    if found.status is SessionStatus.DRAFT:
        found.status, found.published_at = SessionStatus.PUBLISHED, now()
    for row in placed:
        check_move(MEETING_TRANSITIONS, row.status, M.SCHEDULED)
        row.status, row.sequence = M.SCHEDULED, row.sequence + 1
        session.flush()
        tell_parties(session, row, Event.MEETING_SCHEDULED, but_not=actor.user_id)
    _audit_session(session, actor, found, "meeting_session.published", meetings=len(placed))
    return len(placed)


def cancel(session: Session, actor: Actor, meeting: Meeting, *, reason: str) -> Meeting:
    """Calls a meeting off; its parties are told if they knew of it. Raises `MoveNotAllowed`, `SessionBusy`."""
    check_move(MEETING_TRANSITIONS, meeting.status, M.CANCELLED)
    check_is_idle(session, meeting.session)
    _cancel(session, actor, meeting, reason)
    return repository.get(session, actor, meeting.id)


def cancel_session(session: Session, actor: Actor, found: MeetingSession, *, reason: str) -> MeetingSession:
    """Calls off the session with every meeting that was not held. Raises `MoveNotAllowed`, `SessionBusy`."""
    check_move(SESSION_TRANSITIONS, found.status, SessionStatus.CANCELLED)
    check_is_idle(session, found)
    for row in repository.meetings_in(session, found.id):
        if row.status is not M.HELD:
            _cancel(session, actor, row, reason)
    found.status, found.reason, found.ended_at = SessionStatus.CANCELLED, reason, now()
    session.flush()
    _audit_session(session, actor, found, "meeting_session.cancelled")
    return repository.get_session(session, found.id)


def close_session(session: Session, actor: Actor, found: MeetingSession) -> MeetingSession:
    """Ends a session; meetings whose outcome is not recorded yet can still be recorded. Raises `MoveNotAllowed`."""
    check_move(SESSION_TRANSITIONS, found.status, SessionStatus.CLOSED)
    found.status, found.ended_at = SessionStatus.CLOSED, now()
    session.flush()
    _audit_session(session, actor, found, "meeting_session.closed")
    return repository.get_session(session, found.id)


def record(
    session: Session, actor: Actor, meeting: Meeting, *, outcome: Outcome, note: str, moves_requirement: bool
) -> Meeting:
    """Notes that a meeting was held and what came of it; the seeker reads it among its answers.

    Unless the two do not suit each other, a requirement that was published or in matching is in contact from
    now on, if `moves_requirement`. Raises `MoveNotAllowed`, `MeetingNotBegun`.
    """
    check_move(MEETING_TRANSITIONS, meeting.status, M.HELD)
    assert meeting.starts_at is not None
    if now() < meeting.starts_at:
        raise policy.MeetingNotBegun()
    meeting.status, meeting.outcome, meeting.note, meeting.ended_at = M.HELD, outcome, note, now()
    session.flush()
    _audit(session, actor, meeting, "meeting.held", outcome=outcome.value)
    requirement = requirement_rows.get(session, actor, meeting.requirement_id, lock=True)
    session.refresh(requirement, ["status", "version"])
    text = (
        f"与“{meeting.solver.name}”的{meeting.session.kind.label}（{in_shanghai(meeting.starts_at):%Y-%m-%d %H:%M}）"
        f"已举行，结果：{outcome.label}。{note}"
    )
    detail = {"meeting_id": str(meeting.id), "outcome": outcome.value}
    may_move = requirement.status in (RequirementStatus.PUBLISHED, RequirementStatus.MATCHING)
    if moves_requirement and may_move and outcome is not Outcome.UNSUITABLE:
        answer = Answer(ResponseKind.WRITTEN, text, detail)
        requirements.move(session, actor, requirement, RequirementStatus.IN_CONTACT, answer)
    elif requirement.status in PUBLIC_STATUSES:
        ledger.give_notice(session, requirement, text=text, author_id=actor.user_id, detail=detail)
    return repository.get(session, actor, meeting.id)


def reply(
    session: Session, actor: Actor, meeting: Meeting, attendance: Attendance, *, as_role: Role | None
) -> Meeting:
    """Says whether a party comes. Parties answer for themselves; staff names the side (`as_role`).

    Raises `NotPermitted` for another's side, `InvalidInput` for no side, `MeetingNotMovable` when it is over.
    """
    if meeting.status is not M.SCHEDULED:
        raise policy.MeetingNotMovable(state=meeting.status.label, state_code=meeting.status.value)
    sides = sides_of(actor, meeting)
    side = as_role or (next(iter(sides)) if len(sides) == 1 else None)
    if side is None:
        missing = FieldError("side", "missing", "请注明代表哪一方", "Say for which side")
        raise InvalidInput(fields=(missing,))
    if side not in sides:
        raise NotPermitted(permission="meetings:reply")
    if side is Role.SEEKER:
        meeting.seeker_reply = attendance
    else:
        meeting.team_reply = attendance
    session.flush()
    _audit(session, actor, meeting, "meeting.replied", side=side.value, reply=attendance.value)
    return repository.get(session, actor, meeting.id)


def sides_of(actor: Actor, meeting: Meeting) -> frozenset[Role]:
    """For whom the actor can answer: staff for both."""
    if actor.is_staff:
        return frozenset({Role.SEEKER, Role.SOLVER})
    found = set()
    if meeting.requirement.organization_id in actor.organizations(Role.SEEKER):
        found.add(Role.SEEKER)
    if meeting.solver.organization_id in actor.organizations(Role.SOLVER):
        found.add(Role.SOLVER)
    return frozenset(found)


def _place(inputs: Inputs, starts_at: datetime, room_id: uuid.UUID) -> Place:
    position = inputs.position_of(starts_at)
    rooms = {room.key for room in inputs.problem.rooms}
    errors = []
    if position is None:
        errors.append(
            FieldError("starts_at", "no_slot", "不是本场次的时段", "No slot of this session begins then")
        )
    if str(room_id) not in rooms:
        errors.append(
            FieldError("room_id", "unknown_room", "本场次没有这个场地", "The session has no such room")
        )
    if position is None or errors:
        raise InvalidInput(fields=tuple(errors))
    return Place(position, str(room_id))


def _check(inputs: Inputs, places: Mapping[str, Place], keys: list[str] | None) -> None:
    found = (
        [clash for key in keys for clash in clashes(inputs.problem, places, of=key)]
        if keys
        else (clashes(inputs.problem, places))
    )
    if found:
        raise policy.clash_error(inputs, found)


def _settle(
    session: Session, actor: Actor, inputs: Inputs, meeting: Meeting, place: Place, *, pin: bool
) -> None:
    timed, room_id = inputs.slots[place.slot], uuid.UUID(place.room)
    is_new = (meeting.starts_at, meeting.room_id) != (timed.starts_at, room_id)
    if is_new and meeting.starts_at != timed.starts_at:
        meeting.seeker_reply = meeting.team_reply = Attendance.UNANSWERED
    meeting.starts_at, meeting.ends_at, meeting.room_id = timed.starts_at, timed.ends_at, room_id
    meeting.pinned_at, meeting.pinned_room_id = (timed.starts_at, room_id) if pin else (None, None)
    if is_new and meeting.status is M.SCHEDULED:
        meeting.sequence += 1
    session.flush()
    if is_new:
        _audit(session, actor, meeting, "meeting.moved", room_id=str(room_id))
        if meeting.status is M.SCHEDULED:
            tell_parties(session, meeting, Event.MEETING_CHANGED, but_not=actor.user_id)


def _cancel(session: Session, actor: Actor, meeting: Meeting, reason: str) -> None:
    was_told = meeting.status is M.SCHEDULED
    meeting.status, meeting.reason, meeting.ended_at = M.CANCELLED, reason, now()
    meeting.sequence += was_told
    session.flush()
    _audit(session, actor, meeting, "meeting.cancelled")
    if was_told:
        tell_parties(session, meeting, Event.MEETING_CANCELLED, but_not=actor.user_id)


def _audit(session: Session, actor: Actor, meeting: Meeting, action: str, **detail: str) -> None:
    audit.record(
        session, action, actor_id=actor.user_id, object_kind="meeting", object_id=meeting.id, **detail
    )


def _audit_session(session: Session, actor: Actor, found: MeetingSession, action: str, **detail: int) -> None:
    audit.record(
        session, action, actor_id=actor.user_id, object_kind="meeting_session", object_id=found.id, **detail
    )
