"""Which requirements take part in which challenge, and their numbers in the published list (赛题清单)."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM, Actor
from app.challenges import repository
from app.errors import Conflict, FieldError, InvalidInput
from app.kit.clock import now
from app.models.challenge import Challenge, ChallengeEntry, ChallengeStatus


class ChallengeNotOpen(Conflict):
    code = "challenge_not_open"
    zh, en = "该赛事已结束，不能再列入需求", "The challenge is over; nothing can be entered"


class EntryIsPublished(Conflict):
    code = "entry_is_published"
    zh, en = (
        "该需求已列入发布的赛题清单，不能退出赛事",
        "The requirement is on the published list and cannot leave it",
    )


def by_code(session: Session, code: str, *, actor: Actor = SYSTEM) -> Challenge:
    """The challenge with this code among those the actor may see. Raises `InvalidInput` on `challenge`."""
    challenge = session.scalar(repository.visible_to(actor).where(Challenge.code == code))
    if challenge is None:
        raise InvalidInput(
            fields=(
                FieldError(
                    "challenge", "unknown_challenge", "没有这个赛事代码", "No challenge has this code"
                ),
            )
        )
    return challenge


def open_by_code(session: Session, code: str, *, actor: Actor = SYSTEM) -> Challenge:
    """As `by_code`, for entering a requirement. Raises `ChallengeNotOpen` when the challenge is over."""
    challenge = by_code(session, code, actor=actor)
    check_is_open(challenge)
    return challenge


def check_is_open(challenge: Challenge) -> None:
    """Raises `ChallengeNotOpen` when the challenge is over; one in preparation takes entries."""
    if challenge.status is ChallengeStatus.CLOSED:
        raise ChallengeNotOpen()


def enter(session: Session, challenge_id: uuid.UUID, requirement_id: uuid.UUID) -> ChallengeEntry:
    """Enters a requirement into a challenge; entering it again changes nothing."""
    entry = session.scalar(
        select(ChallengeEntry).where(
            ChallengeEntry.challenge_id == challenge_id, ChallengeEntry.requirement_id == requirement_id
        )
    )
    if entry is None:
        entry = ChallengeEntry(challenge_id=challenge_id, requirement_id=requirement_id)
        session.add(entry)
        session.flush()
    return entry


def publish_entries(session: Session, requirement_id: uuid.UUID) -> list[ChallengeEntry]:
    """Numbers the requirement in every challenge it takes part in; a number once given stays."""
    entries = list(
        session.scalars(select(ChallengeEntry).where(ChallengeEntry.requirement_id == requirement_id))
    )
    for entry in entries:
        if entry.number is None:
            entry.number = _next_number(session, entry.challenge_id)
            entry.published_at = now()
            session.flush()
    return entries


def _next_number(session: Session, challenge_id: uuid.UUID) -> int:
    # Raising the counter locks the challenge's row, so two publications take their numbers one after the other.
    # The list of problems is no part of the challenge's form: its version and date stay.
    statement = (
        update(Challenge)
        .where(Challenge.id == challenge_id)
        .values(last_number=Challenge.last_number + 1, updated_at=Challenge.updated_at)
        .returning(Challenge.last_number)
        .execution_options(synchronize_session=False)
    )
    return session.scalars(statement).one()


def leave(session: Session, entry: ChallengeEntry) -> None:
    """Takes a requirement that has no number yet out of a challenge. Raises `EntryIsPublished`."""
    if entry.number is not None:
        raise EntryIsPublished()
    session.delete(entry)
    session.flush()


def is_entered(session: Session, challenge_id: uuid.UUID, requirement_id: uuid.UUID) -> bool:
    """Whether the requirement takes part in the challenge."""
    statement = select(ChallengeEntry.id).where(
        ChallengeEntry.challenge_id == challenge_id, ChallengeEntry.requirement_id == requirement_id
    )
    return session.scalar(statement) is not None
