"""Brings an agreement into any state of its life, through the service and along allowed moves only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.agreements import delivery, repository, service
from app.auth.actor import SYSTEM
from app.db import Database
from app.models import Agreement, Organization, SolverProfile
from app.models.agreement import AgreementKind, AgreementStatus, ReportKind
from app.models.requirement import RequirementStatus
from app.requirements import repository as requirements
from tests.app.requirements.states import requirement_in

A = AgreementStatus
SIGNED_ON = date(2026, 6, 1)

WAY: dict[AgreementStatus, tuple[str, ...]] = {
    A.DRAFT: (),
    A.CANCELLED: ("cancel",),
    A.SIGNED: ("sign",),
    A.IN_DELIVERY: ("sign", "start"),
    A.COMPLETED: ("sign", "start", "report", "complete"),
    A.TERMINATED: ("sign", "terminate"),
}


def agreement_in(
    db: Database,
    organization: Organization,
    team: SolverProfile,
    status: AgreementStatus,
    fields: dict[str, Any] | None = None,
    *,
    requirement: dict[str, Any] | None = None,
    at: RequirementStatus = RequirementStatus.IN_CONTACT,
) -> Agreement:
    """An agreement on a requirement of its own that was in the state `at` when it was filed."""
    wanted = requirement_in(db, organization, at, requirement)
    return agreement_on(db, wanted.id, team, status, fields)


def agreement_on(
    db: Database,
    requirement_id: Any,
    team: SolverProfile,
    status: AgreementStatus,
    fields: dict[str, Any] | None = None,
) -> Agreement:
    """An agreement on this requirement."""
    with db.write() as session:
        requirement = requirements.get(session, SYSTEM, requirement_id)
        given = {
            "solver_id": team.id,
            "kind": AgreementKind.JOINT,
            "title": "联合开发合同",
            "amount_wan": Decimal(80),
            **(fields or {}),
        }
        agreement = service.create(session, SYSTEM, requirement, given)
        for verb in WAY[status]:
            take(session, agreement, verb)
    return read(db, agreement)


def take(session: Session, agreement: Agreement, verb: str) -> None:
    """One step of the way."""
    if verb == "sign":
        service.sign(session, SYSTEM, agreement, signed_on=SIGNED_ON)
    elif verb == "terminate":
        service.terminate(session, SYSTEM, agreement, reason="双方协商一致。")
    elif verb == "report":
        report = delivery.submit_report(session, SYSTEM, agreement, kind=ReportKind.FINAL, text="结题。")
        session.expire(agreement, ["reports"])
        repository.get(session, SYSTEM, agreement.id)
        delivery.accept_report(session, SYSTEM, agreement, report.id)
    else:
        getattr(service, verb)(session, SYSTEM, agreement)


def read(db: Database, agreement: Agreement) -> Agreement:
    """The agreement as the database has it."""
    with db.read() as session:
        return repository.get(session, SYSTEM, agreement.id)
