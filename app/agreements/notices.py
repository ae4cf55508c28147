"""Tells the people of both parties what became of their agreement; strangers are told nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.models.access import Role
from app.models.agreement import Agreement, AgreementReport
from app.notifications.service import Event, RoleHolders, Subject, notify


def tell_team(
    session: Session, agreement: Agreement, event: Event, *, once: str, but_not: uuid.UUID | None
) -> None:
    """Tells the team alone: the seeker reads the same in its ledger and is told by that."""
    _tell(session, agreement, event, _team(agreement), once=once, but_not=but_not)


def tell_parties(
    session: Session,
    agreement: Agreement,
    event: Event,
    parameters: Mapping[str, str] | None = None,
    *,
    once: str,
    but_not: uuid.UUID | None,
) -> None:
    """Tells the seeker's and the team's people."""
    seekers = RoleHolders(Role.SEEKER, agreement.requirement.organization_id)
    recipients = [seekers, *_team(agreement)]
    _tell(session, agreement, event, recipients, parameters, once=once, but_not=but_not)


def tell_organizers_of_report(
    session: Session, agreement: Agreement, report: AgreementReport, *, but_not: uuid.UUID | None
) -> None:
    """Tells the organizers that a report awaits its review."""
    _tell(
        session,
        agreement,
        Event.REPORT_RECEIVED,
        [RoleHolders(Role.ORGANIZER)],
        {"kind": report.kind},
        once=f"report:{report.id}",
        but_not=but_not,
    )


def _team(agreement: Agreement) -> list[RoleHolders]:
    # A team that nobody has claimed has no people here.
    unit = agreement.solver.organization_id
    return [] if unit is None else [RoleHolders(Role.SOLVER, unit)]


def _tell(
    session: Session,
    agreement: Agreement,
    event: Event,
    recipients: list[RoleHolders],
    parameters: Mapping[str, str] | None = None,
    *,
    once: str,
    but_not: uuid.UUID | None,
) -> None:
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("agreement", agreement.id, requirement_id=agreement.requirement_id),
        parameters=parameters,
        once=once,
        but_not=but_not,
    )
