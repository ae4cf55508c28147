"""A seeker reads every answer on a time line, signs it off, calls it none, and replies to questions."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.db import Database
from app.ledger import obligations
from app.models import Obligation, Organization, Requirement, Response, ResponseAcknowledgement
from app.models.ledger import ObligationKind
from app.requirements import service
from tests import factories

ANSWER = "已联系两家单位，下周给出名单。"


@pytest.fixture
def submitted(db: Database, seeker_organization: Organization) -> Requirement:
    made = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        service.submit(session, SYSTEM, session.get_one(Requirement, made.id))
    return made


@pytest.fixture
def answer(db: Database, submitted: Requirement) -> Response:
    with db.write() as session:
        found = session.get_one(Requirement, submitted.id)
        return service.answer_in_writing(session, SYSTEM, found, ANSWER)


def open_obligation(db: Database) -> Obligation:
    with db.read() as session:
        return session.scalars(select(Obligation).where(Obligation.closed_at.is_(None))).one()


def test_an_answer_is_read_acknowledged_and_rated_later(
    seeker_browser: TestClient, submitted: Requirement, answer: Response, db: Database
) -> None:
    page = f"/desk/requirements/{submitted.id}"
    shown = seeker_browser.get(page).text
    assert ANSWER in shown and "确认这条答复" in shown
    path = f"{page}/answers/{answer.id}/acknowledge"
    assert seeker_browser.post(path, data={"words": ""}).status_code == 303
    assert "已确认" in seeker_browser.get(page).text
    rated = seeker_browser.post(path, data={"satisfaction": "4", "words": "希望加快。"})
    assert rated.headers["location"] == f"{page}#answers"
    with db.read() as session:
        row = session.scalars(select(ResponseAcknowledgement)).one()
    assert (row.satisfaction, row.words) == (4, "希望加快。")
    shown = seeker_browser.get(page).text
    assert "满意度 4 / 5" in shown and "确认这条答复" not in shown
    assert seeker_browser.post(path, data={"satisfaction": "1"}).status_code == 409


def test_an_answer_that_is_none_must_be_given_again(
    seeker_browser: TestClient, submitted: Requirement, answer: Response, db: Database
) -> None:
    page = f"/desk/requirements/{submitted.id}"
    path = f"{page}/answers/{answer.id}/reopen"
    assert seeker_browser.post(path, data={"reason": ""}).status_code == 422
    assert seeker_browser.post(path, data={"reason": "没有给出名单。"}).status_code == 303
    assert open_obligation(db).kind is ObligationKind.REOPENED
    assert "要求重新答复：没有给出名单。" in seeker_browser.get(page).text


def test_a_question_is_answered_on_the_page(
    seeker_browser: TestClient, submitted: Requirement, db: Database
) -> None:
    with db.write() as session:
        owed = session.scalars(select(Obligation)).one()
        found = session.get_one(Requirement, submitted.id)
        obligations.ask(session, SYSTEM, found, owed, question="定型机的型号？", days=5)
    page = f"/desk/requirements/{submitted.id}"
    shown = seeker_browser.get(page).text
    assert "定型机的型号？" in shown and 'name="obligation"' in shown
    data = {"obligation": str(open_obligation(db).id), "text": "LK-828。"}
    assert seeker_browser.post(f"{page}/reply", data=data).status_code == 303
    assert open_obligation(db).due_at is not None
    assert "LK-828。" in seeker_browser.get(page).text
    assert seeker_browser.post(f"{page}/reply", data={"obligation": "x", "text": "?"}).status_code == 404


def test_only_the_seeker_signs_off(
    organizer_browser: TestClient, submitted: Requirement, answer: Response
) -> None:
    page = f"/desk/requirements/{submitted.id}"
    shown = organizer_browser.get(page).text
    assert ANSWER in shown and "确认这条答复" not in shown
    path = f"{page}/answers/{answer.id}/acknowledge"
    assert organizer_browser.post(path, data={"words": ""}).status_code == 403


def test_the_desk_leads_to_the_answer_that_waits(
    seeker_browser: TestClient, submitted: Requirement, answer: Response
) -> None:
    link = f'href="/desk/requirements/{submitted.id}#answers"'
    assert link in seeker_browser.get("/desk").text
    path = f"/desk/requirements/{submitted.id}/answers/{answer.id}/acknowledge"
    seeker_browser.post(path, data={"words": ""})
    shown = seeker_browser.get("/desk").text
    assert link not in shown and "没有待确认的答复" in shown
