"""Files in: upload, what became of the rows, and the marked file."""

from __future__ import annotations

import uuid

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.context import AppContext
from app.db import Database
from app.exchange import tasks as _tasks  # noqa: F401 (registers the job)
from app.jobs.runner import run_inline
from app.models import Requirement
from app.models.exchange import Import
from app.models.job import JobStatus

ROWS = (
    '{"id": "R1", "title": "轴承寿命提升", "problem": "三个月失效", "organization": {"name": "通海轴承厂"}}\n'
    '{"id": "R2", "title": "", "organization": {"name": "通海轴承厂"}}\n'
)


def upload(browser: TestClient, content: str, **more: str) -> str:
    answer = browser.post(
        "/desk/imports", data=more, files={"file": ("征集.jsonl", content.encode(), "application/jsonl")}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def finish(context: AppContext, path: str) -> None:
    with context.db.read() as session:
        record = session.get_one(Import, uuid.UUID(path.rsplit("/", 1)[1]))
    assert record.job_id is not None
    assert run_inline(context, record.job_id).status is JobStatus.SUCCEEDED


def test_a_file_is_imported_and_its_bad_rows_are_shown_and_marked(
    organizer_browser: TestClient, context: AppContext, db: Database
) -> None:
    path = upload(organizer_browser, ROWS)
    assert 'hx-trigger="every 2s"' in organizer_browser.get(path).text
    finish(context, path)
    shown = organizer_browser.get(f"{path}?outcome=rejected").text
    assert "R2" in shown
    assert "R1" not in shown
    report = organizer_browser.get(f"{path}/report.xlsx")
    assert report.content[:2] == b"PK"
    with db.read() as session:
        assert [row.external_id for row in session.scalars(select(Requirement))] == ["R1"]


def test_a_dry_run_stores_nothing_and_says_so(
    organizer_browser: TestClient, context: AppContext, db: Database
) -> None:
    path = upload(organizer_browser, ROWS, dry_run="yes")
    finish(context, path)
    assert "没有入库" in organizer_browser.get(path).text
    with db.read() as session:
        assert session.scalars(select(Requirement)).all() == []


def test_a_form_without_a_file_is_refused_in_words(organizer_browser: TestClient) -> None:
    answer = organizer_browser.post("/desk/imports", data={"kind": "requirements"})
    assert answer.status_code == 422
    assert "请选择要导入的文件" in answer.text


def test_templates_can_be_downloaded(organizer_browser: TestClient) -> None:
    answer = organizer_browser.get("/desk/imports/templates/requirements.xlsx")
    assert answer.content[:2] == b"PK"


def test_solvers_do_not_see_anothers_import(
    organizer_browser: TestClient, seeker_browser: TestClient
) -> None:
    assert seeker_browser.get(upload(organizer_browser, ROWS)).status_code == 404
