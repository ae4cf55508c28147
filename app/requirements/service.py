"""Files, edits and moves requirements. `move` is the only writer of the status."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app import audit
from app.auth.actor import Actor
from app.challenges import entries, scope, stages
from app.errors import Conflict, FieldError, InvalidInput, NotPermitted
from app.indexing.outbox import note
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.ledger import service as ledger
from app.ledger.notices import tell_organizers
from app.models.access import Role
from app.models.indexing import IndexCollection
from app.models.ledger import ResponseKind
from app.models.organization import Organization
from app.models.requirement import (
    ALLOWED_TRANSITIONS,
    Confidentiality,
    Requirement,
    RequirementStatus,
    ReturnReason,
)
from app.organizations import service as organizations
from app.requirements import policy, repository
from app.requirements.disclosure import TEXT_FIELDS, searchable_text
from app.requirements.statement import check_is_current

S = RequirementStatus

REVIEW_STEPS = (S.SUBMITTED, S.TECHNICAL_REVIEW, S.REFINED, S.APPROVED)
"""The way from filing to approval, one move at a time."""

Follower = Callable[[Session, Requirement], None]
_followers: list[Follower] = []


@dataclass(frozen=True)
class Answer:
    """What the seeker reads about a move."""

    kind: ResponseKind
    text: str
    detail: Mapping[str, Any] | None = None


class DuplicateExternalId(Conflict):
    code = "duplicate_external_id"
    zh, en = "该来源已有相同的 external_id", "This source already has a requirement with this external_id"


def follow(follower: Follower) -> Follower:
    """Registers a function that is called when a requirement was submitted or its form changed, in the same
    transaction. Concepts above this one keep what they make of the text; this one must not know them."""
    _followers.append(follower)
    return follower


def source_of(actor: Actor, organization: Organization) -> str:
    """The namespace of external ids: staff file under `import`, seekers under their organization's id."""
    return "import" if actor.is_staff else str(organization.id)


def create(
    session: Session,
    actor: Actor,
    fields: Mapping[str, Any],
    *,
    organization: Organization,
    challenge: str | None = None,
) -> Requirement:
    """A new draft, entered into `challenge` (a code) if one is named.

    Raises `NotPermitted` for another's organization, `DuplicateExternalId`, `InvalidInput`, `ChallengeNotOpen`,
    `OutsideScope`.
    """
    is_own = organization.id in actor.organizations(Role.SEEKER)
    if not (is_own or actor.is_staff):
        raise NotPermitted(permission="requirements:create")
    source = source_of(actor, organization)
    external_id = fields.get("external_id")
    if external_id and repository.by_external_ids(session, source, [external_id]):
        raise DuplicateExternalId()
    requirement = Requirement(
        **fields,
        source=source,
        organization=organization,
        organization_id=organization.id,
        created_by_id=actor.user_id,
        status=S.DRAFT,
        is_filed_by_staff=actor.is_staff and not is_own,
    )
    if not requirement.region:
        requirement.region = organization.region
    for name in TEXT_FIELDS:
        # Column defaults come with the flush only, and the public text is made before it.
        setattr(requirement, name, getattr(requirement, name) or "")
    requirement.keywords = requirement.keywords or []
    requirement.confidentiality = requirement.confidentiality or Confidentiality.PUBLIC
    requirement.public_text = searchable_text(requirement)
    session.add(requirement)
    session.flush()
    if challenge is not None:
        entered = entries.open_by_code(session, challenge, actor=actor)
        scope.check(entered, requirement)
        entries.enter(session, entered.id, requirement.id)
    _audit(session, actor, requirement, "requirement.created")
    note(session, IndexCollection.REQUIREMENTS, requirement.id)
    return requirement


def edit(session: Session, actor: Actor, requirement: Requirement, changes: Mapping[str, Any]) -> Requirement:
    """Changes the form. Raises `NotPermitted` or `NotEditable`."""
    policy.check_may_edit(actor, requirement)
    changed = sorted(name for name, value in changes.items() if getattr(requirement, name) != value)
    if not changed:
        return requirement
    for name in changed:
        setattr(requirement, name, changes[name])
    requirement.public_text = searchable_text(requirement)
    session.flush()
    _audit(session, actor, requirement, "requirement.edited", fields=",".join(changed))
    note(session, IndexCollection.REQUIREMENTS, requirement.id)
    _tell_followers(session, requirement)
    return requirement


