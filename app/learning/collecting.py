"""Turns what was done into judgments: replies to invitations, pins and bans, results of proposals, agreements.

Collecting again changes nothing: each judgment names the row that it follows from, is brought up to date with
it, and goes when the row no longer says anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.learning import signals
from app.learning.showing import showing_of
from app.learning.signals import Signal
from app.models.agreement import STANDING_STATUSES, Agreement
from app.models.invitation import Invitation, InvitationStatus
from app.models.learning import Judgment, JudgmentSource
from app.models.matching import PairRule, PairVerdict
from app.models.proposal import Proposal, ProposalStatus

P = ProposalStatus
DECIDED_STATUSES = (P.SHORTLISTED, P.SELECTED, P.NOT_SELECTED)
"""States after the scorecards are in, when nothing told here can colour them."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done about a pair."""

    origin: uuid.UUID
    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    at: datetime
    by: uuid.UUID | None
    reason: str
    signal: Signal


@dataclass(frozen=True, slots=True)
class Collected:
    """How many judgments came, changed and went."""

    added: int
    changed: int
    removed: int


def _accepted(session: Session) -> Iterator[Act]:
    return _replies(session, InvitationStatus.ACCEPTED, lambda reason: signals.ACCEPTED)


def _declined(session: Session) -> Iterator[Act]:
    return _replies(session, InvitationStatus.DECLINED, signals.refused)


def _replies(session: Session, status: InvitationStatus, read: Callable[[str], Signal]) -> Iterator[Act]:
    for row in session.scalars(select(Invitation).where(Invitation.status == status)):
        at = row.ended_at or row.updated_at
        yield Act(row.id, row.requirement_id, row.solver_id, at, None, row.reason, read(row.reason))


def _pinned(session: Session) -> Iterator[Act]:
    return _by_hand(session, PairVerdict.PINNED, lambda reason: signals.PINNED)


def _banned(session: Session) -> Iterator[Act]:
    return _by_hand(session, PairVerdict.FORBIDDEN, signals.refused)


def _by_hand(session: Session, verdict: PairVerdict, read: Callable[[str], Signal]) -> Iterator[Act]:
    for row in session.scalars(select(PairRule).where(PairRule.verdict == verdict)):
        signal = read(row.reason)
        yield Act(
            row.id,
            row.requirement_id,
            row.solver_id,
            row.created_at,
            row.created_by_id,
            row.reason,
            signal,
        )


def _agreements(session: Session) -> Iterator[Act]:
    for row in session.scalars(select(Agreement).where(Agreement.status.in_(STANDING_STATUSES))):
        by = row.created_by_id
        yield Act(row.id, row.requirement_id, row.solver_id, row.created_at, by, "", signals.AGREEMENT)


def _proposals(session: Session) -> Iterator[Act]:
    for row in session.scalars(select(Proposal).where(Proposal.status.in_(DECIDED_STATUSES))):
        at, by = row.ended_at or row.updated_at, None
        signal = {P.SELECTED: signals.SELECTED, P.SHORTLISTED: signals.SHORTLISTED}.get(row.status)
        told = signal or signals.refused(row.reason)
        yield Act(row.id, row.requirement_id, row.solver_id, at, by, row.reason, told)


COLLECTORS: dict[JudgmentSource, Callable[[Session], Iterator[Act]]] = {
    JudgmentSource.ACCEPTED: _accepted,
    JudgmentSource.DECLINED: _declined,
    JudgmentSource.PINNED: _pinned,
    JudgmentSource.BANNED: _banned,
    JudgmentSource.AGREEMENT: _agreements,
    JudgmentSource.PROPOSAL: _proposals,
}


def collect(session: Session, source: JudgmentSource) -> Collected:
    """Brings the judgments of one source up to date with the rows that they follow from."""
    statement = select(Judgment).where(Judgment.source == source)
    known = {row.origin: row for row in session.scalars(statement)}
    added = changed = 0
    for act in COLLECTORS[source](session):
        row = known.pop(str(act.origin), None)
        values = {
            "grade": act.signal.grade,
            "trust": act.signal.trust,
            "reason": act.reason[:1000],
            "judged_at": act.at,
            "judged_by_id": act.by,
        }
        if row is None:
            session.add(_new(session, source, act, values))
            added += 1
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed += 1
    for row in known.values():
        session.delete(row)
    session.flush()
    return Collected(added, changed, len(known))


def _new(session: Session, source: JudgmentSource, act: Act, values: dict[str, object]) -> Judgment:
    seen = showing_of(session, act.requirement_id, act.solver_id, achievement_id=None, before=act.at)
    return Judgment(
        requirement_id=act.requirement_id,
        solver_id=act.solver_id,
        achievement_id=seen.achievement_id,
        source=source,
        origin=str(act.origin),
        round_id=seen.round_id,
        rank=seen.rank,
        propensity=seen.propensity,
        parts=seen.parts,
        recipe=seen.recipe,
        **values,
    )
