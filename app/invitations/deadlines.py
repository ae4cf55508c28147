"""What comes due by itself: reminders, deadlines, and invitations whose requirement or round is gone.

Each is found by its state and done in a transaction of its own, so that it happens once, also after a restart.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM
from app.db import Database
from app.invitations import repository
from app.invitations.notices import ORGANIZERS, team_of, tell
from app.invitations.service import invite_next_alternate, move
from app.kit.clock import now
from app.models.invitation import BINDING_STATUSES, OPEN_STATUSES, Invitation, InvitationStatus
from app.models.matching import MatchRound, RoundStatus
from app.models.notification import Event
from app.models.requirement import END_STATUSES, RequirementStatus

log = logging.getLogger("jiebang.invitations")


def settle(db: Database) -> int:
    """Does everything that is due now and returns how much that was; one that fails stops no other."""
    at = now()
    with db.read() as session:
        orphaned, due = repository.orphaned(session), repository.due(session, at)
        to_remind = repository.to_remind(session, at)
    done = _each(db, orphaned, _call_off)
    done += _each(db, due, _expire)
    return done + _each(db, to_remind, _remind)


def _each(db: Database, ids: list[uuid.UUID], do: Callable[[Session, Invitation], bool]) -> int:
    done = 0
    for id in ids:
        try:
            with db.write() as session:
                done += do(session, repository.lock(session, SYSTEM, id))
        except Exception as error:
            log.error("invitation not settled", extra={"invitation": str(id), "kind": type(error).__name__})
    return done


def _expire(session: Session, invitation: Invitation) -> bool:
    # What was found a moment ago may have been replied to, or settled by another process, since.
    if invitation.status not in OPEN_STATUSES or invitation.reply_by > now():
        return False
    invitation.ended_at = now()
    move(session, SYSTEM, invitation, InvitationStatus.EXPIRED)
    tell(session, invitation, Event.INVITATION_EXPIRED, [*team_of(invitation), ORGANIZERS])
    invite_next_alternate(session, invitation)
    return True


def _remind(session: Session, invitation: Invitation) -> bool:
    is_due = invitation.remind_at is not None and invitation.remind_at <= now()
    if invitation.status not in OPEN_STATUSES or invitation.reminded_at is not None or not is_due:
        return False
    invitation.reminded_at = now()
    session.flush()
    # An extended deadline has a reminder of its own.
    occasion = f"reminder:{invitation.id}:{invitation.reply_by.isoformat()}"
    tell(session, invitation, Event.INVITATION_REMINDER, team_of(invitation), once=occasion)
    return True


def _call_off(session: Session, invitation: Invitation) -> bool:
    reason = _what_ended(session, invitation)
    is_withdrawn = invitation.requirement.status is RequirementStatus.WITHDRAWN
    if reason is None or invitation.status not in (BINDING_STATUSES if is_withdrawn else OPEN_STATUSES):
        return False
    invitation.ended_at, invitation.reason = now(), reason
    move(session, SYSTEM, invitation, InvitationStatus.CANCELLED)
    event = Event.REQUIREMENT_WITHDRAWN if is_withdrawn else Event.INVITATION_CANCELLED
    tell(session, invitation, event, team_of(invitation))
    return True


def _what_ended(session: Session, invitation: Invitation) -> str | None:
    status = invitation.requirement.status
    if status in END_STATUSES:
        return f"需求{status.label}。"
    if invitation.round_id is not None:
        found = session.get_one(MatchRound, invitation.round_id)
        if found.status is RoundStatus.WITHDRAWN:
            return "匹配轮次已撤回。"
    return None
