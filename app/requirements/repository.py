"""Which requirements an actor may see, in one statement; every list, get, search and export starts from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, null, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from app.auth.actor import Actor
from app.challenges import repository as challenges
from app.errors import NotFound
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeEntry
from app.models.proposal import ACTIVE_ASSESSMENTS, ProposalAssessment, ProposalCall
from app.models.requirement import (
    PUBLIC_STATUSES,
    Confidentiality,
    Field,
    Requirement,
    RequirementStatus,
)
from app.models.review import AssignmentStatus, ReviewAssignment
from app.requirements.districts import in_district

SORTABLE: dict[str, Any] = {
    "created_at": Requirement.created_at,
    "updated_at": Requirement.updated_at,
    "submitted_at": Requirement.submitted_at,
    "published_at": Requirement.published_at,
    "deadline": Requirement.deadline,
    "budget_wan": Requirement.budget_wan,
    "title": Requirement.title,
}


def sortable_by(actor: Actor) -> dict[str, Any]:
    """The fields that this actor may sort by: an order by titles would tell strangers what a title hides."""
    is_stranger = actor.is_visitor or actor.has_role(Role.SOLVER)
    if is_stranger and not actor.is_staff:
        return {name: column for name, column in SORTABLE.items() if name != "title"}
    return SORTABLE


@dataclass(frozen=True)
class Filters:
    """How a list is narrowed; None means no narrowing."""

    q: str | None = None
    status: tuple[RequirementStatus, ...] = ()
    field: tuple[Field, ...] = ()
    is_unclassified: bool = False
    region: str | None = None
    district: str | None = None
    industry: str | None = None
    confidentiality: Confidentiality | None = None
    organization_id: uuid.UUID | None = None
    challenge_id: uuid.UUID | None = None
    external_id: str | None = None
    budget_min: Decimal | None = None
    budget_max: Decimal | None = None


# Statements never change once made, and making this one costs as much as running it.
@lru_cache(maxsize=1024)
def visible_to(actor: Actor) -> Select[Requirement]:
    """The requirements this actor may see, with their organization and challenges.

    Staff: all that were submitted, and the drafts that staff filed. Reviewers: what is assigned to them.
    Seekers: their own organization's. Solvers and visitors: what is published, unless its tier is restricted.
    """
    return _rows_for(actor).options(selectinload(Requirement.challenges))


@lru_cache(maxsize=1024)
def _one_visible_to(actor: Actor) -> Select[Requirement]:
    # One row at a time, a join is cheaper than a second query.
    return (
        _rows_for(actor)
        .where(Requirement.id == bindparam("requirement_id"))
        .options(joinedload(Requirement.challenges))
    )


def _rows_for(actor: Actor) -> Select[Requirement]:
    return select(Requirement).where(_visible(actor)).options(joinedload(Requirement.organization))


def own_of(actor: Actor) -> ColumnElement[bool]:
    """Rows that belong to an organization for which the actor is a seeker."""
    return Requirement.organization_id.in_(actor.organizations(Role.SEEKER))


def is_insider(actor: Actor, requirement: Requirement) -> bool:
    """Whether the actor, who sees the requirement, may know whose it is and read it in full."""
    if actor.is_staff or requirement.organization_id in actor.organizations(Role.SEEKER):
        return True
    # A reviewer sees what is assigned to it, and nothing else unless another role shows the published side.
    is_shown_to_all = requirement.status in PUBLIC_STATUSES and not _is_restricted(requirement)
    return actor.has_role(Role.REVIEWER) and not (actor.has_role(Role.SOLVER) and is_shown_to_all)


def _is_restricted(requirement: Requirement) -> bool:
    return requirement.confidentiality is Confidentiality.RESTRICTED


def assigned_to(actor: Actor) -> ColumnElement[bool]:
    """Rows that the actor is to review, or whose proposals it is to assess.

    Those of a unit that it belongs to itself are nobody's own to judge.
    """
    reviewed = select(ReviewAssignment.requirement_id).where(
        ReviewAssignment.reviewer_id == actor.user_id, ReviewAssignment.status == AssignmentStatus.ACTIVE
    )
    assessed = (
        select(ProposalCall.requirement_id)
        .join(ProposalAssessment, ProposalAssessment.call_id == ProposalCall.id)
        .where(
            ProposalAssessment.reviewer_id == actor.user_id,
            ProposalAssessment.status.in_(ACTIVE_ASSESSMENTS),
        )
    )
    return and_(
        Requirement.status != RequirementStatus.DRAFT,
        or_(Requirement.id.in_(reviewed), Requirement.id.in_(assessed)),
        Requirement.organization_id.not_in(actor.organizations()),
    )


def _visible(actor: Actor) -> ColumnElement[bool]:
    allowed: list[ColumnElement[bool]] = []
    if actor.is_staff:
        allowed.append(Requirement.status != RequirementStatus.DRAFT)
        allowed.append(Requirement.is_filed_by_staff.is_(True))
    if actor.has_role(Role.REVIEWER):
        allowed.append(assigned_to(actor))
    if actor.has_role(Role.SEEKER):
        allowed.append(own_of(actor))
    if actor.is_visitor or actor.has_role(Role.SOLVER):
        allowed.append(
            Requirement.status.in_(PUBLIC_STATUSES)
            & (Requirement.confidentiality != Confidentiality.RESTRICTED)
        )
    return or_(false(), *allowed)


def get(session: Session, actor: Actor, requirement_id: uuid.UUID, *, lock: bool = False) -> Requirement:
    """One requirement. Raises `NotFound` for what does not exist and for what the actor may not see alike."""
    statement = _one_visible_to(actor)
    if lock:
        statement = statement.with_for_update(of=Requirement)
    found = session.scalars(statement, {"requirement_id": requirement_id})
    requirement = found.unique().one_or_none()
    if requirement is None:
        raise NotFound()
    return requirement


def narrow(statement: Select[Any], filters: Filters, actor: Actor) -> Select[Any]:
    """Adds the filters to a statement that `visible_to` began."""
    if filters.q:
        statement = statement.where(_mentions(filters.q, actor))
    if filters.status:
        statement = statement.where(Requirement.status.in_(filters.status))
    if filters.field:
        statement = statement.where(_is_in_field(filters.field))
    if filters.is_unclassified:
        statement = statement.where(_is_in_no_field())
    if filters.district is not None:
        statement = statement.where(in_district(filters.district))
    if filters.region:
        statement = statement.where(Requirement.region.contains(filters.region, autoescape=True))
    if filters.industry:
        # What is masked for strangers must not be found by them either.
        statement = statement.where(
            Requirement.industry.contains(filters.industry, autoescape=True),
            or_(_may_know_owner(actor), Requirement.public_text.contains(filters.industry, autoescape=True)),
        )
    if filters.confidentiality:
        statement = statement.where(Requirement.confidentiality == filters.confidentiality)
    if filters.organization_id:
        statement = statement.where(
            Requirement.organization_id == filters.organization_id, _may_know_owner(actor)
        )
    if filters.external_id:
        statement = statement.where(Requirement.external_id == filters.external_id, _may_know_owner(actor))
    if filters.budget_min is not None:
        statement = statement.where(Requirement.budget_wan >= filters.budget_min)
    if filters.budget_max is not None:
        statement = statement.where(Requirement.budget_wan <= filters.budget_max)
    if filters.challenge_id:
        entered = select(ChallengeEntry.requirement_id).where(
            ChallengeEntry.challenge_id == filters.challenge_id
        )
        # Strangers do not read which challenge in preparation a requirement is in, so they cannot ask.
        seen = challenges.visible_to(actor).where(Challenge.id == filters.challenge_id)
        statement = statement.where(
            Requirement.id.in_(entered), or_(own_of(actor), seen.with_only_columns(Challenge.id).exists())
        )
    return statement


def _is_in_field(wanted: Iterable[Field]) -> ColumnElement[bool]:
    """The class that the refined statement gives, else the form's."""
    refined = Requirement.refined["field"].as_string()
    return or_(
        refined.in_([field.value for field in wanted]),
        Requirement.refined.is_(null()) & Requirement.field.in_(list(wanted)),
    )


