"""Documents in the browser: ordered, watched, downloaded and deleted; letters where the requirement is."""

from __future__ import annotations

import re
import uuid

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.context import AppContext
from app.db import Database
from app.jobs.runner import run_inline
from app.models import Challenge, Organization, Report, Requirement, Role
from app.models.requirement import RequirementStatus
from app.reports import tasks as _tasks  # noqa: F401 (registers the job)
from tests import factories
from tests.app.console.conftest import Browse


@pytest.fixture
def challenge(db: Database, bureau: Organization) -> Challenge:
    return factories.make_challenge(db)


def order(browser: TestClient, challenge: Challenge, kind: str = "ledger") -> str:
    path = f"/desk/challenges/{challenge.id}/documents"
    assert browser.post(path, data={"kind": kind}).headers["location"] == path
    return path


def make(context: AppContext) -> None:
    with context.db.read() as session:
        job_id = session.scalar(select(Report.job_id).order_by(Report.created_at.desc()))
    assert job_id is not None
    assert run_inline(context, job_id).error is None


def test_an_ordered_document_is_watched_downloaded_and_deleted(
    organizer_browser: TestClient, challenge: Challenge, context: AppContext
) -> None:
    path = order(organizer_browser, challenge)
    assert "等待开始" in organizer_browser.get(path).text
    part = organizer_browser.get(path, headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in part.text
    make(context)
    assert "HX-Refresh" in organizer_browser.get(path, headers={"HX-Request": "true"}).headers
    shown = organizer_browser.get(path).text
    assert 'hx-trigger="every 2s"' not in shown
    links = re.findall(r'href="(/desk/documents/[^"]+)"', shown)
    assert [link.rsplit("/", 1)[1] for link in links] == ["docx", "pdf", "xlsx"]
    assert "反馈台账摘录已生成" in organizer_browser.get("/desk/inbox").text
    assert organizer_browser.get(links[1]).content.startswith(b"%PDF")
    assert organizer_browser.post(links[0].rsplit("/", 1)[0] + "/delete").status_code == 303
    assert "还没有生成过文书" in organizer_browser.get(path).text


def test_a_document_in_the_making_can_be_cancelled_and_made_after_all(
    organizer_browser: TestClient, challenge: Challenge, db: Database, context: AppContext
) -> None:
    path = order(organizer_browser, challenge)
    with db.read() as session:
        report_id = session.scalar(select(Report.id))
    assert organizer_browser.post(f"/desk/documents/{report_id}/cancel").status_code == 303
    assert "重试" in organizer_browser.get(path).text
    assert organizer_browser.post(f"/desk/documents/{report_id}/retry").status_code == 303
    make(context)
    assert f"/desk/documents/{report_id}/pdf" in organizer_browser.get(path).text


def test_a_kind_without_a_public_version_is_refused_in_words(
    organizer_browser: TestClient, challenge: Challenge
) -> None:
    path = f"/desk/challenges/{challenge.id}/documents"
    answer = organizer_browser.post(path, data={"kind": "match_book", "audience": "public"})
    assert answer.status_code == 422
    assert "不能生成公开版" in answer.text


def test_only_staff_reach_the_documents_of_a_challenge(
    seeker_browser: TestClient, challenge: Challenge
) -> None:
    assert seeker_browser.get(f"/desk/challenges/{challenge.id}/documents").status_code == 403
    assert "报告与文书" not in seeker_browser.get(f"/desk/challenges/{challenge.id}").text


def test_a_seeker_takes_the_answer_letter_from_its_requirement(
    db: Database, browse: Browse, seeker_organization: Organization, other_organization: Organization
) -> None:
    need = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        session.get_one(Requirement, need.id).status = RequirementStatus.SUBMITTED
    seeker, other = browse(Role.SEEKER, seeker_organization), browse(Role.SEEKER, other_organization)
    path = f"/desk/requirements/{need.id}/answer-letter.pdf"
    assert path in seeker.get(f"/desk/requirements/{need.id}").text
    assert seeker.get(path).content.startswith(b"%PDF")
    assert other.get(path).status_code == 404
    assert seeker.get(f"/desk/agreements/{uuid.uuid4()}/certificate.pdf").status_code == 404
