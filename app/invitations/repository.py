"""Which invitations an actor may see, in one statement; every list and get starts from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Role
from app.models.challenge import ChallengeEntry
from app.models.invitation import OPEN_STATUSES, Invitation, InvitationStatus
from app.models.matching import Candidate, CandidateRole, MatchRound, PairRule, PairVerdict, RoundStatus
from app.models.requirement import END_STATUSES, Requirement, RequirementStatus
from app.models.solver import SolverProfile

SORTABLE: dict[str, Any] = {
    "created_at": Invitation.created_at,
    "reply_by": Invitation.reply_by,
    "updated_at": Invitation.updated_at,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[InvitationStatus, ...] = ()
    requirement_id: uuid.UUID | None = None
    solver_id: uuid.UUID | None = None
    round_id: uuid.UUID | None = None
    challenge_id: uuid.UUID | None = None
    q: str | None = None


def visible_to(actor: Actor) -> Select[Invitation]:
    """The invitations this actor may see: staff all, solvers those of their own teams."""
    statement = select(Invitation).join(Invitation.solver)
    if actor.is_staff:
        return statement
    allowed: list[ColumnElement[bool]] = []
    if actor.has_role(Role.SOLVER):
        allowed.append(SolverProfile.organization_id.in_(actor.organizations(Role.SOLVER)))
    return statement.where(or_(false(), *allowed))


def followed_by(actor: Actor, requirement_id: uuid.UUID) -> Select[Invitation]:
    """The invitations to a requirement, for staff and for seekers of the unit that has the problem."""
    statement = select(Invitation).join(Invitation.solver).join(Invitation.requirement)
    statement = statement.where(Invitation.requirement_id == requirement_id)
    if not actor.is_staff:
        statement = statement.where(Requirement.organization_id.in_(actor.organizations(Role.SEEKER)))
    return statement.options(contains_eager(Invitation.solver))


def with_parties(statement: Select[Invitation]) -> Select[Invitation]:
    """Loads the team and the requirement with its unit."""
    requirement = joinedload(Invitation.requirement)
    return statement.options(
        contains_eager(Invitation.solver),
        requirement.joinedload(Requirement.organization),
        requirement.selectinload(Requirement.challenges),
    )


def get(session: Session, actor: Actor, invitation_id: uuid.UUID) -> Invitation:
    """One invitation with its parties, as it is now.

    Raises `NotFound` for what does not exist and for what the actor may not see alike.
    """
    statement = with_parties(visible_to(actor)).where(Invitation.id == invitation_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def lock(session: Session, actor: Actor, invitation_id: uuid.UUID) -> Invitation:
    """One invitation, after its requirement and its row were locked, in this order. Raises `NotFound`."""
    statement = visible_to(actor).with_only_columns(Invitation.requirement_id)
    requirement_id = session.scalar(statement.where(Invitation.id == invitation_id))
    if requirement_id is None:
        raise NotFound()
    lock_requirement(session, requirement_id)
    session.scalar(select(Invitation.id).where(Invitation.id == invitation_id).with_for_update())
    return get(session, actor, invitation_id)


def lock_requirement(session: Session, requirement_id: uuid.UUID) -> None:
    """Makes everyone who invites to, or replies on, one requirement take turns."""
    session.scalar(select(Requirement.id).where(Requirement.id == requirement_id).with_for_update())


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(Invitation.status.in_(filters.status))
    if filters.requirement_id:
        statement = statement.where(Invitation.requirement_id == filters.requirement_id)
    if filters.solver_id:
        statement = statement.where(Invitation.solver_id == filters.solver_id)
    if filters.round_id:
        statement = statement.where(Invitation.round_id == filters.round_id)
    if filters.challenge_id:
        entered = select(ChallengeEntry.requirement_id).where(
            ChallengeEntry.challenge_id == filters.challenge_id
        )
        statement = statement.where(Invitation.requirement_id.in_(entered))
    for word in (filters.q or "").split():
        # What is masked for teams is in neither, so nobody can guess at it by searching.
        said = select(Requirement.id).where(Requirement.public_text.contains(word, autoescape=True))
        statement = statement.where(
            SolverProfile.name.contains(word, autoescape=True) | Invitation.requirement_id.in_(said)
        )
    return statement


def count_by_status(session: Session, statement: Select[Invitation]) -> dict[InvitationStatus, int]:
    """How many of the invitations that the statement finds are in each state; every state is named."""
    found = statement.with_only_columns(Invitation.status, func.count().label("number")).order_by(None)
    counted = {row.status: row.number for row in session.execute(found.group_by(Invitation.status))}
    return {status: counted.get(status, 0) for status in InvitationStatus}


def stand_ins(session: Session, invitation_id: uuid.UUID) -> list[Invitation]:
    """Those that took the place of this invitation, with their teams."""
    statement = select(Invitation).where(Invitation.instead_of_id == invitation_id)
    return list(session.scalars(statement.options(joinedload(Invitation.solver)).order_by(Invitation.id)))


def newest_by_pair(
    session: Session, requirement_ids: Iterable[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], Invitation]:
    """The last invitation of each requirement and team."""
    statement = select(Invitation).where(Invitation.requirement_id.in_(list(requirement_ids)))
    rows = session.scalars(statement.order_by(Invitation.created_at, Invitation.id))
    return {(row.requirement_id, row.solver_id): row for row in rows}


def invited_teams(
    session: Session, requirement_id: uuid.UUID, statuses: Iterable[InvitationStatus] = InvitationStatus
) -> set[uuid.UUID]:
    """The teams that were invited to a requirement and whose invitation is in one of `statuses`."""
    statement = select(Invitation.solver_id).where(
        Invitation.requirement_id == requirement_id, Invitation.status.in_(list(statuses))
    )
    return set(session.scalars(statement))


def is_banned(session: Session, requirement_id: uuid.UUID, solver_id: uuid.UUID) -> bool:
    """Whether people forbade the pair in a challenge."""
    statement = select(PairRule.id).where(
        PairRule.requirement_id == requirement_id,
        PairRule.solver_id == solver_id,
        PairRule.verdict == PairVerdict.FORBIDDEN,
    )
    return session.scalars(statement.limit(1)).first() is not None


def chosen(
    session: Session, round_id: uuid.UUID, role: CandidateRole, requirement_id: uuid.UUID | None = None
) -> list[Candidate]:
    """The candidates of a round in one role, by requirement and place, with their teams.

    Teams of whom the seeker was not told are left out, whatever an earlier version of the round made of them.
    """
    statement = (
        select(Candidate)
        .where(Candidate.round_id == round_id, Candidate.role == role, Candidate.is_forbidden.is_(False))
        .options(joinedload(Candidate.solver))
        .order_by(Candidate.requirement_id, Candidate.place, Candidate.rank)
    )
    if requirement_id is not None:
        statement = statement.where(Candidate.requirement_id == requirement_id)
    return [row for row in session.scalars(statement) if row.is_told]


def published_round_of(session: Session, requirement_id: uuid.UUID) -> MatchRound | None:
    """The newest published round that holds candidates for the requirement."""
    holding = select(Candidate.round_id).where(Candidate.requirement_id == requirement_id)
    statement = select(MatchRound).where(
        MatchRound.status == RoundStatus.PUBLISHED, MatchRound.id.in_(holding)
    )
    return session.scalars(statement.order_by(MatchRound.published_at.desc()).limit(1)).first()


def due(session: Session, at: datetime) -> list[uuid.UUID]:
    """Open invitations whose deadline has come, the earliest first."""
    statement = select(Invitation.id).where(Invitation.status.in_(OPEN_STATUSES), Invitation.reply_by <= at)
    return list(session.scalars(statement.order_by(Invitation.reply_by, Invitation.id)))


def to_remind(session: Session, at: datetime) -> list[uuid.UUID]:
    """Open invitations that wait for their only reminder."""
    statement = select(Invitation.id).where(
        Invitation.status.in_(OPEN_STATUSES),
        Invitation.reminded_at.is_(None),
        Invitation.remind_at <= at,
        Invitation.reply_by > at,
    )
    return list(session.scalars(statement.order_by(Invitation.remind_at, Invitation.id)))


def orphaned(session: Session) -> list[uuid.UUID]:
    """Open invitations whose requirement has ended or whose round was withdrawn, and accepted ones to
    requirements withdrawn."""
    withdrawn_rounds = select(MatchRound.id).where(MatchRound.status == RoundStatus.WITHDRAWN)
    is_open = Invitation.status.in_(OPEN_STATUSES) & (
        Requirement.status.in_(END_STATUSES) | Invitation.round_id.in_(withdrawn_rounds)
    )
    is_left_alone = (Invitation.status == InvitationStatus.ACCEPTED) & (
        Requirement.status == RequirementStatus.WITHDRAWN
    )
    statement = select(Invitation.id).join(Invitation.requirement).where(is_open | is_left_alone)
    return list(session.scalars(statement.order_by(Invitation.id)))
