"""The parties themselves say when they can come, from the day the organizer asks until a day the organizer names."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError, NotFound
from app.kit.clock import now
from app.meetings import policy, repository
from app.meetings.inputs import Key
from app.meetings.planning import check_is_idle, keep_party
from app.models.access import Role
from app.models.meeting import TAKING_PLACE, Meeting, MeetingParty, MeetingSession, SessionStatus
from app.models.notification import Event
from app.models.organization import Organization
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.notifications.service import RoleHolders, Subject, notify
from app.requirements import repository as requirements
from app.solvers import repository as solvers


class AvailabilityClosed(JiebangError):
    code, status = "availability_closed", 409
    zh = "该场次目前不征集到场时间；如有变化请联系承办单位"
    en = "The session does not ask for times now; tell the organizer if anything has changed"


@dataclass(frozen=True)
class Party:
    """A unit or a team that is to meet somebody in a session, and what was said of its times."""

    key: Key
    name: str
    said: MeetingParty | None


@dataclass(frozen=True)
class Asked:
    """A session in preparation that asks one of the actor's own parties."""

    session: MeetingSession
    party: Party


def ask(session: Session, actor: Actor, found: MeetingSession, *, until: datetime) -> int:
    """Asks the people of everyone who is to meet; returns how many are told. Asking again moves the end.

    Whom they will meet is not told. Raises `InvalidInput`, `NothingToSchedule`, `SessionNotEditable`,
    `SessionBusy`.
    """
    policy.check_is_draft(found)
    check_is_idle(session, found)
    if until <= now():
        zh, en = "截止时间须晚于现在", "The end must lie ahead"
        raise InvalidInput(fields=(FieldError("until", "not_in_the_future", zh, en),))
    rows = repository.meetings_in(session, found.id)
    if not rows:
        raise policy.NothingToSchedule()
    found.asks_until = until
    session.flush()
    holders = [RoleHolders(Role.SEEKER, row.requirement.organization_id) for row in rows]
    holders += [
        RoleHolders(Role.SOLVER, row.solver.organization_id) for row in rows if row.solver.organization_id
    ]
    audit.record(
        session,
        "availability.asked",
        actor_id=actor.user_id,
        object_kind="meeting_session",
        object_id=found.id,
    )
    return notify(
        session,
        event=Event.AVAILABILITY_ASKED,
        recipients=list(dict.fromkeys(holders)),
        subject=Subject("meeting_session", found.id, challenge_id=found.challenge_id),
        parameters={"until": until},
        once=f"availability:{found.id}:{until.isoformat()}",
        but_not=actor.user_id,
    )


def parties_in(session: Session, found: MeetingSession) -> list[Party]:
    """Every unit and team that is to meet, by name; for staff."""
    rows = repository.meetings_in(session, found.id)
    names: dict[Key, str] = {}
    for row in rows:
        names["organization", row.requirement.organization_id] = row.requirement.organization.name
        names["solver", row.solver_id] = row.solver.name
    return [
        Party(key, name, _said(found, key))
        for key, name in sorted(names.items(), key=lambda item: (item[0][0], item[1], item[0][1]))
    ]


def asked_of(session: Session, actor: Actor) -> list[Asked]:
    """What is asked of the actor's own units and teams now, the earliest end first."""
    statement = (
        select(MeetingSession)
        .where(MeetingSession.status == SessionStatus.DRAFT, MeetingSession.asks_until > now())
        .options(selectinload(MeetingSession.parties))
        .order_by(MeetingSession.asks_until, MeetingSession.id)
    )
    return [
        Asked(found, party) for found in session.scalars(statement) for party in _own(session, actor, found)
    ]


def state(session: Session, actor: Actor, session_id: uuid.UUID, fields: Mapping[str, Any]) -> MeetingSession:
    """One of the actor's own parties says when it can come; it takes the place of what was said before.

    Raises `NotFound` for what the actor is not asked, `AvailabilityClosed`, `InvalidInput`, `SessionBusy`.
    """
    found = repository.lock_session(session, session_id)
    own = {party.key for party in _own(session, actor, found)}
    key: Key = (
        ("organization", fields["organization_id"])
        if fields["organization_id"] is not None
        else ("solver", fields["solver_id"])
    )
    if key not in own or found.asks_until is None:
        raise NotFound()
    if found.status is not SessionStatus.DRAFT or found.asks_until <= now():
        raise AvailabilityClosed()
    check_is_idle(session, found)
    unknown = set(fields["days"]) - {row["day"] for row in found.days}
    if unknown:
        zh, en = "不是本场次的日期", "No day of the session"
        raise InvalidInput(fields=(FieldError("days", "unknown_day", zh, en),))
    return keep_party(session, actor, found, fields, stated_at=now())


def _own(session: Session, actor: Actor, found: MeetingSession) -> list[Party]:
    """The actor's units and teams that are to meet in the session."""
    names: dict[Key, str] = {}
    statement = (
        select(
            Requirement.organization_id, Organization.name, SolverProfile.id, SolverProfile.name,
            requirements.own_of(actor), solvers.own_of(actor),
        )
        .select_from(Meeting)
        .join(Meeting.requirement)
        .join(Requirement.organization)
        .join(Meeting.solver)
        .where(
            Meeting.session_id == found.id,
            Meeting.status.in_(TAKING_PLACE),
            or_(requirements.own_of(actor), solvers.own_of(actor)),
        )
        .order_by(Meeting.id)
    )  # fmt: skip
    for unit, unit_name, team, team_name, is_unit, is_team in session.execute(statement):
        if is_unit:
            names["organization", unit] = unit_name
        if is_team:
            names["solver", team] = team_name
    return [Party(key, name, _said(found, key)) for key, name in names.items()]


def _said(found: MeetingSession, key: Key) -> MeetingParty | None:
    return next(
        (
            row
            for row in found.parties
            if key in (("organization", row.organization_id), ("solver", row.solver_id))
        ),
        None,
    )
