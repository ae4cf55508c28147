"""Tells seekers of answers, and those who owe answers of what is owed; the words are for `notifications`."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.models.access import Role
from app.models.ledger import LedgerDigest, Obligation, ObligationPause, Response, ResponseKind
from app.models.requirement import Requirement, RequirementStatus, ReturnReason
from app.notifications.recipients import Recipient
from app.notifications.rendering import Value
from app.notifications.service import Event, Person, RoleHolders, Subject, notify

ORGANIZERS = RoleHolders(Role.ORGANIZER)
ADMINISTRATORS = RoleHolders(Role.ADMIN)


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


def tell_reopened(session: Session, obligation: Obligation, answered_by: uuid.UUID | None) -> None:
    """Tells the organizers, the author of the answer and the owner that a new one is owed."""
    assert obligation.due_at is not None
    people: list[Recipient] = [ORGANIZERS]
    people += [Person(id) for id in (answered_by, obligation.owner_id) if id is not None]
    _tell(session, obligation, Event.RESPONSE_REOPENED, people, {"due_at": obligation.due_at}, "reopened")


def tell_owner(session: Session, obligation: Obligation, *, but_not: uuid.UUID | None) -> None:
    """Tells a person that the answer is now theirs to give; each time that it becomes so."""
    _tell(
        session,
        obligation,
        Event.OBLIGATION_ASSIGNED,
        _owner(obligation),
        {"kind": obligation.kind},
        f"assigned:{obligation.version}",
        but_not=but_not,
    )


def tell_of_reply(
    session: Session, obligation: Obligation, pause: ObligationPause, *, but_not: uuid.UUID | None
) -> None:
    """Tells who asked and the owner, or the organizers where nobody did in person, that the clock goes on."""
    people = _owner(obligation)
    if pause.asked_by_id is not None:
        people.append(Person(pause.asked_by_id))
    parameters = _dated(obligation)
    recipients = people or [ORGANIZERS]
    once = f"resumed:{pause.id}"
    _tell(session, obligation, Event.OBLIGATION_RESUMED, recipients, parameters, once, but_not=but_not)


def tell_due_soon(session: Session, obligation: Obligation) -> None:
    """Tells the owner in person that the day is near."""
    once = f"due-soon:{_day(obligation)}"
    _tell(session, obligation, Event.OBLIGATION_DUE_SOON, _owner(obligation), _dated(obligation), once)


def tell_overdue(session: Session, obligation: Obligation) -> None:
    """Tells the organizers and the owner that an answer is overdue."""
    people = [ORGANIZERS, *_owner(obligation)]
    once = f"overdue:{_day(obligation)}"
    _tell(session, obligation, Event.OBLIGATION_OVERDUE, people, _dated(obligation), once)


def tell_escalated(session: Session, obligation: Obligation, superior_id: uuid.UUID | None) -> None:
    """Tells the superior, or the administrators where nobody is named, that an answer is long overdue."""
    people: list[Recipient] = [ADMINISTRATORS if superior_id is None else Person(superior_id)]
    once = f"escalated:{_day(obligation)}"
    _tell(session, obligation, Event.OBLIGATION_ESCALATED, people, _dated(obligation), once)


def tell_digest(
    session: Session, digest: LedgerDigest, person_id: uuid.UUID, *, overdue: int, due: int
) -> None:
    """Tells one person how much of the day is theirs."""
    notify(
        session,
        event=Event.OBLIGATION_DIGEST,
        recipients=[Person(person_id)],
        subject=Subject("ledger_digest", digest.id),
        parameters={"overdue": overdue, "due": due},
        once=f"digest:{digest.day}",
    )


def tell_uncounted_year(session: Session, digest: LedgerDigest, year: int) -> None:
    """Tells organizers and administrators, once, that the holidays of a year are unknown and deadlines reach there."""
    notify(
        session,
        event=Event.CALENDAR_UNKNOWN,
        recipients=[ORGANIZERS, ADMINISTRATORS],
        subject=Subject("ledger_digest", digest.id),
        parameters={"year": year},
        once=f"calendar:{year}",
    )


def _tell(
    session: Session,
    obligation: Obligation,
    event: Event,
    recipients: list[Recipient],
    parameters: dict[str, Value],
    occasion: str,
    *,
    but_not: uuid.UUID | None = None,
) -> None:
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("obligation", obligation.id, requirement_id=obligation.requirement_id),
        parameters=parameters,
        once=f"{occasion}:{obligation.id}",
        but_not=but_not,
    )


def _owner(obligation: Obligation) -> list[Recipient]:
    return [] if obligation.owner_id is None else [Person(obligation.owner_id)]


def _dated(obligation: Obligation) -> dict[str, Value]:
    assert obligation.due_at is not None
    return {"kind": obligation.kind, "due_at": obligation.due_at}


def _day(obligation: Obligation) -> str:
    # An answer whose day moved and passed again is a new occasion.
    assert obligation.due_at is not None
    return f"{obligation.due_at:%Y%m%dT%H%M%S}"


def _event_of(requirement: Requirement, response: Response) -> tuple[Event, dict[str, Any]]:
    if "reply_by" in response.detail:
        return Event.QUESTION_ASKED, {"reply_by": datetime.fromisoformat(response.detail["reply_by"])}
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