def submit(session: Session, actor: Actor, requirement: Requirement) -> Requirement:
    """Hands the form in; from now on an answer is owed.

    Raises `InvalidInput` naming what the form lacks, `StageOver` or `StageNotOpen` when a challenge it is
    entered into does not collect, `OutsideScope` when one is not held for it.
    """
    policy.check_may_submit(actor, requirement)
    check_move(ALLOWED_TRANSITIONS, requirement.status, S.SUBMITTED)
    missing = what_submission_lacks(requirement)
    if missing:
        raise InvalidInput(fields=missing)
    if requirement.submitted_at is None:
        # What was handed in once in time may come back corrected whenever it is ready.
        at = now()
        stages.check_collection(session, requirement.id, at)
        scope.check_entries(session, requirement)
        requirement.submitted_at = at
    move(session, actor, requirement, S.SUBMITTED)
    ledger.expect_answer(session, requirement)
    if not actor.is_staff:
        # Organizers who file a list of their own need no message for each of its rows.
        tell_organizers(session, requirement, but_not=actor.user_id)
    _tell_followers(session, requirement)
    return requirement


def what_submission_lacks(requirement: Requirement) -> tuple[FieldError, ...]:
    """The fields without which nobody could work on the problem: a title and some words on what it is."""
    if requirement.description or requirement.problem:
        return ()
    return (
        FieldError(
            "problem",
            "missing",
            "请填写“主要问题”或“需求描述”后再提交",
            "Fill in the problem or the description before submitting",
        ),
    )


def accept(session: Session, actor: Actor, requirement: Requirement, text: str = "") -> Requirement:
    """The formal review is passed: on to the technical review."""
    policy.check_may_review(actor, requirement)
    answer = Answer(ResponseKind.REVIEW_PASSED, text or "您的技术需求已通过形式审核，进入技术审核。")
    return move(session, actor, requirement, S.TECHNICAL_REVIEW, answer)


def refine(session: Session, actor: Actor, requirement: Requirement) -> Requirement:
    """The technical review is done and the problem statement refined; approval is next."""
    policy.check_may_review(actor, requirement)
    return move(session, actor, requirement, S.REFINED)


def approve(session: Session, actor: Actor, requirement: Requirement, text: str = "") -> Requirement:
    """Passes all the review steps that are left, each recorded as a move of its own.

    Raises `StatementOutdated` when the form was changed after it had been restated.
    """
    policy.check_may_review(actor, requirement)
    check_is_under_review(requirement)
    check_is_current(requirement)
    position = REVIEW_STEPS.index(requirement.status)
    if requirement.status is S.SUBMITTED:
        accept(session, actor, requirement)
        position += 1
    for step in REVIEW_STEPS[position + 1 : -1]:
        move(session, actor, requirement, step)
    answer = Answer(ResponseKind.REVIEW_PASSED, text or "您的技术需求已通过审核，将列入赛题清单发布。")
    return move(session, actor, requirement, S.APPROVED, answer)


def check_is_under_review(requirement: Requirement) -> None:
    """Raises `MoveNotAllowed` unless a review step is left."""
    if requirement.status not in REVIEW_STEPS[:-1]:
        check_move(ALLOWED_TRANSITIONS, requirement.status, S.APPROVED)


def send_back(
    session: Session, actor: Actor, requirement: Requirement, *, reason: ReturnReason, text: str
) -> Requirement:
    """Returns the form to the seeker, whose turn it is now; no deadline runs until it comes back."""
    policy.check_may_review(actor, requirement)
    sentence = f"退回原因：{reason.label}。{text}" if text else f"退回原因：{reason.label}。"
    answer = Answer(ResponseKind.RETURNED, sentence, {"reason": reason.value})
    return move(session, actor, requirement, S.RETURNED, answer, reason=reason.value)


def reject(session: Session, actor: Actor, requirement: Requirement, *, reason: str) -> Requirement:
    """Ends the requirement before publication."""
    policy.check_may_review(actor, requirement)
    return move(session, actor, requirement, S.REJECTED, Answer(ResponseKind.REJECTED, reason))


def publish(
    session: Session, actor: Actor, requirement: Requirement, *, challenge: str | None = None, text: str = ""
) -> Requirement:
    """Puts the requirement on the published list of its challenges, in the refined words where it has any.

    Raises `InvalidInput`, `ChallengeNotOpen`, `OutsideScope` or `StatementOutdated`.
    """
    check_move(ALLOWED_TRANSITIONS, requirement.status, S.PUBLISHED)
    check_is_current(requirement)
    if challenge is not None:
        entered = entries.open_by_code(session, challenge)
        if not entries.is_entered(session, entered.id, requirement.id):
            scope.check(entered, requirement)
            entries.enter(session, entered.id, requirement.id)
    requirement.published_at = requirement.published_at or now()
    entries.publish_entries(session, requirement.id)
    answer = Answer(ResponseKind.PUBLISHED, text or "您的技术需求已发布，正在为您寻找合适的解决方。")
    return move(session, actor, requirement, S.PUBLISHED, answer)


