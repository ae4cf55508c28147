"""Enters requirements into challenges and lists them. Visibility is the requirements' own statement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.challenges import entries, scope, stages
from app.errors import Conflict, NotFound
from app.indexing.outbox import note
from app.kit.clock import now
from app.models.challenge import Challenge, ChallengeEntry
from app.models.indexing import IndexCollection
from app.models.requirement import END_STATUSES, PUBLIC_STATUSES, Requirement
from app.requirements import policy
from app.requirements.repository import visible_to

SORTABLE: dict[str, Any] = {"number": ChallengeEntry.number, "created_at": ChallengeEntry.created_at}


class RequirementHasEnded(Conflict):
    code = "requirement_has_ended"
    zh, en = "该需求已办结，不能再列入赛事", "The requirement has ended and cannot be entered"


def entries_of(actor: Actor, challenge: Challenge) -> Select[ChallengeEntry]:
    """The entries of a challenge whose requirement the actor may see."""
    seen = visible_to(actor).with_only_columns(Requirement.id).order_by(None)
    return select(ChallengeEntry).where(
        and_(ChallengeEntry.challenge_id == challenge.id, ChallengeEntry.requirement_id.in_(seen))
    )


def requirements_of(
    session: Session, actor: Actor, listed: Sequence[ChallengeEntry]
) -> dict[uuid.UUID, Requirement]:
    """The requirements of these entries by their id."""
    statement = visible_to(actor).where(Requirement.id.in_([entry.requirement_id for entry in listed]))
    return {row.id: row for row in session.scalars(statement)}


def enter(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    requirement: Requirement,
    *,
    scope_reason: str = "",
) -> ChallengeEntry:
    """Enters a requirement, with its number if it is published already; entering it again changes nothing.

    Staff may enter after the collection has closed what was submitted elsewhere; a form that was never
    submitted waits for the check of its submission. With a `scope_reason` they may enter what lies outside of
    what the challenge is held for. Raises `NotPermitted` unless it is the actor's own or the actor is staff,
    `ChallengeNotOpen`, `StageOver`, `OutsideScope` or `RequirementHasEnded`.
    """
    policy.check_may_enter(actor, requirement)
    entries.check_is_open(challenge)
    if requirement.status in END_STATUSES:
        raise RequirementHasEnded()
    excuse = ""
    if not entries.is_entered(session, challenge.id, requirement.id):
        if not actor.is_staff:
            stages.check_challenge_collects(session, challenge, now())
        excuse = scope_reason if actor.is_staff and scope.differences(challenge, requirement) else ""
        if not excuse:
            scope.check(challenge, requirement)
    entry = entries.enter(session, challenge.id, requirement.id)
    if excuse:
        entry.scope_reason = excuse
        session.flush()
    if requirement.status in PUBLIC_STATUSES:
        entries.publish_entries(session, requirement.id)
    audit.record(
        session,
        "requirement.entered",
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
        challenge=str(challenge.id),
        **({"is_outside_scope": True} if excuse else {}),
    )
    note(session, IndexCollection.REQUIREMENTS, requirement.id)
    return entry


def leave(session: Session, actor: Actor, challenge: Challenge, requirement: Requirement) -> None:
    """Takes a requirement out of a challenge before it is published there, its seeker's own or by staff.

    Raises `NotPermitted`, `EntryIsPublished`, or `NotFound` when it does not take part.
    """
    policy.check_may_enter(actor, requirement)
    entry = session.scalar(
        select(ChallengeEntry).where(
            ChallengeEntry.challenge_id == challenge.id, ChallengeEntry.requirement_id == requirement.id
        )
    )
    if entry is None:
        raise NotFound()
    entries.leave(session, entry)
    audit.record(
        session,
        "requirement.left",
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
        challenge=str(challenge.id),
    )
    note(session, IndexCollection.REQUIREMENTS, requirement.id)
