"""Drafts by the clock: on the first working day after a period, once, after a restart and from two processes."""

from __future__ import annotations

from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import func, select

from app.auth.actor import SYSTEM
from app.db import Database
from app.models import IndicatorReport, Organization, Role, User
from app.models.monitoring import Indicator, PeriodKind
from app.models.notification import Event
from app.monitoring import clock as monitoring
from app.monitoring import targets
from app.operation.housekeeping import CHORES
from tests import factories
from tests.app.ledger.conftest import restart, told
from tests.app.monitoring.conftest import EAST, at


def count(db: Database, kind: PeriodKind) -> int:
    with db.read() as session:
        statement = select(func.count()).where(IndicatorReport.period_kind == kind)
        return session.scalar(statement) or 0


@pytest.fixture
def organizer_user(db: Database, bureau: Organization) -> User:
    return factories.make_user(db, Role.ORGANIZER, bureau)


def test_drafts_are_made_on_the_first_working_day_and_once(
    db: Database, clock: time_machine.Traveller, organizer_user: User
) -> None:
    with db.write() as session:
        targets.set_targets(session, SYSTEM, 2026, EAST, {Indicator.FILED: targets.Wanted(Decimal(12))})
    # The National Day holiday of 2026 goes to the 7th of October.
    for moment in ("2026-10-01 09:00", "2026-10-08 07:59:59"):
        clock.move_to(at(moment))
        monitoring.settle(db)
    months = count(db, PeriodKind.MONTH)
    assert months == 0
    clock.move_to(at("2026-10-08 08:00"))
    assert monitoring.settle(db) == 4
    other = restart(db)
    clock.move_to(at("2026-10-20 08:00"))
    assert monitoring.settle(other) == 0
    other.dispose()
    assert (count(db, PeriodKind.MONTH), count(db, PeriodKind.QUARTER)) == (2, 2)
    rows = told(db, Event.MONITORING_DRAFTED, organizer_user)
    assert [row.parameters["count"] for row in rows] == [2, 2]


def test_after_a_long_silence_the_last_period_is_drafted(
    db: Database, clock: time_machine.Traveller, organizer_user: User
) -> None:
    with db.write() as session:
        targets.name_recipient(session, SYSTEM, "", session.get_one(User, organizer_user.id))
    clock.move_to(at("2026-12-20 10:00"))
    monitoring.settle(db)
    with db.read() as session:
        found = {(row.period_kind, row.number) for row in session.scalars(select(IndicatorReport))}
    assert found == {(PeriodKind.MONTH, 11), (PeriodKind.QUARTER, 3)}


def test_where_nobody_monitors_nothing_is_drafted(db: Database, clock: time_machine.Traveller) -> None:
    assert monitoring.settle(db) == 0


def test_the_clock_is_among_the_chores() -> None:
    assert "draft_monitoring_reports" in {chore.name for chore in CHORES}
