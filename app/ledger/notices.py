"""Tells a seeker's people that an answer was recorded; what they are told, and how, is for `notifications`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.models.access import Role
from app.models.ledger import Response, ResponseKind
from app.models.requirement import Requirement, RequirementStatus, ReturnReason
from app.notifications.service import Event, RoleHolders, Subject, notify


def tell_seeker(session: Session, requirement: Requirement, response: Response) -> None:
    """Notifies everyone who acts for the seeker, but not the person who wrote the answer."""
    event, parameters = _event_of(requirement, response)
    notify(
        session,
        event=event,
        recipients=[RoleHolders(Role.SEEKER, requirement.organization_id)],
        subject=Subject("requirement", requirement.id, requirement_id=requirement.id),
        parameters=parameters,
        once=f"response:{response.id}",
        but_not=response.author_id,
    )


def tell_organizers(session: Session, requirement: Requirement, *, but_not: Any = None) -> None:
    """Notifies the organizers of a submission that awaits its formal review."""
    notify(
        session,
        event=Event.REQUIREMENT_SUBMITTED,
        recipients=[RoleHolders(Role.ORGANIZER)],
        subject=Subject("requirement", requirement.id, requirement_id=requirement.id),
        but_not=but_not,
    )


def _event_of(requirement: Requirement, response: Response) -> tuple[Event, dict[str, Any]]:
    if response.kind is ResponseKind.RETURNED:
        return Event.REQUIREMENT_RETURNED, {"reason": ReturnReason(response.detail["reason"])}
    if response.kind is ResponseKind.REVIEW_PASSED and requirement.status is RequirementStatus.APPROVED:
        return Event.REQUIREMENT_APPROVED, {}
    if response.kind is ResponseKind.PUBLISHED:
        return Event.REQUIREMENT_PUBLISHED, {}
    if response.kind is ResponseKind.AGREED:
        return Event.AGREEMENT_SIGNED, {}
    if response.kind is ResponseKind.WITHDRAWN:
        return Event.REQUIREMENT_WITHDRAWN, {}
    if response.kind is ResponseKind.CANDIDATES:
        return Event.CANDIDATES_PUBLISHED, {"count": len(response.detail.get("candidates", []))}
    return Event.RESPONSE_RECORDED, {"kind": response.kind}
