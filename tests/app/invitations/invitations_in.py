"""Invitations in any state of their life, and published rounds to invite from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.db import Database
from app.invitations import deadlines, repository, service
from app.invitations.service import Terms
from app.kit.clock import now
from app.models import (
    Candidate,
    Challenge,
    Invitation,
    MatchRound,
    Membership,
    Notification,
    Requirement,
    SolverProfile,
)
from app.models.invitation import InvitationStatus
from app.models.matching import CandidateRole, RoundStatus
from app.models.notification import Event

N = InvitationStatus


def terms(days: float = 6, **fields: Any) -> Terms:
    return Terms(reply_by=now() + timedelta(days=days), **fields)


def invitation_in(
    db: Database,
    requirement: Requirement,
    team: SolverProfile,
    status: InvitationStatus = N.SENT,
    given: Terms | None = None,
) -> Invitation:
    """An invitation that came into `status` through the service."""
    with db.write() as session:
        sent = service.send(session, SYSTEM, requirement.id, team.id, given or terms())
        if status is N.OPENED:
            service.open_(session, SYSTEM, sent)
        elif status is N.ACCEPTED:
            service.accept(session, SYSTEM, sent)
        elif status is N.DECLINED:
            service.decline(session, SYSTEM, sent, reason="任务已满。")
        elif status is N.CANCELLED:
            service.cancel(session, SYSTEM, sent, reason="另有安排。")
        elif status is N.EXPIRED:
            sent.reply_by = now()
    if status is N.EXPIRED:
        deadlines.settle(db)
    return read(db, sent.id)


def read(db: Database, id: uuid.UUID) -> Invitation:
    with db.read() as session:
        return repository.get(session, SYSTEM, id)


def published_round(
    db: Database,
    challenge: Challenge,
    requirement: Requirement,
    assigned: Sequence[SolverProfile],
    alternates: Sequence[SolverProfile] = (),
) -> MatchRound:
    """A published round with these teams for one requirement."""
    with db.write() as session:
        found = MatchRound(
            challenge_id=challenge.id,
            status=RoundStatus.PUBLISHED,
            published_at=now(),
            requirement_ids=[str(requirement.id)],
        )
        session.add(found)
        session.flush()
        chosen = [(team, CandidateRole.ASSIGNED, place) for place, team in enumerate(assigned, 1)]
        chosen += [(team, CandidateRole.ALTERNATE, place) for place, team in enumerate(alternates, 1)]
        for rank, (team, role, place) in enumerate(chosen, 1):
            session.add(
                Candidate(
                    round_id=found.id,
                    requirement_id=requirement.id,
                    solver_id=team.id,
                    rank=rank,
                    role=role,
                    place=place,
                    score=0.5,
                    grade="A",
                    expected_grade=3.0,
                    probability=0.6,
                    is_adequate=True,
                )
            )
        return found


def invitations_to(db: Database, requirement: Requirement) -> dict[uuid.UUID, Invitation]:
    """By team."""
    with db.read() as session:
        statement = repository.with_parties(repository.visible_to(SYSTEM))
        rows = session.scalars(statement.where(Invitation.requirement_id == requirement.id))
        return {row.solver_id: row for row in rows}


def told(db: Database, event: Event) -> list[uuid.UUID | None]:
    """The units whose people were told of the event, one entry per message."""
    with db.read() as session:
        rows = session.scalars(select(Notification).where(Notification.event == event)).all()
        for row in rows:
            held = select(Membership.organization_id).where(Membership.user_id == row.user_id)
            assert row.organization_id in session.scalars(held).all()
        return [row.organization_id for row in rows]


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)
