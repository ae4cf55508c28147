"""Prepares a session: its days, its rooms, who can come when, and who meets whom. Nothing here is told to anybody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import Conflict, FieldError, InvalidInput, NotFound
from app.invitations.policy import PairBarred
from app.kit.clock import now
from app.matches import repository as rounds
from app.meetings import policy, repository
from app.models.challenge import Challenge, ChallengeEntry
from app.models.invitation import Invitation, InvitationStatus
from app.models.matching import MatchRound, RoundStatus
from app.models.meeting import (
    TAKING_PLACE,
    Meeting,
    MeetingParty,
    MeetingRoom,
    MeetingSession,
    MeetingSource,
)
from app.models.organization import Organization
from app.models.proposal import Proposal, ProposalStatus
from app.models.solver import SolverProfile

Pair = tuple[uuid.UUID, uuid.UUID]
"""A requirement and a team."""


class RoomNameTaken(Conflict):
    code = "room_name_taken"
    zh, en = "本场次已有同名场地", "The session already has a room of this name"


class RoomInUse(Conflict):
    code = "room_in_use"
    zh, en = "该场地已安排会面，请先移走", "Meetings are arranged in this room; move them first"


@dataclass(frozen=True)
class Gathered:
    """What became of the pairs: meetings made, and pairs passed over with the code of the reason."""

    made: tuple[Meeting, ...]
    passed: tuple[tuple[uuid.UUID, uuid.UUID, str], ...]


def create(session: Session, actor: Actor, challenge: Challenge, fields: Mapping[str, Any]) -> MeetingSession:
    """A session in preparation."""
    found = MeetingSession(**fields, challenge_id=challenge.id, created_by_id=actor.user_id)
    session.add(found)
    session.flush()
    _audit(session, actor, found, "meeting_session.created")
    return repository.get_session(session, found.id)


def edit(session: Session, actor: Actor, found: MeetingSession, changes: Mapping[str, Any]) -> MeetingSession:
    """Changes a session; once it was told, only its name and address. Raises `SessionNotEditable`, `SessionBusy`."""
    changed = {name: value for name, value in changes.items() if getattr(found, name) != value}
    if set(changed) <= {"name", "address"}:
        policy.check_is_running(found)
    else:
        policy.check_is_draft(found)
    check_is_idle(session, found)
    for name, value in changed.items():
        setattr(found, name, value)
    if changed:
        session.flush()
        _audit(session, actor, found, "meeting_session.edited", fields=",".join(sorted(changed)))
    return repository.get_session(session, found.id)


def add_room(
    session: Session, actor: Actor, found: MeetingSession, fields: Mapping[str, Any]
) -> MeetingSession:
    """Raises `SessionNotEditable`, `SessionBusy`, `RoomNameTaken`."""
    policy.check_is_running(found)
    check_is_idle(session, found)
    if any(room.name == fields["name"] for room in found.rooms):
        raise RoomNameTaken()
    session.add(MeetingRoom(**fields, session_id=found.id))
    return _touched(session, actor, found, "meeting_room.added")


def remove_room(session: Session, actor: Actor, found: MeetingSession, room_id: uuid.UUID) -> MeetingSession:
    """Raises `NotFound`, `RoomInUse`, `SessionNotEditable`, `SessionBusy`."""
    policy.check_is_running(found)
    check_is_idle(session, found)
    room = next((room for room in found.rooms if room.id == room_id), None)
    if room is None:
        raise NotFound()
    uses = select(Meeting.id).where((Meeting.room_id == room_id) | (Meeting.pinned_room_id == room_id))
    if session.scalars(uses.limit(1)).first() is not None:
        raise RoomInUse()
    session.delete(room)
    return _touched(session, actor, found, "meeting_room.removed")


def set_party(
    session: Session, actor: Actor, found: MeetingSession, fields: Mapping[str, Any]
) -> MeetingSession:
    """Says when a unit or a team can come; it takes the place of what was said before.

    Raises `InvalidInput`, `SessionNotEditable`, `SessionBusy`.
    """
    policy.check_is_running(found)
    check_is_idle(session, found)
    unit, team = fields.get("organization_id"), fields.get("solver_id")
    table, key = (Organization, unit) if unit is not None else (SolverProfile, team)
    if session.get(table, key) is None:
        name = "organization_id" if unit is not None else "solver_id"
        raise InvalidInput(
            fields=(FieldError(name, "unknown", "没有这个单位或解决方", "No such unit or team"),)
        )
    return keep_party(session, actor, found, fields, stated_at=None)


def keep_party(
    session: Session,
    actor: Actor,
    found: MeetingSession,
    fields: Mapping[str, Any],
    *,
    stated_at: datetime | None,
) -> MeetingSession:
    """Keeps when a unit or a team can come; `stated_at` says that it said so itself. Checks nothing."""
    unit, team = fields.get("organization_id"), fields.get("solver_id")
    row = next(
        (party for party in found.parties if (party.organization_id, party.solver_id) == (unit, team)), None
    )
    if row is None:
        row = MeetingParty(session_id=found.id, organization_id=unit, solver_id=team)
        session.add(row)
    row.days, row.absent, row.travel_days = fields["days"], fields["absent"], fields["travel_days"]
    row.stated_at = stated_at
    return _touched(session, actor, found, "meeting_party.set")


def add_pairs(
    session: Session,
    actor: Actor,
    found: MeetingSession,
    pairs: Iterable[Pair],
    *,
    source: MeetingSource = MeetingSource.HAND,
    people: int = 6,
    equipment: Iterable[str] = (),
    is_strict: bool = True,
) -> Gathered:
    """A meeting for each pair, without time and room yet.

    What cannot meet is an error (`PairNotEligible`, `PairBarred`, `AlreadyMeeting`); unless `is_strict`, it is
    passed over and listed. Raises `SessionNotEditable`, `SessionBusy`.
    """
    policy.check_is_running(found)
    check_is_idle(session, found)
    wanted = sorted(set(pairs))
    ids = [requirement for requirement, _ in wanted]
    requirements = {row.id: row for row in rounds.requirements_in_order(session, list(dict.fromkeys(ids)))}
    teams = repository.teams(session, [team for _, team in wanted])
    entered = set(
        session.scalars(
            select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == found.challenge_id)
        )
    )
    here = set(
        _pairs(
            session,
            select(Meeting.requirement_id, Meeting.solver_id).where(
                Meeting.session_id == found.id, Meeting.status.in_(TAKING_PLACE)
            ),
        )
    )
    made: list[Meeting] = []
    passed: list[tuple[uuid.UUID, uuid.UUID, str]] = []
    for pair in wanted:
        try:
            if pair in here:
                raise policy.AlreadyMeeting()
            is_entered = pair[0] in entered
            policy.check_may_meet(
                session, requirements.get(pair[0]), teams.get(pair[1]), is_entered=is_entered
            )
        except (policy.AlreadyMeeting, policy.PairNotEligible, PairBarred) as error:
            if is_strict:
                raise
            passed.append((*pair, error.code))
            continue
        made.append(
            Meeting(
                session_id=found.id,
                requirement_id=pair[0],
                solver_id=pair[1],
                source=source,
                people=people,
                equipment=sorted(set(equipment)),
            )
        )
    session.add_all(made)
    session.flush()
    _audit(session, actor, found, "meetings.added", count=len(made), source=source.value)
    made_ids = {row.id for row in made}
    rows = [row for row in repository.meetings_in(session, found.id) if row.id in made_ids]
    return Gathered(tuple(rows), tuple(passed))


def pairs_from(
    session: Session, found: MeetingSession, source: MeetingSource, round_id: uuid.UUID | None
) -> list[Pair]:
    """The pairs of the challenge that should meet: assigned by a published round, invited and accepted, or
    shortlisted or selected. Raises `InvalidInput` for a round that is not a published one of the challenge."""
    if source is MeetingSource.ROUND:
        wanted = session.get(MatchRound, round_id) if round_id is not None else None
        if (
            wanted is None
            or wanted.challenge_id != found.challenge_id
            or wanted.status is not RoundStatus.PUBLISHED
        ):
            unknown = FieldError(
                "round_id",
                "unknown_round",
                "须是本赛事已发布的轮次",
                "Name a published round of this challenge",
            )
            raise InvalidInput(fields=(unknown,))
        return _as_of_now(session, rounds.assigned_pairs(session, wanted.id))
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == found.challenge_id)
    if source is MeetingSource.INVITATION:
        accepted = select(Invitation.requirement_id, Invitation.solver_id).where(
            Invitation.requirement_id.in_(entered), Invitation.status == InvitationStatus.ACCEPTED
        )
        return _pairs(session, accepted)
    chosen = select(Proposal.requirement_id, Proposal.solver_id).where(
        Proposal.requirement_id.in_(entered),
        Proposal.status.in_((ProposalStatus.SHORTLISTED, ProposalStatus.SELECTED)),
    )
    return _pairs(session, chosen)


def _as_of_now(session: Session, pairs: set[Pair]) -> list[Pair]:
    """The pairs of a round with the teams that profiles merged since have become part of."""
    named = repository.teams(session, [team for _, team in pairs])
    return sorted({(requirement, named[team].merged_into_id or team) for requirement, team in pairs})


def _pairs(session: Session, statement: Select[uuid.UUID, uuid.UUID]) -> list[Pair]:
    return sorted((requirement, team) for requirement, team in session.execute(statement))


def check_is_idle(session: Session, found: MeetingSession) -> None:
    """Raises `SessionBusy` while a timetable is computed from what would change."""
    if repository.is_computing(session, found):
        raise policy.SessionBusy()


def _touched(session: Session, actor: Actor, found: MeetingSession, action: str) -> MeetingSession:
    # Rooms and parties are parts of the session, so its version is theirs, too.
    found.updated_at = now()
    session.flush()
    _audit(session, actor, found, action)
    return repository.get_session(session, found.id)


def _audit(session: Session, actor: Actor, found: MeetingSession, action: str, **detail: str | int) -> None:
    audit.record(
        session, action, actor_id=actor.user_id, object_kind="meeting_session", object_id=found.id, **detail
    )
