"""Whether an actor may act on a requirement that it can already see, as sentences."""

from __future__ import annotations

from app.auth.actor import Actor
from app.errors import JiebangError, NotPermitted
from app.models.access import Role
from app.models.requirement import EDITABLE_STATUSES, REVIEWED_STATUSES, Requirement


class NotEditable(JiebangError):
    code, status = "not_editable", 409
    zh, en = "当前状态（{current}）下不能修改", "A requirement in the state {current_code} cannot be edited"


class ConflictOfInterest(JiebangError):
    code, status = "conflict_of_interest", 403
    zh, en = "您与该需求存在利益关系，须回避", "You have a conflict of interest with this requirement"


def is_own(actor: Actor, requirement: Requirement) -> bool:
    """Whether the actor is a seeker of the organization that has the problem."""
    return requirement.organization_id in actor.organizations(Role.SEEKER)


def check_may_edit(actor: Actor, requirement: Requirement) -> None:
    """Seekers edit drafts and returned forms of their own; staff and reviewers what is under review.

    Raises `NotPermitted` or `NotEditable`.
    """
    if actor.is_staff and requirement.is_filed_by_staff and requirement.status in EDITABLE_STATUSES:
        return
    if is_own(actor, requirement):
        allowed = EDITABLE_STATUSES
    elif actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER):
        allowed = REVIEWED_STATUSES
    else:
        raise NotPermitted(permission="requirements:edit")
    if requirement.status not in allowed:
        raise NotEditable(current=requirement.status.label, current_code=requirement.status.value)


def check_may_review(actor: Actor, requirement: Requirement) -> None:
    """Staff, and reviewers of what they can see under review, which is what is assigned to them.

    Raises `ConflictOfInterest` for the problem of a unit that the reviewer belongs to, else `NotPermitted`.
    """
    if actor.is_staff:
        return
    if not actor.has_role(Role.REVIEWER):
        raise NotPermitted(permission="requirements:review")
    if requirement.organization_id in actor.organizations():
        raise ConflictOfInterest()


def check_may_submit(actor: Actor, requirement: Requirement) -> None:
    """The seeker submits its own; staff submit what staff filed. Raises `NotPermitted`."""
    if not (is_own(actor, requirement) or (actor.is_staff and requirement.is_filed_by_staff)):
        raise NotPermitted(permission="requirements:submit")


def check_may_withdraw(actor: Actor, requirement: Requirement) -> None:
    """The seeker withdraws its own; staff may withdraw any. Raises `NotPermitted`."""
    if not (is_own(actor, requirement) or actor.is_staff):
        raise NotPermitted(permission="requirements:withdraw")


def check_may_enter(actor: Actor, requirement: Requirement) -> None:
    """The seeker enters its own into a challenge; staff may enter any. Raises `NotPermitted`."""
    if not (is_own(actor, requirement) or actor.is_staff):
        raise NotPermitted(permission="requirements:submit")
