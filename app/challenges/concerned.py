"""Whom a stage of a challenge concerns: those who can act in it, or wait for what it brings, and nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.access import Membership, Role
from app.models.challenge import Challenge, ChallengeAccess, ChallengeEntry, ChallengeInvitee
from app.models.invitation import BINDING_STATUSES, Invitation, InvitationStatus
from app.models.organization import Organization
from app.models.requirement import Requirement, RequirementStatus
from app.models.review import AssignmentStatus, ReviewAssignment
from app.models.solver import SolverProfile
from app.models.stage import StageKind
from app.notifications.recipients import Person, Recipient, RoleHolders

S, K = RequirementStatus, StageKind
Finder = Callable[[Session, Challenge], Iterable[Recipient]]

WAITING: dict[StageKind, frozenset[RequirementStatus]] = {
    K.COLLECTION: frozenset({S.DRAFT}),
    K.REVIEW: frozenset({S.SUBMITTED, S.TECHNICAL_REVIEW, S.RETURNED}),
    K.REFINEMENT: frozenset({S.TECHNICAL_REVIEW, S.REFINED}),
    K.PUBLICATION: frozenset({S.APPROVED, S.PUBLISHED}),
    K.PROPOSALS: frozenset({S.PUBLISHED, S.MATCHING, S.IN_CONTACT}),
    K.MATCHING: frozenset({S.PUBLISHED, S.MATCHING}),
    K.CONTACT: frozenset({S.MATCHING, S.IN_CONTACT}),
    K.FINALS: frozenset({S.IN_CONTACT}),
    K.SIGNING: frozenset({S.IN_CONTACT, S.AGREED}),
    K.DELIVERY: frozenset({S.AGREED, S.IN_DELIVERY}),
}
"""The states of a requirement in which its seeker is concerned by a stage."""

COMING: dict[StageKind, frozenset[InvitationStatus]] = {
    K.PROPOSALS: BINDING_STATUSES,
    **dict.fromkeys((K.CONTACT, K.FINALS, K.SIGNING, K.DELIVERY), frozenset({InvitationStatus.ACCEPTED})),
}
"""The states of an invitation in which its team is concerned by a stage."""

REVIEWED = frozenset({K.REVIEW, K.REFINEMENT})
"""The stages that concern those who review a requirement."""


_finders: defaultdict[StageKind, list[Finder]] = defaultdict(list)


def also(*kinds: StageKind) -> Callable[[Finder], Finder]:
    """Registers who else these stages concern. Concepts above this one know; this one must not know them."""

    def register(finder: Finder) -> Finder:
        for kind in kinds:
            _finders[kind].append(finder)
        return finder

    return register


def concerned(
    session: Session, challenge: Challenge, kind: StageKind, *, is_opening: bool = False
) -> list[Recipient]:
    """Organizers, and the seekers, teams and reviewers whose affairs are in this stage now.

    The opening of the collection concerns everyone who may hand something in.
    """
    if kind is K.COLLECTION and is_opening:
        seekers = _who_may_hand_in(session, challenge)
    else:
        seekers = _waiting(session, challenge, kind)
    people: list[Recipient] = [RoleHolders(Role.ORGANIZER), *seekers, *_coming(session, challenge, kind)]
    if kind in REVIEWED:
        people += _reviewing(session, challenge)
    return people + [found for finder in _finders[kind] for found in finder(session, challenge)]


def _waiting(session: Session, challenge: Challenge, kind: StageKind) -> list[RoleHolders]:
    statement = (
        select(Requirement.organization_id)
        .join(ChallengeEntry, ChallengeEntry.requirement_id == Requirement.id)
        .where(ChallengeEntry.challenge_id == challenge.id, Requirement.status.in_(WAITING[kind]))
        .distinct()
    )
    return [RoleHolders(Role.SEEKER, unit) for unit in session.scalars(statement)]


def _coming(session: Session, challenge: Challenge, kind: StageKind) -> list[RoleHolders]:
    statement = (
        select(SolverProfile.organization_id)
        .join(Invitation, Invitation.solver_id == SolverProfile.id)
        .join(ChallengeEntry, ChallengeEntry.requirement_id == Invitation.requirement_id)
        .where(
            ChallengeEntry.challenge_id == challenge.id,
            Invitation.status.in_(COMING.get(kind, frozenset())),
            SolverProfile.organization_id.is_not(None),
        )
        .distinct()
    )
    return [RoleHolders(Role.SOLVER, unit) for unit in session.scalars(statement)]


def _reviewing(session: Session, challenge: Challenge) -> list[Recipient]:
    statement = (
        select(ReviewAssignment.reviewer_id)
        .join(ChallengeEntry, ChallengeEntry.requirement_id == ReviewAssignment.requirement_id)
        .where(
            ChallengeEntry.challenge_id == challenge.id, ReviewAssignment.status == AssignmentStatus.ACTIVE
        )
        .distinct()
    )
    return [Person(user_id) for user_id in session.scalars(statement)]


def _who_may_hand_in(session: Session, challenge: Challenge) -> list[RoleHolders]:
    statement = (
        select(Membership.organization_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(Membership.role == Role.SEEKER)
        .distinct()
    )
    if challenge.access is ChallengeAccess.BY_INVITATION:
        invited = select(ChallengeInvitee.organization_id).where(
            ChallengeInvitee.challenge_id == challenge.id
        )
        statement = statement.where(Organization.id.in_(invited))
    elif challenge.region:
        inside = Organization.region.startswith(f"{challenge.region}/", autoescape=True)
        statement = statement.where(or_(Organization.region == challenge.region, inside))
    return [RoleHolders(Role.SEEKER, unit) for unit in session.scalars(statement)]
