"""Whether a team can propose, and whether a reviewer must keep away, as sentences."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import JiebangError, NotPermitted
from app.invitations import repository as invitations
from app.invitations.policy import INVITABLE_STATUSES, PairBarred, TeamInactive
from app.matches.gates import bars
from app.models.access import Membership, Role, User
from app.models.invitation import InvitationStatus
from app.models.organization import Organization
from app.models.proposal import EDITABLE_STATUSES, Admission, Proposal, ProposalCall, ProposalStatus
from app.models.requirement import Requirement
from app.models.review import ReviewConflict
from app.models.solver import SolverProfile
from app.proposals import calls
from app.solvers.repository import is_own

PROPOSABLE_STATUSES = INVITABLE_STATUSES
"""States of a requirement in which proposals for it are taken."""


class NotCallingForProposals(JiebangError):
    code, status = "not_calling_for_proposals", 409
    zh = "需求当前为“{state}”，发布之后、签约之前才能提交方案"
    en = "The requirement is {state_code}; proposals are taken after publication and before an agreement"


class ProposalNeedsInvitation(JiebangError):
    code, status = "proposal_needs_invitation", 409
    zh, en = "该需求只接受已接受邀约的团队提交方案", "Only teams that accepted an invitation can propose"


class AlreadyProposed(JiebangError):
    code, status = "already_proposed", 409
    zh, en = "本团队对该需求已有一份方案", "The team has a proposal for this requirement already"


class ProposalNotEditable(JiebangError):
    code, status = "proposal_not_editable", 409
    zh, en = "方案当前为“{state}”，不能再修改", "The proposal is {state_code} and can no longer be changed"


class ReviewerConflict(JiebangError):
    code, status = "reviewer_conflict", 409
    zh = "该专家与需求单位或方案团队同属一个单位，或被团队声明回避，不能评审"
    en = "The reviewer belongs to the seeker's or a team's unit, or a team must not meet theirs"


def check_may_propose(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    team: SolverProfile,
    call: ProposalCall | None,
    at: datetime,
) -> None:
    """Raises the error that names what is in the way; the requirement comes with its unit."""
    if not is_own(actor, team):
        raise NotPermitted(permission="proposals:write")
    check_is_taken(session, requirement, team, call, at)
    statement = select(Proposal.id).where(
        Proposal.requirement_id == requirement.id,
        Proposal.solver_id == team.id,
        Proposal.status != ProposalStatus.WITHDRAWN,
    )
    if session.scalar(statement) is not None:
        raise AlreadyProposed()


def check_is_taken(
    session: Session,
    requirement: Requirement,
    team: SolverProfile,
    call: ProposalCall | None,
    at: datetime,
) -> None:
    """Raises unless a proposal of this team for this requirement is taken at `at`.

    The closing instant comes first: whoever is late reads so, whatever else would be in the way.
    """
    calls.check_is_open(session, requirement.id, call, at)
    if requirement.status not in PROPOSABLE_STATUSES:
        raise NotCallingForProposals(state=requirement.status.label, state_code=requirement.status.value)
    if not team.is_active:
        raise TeamInactive()
    if is_tied(team, requirement.organization) or invitations.is_banned(session, requirement.id, team.id):
        raise PairBarred()
    is_invited = team.id in invitations.invited_teams(session, requirement.id, [InvitationStatus.ACCEPTED])
    if calls.admission_of(requirement, call) is Admission.BY_INVITATION and not is_invited:
        raise ProposalNeedsInvitation()


def check_is_editable(proposal: Proposal) -> None:
    """Raises `ProposalNotEditable` once the team can no longer work on it."""
    if proposal.status not in EDITABLE_STATUSES:
        raise ProposalNotEditable(state=proposal.status.label, state_code=proposal.status.value)


def is_tied(team: SolverProfile, unit: Organization) -> bool:
    """Whether a team and a unit must not meet: they are one, or the team has excluded it."""
    return bool(set(bars(team, unit)) - {"inactive"})


def check_no_conflict(
    session: Session, reviewer_id: uuid.UUID, requirement: Requirement, teams: Sequence[SolverProfile]
) -> None:
    """A reviewer keeps away from a whole call when tied to any of its parties: proposals compete.

    Tied is who belongs to the seeker's or a team's unit, or to a unit that a team declared it must not meet, and
    who has declared a conflict with the requirement or its seeker. Raises `ReviewerConflict`.
    """
    declared = select(ReviewConflict.id).where(
        ReviewConflict.reviewer_id == reviewer_id,
        or_(
            ReviewConflict.requirement_id == requirement.id,
            ReviewConflict.organization_id == requirement.organization_id,
        ),
    )
    if session.scalars(declared.limit(1)).first() is not None:
        raise ReviewerConflict()
    units = session.scalars(
        select(Organization).join(Membership).where(Membership.user_id == reviewer_id)
    ).all()
    for unit in units:
        if unit.id == requirement.organization_id:
            raise ReviewerConflict()
        if any(is_tied(team, unit) for team in teams):
            raise ReviewerConflict()


def is_reviewer(session: Session, user_id: uuid.UUID) -> bool:
    """Whether the person can be given proposals to assess."""
    statement = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(User.id == user_id, User.is_active, Membership.role == Role.REVIEWER)
    )
    return session.scalars(statement.limit(1)).first() is not None
