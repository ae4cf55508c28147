"""Which agreements an actor may see, in one statement; every list, get and figure starts from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Role
from app.models.agreement import (
    STANDING_STATUSES,
    Agreement,
    AgreementKind,
    AgreementStatus,
    Payment,
)
from app.models.invitation import Invitation, InvitationStatus
from app.models.proposal import Proposal, ProposalStatus
from app.models.requirement import PUBLIC_STATUSES, Field, Requirement
from app.models.solver import SolverProfile
from app.requirements import repository as requirements

SORTABLE: dict[str, Any] = {
    "created_at": Agreement.created_at,
    "updated_at": Agreement.updated_at,
    "signed_on": Agreement.signed_on,
    "amount_wan": Agreement.amount_wan,
}


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    status: tuple[AgreementStatus, ...] = ()
    kind: tuple[AgreementKind, ...] = ()
    field: tuple[Field, ...] = ()
    requirement_id: uuid.UUID | None = None
    solver_id: uuid.UUID | None = None
    challenge_id: uuid.UUID | None = None
    region: str | None = None
    signed_from: date | None = None
    signed_to: date | None = None


def visible_to(actor: Actor) -> Select[Agreement]:
    """The agreements this actor may see: staff all, seekers those on their own requirements, solvers those
    that their team has signed. Joined with the requirement, which filters and figures ask for."""
    allowed: list[ColumnElement[bool]] = []
    if actor.has_role(Role.SEEKER):
        allowed.append(Requirement.organization_id.in_(actor.organizations(Role.SEEKER)))
    if actor.has_role(Role.SOLVER):
        own = SolverProfile.organization_id.in_(actor.organizations(Role.SOLVER))
        allowed.append(Agreement.signed_on.is_not(None) & own)
    statement = select(Agreement).join(Agreement.requirement).join(Agreement.solver)
    return statement if actor.is_staff else statement.where(or_(false(), *allowed))


def with_everything(statement: Select[Agreement]) -> Select[Agreement]:
    """Loads what a view shows: parties, challenge, milestones, payments and reports."""
    return statement.options(
        contains_eager(Agreement.requirement).joinedload(Requirement.organization),
        contains_eager(Agreement.solver),
        joinedload(Agreement.challenge),
        selectinload(Agreement.milestones),
        selectinload(Agreement.payments),
        selectinload(Agreement.reports),
    )


def get(session: Session, actor: Actor, agreement_id: uuid.UUID) -> Agreement:
    """One agreement with all that belongs to it, as it is now.

    Raises `NotFound` for what does not exist and for what the actor may not see alike.
    """
    statement = with_everything(visible_to(actor)).where(Agreement.id == agreement_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def lock(session: Session, actor: Actor, agreement_id: uuid.UUID) -> Agreement:
    """The locked row. Parts and parties come with it; whoever moves the requirement locks that, too.

    Raises `NotFound`.
    """
    statement = visible_to(actor).with_only_columns(Agreement.id).where(Agreement.id == agreement_id)
    if session.scalar(statement) is None:
        raise NotFound()
    # What is loaded after the lock was taken is what the last writer left behind.
    session.scalar(select(Agreement.id).where(Agreement.id == agreement_id).with_for_update())
    return get(session, actor, agreement_id)


def narrow(statement: Select[Any], filters: Filters) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.status:
        statement = statement.where(Agreement.status.in_(filters.status))
    if filters.kind:
        statement = statement.where(Agreement.kind.in_(filters.kind))
    if filters.field:
        statement = statement.where(Requirement.field.in_(filters.field))
    if filters.requirement_id:
        statement = statement.where(Agreement.requirement_id == filters.requirement_id)
    if filters.solver_id:
        statement = statement.where(Agreement.solver_id == filters.solver_id)
    if filters.challenge_id:
        statement = statement.where(Agreement.challenge_id == filters.challenge_id)
    if filters.region:
        statement = statement.where(Requirement.region.contains(filters.region, autoescape=True))
    if filters.signed_from:
        statement = statement.where(Agreement.signed_on >= filters.signed_from)
    if filters.signed_to:
        statement = statement.where(Agreement.signed_on <= filters.signed_to)
    return statement


def fileable_by(actor: Actor) -> Select[Requirement]:
    """The requirements on which the actor may file an agreement now: `policy.check_may_file` as a list."""
    statement = requirements.visible_to(actor).where(Requirement.status.in_(PUBLIC_STATUSES))
    return statement if actor.is_staff else statement.where(requirements.own_of(actor))


def teams_at_hand(requirement_id: uuid.UUID) -> Select[SolverProfile]:
    """The teams with which an agreement on this requirement is likely: their proposal was selected, or they have
    accepted an invitation."""
    selected = select(Proposal.solver_id).where(
        Proposal.requirement_id == requirement_id, Proposal.status == ProposalStatus.SELECTED
    )
    coming = select(Invitation.solver_id).where(
        Invitation.requirement_id == requirement_id, Invitation.status == InvitationStatus.ACCEPTED
    )
    concerned = or_(SolverProfile.id.in_(selected), SolverProfile.id.in_(coming))
    return select(SolverProfile).where(concerned).order_by(SolverProfile.name)


def selected_proposals(requirement_id: uuid.UUID) -> Select[Proposal]:
    """The proposals that an agreement on this requirement can carry out."""
    return select(Proposal).where(
        Proposal.requirement_id == requirement_id, Proposal.status == ProposalStatus.SELECTED
    )


def is_standing() -> ColumnElement[bool]:
    """Signed and not terminated."""
    return Agreement.status.in_(STANDING_STATUSES)


def is_paid() -> ColumnElement[bool]:
    """At least one payment was received that stands."""
    return Agreement.id.in_(select(Payment.agreement_id).where(Payment.voided_at.is_(None)))


def has_other_standing(session: Session, agreement: Agreement) -> bool:
    """Whether another agreement on the same requirement is signed and not terminated."""
    others = exists().where(
        Agreement.requirement_id == agreement.requirement_id,
        Agreement.id != agreement.id,
        is_standing(),
    )
    return bool(session.scalar(select(others)))
