"""Sends invitations and takes the replies. `move` is the only writer of the status.

What comes due by itself is left to `deadlines`, sending out a whole round to `rounds`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import SYSTEM, Actor
from app.errors import FieldError, InvalidInput, NotFound
from app.invitations import policy, repository
from app.invitations.notices import ORGANIZERS, team_of, tell
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.ledger import service as ledger
from app.models.invitation import INVITATION_TRANSITIONS, Invitation, InvitationStatus
from app.models.ledger import ResponseKind
from app.models.matching import CandidateRole, MatchRound, RoundStatus
from app.models.notification import Event
from app.models.requirement import Requirement, RequirementStatus
from app.models.solver import SolverProfile
from app.requirements import repository as requirement_rows
from app.requirements import service as requirements
from app.requirements.service import Answer
from app.solvers import service as solvers

N = InvitationStatus


@dataclass(frozen=True)
class Terms:
    """What an invitation says: until when to reply, when a silent team is reminded (None: after two thirds of
    the time), words of the organizer, whether an alternate follows a team that does not come, and whether a team is
    asked although all its places are taken."""

    reply_by: datetime
    remind_at: datetime | None = None
    message: str = ""
    invites_alternates: bool = False
    beyond_capacity: bool = False


def check_terms(terms: Terms) -> None:
    """Raises `InvalidInput` for a deadline that is over, or a reminder that does not lie before it."""
    problems = []
    if terms.reply_by <= now():
        problems.append(
            FieldError(
                "reply_by", "not_in_the_future", "回复截止时间须晚于现在", "The deadline must lie ahead"
            )
        )
    if terms.remind_at is not None and not now() < terms.remind_at < terms.reply_by:
        problems.append(
            FieldError(
                "remind_at",
                "not_before_deadline",
                "提醒时间须晚于现在、早于回复截止时间",
                "The reminder lies between now and the deadline",
            )
        )
    if problems:
        raise InvalidInput(fields=tuple(problems))


def send(
    session: Session, actor: Actor, requirement_id: uuid.UUID, solver_id: uuid.UUID, terms: Terms
) -> Invitation:
    """Invites a team by hand, beyond its capacity only if the terms say so.

    Raises `InvalidInput` for what is unknown and for terms that cannot be, else what `policy` names.
    """
    check_terms(terms)
    try:
        requirement = requirement_rows.get(session, actor, requirement_id, lock=True)
    except NotFound as error:
        raise _unknown(
            "requirement_id", "unknown_requirement", "没有这个需求", "No such requirement"
        ) from error
    try:
        team = solvers.get(session, actor, solver_id)
    except NotFound as error:
        raise _unknown("solver_id", "unknown_solver", "没有这个解决方", "No such solver") from error
    return invite(session, actor, requirement, team, terms)


def invite(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    team: SolverProfile,
    terms: Terms,
    *,
    round_id: uuid.UUID | None = None,
    instead_of_id: uuid.UUID | None = None,
) -> Invitation:
    """Invites a team; the requirement is locked and comes with its unit. Raises what `policy` names."""
    # Whoever invites the same team to other problems waits here, or both would see its last place free.
    session.scalar(select(SolverProfile.id).where(SolverProfile.id == team.id).with_for_update())
    policy.check_may_invite(session, requirement, team, beyond_capacity=terms.beyond_capacity)
    at = now()
    invitation = Invitation(
        requirement_id=requirement.id,
        solver_id=team.id,
        round_id=round_id,
        instead_of_id=instead_of_id,
        created_by_id=actor.user_id,
        status=N.SENT,
        message=terms.message,
        reply_by=terms.reply_by,
        remind_at=terms.remind_at or at + (terms.reply_by - at) * 2 / 3,
        invites_alternates=terms.invites_alternates,
    )
    invitation.requirement, invitation.solver = requirement, team
    session.add(invitation)
    session.flush()
    record(session, actor, invitation, "invitation.sent")
    tell(session, invitation, Event.INVITATION_SENT, team_of(invitation), but_not=actor.user_id)
    return invitation


def open_(session: Session, actor: Actor, invitation: Invitation) -> Invitation:
    """Someone of the team has read it; a second reader changes nothing.

    Raises `MoveNotAllowed` or `InvitationExpired`.
    """
    policy.check_in_time(invitation, now())
    if invitation.status is N.OPENED:
        return invitation
    invitation.opened_at = now()
    return move(session, actor, invitation, N.OPENED)


def accept(session: Session, actor: Actor, invitation: Invitation) -> Invitation:
    """The team comes: the requirement is in contact, and its seeker reads with whom.

    Raises `MoveNotAllowed`, `InvitationExpired` or `RequirementHasEnded`.
    """
    check_move(INVITATION_TRANSITIONS, invitation.status, N.ACCEPTED)
    policy.check_in_time(invitation, now())
    requirement = invitation.requirement
    if requirement.status not in policy.ACCEPTABLE_STATUSES:
        raise policy.RequirementHasEnded()
    invitation.ended_at = now()
    move(session, actor, invitation, N.ACCEPTED)
    text = f"受邀团队“{invitation.solver.name}”已接受邀约，承办单位将安排对接。"
    detail = {"invitation_id": str(invitation.id), "solver_id": str(invitation.solver_id)}
    if requirement.status in (RequirementStatus.PUBLISHED, RequirementStatus.MATCHING):
        answer = Answer(ResponseKind.WRITTEN, text, detail)
        requirements.move(session, actor, requirement, RequirementStatus.IN_CONTACT, answer)
    else:
        ledger.give_notice(session, requirement, text=text, author_id=actor.user_id, detail=detail)
    tell(session, invitation, Event.INVITATION_ACCEPTED, [ORGANIZERS], but_not=actor.user_id)
    return invitation


def decline(session: Session, actor: Actor, invitation: Invitation, *, reason: str) -> Invitation:
    """The team does not come; the organizers read why, and an alternate is invited if they wished so.

    Raises `MoveNotAllowed` or `InvitationExpired`.
    """
    check_move(INVITATION_TRANSITIONS, invitation.status, N.DECLINED)
    policy.check_in_time(invitation, now())
    invitation.ended_at, invitation.reason = now(), reason
    move(session, actor, invitation, N.DECLINED)
    tell(session, invitation, Event.INVITATION_DECLINED, [ORGANIZERS], but_not=actor.user_id)
    invite_next_alternate(session, invitation)
    return invitation


def remind(session: Session, actor: Actor, invitation: Invitation) -> Invitation:
    """The organizer asks a silent team again, at most once a day; this takes the place of the one by the clock.

    Raises `NoReplyAwaited`, `InvitationExpired` or `RemindedLately`.
    """
    at = now()
    policy.check_may_remind(invitation, at)
    invitation.reminded_at = at
    session.flush()
    record(session, actor, invitation, "invitation.reminded")
    occasion = f"reminder:{invitation.id}:{at.isoformat()}"
    tell(session, invitation, Event.INVITATION_REMINDER, team_of(invitation), once=occasion)
    return invitation


def extend(session: Session, actor: Actor, invitation: Invitation, *, reply_by: datetime) -> Invitation:
    """Gives the team longer to reply; a reminder follows after two thirds of the time that is left.

    A deadline is never brought forward, and one that has passed stays passed. Raises `NoReplyAwaited`,
    `InvitationExpired` or `InvalidInput`.
    """
    at = now()
    policy.check_awaits_reply(invitation, at)
    if reply_by <= invitation.reply_by:
        zh, en = "新的截止时间须晚于原截止时间", "The new deadline must be later than the old one"
        raise InvalidInput(fields=(FieldError("reply_by", "not_later", zh, en),))
    before, invitation.reply_by = invitation.reply_by, reply_by
    invitation.remind_at, invitation.reminded_at = at + (reply_by - at) * 2 / 3, None
    session.flush()
    dates = {"from": before.isoformat(), "to": reply_by.isoformat()}
    record(session, actor, invitation, "invitation.extended", **dates)
    occasion = f"extension:{invitation.id}:{reply_by.isoformat()}"
    tell(session, invitation, Event.INVITATION_EXTENDED, team_of(invitation), once=occasion)
    return invitation


def cancel(session: Session, actor: Actor, invitation: Invitation, *, reason: str) -> Invitation:
    """The organizer takes the invitation back; the team reads why. Raises `MoveNotAllowed`."""
    check_move(INVITATION_TRANSITIONS, invitation.status, N.CANCELLED)
    invitation.ended_at, invitation.reason = now(), reason
    move(session, actor, invitation, N.CANCELLED)
    tell(session, invitation, Event.INVITATION_CANCELLED, team_of(invitation), but_not=actor.user_id)
    return invitation


def invite_next_alternate(session: Session, left: Invitation) -> Invitation | None:
    """Invites the first alternate of the round who can come in place of `left`, with as much time as it had.

    An alternate who was invited before, has no place free or must not be invited is passed over; the place
    stays empty when there is none left, the round was withdrawn or nobody is invited any more.
    """
    found = _round_of(session, left)
    if not left.invites_alternates or found is None:
        return None
    requirement = left.requirement
    known = repository.invited_teams(session, requirement.id)
    terms = Terms(
        reply_by=now() + (left.reply_by - left.created_at), message=left.message, invites_alternates=True
    )
    for candidate in repository.chosen(session, found.id, CandidateRole.ALTERNATE, requirement.id):
        team = solvers.survivor(session, candidate.solver)
        if team.id in known:
            continue
        try:
            return invite(session, SYSTEM, requirement, team, terms, round_id=found.id, instead_of_id=left.id)
        except policy.IN_THE_WAY_OF_ALTERNATES:
            continue
        except policy.RequirementNotInvitable:
            return None
    return None


def move(session: Session, actor: Actor, invitation: Invitation, to: InvitationStatus) -> Invitation:
    """The only writer of the status. Raises `MoveNotAllowed`."""
    before = invitation.status
    check_move(INVITATION_TRANSITIONS, before, to)
    invitation.status = to
    session.flush()
    record(session, actor, invitation, "invitation.moved", **{"from": before.value, "to": to.value})
    return invitation


def record(session: Session, actor: Actor, invitation: Invitation, action: str, **detail: str) -> None:
    """Audits an act on the invitation."""
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="invitation",
        object_id=invitation.id,
        **detail,
    )


def _unknown(field: str, code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, code, zh, en),))


def _round_of(session: Session, invitation: Invitation) -> MatchRound | None:
    if invitation.round_id is None:
        return repository.published_round_of(session, invitation.requirement_id)
    found = session.get_one(MatchRound, invitation.round_id)
    return found if found.status is RoundStatus.PUBLISHED else None
