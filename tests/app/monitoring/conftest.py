"""Two districts with problems, answers, agreements and payments around October 2026, and leaders for each."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import docx
import pytest
import time_machine
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import (
    Agreement,
    IndicatorReport,
    Obligation,
    Organization,
    Payment,
    Requirement,
    Response,
    ResponseAcknowledgement,
    Role,
    User,
)
from app.models.agreement import AgreementKind, AgreementStatus
from app.models.ledger import ObligationKind, ResponseKind
from app.models.monitoring import PeriodKind
from app.models.requirement import Confidentiality, RequirementStatus
from app.monitoring import service
from app.monitoring.periods import Period
from tests import factories

EAST, PORT = "江苏省/通海市/城东街道", "江苏省/通海市/开发区"
OCTOBER = Period(2026, 10, PeriodKind.MONTH)
SECRET = "定向的难题"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Monday the 2nd of November 2026, in the afternoon: October is over."""
    with time_machine.travel(at("2026-11-02 15:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def work(db: Database, seeker_organization: Organization, other_organization: Organization) -> None:
    """Of October: two filed in the east and one in the port. Of September and October 2025: one each in the east."""
    days = (
        "2026-10-01 00:00",
        "2026-10-31 23:59:59",
        "2026-10-15 09:00",
        "2026-09-30 23:59:59",
        "2025-10-10 10:00",
    )
    team = factories.make_solver(db)
    for place, day in enumerate(days):
        is_east = place != 2
        row = factories.make_requirement(
            db,
            seeker_organization if is_east else other_organization,
            title=SECRET if place == 1 else f"难题{place}",
            region=EAST if is_east else PORT,
            confidentiality=Confidentiality.RESTRICTED if place == 1 else Confidentiality.PUBLIC,
        )
        with db.write() as session:
            found = session.get_one(Requirement, row.id)
            found.submitted_at, found.status = at(day), RequirementStatus.AGREED
            if place in (0, 2):
                answer(session, row.id, at("2026-10-20 09:00"), satisfaction=5 if place == 0 else 4)
                # Due at midnight of the 31st: one in time, one three days late.
                late = place == 2
                owe(
                    session,
                    row.id,
                    due=at("2026-11-01 00:00"),
                    closed=at("2026-11-03 09:00" if late else "2026-10-20 09:00"),
                )
            agreement = Agreement(
                requirement_id=row.id,
                solver_id=team.id,
                kind=AgreementKind.JOINT,
                title="联合开发合同",
                status=AgreementStatus.SIGNED if place != 1 else AgreementStatus.TERMINATED,
                amount_wan=Decimal("30.5") + place,
                signed_on=at(day).date(),
            )
            session.add(agreement)
            session.flush()
            paid = {"agreement_id": agreement.id, "received_on": at(day).date()}
            session.add(Payment(amount_wan=Decimal(10), **paid))
            session.add(Payment(amount_wan=Decimal(7), voided_at=at(day), **paid))


def answer(session: Session, requirement_id: uuid.UUID, when: datetime, *, satisfaction: int) -> None:
    for kind in (ResponseKind.REVIEW_PASSED, ResponseKind.REVIEW_PASSED, ResponseKind.CANDIDATES):
        row = Response(requirement_id=requirement_id, kind=kind, text="答复", created_at=when)
        session.add(row)
    session.flush()
    session.add(ResponseAcknowledgement(response_id=row.id, satisfaction=satisfaction, created_at=when))


def owe(session: Session, requirement_id: uuid.UUID, *, due: datetime, closed: datetime) -> None:
    session.add(
        Obligation(
            requirement_id=requirement_id,
            kind=ObligationKind.FOLLOW_UP,
            owner_role=Role.ORGANIZER,
            opened_at=due,
            due_at=due,
            closed_at=closed,
        )
    )


@pytest.fixture
def leader(db: Database, other_organization: Organization) -> User:
    return factories.make_user(db, Role.SEEKER, other_organization)


def drafted(db: Database, period: Period = OCTOBER) -> dict[str, IndicatorReport]:
    """Drafts a period's reports; by district."""
    with db.write() as session:
        return {report.region: report for report in service.draft(session, SYSTEM, period)}


def number(report: IndicatorReport, indicator: str, column: str = "actual") -> str | None:
    (found,) = [line[column] for line in report.figures if line["indicator"] == indicator]
    assert found is None or isinstance(found, str)
    return found


def words_of(content: bytes) -> str:
    """All texts of a Word file, those of its tables, too."""
    file: Any = docx.Document(io.BytesIO(content))
    cells = (cell.text for table in file.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells])


def sheets_of(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """The rows of a workbook by sheet, each by header."""
    found = {}
    for sheet in load_workbook(io.BytesIO(content)):
        head, *lines = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(head, line, strict=True)) for line in lines]
    return found
