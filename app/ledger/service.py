"""Opens and closes obligations. An obligation ends only with a recorded answer that its seeker can read."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.ledger import clocks
from app.ledger.calendar import calendar_of
from app.ledger.notices import tell_seeker
from app.models.ledger import (
    OWNER,
    WORKING_DAYS,
    Obligation,
    ObligationKind,
    ObligationPause,
    Response,
    ResponseKind,
)
from app.models.requirement import END_STATUSES, Requirement, RequirementStatus

OWED: dict[RequirementStatus, ObligationKind | None] = {
    RequirementStatus.DRAFT: None,
    RequirementStatus.SUBMITTED: ObligationKind.FORMAL_REVIEW,
    RequirementStatus.RETURNED: ObligationKind.FORMAL_REVIEW,
    RequirementStatus.TECHNICAL_REVIEW: ObligationKind.TECHNICAL_REVIEW,
    RequirementStatus.REFINED: ObligationKind.TECHNICAL_REVIEW,
    RequirementStatus.APPROVED: ObligationKind.PUBLICATION,
    RequirementStatus.PUBLISHED: ObligationKind.FIRST_CANDIDATES,
    RequirementStatus.MATCHING: ObligationKind.FOLLOW_UP,
    RequirementStatus.IN_CONTACT: ObligationKind.FOLLOW_UP,
    RequirementStatus.AGREED: ObligationKind.FOLLOW_UP,
    RequirementStatus.IN_DELIVERY: ObligationKind.FOLLOW_UP,
    **dict.fromkeys(END_STATUSES, None),
}
"""The answer that is owed next in each state of a requirement."""

ROUND_RESULTS = frozenset({ResponseKind.CANDIDATES, ResponseKind.NO_ADEQUATE_SOLVER})
"""What a match round answers."""

CHUNK = 500
"""Keys per statement, below every database's limit of parameters."""

Dating = Callable[[Session, Requirement], datetime | None]
_dated: dict[ObligationKind, Dating] = {}

PAUSED = frozenset({RequirementStatus.RETURNED})
"""States in which the seeker must act first, so no deadline runs."""


def owes(kind: ObligationKind) -> Callable[[Dating], Dating]:
    """Registers a function that says by when (None: not at all) an answer of `kind` is owed for a requirement.

    Concepts above this one know what it hangs on; where it is owed, it takes the place of the follow-up.
    """

    def register(dating: Dating) -> Dating:
        _dated[kind] = dating
        return dating

    return register


def open_obligation(session: Session, requirement_id: uuid.UUID) -> Obligation | None:
    """The answer this requirement's seeker waits for, if any."""
    statement = select(Obligation).where(
        Obligation.requirement_id == requirement_id, Obligation.closed_at.is_(None)
    )
    return session.scalar(statement)


def answer(
    session: Session,
    requirement: Requirement,
    *,
    kind: ResponseKind,
    text: str,
    author_id: uuid.UUID | None,
    detail: dict[str, Any] | None = None,
) -> Response:
    """Records an answer, closes the open obligation with it, opens what is owed next, and tells the seeker.

    Call it after the requirement has moved to its new state.
    """
    obligation = open_obligation(session, requirement.id)
    if obligation is not None:
        end(session, obligation)
    response = Response(
        requirement_id=requirement.id,
        obligation_id=obligation.id if obligation else None,
        author_id=author_id,
        kind=kind,
        text=text,
        detail=detail or {},
    )
    session.add(response)
    session.flush()
    _open(session, requirement, after=obligation)
    tell_seeker(session, requirement, response)
    return response


def end(session: Session, obligation: Obligation) -> None:
    """Closes an obligation, and with it a question to the seeker that is still open."""
    at = now()
    obligation.closed_at = at
    pause = open_pause(session, obligation.id)
    if pause is not None:
        pause.ended_at = at
    # At once: two open obligations of a requirement would break the index that allows one.
    session.flush()


def open_pause(session: Session, obligation_id: uuid.UUID) -> ObligationPause | None:
    """The question that the seeker has not replied to yet, if any."""
    statement = select(ObligationPause).where(
        ObligationPause.obligation_id == obligation_id, ObligationPause.ended_at.is_(None)
    )
    return session.scalar(statement)


def give_notice(
    session: Session,
    requirement: Requirement,
    *,
    text: str,
    author_id: uuid.UUID | None,
    detail: dict[str, Any] | None = None,
) -> Response:
    """Records what its seeker must know although nothing was asked, and tells the seeker.

    It answers no obligation: what is owed stays owed, by the same day.
    """
    response = Response(
        requirement_id=requirement.id,
        author_id=author_id,
        kind=ResponseKind.WRITTEN,
        text=text,
        detail=detail or {},
    )
    session.add(response)
    session.flush()
    tell_seeker(session, requirement, response)
    return response


