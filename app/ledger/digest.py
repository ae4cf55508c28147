"""The daily digest (每日提要): each owner of answers is told once a working day what is due and overdue."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.clock import SHANGHAI, now
from app.kit.workdays import Calendar
from app.ledger.calendar import calendar_of
from app.ledger.notices import tell_digest, tell_due_soon, tell_uncounted_year
from app.models.access import Membership, Role, User
from app.models.ledger import LedgerDigest, Obligation
from app.models.review import AssignmentStatus, ReviewAssignment

AT = time(8, 0)
"""When the day's digest is sent, Asia/Shanghai."""

AHEAD_DAYS = 3
"""Working days ahead that the digest looks."""


@dataclass(frozen=True)
class Due:
    """What one person owes: answers that are overdue, and those due within `AHEAD_DAYS`."""

    overdue: int = 0
    ahead: int = 0


def is_due(session: Session) -> bool:
    """Whether today is a working day, its hour has come, and nobody was told yet."""
    at = now().astimezone(SHANGHAI)
    if at.time() < AT or not calendar_of(session).is_workday(at.date()):
        return False
    return session.scalar(select(LedgerDigest.id).where(LedgerDigest.day == at.date())) is None


def send(session: Session) -> int:
    """Tells everyone who has something; returns how many were told. Does nothing on a day that is done.

    What falls due today or on the next working day is told to its owner in person, each once.
    """
    if not is_due(session):
        return 0
    day = now().astimezone(SHANGHAI).date()
    digest = LedgerDigest(day=day)
    session.add(digest)
    # Another process that is as far stands here, and fails on the day that is taken.
    session.flush()
    calendar = calendar_of(session)
    rows = _owed_by(session, calendar.add_workdays(now(), AHEAD_DAYS))
    found = due_by_person(session, rows)
    for person, due in sorted(found.items()):
        tell_digest(session, digest, person, overdue=due.overdue, due=due.ahead)
    soon = calendar.add_workdays(now(), 1)
    for obligation in rows:
        if obligation.owner_id is not None and obligation.due_at and now() < obligation.due_at <= soon:
            tell_due_soon(session, obligation)
    _say_what_is_unknown(session, digest, calendar)
    digest.told = len(found)
    session.flush()
    return digest.told


def _say_what_is_unknown(session: Session, digest: LedgerDigest, calendar: Calendar) -> None:
    statement = (
        select(Obligation.uncounted_year)
        .where(Obligation.closed_at.is_(None), Obligation.uncounted_year.is_not(None))
        .distinct()
    )
    years = [year for year in session.scalars(statement) if year is not None]
    for year in sorted(year for year in years if not calendar.knows(year)):
        tell_uncounted_year(session, digest, year)


def due_by_person(session: Session, rows: Iterable[Obligation]) -> dict[uuid.UUID, Due]:
    """What each person owes. Without a named owner everyone who holds the role does: reviewers what they are
    assigned to, organizers the rest."""
    overdue: Counter[uuid.UUID] = Counter()
    ahead: Counter[uuid.UUID] = Counter()
    people = _People(session)
    at = now()
    for obligation in rows:
        assert obligation.due_at is not None
        counts = overdue if obligation.due_at <= at else ahead
        counts.update(people.owing(obligation))
    return {person: Due(overdue[person], ahead[person]) for person in {*overdue, *ahead}}


def _owed_by(session: Session, until: datetime) -> list[Obligation]:
    statement = select(Obligation).where(Obligation.closed_at.is_(None), Obligation.due_at <= until)
    return list(session.scalars(statement.order_by(Obligation.due_at, Obligation.id)))


class _People:
    """Who owes an answer, read once for a whole run."""

    def __init__(self, session: Session) -> None:
        active = select(User.id).where(User.is_active)
        self._active = set(session.scalars(active))
        held = select(Membership.user_id).where(Membership.role == Role.ORGANIZER)
        self._organizers = set(session.scalars(held.distinct())) & self._active
        self._reviewers: dict[uuid.UUID, set[uuid.UUID]] = {}
        statement = select(ReviewAssignment.requirement_id, ReviewAssignment.reviewer_id).where(
            ReviewAssignment.status == AssignmentStatus.ACTIVE
        )
        for requirement_id, reviewer_id in session.execute(statement):
            if reviewer_id in self._active:
                self._reviewers.setdefault(requirement_id, set()).add(reviewer_id)

    def owing(self, obligation: Obligation) -> set[uuid.UUID]:
        """The named person, else the reviewers assigned to it, else the organizers."""
        owner = obligation.owner_id
        if owner is not None and owner in self._active:
            return {owner}
        reviewers = self._reviewers.get(obligation.requirement_id)
        if obligation.owner_role is Role.REVIEWER and reviewers:
            return reviewers
        return self._organizers
