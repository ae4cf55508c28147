"""Makes an unclaimed profile, or one of its achievements, part of a profile of a unit.

The profile that was merged stays: published rounds name it, and re-imports find the team by its external id.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.indexing.outbox import note
from app.models.agreement import Agreement
from app.models.indexing import IndexCollection
from app.models.matching import PairRule, PairVerdict
from app.models.meeting import TAKING_PLACE, Meeting
from app.models.solver import Achievement, SolverProfile


def merge(session: Session, profile: SolverProfile, into: SolverProfile) -> None:
    """Moves achievements, agreements, meetings, pins and bans of `profile` to `into`; both are locked.

    Bans are never lost: where the two differ, the ban holds. Exclusions add up. What rounds have stored stays, and
    so does a meeting that `into` has of its own.
    """
    moved = list(session.scalars(select(Achievement.id).where(Achievement.solver_id == profile.id)))
    for achievement in session.scalars(select(Achievement).where(Achievement.solver_id == profile.id)).all():
        achievement.solver_id = into.id
    for agreement in session.scalars(select(Agreement).where(Agreement.solver_id == profile.id)).all():
        agreement.solver_id = into.id
    _carry_meetings(session, profile.id, into.id)
    _carry_rules(session, profile.id, into.id)
    session.execute(
        update(SolverProfile).where(SolverProfile.merged_into_id == profile.id).values(merged_into_id=into.id)
    )
    into.exclusions = list(dict.fromkeys([*into.exclusions, *profile.exclusions]))
    profile.merged_into_id, profile.is_active = into.id, False
    session.flush()
    everything = session.scalars(select(Achievement.id).where(Achievement.solver_id == into.id))
    note(session, IndexCollection.SOLVERS, [profile.id, into.id])
    note(session, IndexCollection.ACHIEVEMENTS, sorted({*moved, *everything}))


def move_achievement(session: Session, achievement: Achievement, into: SolverProfile) -> None:
    """Moves one achievement to `into`."""
    achievement.solver_id = into.id
    session.flush()
    note(session, IndexCollection.ACHIEVEMENTS, achievement.id)


def _carry_meetings(session: Session, old: uuid.UUID, new: uuid.UUID) -> None:
    """Whom an organizer lets meet need not be claimed yet; whoever takes the team over has its meetings."""
    live = select(Meeting).where(Meeting.status.in_(TAKING_PLACE))
    known = {
        (row.session_id, row.requirement_id) for row in session.scalars(live.where(Meeting.solver_id == new))
    }
    for meeting in session.scalars(live.where(Meeting.solver_id == old)).all():
        if (meeting.session_id, meeting.requirement_id) not in known:
            meeting.solver_id = new
    session.flush()


def _carry_rules(session: Session, old: uuid.UUID, new: uuid.UUID) -> None:
    held = session.scalars(select(PairRule).where(PairRule.solver_id == new))
    known = {(rule.challenge_id, rule.requirement_id): rule for rule in held}
    for rule in session.scalars(select(PairRule).where(PairRule.solver_id == old)).all():
        other = known.get((rule.challenge_id, rule.requirement_id))
        if other is None:
            rule.solver_id = new
            continue
        if rule.verdict is PairVerdict.FORBIDDEN and other.verdict is not PairVerdict.FORBIDDEN:
            other.verdict, other.reason = rule.verdict, rule.reason
        session.delete(rule)
    session.flush()
