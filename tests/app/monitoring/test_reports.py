"""Figures against the database, what issuing fixes, and editions with what changed and why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.auth.actor import SYSTEM
from app.db import Database
from app.models import Agreement, IndicatorReport, Payment, Requirement
from app.models.agreement import STANDING_STATUSES
from app.models.monitoring import Indicator, PeriodKind
from app.models.report import ReportFormat
from app.monitoring import figures, papers, repository, service, targets
from app.monitoring.periods import Period
from tests.app.monitoring.conftest import EAST, OCTOBER, PORT, SECRET, drafted, number, sheets_of, words_of

pytestmark = pytest.mark.usefixtures("clock", "work")


def test_every_indicator_has_a_rule() -> None:
    assert set(figures.RULES) == set(Indicator)


def test_the_figures_are_those_of_the_database(db: Database) -> None:
    reports = drafted(db)
    with db.read() as session:
        begin, end = OCTOBER.starts, OCTOBER.ends
        filed = select(func.count()).where(Requirement.submitted_at >= begin, Requirement.submitted_at < end)
        in_month = (date(2026, 10, 1), date(2026, 10, 31))
        signed = select(func.count(), func.sum(Agreement.amount_wan)).where(
            Agreement.status.in_(STANDING_STATUSES), Agreement.signed_on.between(*in_month)
        )
        paid = select(func.sum(Payment.amount_wan)).where(
            Payment.voided_at.is_(None), Payment.received_on.between(*in_month)
        )
        city = reports[""]
        assert Decimal(number(city, "filed") or "") == session.scalar(filed) == 3
        count, amount = session.execute(signed).one()
        assert int(number(city, "signed") or "") == count == 2
        assert Decimal(number(city, "amount") or "") == amount == Decimal(63)
        assert Decimal(number(city, "paid") or "") == session.scalar(paid) == 30
    assert set(reports) == {"", EAST, PORT}
    parts = {part["region"]: part["values"] for part in city.parts}
    for name in ("filed", "signed", "amount", "paid", "answered", "reviewed", "matched"):
        whole = sum(Decimal(number(reports[region], name) or "") for region in (EAST, PORT))
        assert Decimal(number(city, name) or "") == whole
        assert parts[EAST][name] == number(reports[EAST], name)


def test_rates_shares_trends_and_the_year_before(db: Database) -> None:
    reports = drafted(db)
    east, city = reports[EAST], reports[""]
    assert (number(city, "answered"), number(city, "reviewed"), number(city, "matched")) == ("2", "2", "2")
    assert (number(city, "timely"), number(city, "coverage")) == ("50", "50")
    assert (number(east, "timely"), number(city, "satisfaction")) == ("100", "4.5")
    assert number(east, "filed", "share") == "66.7"
    assert (number(east, "filed", "year_ago"), number(east, "filed", "previous")) == ("1", "1")
    assert number(east, "filed", "trend") == "1"
    assert number(reports[PORT], "satisfaction", "share") is None
    assert number(reports[PORT], "filed", "light") == "none"


def test_a_period_is_drafted_when_it_is_over_and_once(db: Database) -> None:
    with db.write() as session, pytest.raises(service.PeriodNotOver):
        service.draft(session, SYSTEM, Period(2026, 4, PeriodKind.QUARTER))
    assert len(drafted(db)) == 3
    assert drafted(db) == {}


def test_what_is_issued_stays_and_a_correction_says_what_changed_and_why(db: Database) -> None:
    with db.write() as session:
        wanted = {Indicator.FILED: targets.Wanted(Decimal(24))}
        targets.set_targets(session, SYSTEM, 2026, EAST, wanted)
    report = drafted(db)[EAST]
    assert (number(report, "filed", "target"), number(report, "filed", "light")) == ("2", "green")
    with db.write() as session:
        service.issue(session, SYSTEM, repository.get(session, SYSTEM, report.id))
    before = files(db, report)
    with db.write() as session:
        targets.set_targets(session, SYSTEM, 2026, EAST, {Indicator.FILED: targets.Wanted(Decimal(60))})
        payment = session.scalars(select(Payment).where(Payment.voided_at.is_not(None))).first()
        assert payment is not None
        payment.voided_at = None
    assert files(db, report) == before
    with db.write() as session:
        issued = repository.get(session, SYSTEM, report.id)
        for step in (service.refresh, service.issue, service.drop):
            with pytest.raises(service.AlreadyIssued):
                step(session, SYSTEM, issued)
        second = service.correct(session, SYSTEM, issued, reason="漏登一笔到账。")
        changed = {(row["indicator"], row["column"]): (row["before"], row["after"]) for row in second.changes}
        assert changed[("filed", "target")] == ("2", "5")
        assert changed[("filed", "light")] == ("green", "red")
        assert changed[("paid", "actual")] == ("20", "27")
        with pytest.raises(service.NotIssued):
            service.correct(session, SYSTEM, second, reason="再改。")
        service.issue(session, SYSTEM, second)
        with pytest.raises(service.NotIssued):
            service.correct(session, SYSTEM, issued, reason="改旧版。")
    assert files(db, report) == before
    assert "漏登一笔到账。" in words_of(files(db, second)[ReportFormat.DOCX])


def test_a_draft_follows_the_data_until_it_is_issued(db: Database) -> None:
    report = drafted(db)[PORT]
    with db.write() as session:
        session.execute(Requirement.__table__.update().values(region=EAST))  # type: ignore[attr-defined]
        found = service.refresh(session, SYSTEM, repository.get(session, SYSTEM, report.id))
        assert number(found, "filed") == "0"
        with pytest.raises(service.FirstEditionStays):
            service.drop(session, SYSTEM, found)


def test_every_figure_can_be_counted_again_in_the_workbook(db: Database) -> None:
    report = drafted(db)[EAST]
    made = files(db, report)
    sheets = sheets_of(made[ReportFormat.XLSX])
    index = {row["指标"]: row for row in sheets["数字索引"]}
    for item in Indicator:
        rule = figures.RULES[item]
        if rule.is_sum:
            assert Decimal(str(index[item.label]["数值"])) == Decimal(number(report, item.value) or "")
    assert sum(row["期间"] == "本期" for row in sheets["需求提交"]) == 2
    assert {row["区县"] for lines in sheets.values() for row in lines if "区县" in row} == {EAST}
    text = words_of(made[ReportFormat.DOCX])
    assert "需求提交数" in text
    assert made[ReportFormat.PDF].startswith(b"%PDF")
    for content in (text, str(sheets)):
        assert SECRET not in content


def files(db: Database, report: IndicatorReport) -> dict[ReportFormat, bytes]:
    with db.read() as session:
        found = papers.make(repository.get(session, SYSTEM, report.id))
        return {format: found.as_file(format) for format in ReportFormat}
