"""The refined statement (凝练稿) of a requirement: which fields it restates, and what strangers read of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import Conflict
from app.indexing.outbox import note
from app.models.indexing import IndexCollection
from app.models.requirement import Requirement, RequirementStatus, stated
from app.requirements.disclosure import searchable_text

STATED_FIELDS = ("title", "problem", "key_indicators", "goal", "keywords", "field", "targets")

REFINABLE_STATUSES = frozenset(
    {RequirementStatus.TECHNICAL_REVIEW, RequirementStatus.REFINED, RequirementStatus.APPROVED}
)
"""States in which reviewers restate the problem: before it is published, and not while the seeker has it."""


class NotRefinable(Conflict):
    code = "not_refinable"
    zh = "当前状态（{current}）下不能凝练"
    en = "A requirement in the state {current_code} cannot be restated"


class StatementOutdated(Conflict):
    code = "statement_outdated"
    zh, en = (
        "原需求在凝练后已被修改，请先核对并更新凝练稿",
        "The form has changed since it was restated; bring the statement up to date first",
    )


def original_of(requirement: Requirement) -> dict[str, Any]:
    """The seeker's own words, as JSON values."""
    values: dict[str, Any] = {name: getattr(requirement, name) for name in STATED_FIELDS}
    values["field"] = requirement.field.value if requirement.field else None
    values["keywords"], values["targets"] = list(requirement.keywords), list(requirement.targets)
    return values


def stated_of(requirement: Requirement) -> dict[str, Any]:
    """What is published: the refined words where there are any, else the seeker's."""
    return {name: stated(requirement, name) for name in STATED_FIELDS}


def check_may_refine(requirement: Requirement) -> None:
    """Raises `NotRefinable`."""
    if requirement.status not in REFINABLE_STATUSES:
        raise NotRefinable(current=requirement.status.label, current_code=requirement.status.value)


def check_is_current(requirement: Requirement) -> None:
    """Raises `StatementOutdated` when the form is no longer what was restated."""
    if requirement.refined is not None and requirement.refined_from != original_of(requirement):
        raise StatementOutdated()


def restate(session: Session, actor: Actor, requirement: Requirement, content: Mapping[str, Any]) -> None:
    """Makes `content` (all of `STATED_FIELDS`, as JSON values) what is published of the requirement.

    The form itself stays as the seeker wrote it. Raises `NotRefinable`.
    """
    check_may_refine(requirement)
    requirement.refined = dict(content)
    requirement.refined_from = original_of(requirement)
    requirement.public_text = searchable_text(requirement)
    session.flush()
    audit.record(
        session,
        "requirement.restated",
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
    )
    note(session, IndexCollection.REQUIREMENTS, requirement.id)
