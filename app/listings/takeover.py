"""Takes what an earlier challenge left open over into a later one: looked at first, then done, row by row."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.challenges import entries, scope
from app.challenges import service as challenges
from app.errors import FieldError, InvalidInput
from app.kit.columns import Labelled
from app.ledger import service as ledger
from app.listings import service
from app.models.challenge import Challenge, ChallengeAccess, ChallengeEntry
from app.models.requirement import Requirement, RequirementStatus
from app.requirements.repository import visible_to

S = RequirementStatus


class LeftOpen(Labelled):
    """What an earlier challenge left open."""

    UNANSWERED = "unanswered", "尚无匹配结果答复"
    UNMATCHED = "unmatched", "尚未对接"


STATUSES: dict[LeftOpen, frozenset[RequirementStatus]] = {
    LeftOpen.UNANSWERED: frozenset(
        {S.SUBMITTED, S.TECHNICAL_REVIEW, S.RETURNED, S.REFINED, S.APPROVED, S.PUBLISHED}
    ),
    LeftOpen.UNMATCHED: frozenset({S.PUBLISHED, S.MATCHING}),
}
"""Unanswered: under review or waiting for the first candidates. Unmatched: published, and nobody is in contact."""


class Fate(Labelled):
    ENTERED = "entered", "转入"
    PRESENT = "present", "已在赛事中"
    OUTSIDE = "outside", "超出赛事范围，不转入"


@dataclass(frozen=True)
class Carried:
    """A requirement and what becomes of it; the number is its number on the new list, once it is published."""

    requirement: Requirement
    fate: Fate
    number: int | None = None


def preview(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    earlier: Challenge,
    left_open: LeftOpen | None,
    *,
    scope_reason: str = "",
) -> list[Carried]:
    """What `take_over` would do now. Raises `ChallengeNotOpen`, or `InvalidInput` for a challenge and itself."""
    _check(challenge, earlier)
    present = {
        entry.requirement_id: entry.number
        for entry in session.scalars(
            select(ChallengeEntry).where(ChallengeEntry.challenge_id == challenge.id)
        )
    }
    carried = []
    for row in _open_in(session, actor, earlier, left_open):
        if row.id in present:
            carried.append(Carried(row, Fate.PRESENT, present[row.id]))
            continue
        is_outside = not scope_reason and bool(scope.differences(challenge, row))
        carried.append(Carried(row, Fate.OUTSIDE if is_outside else Fate.ENTERED))
    return carried


def take_over(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    earlier: Challenge,
    left_open: LeftOpen | None,
    *,
    scope_reason: str = "",
) -> list[Carried]:
    """Enters what the earlier challenge left open; the later one is locked. The entries in the earlier one stay.

    What the later one is not held for comes along with a `scope_reason` only. Each seeker reads where its
    requirement has gone; what is owed stays owed. Doing it again changes nothing. Raises what `preview` raises.
    """
    done = []
    for item in preview(session, actor, challenge, earlier, left_open, scope_reason=scope_reason):
        if item.fate is not Fate.ENTERED:
            done.append(item)
            continue
        if challenge.access is ChallengeAccess.BY_INVITATION:
            challenges.invite(session, actor, challenge, [item.requirement.organization_id])
        entry = service.enter(session, actor, challenge, item.requirement, scope_reason=scope_reason)
        ledger.give_notice(
            session,
            item.requirement,
            text=f"您的技术需求已由赛事 {earlier.code} 转入赛事 {challenge.code}（{challenge.name}），继续为您办理。",
            author_id=actor.user_id,
            detail={"challenge_id": str(challenge.id), "from_challenge_id": str(earlier.id)},
        )
        done.append(Carried(item.requirement, Fate.ENTERED, entry.number))
    return done


def _check(challenge: Challenge, earlier: Challenge) -> None:
    entries.check_is_open(challenge)
    if challenge.id == earlier.id:
        same = FieldError(
            "from_challenge_id", "same_challenge", "须是另一个赛事", "Must be another challenge"
        )
        raise InvalidInput(fields=(same,))


def _open_in(
    session: Session, actor: Actor, earlier: Challenge, left_open: LeftOpen | None
) -> list[Requirement]:
    kinds = LeftOpen if left_open is None else (left_open,)
    statuses = frozenset[RequirementStatus]().union(*(STATUSES[kind] for kind in kinds))
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == earlier.id)
    statement = visible_to(actor).where(Requirement.id.in_(entered), Requirement.status.in_(statuses))
    return list(session.scalars(statement.order_by(Requirement.id)).unique())
