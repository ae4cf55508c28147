"""The closing proof (办结证明): the last answer to each submitted requirement; without it no challenge closes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from app.challenges.service import before_closing
from app.errors import FieldError, JiebangError
from app.ledger.replies import Replies, replies_to
from app.models.access import Membership, Role, User
from app.models.challenge import Challenge, ChallengeEntry
from app.models.ledger import Obligation, ObligationKind, Response, ResponseKind
from app.models.requirement import Requirement, RequirementStatus

MOST_NAMED = 100
"""Rows that a refusal names; the proof lists them all."""

CHUNK = 500


class RequirementsUnanswered(JiebangError):
    code, status = "requirements_unanswered", 409
    zh = "还有 {count} 项已提交的需求没有需求方可读的答复，赛事不能结束；见 errors 与办结证明"
    en = "{count} submitted requirements lack an answer that their seekers can read; the challenge cannot close"


@dataclass(frozen=True)
class Proof:
    """One submitted requirement with its last answer (None: there is none) and what its seeker said of it."""

    requirement: Requirement
    answer: Response | None
    replies: Replies
    is_answered: bool


def submitted_to(challenge_id: uuid.UUID) -> ColumnElement[bool]:
    """The requirements of a challenge that were ever submitted."""
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == challenge_id)
    return and_(Requirement.id.in_(entered), Requirement.submitted_at.is_not(None))


def has_reader() -> ColumnElement[bool]:
    """Whether somebody of the unit that has the problem can sign in and read answers."""
    return exists().where(
        Membership.organization_id == Requirement.organization_id,
        Membership.role == Role.SEEKER,
        Membership.user_id == User.id,
        User.is_active,
    )


def lacks_answer() -> ColumnElement[bool]:
    """Whether the seeker waits without an answer: there is none yet, none to the corrected form that came back
    after a return, the last one was called none, or nobody of the unit can read it.

    Questions and notices are no answers, whatever they say.
    """
    mine = Response.requirement_id == Requirement.id
    is_answer = or_(Response.obligation_id.is_not(None), Response.kind != ResponseKind.WRITTEN)
    has_answer = exists().where(mine, is_answer)
    is_reopened = exists().where(
        Obligation.requirement_id == Requirement.id,
        Obligation.closed_at.is_(None),
        Obligation.kind == ObligationKind.REOPENED,
    )
    last_kind = (
        select(Response.kind)
        .where(mine, is_answer)
        .order_by(Response.created_at.desc(), Response.id.desc())
        .limit(1)
        .correlate(Requirement)
        .scalar_subquery()
    )
    came_back = and_(Requirement.status == RequirementStatus.SUBMITTED, last_kind == ResponseKind.RETURNED)
    return or_(~has_answer, is_reopened, came_back, ~has_reader())


def prove(session: Session, requirements: Sequence[Requirement]) -> list[Proof]:
    """The rows of the proof, in the order of `requirements`."""
    ids = [row.id for row in requirements]
    answers: dict[uuid.UUID, Response] = {}
    lacking: set[uuid.UUID] = set()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        is_answer = or_(Response.obligation_id.is_not(None), Response.kind != ResponseKind.WRITTEN)
        statement = select(Response).where(Response.requirement_id.in_(chunk), is_answer)
        for row in session.scalars(statement.order_by(Response.created_at, Response.id)):
            answers[row.requirement_id] = row
        unanswered = select(Requirement.id).where(Requirement.id.in_(chunk), lacks_answer())
        lacking |= set(session.scalars(unanswered))
    said = replies_to(session, [row.id for row in answers.values()])
    return [Proof(row, answers.get(row.id), said, row.id not in lacking) for row in requirements]


@before_closing
def check_all_are_answered(session: Session, challenge: Challenge) -> None:
    """Raises `RequirementsUnanswered`, naming the rows, while somebody who handed a problem in has no answer."""
    statement = (
        select(Requirement, has_reader())
        .where(submitted_to(challenge.id), lacks_answer())
        .options(joinedload(Requirement.organization))
        .order_by(Requirement.submitted_at, Requirement.id)
    )
    rows = session.execute(statement).all()
    if not rows:
        return
    named = tuple(_lacking(row.id, has_one) for row, has_one in rows[:MOST_NAMED])
    raise RequirementsUnanswered(count=len(rows), fields=named)


def _lacking(requirement_id: uuid.UUID, is_read: bool) -> FieldError:
    field = f"requirements.{requirement_id}"
    if is_read:
        return FieldError(field, "no_answer", "没有需求方可读的答复", "No answer to read")
    zh = "该单位没有在用的需求方账户，无人能读到答复，请先为其开通"
    return FieldError(field, "no_reader", zh, "The unit has no active seeker account; give it one first")