def _is_in_no_field() -> ColumnElement[bool]:
    refined = Requirement.refined["field"].as_string()
    return and_(refined.is_(None), or_(Requirement.refined.is_not(null()), Requirement.field.is_(None)))


def concerning(actor: Actor) -> ColumnElement[bool]:
    """Rows that are the actor's affair, not only published: of its own unit, or its to judge; staff's are all."""
    if actor.is_staff:
        return true()
    return or_(own_of(actor), _reviews(actor))


def _may_know_owner(actor: Actor) -> ColumnElement[bool]:
    return or_(concerning(actor), Requirement.confidentiality == Confidentiality.PUBLIC)


def _reviews(actor: Actor) -> ColumnElement[bool]:
    return assigned_to(actor) if actor.has_role(Role.REVIEWER) else false()


def _mentions(words: str, actor: Actor) -> ColumnElement[bool]:
    """Every blank-separated word occurs; strangers search the public text only, or hidden names would be guessed."""
    conditions = []
    for word in words.split():
        public = Requirement.public_text.contains(word, autoescape=True)
        if actor.is_staff:
            conditions.append(public | _in_full_text(word))
        else:
            conditions.append(public | ((own_of(actor) | _reviews(actor)) & _in_full_text(word)))
    return and_(true(), *conditions)


def _in_full_text(word: str) -> ColumnElement[bool]:
    columns = (Requirement.title, Requirement.description, Requirement.problem, Requirement.external_id)
    return or_(*(column.contains(word, autoescape=True) for column in columns))


def by_external_ids(session: Session, source: str, external_ids: Iterable[str]) -> dict[str, Requirement]:
    """Requirements of one source by their external ids; for imports."""
    statement = (
        select(Requirement)
        .where(Requirement.source == source, Requirement.external_id.in_(list(external_ids)))
        .options(joinedload(Requirement.organization))
    )
    return {str(row.external_id): row for row in session.scalars(statement)}
