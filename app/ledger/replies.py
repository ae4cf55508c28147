"""What seekers say of answers: taken note of, how satisfied they are, or that it is no answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.kit.clock import now
from app.ledger import service as ledger
from app.ledger.calendar import calendar_of
from app.ledger.notices import tell_reopened
from app.models.ledger import ObligationKind, Reopening, Response, ResponseAcknowledgement, ResponseKind
from app.models.requirement import Requirement

REOPEN_WITHIN_DAYS = 10
"""Working days after an answer within which its seeker may call it none."""

MOST_REOPENINGS = 3
"""Re-openings per requirement: after that, people should talk."""

NOT_REOPENED = frozenset({ResponseKind.RETURNED, ResponseKind.WITHDRAWN, ResponseKind.AGREED})
"""Answers that wait for the seeker's own act, or follow from it."""

CHUNK = 500


class AlreadyAcknowledged(JiebangError):
    code, status = "already_acknowledged", 409
    zh, en = "本单位已确认过这条答复", "Your organization has acknowledged this answer already"


class AlreadyReopened(JiebangError):
    code, status = "already_reopened", 409
    zh, en = "已要求重新答复，请等待新的答复", "A new answer was asked for already and is owed"


class NotReopenable(JiebangError):
    code, status = "not_reopenable", 409
    zh = "这条记录不能要求重新答复：只有答复可以，退回、撤回、签约以及轮到贵单位办理时除外"
    en = "This entry cannot be re-opened: only answers can, and not while it is your turn"


class ReopeningTooLate(JiebangError):
    code, status = "reopening_too_late", 409
    zh = "答复后 {days} 个工作日内可要求重新答复，现已超过"
    en = "An answer can be re-opened within {days} working days; they have passed"


class TooManyReopenings(JiebangError):
    code, status = "too_many_reopenings", 409
    zh = "每项需求最多可要求重新答复 {most} 次，请与承办单位联系"
    en = "A requirement's answers can be re-opened {most} times at most; please call the organizer"


@dataclass(frozen=True)
class Replies:
    """What the seeker said of each of some answers, by the answer's id."""

    acknowledgements: dict[uuid.UUID, ResponseAcknowledgement] = field(default_factory=dict)
    reopenings: dict[uuid.UUID, Reopening] = field(default_factory=dict)


def get_response(session: Session, response_id: uuid.UUID) -> Response:
    """An answer, whoever may see it: the caller looks at its requirement. Raises `NotFound`."""
    response = session.get(Response, response_id)
    if response is None:
        raise NotFound()
    return response


def replies_to(session: Session, response_ids: Sequence[uuid.UUID]) -> Replies:
    """What was said of these answers."""
    found = Replies()
    for start in range(0, len(response_ids), CHUNK):
        ids = response_ids[start : start + CHUNK]
        for row in session.scalars(
            select(ResponseAcknowledgement).where(ResponseAcknowledgement.response_id.in_(ids))
        ):
            found.acknowledgements[row.response_id] = row
        for opened in session.scalars(select(Reopening).where(Reopening.response_id.in_(ids))):
            found.reopenings[opened.response_id] = opened
    return found


def acknowledge(
    session: Session,
    actor: Actor,
    response: Response,
    *,
    satisfaction: int | None = None,
    words: str = "",
) -> ResponseAcknowledgement:
    """Records, once, that the seeker has taken note; satisfaction (1 to 5) may be stated then or added once.

    The requirement is locked. Raises `AlreadyAcknowledged`, and `AlreadyReopened` for what was called no answer.
    """
    said = replies_to(session, [response.id])
    if response.id in said.reopenings:
        raise AlreadyReopened()
    row = said.acknowledgements.get(response.id)
    if row is not None and (row.satisfaction is not None or satisfaction is None):
        raise AlreadyAcknowledged()
    if row is None:
        row = ResponseAcknowledgement(response_id=response.id)
        session.add(row)
    row.user_id, row.satisfaction, row.words = actor.user_id, satisfaction, words
    session.flush()
    _audit(session, actor, response, "response.acknowledged", satisfaction=satisfaction or 0)
    return row


def reopen(
    session: Session, actor: Actor, requirement: Requirement, response: Response, *, reason: str
) -> Reopening:
    """Records that the seeker calls it no answer, and opens a new obligation; the organizers are told.

    What was owed meanwhile is put aside and goes on where it stopped. The requirement is locked. Raises
    `AlreadyAcknowledged`, `AlreadyReopened`, `NotReopenable`, `ReopeningTooLate` and `TooManyReopenings`.
    """
    check_may_reopen(session, requirement, response)
    obligation = ledger.open_obligation(session, requirement.id)
    owed = ledger.put_aside(session, obligation, requirement)
    row = Reopening(
        response_id=response.id,
        requirement_id=requirement.id,
        obligation_id=owed.id,
        user_id=actor.user_id,
        reason=reason,
    )
    session.add(row)
    session.flush()
    _audit(session, actor, response, "response.reopened", obligation=str(owed.id))
    tell_reopened(session, owed, response.author_id)
    return row


def check_may_reopen(session: Session, requirement: Requirement, response: Response) -> None:
    """Raises what stands in the way of calling this answer none; see `reopen`."""
    said = replies_to(session, [response.id])
    owed = ledger.open_obligation(session, requirement.id)
    if response.id in said.reopenings or (owed is not None and owed.kind is ObligationKind.REOPENED):
        raise AlreadyReopened()
    if response.id in said.acknowledgements:
        raise AlreadyAcknowledged()
    is_an_answer = response.obligation_id is not None and response.kind not in NOT_REOPENED
    if not is_an_answer or requirement.status in ledger.PAUSED:
        raise NotReopenable()
    if now() >= reopen_until(session, response):
        raise ReopeningTooLate(days=REOPEN_WITHIN_DAYS)
    count = select(func.count()).select_from(Reopening).where(Reopening.requirement_id == requirement.id)
    if (session.scalar(count) or 0) >= MOST_REOPENINGS:
        raise TooManyReopenings(most=MOST_REOPENINGS)


def reopen_until(session: Session, response: Response) -> datetime:
    """Until when (exclusive) an answer can be re-opened."""
    return calendar_of(session).add_workdays(response.created_at, REOPEN_WITHIN_DAYS).astimezone(UTC)


def _audit(session: Session, actor: Actor, response: Response, action: str, **detail: str | int) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=response.requirement_id,
        response=str(response.id),
        **detail,
    )
