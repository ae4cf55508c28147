"""The organizer's acts in the ledger: owner, question, answer, many answers, the closing proof, the calendar."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.challenges import entries
from app.db import Database
from app.kit.clock import now
from app.models import Challenge, Obligation, Organization, Requirement, Response, Role
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in


@pytest.fixture
def submitted(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED)


def owed(db: Database, requirement: Requirement) -> Obligation:
    with db.read() as session:
        statement = select(Obligation).where(
            Obligation.requirement_id == requirement.id, Obligation.closed_at.is_(None)
        )
        return session.scalars(statement).one()


def make_overdue(db: Database, requirement: Requirement, *, days: int = 1) -> None:
    """As if the answer had been owed for long."""
    with db.write() as session:
        row = session.merge(owed(db, requirement))
        row.opened_at, row.due_at = now() - timedelta(days=days + 7), now() - timedelta(days=days)


def path(requirement: Requirement) -> str:
    return f"/desk/ledger/requirements/{requirement.id}"


def hidden(row: Obligation) -> dict[str, str]:
    return {"obligation": str(row.id), "version": str(row.version)}


def texts(db: Database, requirement: Requirement) -> list[str]:
    with db.read() as session:
        found = select(Response.text).where(Response.requirement_id == requirement.id)
        return list(session.scalars(found.order_by(Response.created_at)))


def test_an_owner_is_named_and_found_by_it_in_the_ledger(
    db: Database, organizer_browser: TestClient, submitted: Requirement
) -> None:
    owner = factories.make_user(db, Role.REVIEWER)
    body = {**hidden(owed(db, submitted)), "owner_id": str(owner.id)}
    assert "共 0 项" in organizer_browser.get(f"/desk/ledger?owner={owner.id}").text
    assert organizer_browser.post(f"{path(submitted)}/assign", data=body).status_code == 303
    shown = organizer_browser.get(f"/desk/ledger?owner={owner.id}").text
    assert "共 1 项" in shown
    assert submitted.title in shown
    stale = organizer_browser.post(f"{path(submitted)}/assign", data=body)
    assert stale.status_code == 412


def test_a_question_stops_the_clock_and_the_heard_reply_lets_it_go_on(
    db: Database, organizer_browser: TestClient, submitted: Requirement
) -> None:
    body = {**hidden(owed(db, submitted)), "question": "请补充工作温度", "days": "5"}
    wrong = organizer_browser.post(f"{path(submitted)}/ask", data={**body, "days": "99"})
    assert wrong.status_code == 422
    assert "请补充工作温度" in wrong.text
    assert organizer_browser.post(f"{path(submitted)}/ask", data=body).status_code == 303
    assert owed(db, submitted).due_at is None
    assert "等待需求方" in organizer_browser.get(path(submitted)).text
    assert "共 1 项" in organizer_browser.get("/desk/ledger?standing=paused").text
    reply = {**hidden(owed(db, submitted)), "text": "220 ℃"}
    assert organizer_browser.post(f"{path(submitted)}/reply", data=reply).status_code == 303
    assert owed(db, submitted).due_at is not None
    assert "220 ℃" in organizer_browser.get(path(submitted)).text


def test_what_is_overdue_cannot_be_put_off_by_a_question(
    db: Database, organizer_browser: TestClient, submitted: Requirement
) -> None:
    make_overdue(db, submitted)
    body = {**hidden(owed(db, submitted)), "question": "请补充", "days": "5"}
    answer = organizer_browser.post(f"{path(submitted)}/ask", data=body)
    assert answer.status_code == 409
    assert "答复已逾期" in answer.text


def test_an_answer_ends_what_was_owed_and_an_empty_one_keeps_the_page(
    db: Database, organizer_browser: TestClient, submitted: Requirement
) -> None:
    before = owed(db, submitted)
    assert organizer_browser.post(f"{path(submitted)}/answer", data={"text": " "}).status_code == 422
    assert organizer_browser.post(f"{path(submitted)}/answer", data={"text": "已联系两家"}).status_code == 303
    assert owed(db, submitted).id != before.id
    assert "已联系两家" in organizer_browser.get(path(submitted)).text


def test_the_ledger_is_narrowed_by_how_long_seekers_wait(
    db: Database, organizer_browser: TestClient, submitted: Requirement
) -> None:
    make_overdue(db, submitted, days=20)
    for waiting, count in (("week", 0), ("fortnight", 0), ("month", 1), ("older", 0)):
        shown = organizer_browser.get(f"/desk/ledger?waiting={waiting}").text
        assert f"共 {count} 项" in shown, waiting
    assert "27" in organizer_browser.get("/desk/ledger").text


def test_others_do_not_act_in_the_ledger(
    browse: Browse, seeker_organization: Organization, submitted: Requirement
) -> None:
    seeker = browse(Role.SEEKER, seeker_organization)
    assert seeker.get(path(submitted)).status_code == 403
    assert seeker.post(f"{path(submitted)}/answer", data={"text": "好"}).status_code == 403
    stranger = browse(Role.REVIEWER)
    assert stranger.get(path(submitted)).status_code == 404
    assert stranger.post(f"{path(submitted)}/answer", data={"text": "好"}).status_code == 404


def test_many_are_answered_in_words_of_their_own_or_none_is(
    db: Database, organizer_browser: TestClient, submitted: Requirement, seeker_organization: Organization
) -> None:
    other = requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED)
    draft = requirement_in(db, seeker_organization, RequirementStatus.DRAFT)
    count = len(texts(db, other))
    shown = organizer_browser.get(f"/desk/ledger/answers?id={submitted.id}&id={other.id}&id={draft.id}").text
    assert f"text.{submitted.id}" in shown
    assert f"text.{draft.id}" not in shown
    long = {f"text.{submitted.id}": "甲的答复", f"text.{other.id}": "长" * 10_001}
    refused = organizer_browser.post("/desk/ledger/answers", data=long)
    assert refused.status_code == 422
    assert "甲的答复" in refused.text
    assert texts(db, submitted) == []
    unseen = {f"text.{submitted.id}": "甲的答复", f"text.{draft.id}": "不可见"}
    assert organizer_browser.post("/desk/ledger/answers", data=unseen).status_code == 422
    assert texts(db, submitted) == []
    own = {f"text.{submitted.id}": "甲的答复", f"text.{other.id}": ""}
    assert organizer_browser.post("/desk/ledger/answers", data=own).status_code == 303
    assert texts(db, submitted) == ["甲的答复"]
    assert len(texts(db, other)) == count
    assert "至少填写一项" in organizer_browser.post("/desk/ledger/answers", data={}).text


def filled(content: bytes, answers: dict[uuid.UUID, str]) -> bytes:
    """The downloaded table with these answers in it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=2):
        if (text := answers.get(uuid.UUID(row[0].value))) is not None:
            row[-1].value = text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_downloaded_table_comes_back_filled_and_its_errors_stand_beside_the_row(
    db: Database, organizer_browser: TestClient, submitted: Requirement, seeker_organization: Organization
) -> None:
    other = requirement_in(db, seeker_organization, RequirementStatus.APPROVED)
    before = texts(db, other)
    table = organizer_browser.get("/desk/ledger/answers/template.xlsx").content
    answers = {submitted.id: "'=甲的答复", other.id: "乙的答复"}

    def upload(content: bytes, name: str = "答复.xlsx") -> tuple[int, str]:
        files = {"file": (name, content, "application/octet-stream")}
        answer = organizer_browser.post("/desk/ledger/answers/file", files=files)
        return answer.status_code, answer.text

    status, shown = upload(table)
    assert (status, "没有填写任何答复" in shown) == (422, True)
    bad = f"系统编号,答复内容\n{submitted.id},好\n{uuid.uuid4()},不认识\n".encode()
    status, shown = upload(bad, "答复.csv")
    assert status == 422
    assert '<td class="number">3</td>' in shown
    assert texts(db, submitted) == []
    assert upload(filled(table, answers))[0] == 303
    assert texts(db, submitted) == ["=甲的答复"]
    assert texts(db, other) == [*before, "乙的答复"]


