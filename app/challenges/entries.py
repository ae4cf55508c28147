"""Which requirements take part in which challenge, and their numbers in the published list (赛题清单)."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, FieldError, InvalidInput
from app.kit.clock import now
from app.models.challenge import Challenge, ChallengeEntry, ChallengeStatus


class ChallengeNotOpen(Conflict):
    code = "challenge_not_open"
    zh, en = "该赛事已结束，不能再列入需求", "The challenge is over; nothing can be entered"


def by_code(session: Session, code: str, *, announced_only: bool = False) -> Challenge:
    """The challenge with this code; for outsiders no draft exists. Raises `InvalidInput` on `challenge`."""
    challenge = session.scalar(select(Challenge).where(Challenge.code == code))
    if challenge is None or (announced_only and challenge.status is ChallengeStatus.DRAFT):
        raise InvalidInput(
            fields=(
                FieldError(
                    "challenge", "unknown_challenge", "没有这个赛事代码", "No challenge has this code"
                ),
            )
        )
    return challenge


def open_by_code(session: Session, code: str, *, announced_only: bool = False) -> Challenge:
    """As `by_code`, for entering a requirement. Raises `ChallengeNotOpen` when the challenge is over."""
    challenge = by_code(session, code, announced_only=announced_only)
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
            # The lock on the challenge makes two publications take their numbers one after the other.
            session.scalar(select(Challenge.id).where(Challenge.id == entry.challenge_id).with_for_update())
            highest = session.scalar(
                select(func.max(ChallengeEntry.number)).where(
                    ChallengeEntry.challenge_id == entry.challenge_id
                )
            )
            entry.number = (highest or 0) + 1
            entry.published_at = now()
            session.flush()
    return entries


def is_entered(session: Session, challenge_id: uuid.UUID, requirement_id: uuid.UUID) -> bool:
    """Whether the requirement takes part in the challenge."""
    statement = select(ChallengeEntry.id).where(
        ChallengeEntry.challenge_id == challenge_id, ChallengeEntry.requirement_id == requirement_id
    )
    return session.scalar(statement) is not None