def answered_about(
    session: Session, requirement_ids: Sequence[uuid.UUID], round_id: uuid.UUID
) -> set[uuid.UUID]:
    """Those of the requirements whose seeker was told the result of a match round, with candidates or without."""
    found: set[uuid.UUID] = set()
    for start in range(0, len(requirement_ids), CHUNK):
        statement = select(Response.requirement_id, Response.detail).where(
            Response.requirement_id.in_(requirement_ids[start : start + CHUNK]),
            Response.kind.in_(ROUND_RESULTS),
        )
        found |= {
            key for key, detail in session.execute(statement) if detail.get("round_id") == str(round_id)
        }
    return found


def expect_answer(session: Session, requirement: Requirement) -> None:
    """After a submission: opens the first obligation, or sets the clock of the paused one running."""
    obligation = open_obligation(session, requirement.id)
    if obligation is None:
        _open(session, requirement)
        return
    clocks.go_on(obligation, calendar_of(session), days=WORKING_DAYS[obligation.kind])
    session.flush()


def due_of(session: Session, requirement: Requirement) -> datetime | None:
    """By when the open obligation is due as others date it now.

    None when nothing is open, nobody dates it, or its clock was stopped by a question to the seeker.
    """
    obligation = open_obligation(session, requirement.id)
    if obligation is None or obligation.remaining_days is not None or obligation.runs_from is not None:
        return None
    dating = _dated.get(obligation.kind)
    return None if dating is None else dating(session, requirement)


def redate(session: Session, requirement: Requirement) -> bool:
    """Moves the day of an open obligation that others date, if it has changed; tells whether it has."""
    obligation, due_at = open_obligation(session, requirement.id), due_of(session, requirement)
    if obligation is None or due_at is None or obligation.due_at == due_at:
        return False
    clocks.set_due(obligation, calendar_of(session), due_at, start=obligation.opened_at)
    session.flush()
    return True


def responses_to(session: Session, requirement_id: uuid.UUID) -> list[Response]:
    """Every answer the seeker got, oldest first."""
    statement = select(Response).where(Response.requirement_id == requirement_id)
    return list(session.scalars(statement.order_by(Response.created_at, Response.id)))


def put_aside(session: Session, obligation: Obligation | None, requirement: Requirement) -> Obligation:
    """Opens the answer that is owed because the seeker calls one none; what was owed waits behind it."""
    calendar = calendar_of(session)
    if obligation is not None:
        clocks.stop(obligation, calendar)
        end(session, obligation)
    kind = ObligationKind.REOPENED
    owed = Obligation(
        requirement_id=requirement.id,
        kind=kind,
        owner_role=OWNER[kind],
        opened_at=now(),
        continues_id=obligation.id if obligation else None,
    )
    clocks.run(owed, calendar, start=owed.opened_at, days=WORKING_DAYS[kind])
    session.add(owed)
    session.flush()
    return owed


def _open(session: Session, requirement: Requirement, *, after: Obligation | None = None) -> None:
    kind = OWED[requirement.status]
    if kind is None:
        return
    at, calendar = now(), calendar_of(session)
    dated: datetime | None = None
    if kind is ObligationKind.FOLLOW_UP:
        kind, dated = next(_owed_instead(session, requirement), (kind, None))
    owed = Obligation(requirement_id=requirement.id, kind=kind, owner_role=OWNER[kind], opened_at=at)
    before = session.get(Obligation, after.continues_id) if after and after.continues_id else after
    if before is not None and before.kind is kind:
        # The same work goes on, in the same hands; a re-opened answer costs it no time and gives it none.
        owed.owner_id = before.owner_id
        owed.remaining_days = before.remaining_days if before is not after else None
    if requirement.status in PAUSED:
        # The return was an answer, so the review of the corrected form has its whole time again.
        owed.remaining_days = WORKING_DAYS[kind]
    elif dated is not None:
        owed.remaining_days = None
        clocks.set_due(owed, calendar, dated, start=at)
    else:
        clocks.go_on(owed, calendar, days=WORKING_DAYS[kind])
    session.add(owed)
    session.flush()


def _owed_instead(
    session: Session, requirement: Requirement
) -> Iterator[tuple[ObligationKind, datetime | None]]:
    for kind, dating in _dated.items():
        due_at = dating(session, requirement)
        if due_at is not None:
            yield kind, due_at