def test_the_proof_says_row_by_row_why_a_challenge_cannot_be_closed(
    db: Database, organizer_browser: TestClient, submitted: Requirement, seeker_organization: Organization
) -> None:
    challenge: Challenge = factories.make_challenge(db)
    answered = requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED, {"title": "已答复的难题"})
    factories.make_user(db, Role.SEEKER, seeker_organization)
    with db.write() as session:
        for row in (submitted, answered):
            entries.enter(session, challenge.id, row.id)
    page = f"/desk/challenges/{challenge.id}/proof"
    shown = organizer_browser.get(page).text
    assert "还不能结束：1 项" in shown
    lacking = organizer_browser.get(f"{page}?answered=no").text
    assert submitted.title in lacking
    assert "已答复的难题" not in lacking
    organizer_browser.post(f"{path(submitted)}/answer", data={"text": "已联系两家"})
    assert "可以结束" in organizer_browser.get(page).text


def test_lateness_goes_up_to_a_named_superior(
    db: Database, organizer_browser: TestClient, bureau: Organization
) -> None:
    challenge = factories.make_challenge(db)
    superior = factories.make_user(db, Role.ORGANIZER, bureau)
    page = f"/desk/challenges/{challenge.id}"
    body = {"superior_id": str(superior.id), "after_days": "2"}
    assert organizer_browser.post(f"{page}/escalation", data=body).status_code == 303
    shown = organizer_browser.get(f"{page}/proof").text
    assert f'<option value="{superior.id}" selected>' in shown
    assert organizer_browser.post(f"{page}/escalation", data={"superior_id": ""}).status_code == 303
    assert "selected" not in organizer_browser.get(f"{page}/proof").text.split("superior_id")[2]


def test_a_year_of_holidays_is_entered_from_a_table_by_an_administrator(
    browse: Browse, organizer_browser: TestClient
) -> None:
    admin = browse(Role.ADMIN)
    table = "日期,类型,名称\n2031-01-01,放假,元旦\n2031-01-04,调休上班,\n"

    def upload(browser: TestClient, text: str, **more: str) -> tuple[int, str]:
        files = {"file": ("2031.csv", text.encode(), "text/csv")}
        answer = browser.post("/desk/ledger/calendar", data={"year": "2031", **more}, files=files)
        return answer.status_code, answer.text

    assert upload(organizer_browser, table)[0] == 403
    status, shown = upload(admin, table + "2031-01-05,放假,周日\n2031-01-06,别的,\n")
    assert status == 422
    assert '<td class="number">5</td>' in shown
    assert "还没有录入过年份" in admin.get("/desk/ledger/calendar").text
    assert upload(admin, table + "2031-01-05,放假,周日\n")[0] == 422
    assert upload(admin, table)[0] == 303
    assert "元旦" in admin.get("/desk/ledger/calendar").text
    assert upload(admin, table)[0] == 412
    back = openpyxl.load_workbook(io.BytesIO(admin.get("/desk/ledger/calendar/2031.xlsx").content))
    rows = list(back.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == ["放假", "调休上班"]
    assert admin.post("/desk/ledger/calendar/2031/drop", data={"version": "1"}).status_code == 303
    known = admin.get("/desk/ledger/calendar/2026.xlsx").content
    assert openpyxl.load_workbook(io.BytesIO(known)).worksheets[0].max_row > 15