def withdraw(session: Session, actor: Actor, requirement: Requirement, *, reason: str) -> Requirement:
    """Ends the requirement at the seeker's wish, never silently: the reason becomes the recorded answer."""
    policy.check_may_withdraw(actor, requirement)
    answer = Answer(ResponseKind.WITHDRAWN, f"需求已撤回。撤回原因：{reason}")
    return move(session, actor, requirement, S.WITHDRAWN, answer)


def close(session: Session, actor: Actor, requirement: Requirement, *, reason: str) -> Requirement:
    """Ends the requirement with a final answer, matched or not."""
    return move(session, actor, requirement, S.CLOSED, Answer(ResponseKind.CLOSED, reason))


def advance(
    session: Session, actor: Actor, requirement: Requirement, *, to: RequirementStatus, text: str
) -> Requirement:
    """A step after publication, told to the seeker."""
    return move(session, actor, requirement, to, Answer(ResponseKind.WRITTEN, text))


def answer_in_writing(session: Session, actor: Actor, requirement: Requirement, text: str) -> Any:
    """A written answer: it ends what is owed now and opens the next obligation of the same state."""
    if requirement.status is S.DRAFT:
        check_move(ALLOWED_TRANSITIONS, requirement.status, S.APPROVED)
    response = ledger.answer(
        session, requirement, kind=ResponseKind.WRITTEN, text=text, author_id=actor.user_id
    )
    _audit(session, actor, requirement, "requirement.answered")
    return response


def move(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    to: RequirementStatus,
    answer: Answer | None = None,
    **detail: str,
) -> Requirement:
    """The only writer of the status: checks the move, audits it, answers the seeker, notes the index.

    Raises `MoveNotAllowed`. A move that changes what is owed needs an answer, or the ledger would have a hole.
    """
    before = requirement.status
    check_move(ALLOWED_TRANSITIONS, before, to)
    requirement.status = to
    session.flush()
    _audit(
        session, actor, requirement, "requirement.moved", **{"from": before.value, "to": to.value}, **detail
    )
    if answer is not None:
        ledger.answer(
            session,
            requirement,
            kind=answer.kind,
            text=answer.text,
            author_id=actor.user_id,
            detail=dict(answer.detail or {}),
        )
    elif before is not S.DRAFT and to is not S.SUBMITTED and ledger.OWED[before] != ledger.OWED[to]:
        raise ValueError("a move that ends an obligation must carry an answer")
    note(session, IndexCollection.REQUIREMENTS, requirement.id)
    return requirement


def own_organization(session: Session, actor: Actor, organization_id: uuid.UUID | None) -> Organization:
    """The organization a new requirement belongs to: the one named, or the caller's only own.

    Raises `InvalidInput` when none is named and the caller has not exactly one.
    """
    if organization_id is not None:
        return organizations.get(session, actor, organization_id)
    own = actor.organizations(Role.SEEKER) or actor.organizations()
    if len(own) != 1:
        raise InvalidInput(
            fields=(
                FieldError(
                    "organization_id",
                    "missing",
                    "请指明需求所属单位",
                    "Say which organization has the problem",
                ),
            )
        )
    return organizations.get(session, actor, next(iter(own)))


@organizations.follow
def refresh_public_texts(session: Session, organization: Organization) -> None:
    """After a unit was renamed or moved: masks its names, new and old, in what strangers may search."""
    statement = select(Requirement).where(Requirement.organization_id == organization.id)
    for requirement in session.scalars(statement.options(joinedload(Requirement.organization))):
        requirement.public_text = searchable_text(requirement)
    session.flush()


def check_is_insider(actor: Actor, requirement: Requirement) -> None:
    """Raises `NotPermitted` for readers of the public part only."""
    if not repository.is_insider(actor, requirement):
        raise NotPermitted(permission="responses:read")


def _tell_followers(session: Session, requirement: Requirement) -> None:
    for follower in _followers:
        follower(session, requirement)


def _audit(session: Session, actor: Actor, requirement: Requirement, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
        **detail,
    )
