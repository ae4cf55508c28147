"""Whether a team can be invited to a requirement, and whether a reply still counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.errors import JiebangError
from app.invitations import repository
from app.matches.gates import barred, gates_of
from app.models.invitation import BINDING_STATUSES, OPEN_STATUSES, Invitation
from app.models.requirement import Requirement, RequirementStatus
from app.models.solver import SolverProfile
from app.solvers import places

INVITABLE_STATUSES = frozenset(
    {RequirementStatus.PUBLISHED, RequirementStatus.MATCHING, RequirementStatus.IN_CONTACT}
)
"""States of a requirement in which teams are invited to it."""

ACCEPTABLE_STATUSES = INVITABLE_STATUSES | {RequirementStatus.AGREED, RequirementStatus.IN_DELIVERY}
"""States in which a team that was invited earlier can still accept."""


REMINDERS_APART = timedelta(hours=24)
"""A team is not reminded again before so much time has passed."""


class RequirementNotInvitable(JiebangError):
    code, status = "requirement_not_invitable", 409
    zh = "需求当前为“{state}”，发布之后、签约之前才能邀约"
    en = "The requirement is {state_code}; teams are invited after publication and before an agreement"


class TeamUnclaimed(JiebangError):
    code, status = "team_unclaimed", 409
    zh = "该解决方尚未归属任何单位，没有人能收到邀约"
    en = "The team belongs to no unit yet, so nobody would get the invitation"


class TeamInactive(JiebangError):
    code, status = "team_inactive", 409
    zh, en = "该解决方已停用", "The team is switched off"


class TeamPaused(JiebangError):
    code, status = "team_paused", 409
    zh = "该解决方在 {until} 之前（含当日）暂停承接新需求"
    en = "The team takes on no further problems until {until} has passed"


class TeamFull(JiebangError):
    code, status = "team_full", 409
    zh = "该解决方可承接 {capacity} 项，名额已满；确需邀约请设置 beyond_capacity"
    en = "All {capacity} places of the team are taken; set beyond_capacity to invite it all the same"


class PairBarred(JiebangError):
    code, status = "pair_barred", 409
    zh = "该解决方与需求单位须回避、不符合需求的必备条件，或该组合已被禁止"
    en = "The team must not meet this unit, breaks a must-have condition, or the pair was forbidden"


class AlreadyInvited(JiebangError):
    code, status = "already_invited", 409
    zh, en = "该解决方已受邀参与此需求", "The team was invited to this requirement already"


class InvitationExpired(JiebangError):
    code, status = "invitation_expired", 409
    zh, en = "邀约已过回复截止时间", "The time for a reply has passed"


class NoReplyAwaited(JiebangError):
    code, status = "no_reply_awaited", 409
    zh = "邀约当前为“{state}”，不再等待回复"
    en = "The invitation is {state_code}; no reply is awaited"


class RemindedLately(JiebangError):
    code, status = "reminded_lately", 409
    zh = "24 小时内已提醒过该团队，请稍后再提醒"
    en = "The team was reminded within the last 24 hours"


class RequirementHasEnded(JiebangError):
    code, status = "requirement_has_ended", 409
    zh, en = (
        "该需求已办结，不能再接受邀约",
        "The requirement has ended; the invitation can no longer be accepted",
    )


IN_THE_WAY_OF_ALTERNATES = (TeamUnclaimed, TeamInactive, TeamPaused, TeamFull, PairBarred)
"""What keeps one alternate from coming, but not the next."""


def check_may_invite(
    session: Session, requirement: Requirement, team: SolverProfile, *, beyond_capacity: bool = False
) -> None:
    """Raises the error that names what is in the way; the requirement comes with its unit.

    Capacity is the only rule that can be set aside, by a person's express wish.
    """
    if requirement.status not in INVITABLE_STATUSES:
        raise RequirementNotInvitable(state=requirement.status.label, state_code=requirement.status.value)
    check_team(team)
    gates = gates_of(session, [requirement])[requirement.id]
    if barred(team, requirement.organization, gates) or repository.is_banned(
        session, requirement.id, team.id
    ):
        raise PairBarred()
    if team.id in repository.invited_teams(session, requirement.id, BINDING_STATUSES):
        raise AlreadyInvited()
    if not beyond_capacity and not has_place(session, requirement, team):
        raise TeamFull(capacity=team.capacity)


def check_team(team: SolverProfile) -> None:
    """Raises what keeps a team from being invited to anything: `TeamUnclaimed`, `TeamInactive`, `TeamPaused`."""
    if team.organization_id is None:
        raise TeamUnclaimed()
    if not team.is_active:
        raise TeamInactive()
    if team.is_paused_on(places.today()):
        raise TeamPaused(until=team.paused_until)


def has_place(session: Session, requirement: Requirement, team: SolverProfile) -> bool:
    """Whether the team has a place left beside what it holds of this requirement already."""
    taken = places.held(session, [team.id], without=[requirement.id])[team.id]
    return len(taken) < team.capacity


def check_in_time(invitation: Invitation, at: datetime) -> None:
    """Raises `InvitationExpired` from the deadline on, whether or not anybody has noted that it has passed."""
    if invitation.status in OPEN_STATUSES and at >= invitation.reply_by:
        raise InvitationExpired()


def check_awaits_reply(invitation: Invitation, at: datetime) -> None:
    """Raises `NoReplyAwaited` or `InvitationExpired`."""
    if invitation.status not in OPEN_STATUSES:
        raise NoReplyAwaited(state=invitation.status.label, state_code=invitation.status.value)
    check_in_time(invitation, at)


def check_may_remind(invitation: Invitation, at: datetime) -> None:
    """Raises `NoReplyAwaited`, `InvitationExpired` or `RemindedLately`."""
    check_awaits_reply(invitation, at)
    if invitation.reminded_at is not None and at - invitation.reminded_at < REMINDERS_APART:
        raise RemindedLately()
