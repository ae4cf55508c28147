"""Renders meetings and sessions: a team learns whom it meets as far as the requirement's tier allows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.meetings import repository
from app.meetings.availability import Asked
from app.meetings.planning import Gathered
from app.meetings.schemas import GatheredView, MeetingView, PartyNameView, PassedView
from app.meetings.session_schemas import AskedView, FactView, PartyView, ResultView, RoomView, SessionView
from app.meetings.times import slots_of
from app.models.meeting import Meeting, MeetingSession
from app.models.organization import Organization
from app.models.solver import SolverProfile
from app.requirements.disclosure import is_identity_hidden, public_text
from app.requirements.repository import is_insider

_SESSION = (
    "id", "challenge_id", "kind", "status", "name", "address", "days", "slot_minutes", "pause_minutes",
    "gap_weight", "day_weight", "job_id", "asks_until", "published_at", "ended_at", "reason", "created_at",
    "updated_at", "version",
)  # fmt: skip
_MEETING = (
    "id", "session_id", "requirement_id", "status", "people", "equipment", "room_id", "starts_at", "ends_at",
    "seeker_reply", "team_reply", "outcome", "note", "reason", "created_at", "updated_at", "version",
)  # fmt: skip

FACTS: dict[str, tuple[str, str]] = {
    "meeting": ("会面须举行", "the meeting takes place"),
    "one_place": ("同一时间只能参加一场会面", "is at one meeting at a time"),
    "availability": ("可到场的时间", "when it can come"),
    "travel": ("两地之间往返所需天数", "its days of travel between places"),
    "rooms": ("同一时段的会面不能多于场地", "no more meetings at a time than rooms"),
    "room": ("场地同一时段只能安排一场", "the room holds one meeting at a time"),
    "closed": ("场地不开放的时间", "when the room is not open"),
    "seats": ("会面需要的座位数", "the seats that the meeting needs"),
    "equipment": ("会面需要的设备", "the equipment that the meeting needs"),
    "times": ("会面固定的时间不是场次的时段", "the meeting is pinned to a time that is no slot"),
    "pin": ("会面已固定的时间或场地", "the time or room that the meeting is pinned to"),
}


def present(actor: Actor, meeting: Meeting) -> MeetingView:
    """The meeting as `actor` may read it."""
    requirement = meeting.requirement
    knows = is_insider(actor, requirement) or not is_identity_hidden(requirement)
    return MeetingView(
        **{name: getattr(meeting, name) for name in _MEETING},
        status_label=meeting.status.label,
        kind=meeting.session.kind,
        kind_label=meeting.session.kind.label,
        session=meeting.session.name,
        challenge_id=meeting.session.challenge_id,
        address=meeting.session.address,
        source=meeting.source if actor.is_staff else None,
        is_pinned=meeting.pinned_at is not None or meeting.pinned_room_id is not None
        if actor.is_staff
        else None,
        requirement=title_for(actor, meeting),
        organization=PartyNameView.model_validate(requirement.organization) if knows else None,
        solver=PartyNameView.model_validate(meeting.solver),
        room=meeting.room.name if meeting.room is not None else None,
        place=meeting.room.place if meeting.room is not None else "",
        outcome_label=meeting.outcome.label if meeting.outcome is not None else None,
    )


def title_for(actor: Actor, meeting: Meeting) -> str:
    """The requirement's title as the actor may read it."""
    requirement = meeting.requirement
    return requirement.title if is_insider(actor, requirement) else public_text(requirement, "title")


def counterparts(actor: Actor, meeting: Meeting) -> list[str]:
    """Who meets, as far as the actor may know."""
    requirement = meeting.requirement
    knows = is_insider(actor, requirement) or not is_identity_hidden(requirement)
    unit = requirement.organization.name if knows else "（匿名）"
    return [f"需求方：{unit}", f"解决方：{meeting.solver.name}"]


def present_gathered(actor: Actor, gathered: Gathered) -> GatheredView:
    """What became of the pairs."""
    return GatheredView(
        made=[present(actor, row) for row in gathered.made],
        passed=[PassedView(requirement_id=r, solver_id=s, code=code) for r, s, code in gathered.passed],
    )


def present_session(session: Session, found: MeetingSession, language: str) -> SessionView:
    """The session with its rooms, its parties' wishes, its slots, and how the last computation ended."""
    return SessionView(
        **{name: getattr(found, name) for name in _SESSION},
        kind_label=found.kind.label,
        status_label=found.status.label,
        slots=len(slots_of(found)),
        is_computing=repository.is_computing(session, found),
        rooms=[RoomView.model_validate(row) for row in found.rooms],
        parties=[PartyView.model_validate(row) for row in found.parties],
        result=_result(session, found, language),
    )


def present_asked(asked: Asked) -> AskedView:
    """What a party learns of a session that asks for its times: the days, not whom it meets."""
    found, party = asked.session, asked.party
    assert found.asks_until is not None
    kind, key = party.key
    return AskedView(
        session_id=found.id,
        session=found.name,
        kind=found.kind,
        kind_label=found.kind.label,
        address=found.address,
        days=found.days,
        asks_until=found.asks_until,
        organization_id=key if kind == "organization" else None,
        solver_id=key if kind == "solver" else None,
        name=party.name,
        said=PartyView.model_validate(party.said) if party.said is not None else None,
    )


def _result(session: Session, found: MeetingSession, language: str) -> ResultView | None:
    if not found.result:
        return None
    stored: Mapping[str, Any] = found.result
    names = _names(session, found, stored.get("facts", ()))
    facts = []
    for fact in stored.get("facts", ()):
        zh, en = FACTS[fact["kind"]]
        name = names.get(fact["key"], "")
        words = en if language == "en" else zh
        facts.append(FactView(kind=fact["kind"], key=fact["key"], text=f"{name}：{words}" if name else words))
    plain = {name: value for name, value in stored.items() if name != "facts"}
    return ResultView(**{**plain, "unplaced": [uuid.UUID(key) for key in stored["unplaced"]]}, facts=facts)


def _names(session: Session, found: MeetingSession, facts: Any) -> dict[str, str]:
    """What the keys of the facts stand for, for staff."""
    names = {str(room.id): room.name for room in found.rooms}
    if facts:
        for row in repository.meetings_in(session, found.id):
            names[str(row.id)] = f"{row.requirement.title} × {row.solver.name}"
    for kind, table in (("organization", Organization), ("solver", SolverProfile)):
        keys = [fact["key"] for fact in facts if fact["key"].startswith(f"{kind}:")]
        ids = [uuid.UUID(key.partition(":")[2]) for key in keys]
        if ids:
            rows = session.execute(select(table.id, table.name).where(table.id.in_(ids)))
            names |= {f"{kind}:{id}": name for id, name in rows}
    return names
