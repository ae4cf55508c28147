"""Whether an actor may see or correct the analysis of a requirement that it can already see, as sentences."""

from __future__ import annotations

from app.auth.actor import Actor
from app.errors import NotPermitted
from app.models.requirement import END_STATUSES, Requirement
from app.requirements.policy import NotEditable
from app.requirements.repository import is_insider


def check_may_read(actor: Actor, requirement: Requirement) -> None:
    """The seeker, reviewers and staff; the analysis quotes the form in full. Raises `NotPermitted`."""
    if not is_insider(actor, requirement):
        raise NotPermitted(permission="analyses:read")


def check_may_edit(actor: Actor, requirement: Requirement) -> None:
    """As reading, until the requirement has ended. Raises `NotPermitted` or `NotEditable`."""
    if not is_insider(actor, requirement):
        raise NotPermitted(permission="analyses:write")
    if requirement.status in END_STATUSES:
        raise NotEditable(current=requirement.status.label, current_code=requirement.status.value)
