"""Selecting requirements in their list, acting on them, and undoing it in time, in a browser."""

from __future__ import annotations

from fastapi.testclient import TestClient

from app.batches import tasks as _tasks  # noqa: F401 (registers the job)
from app.db import Database
from app.models import Organization, Role
from app.models.requirement import RequirementStatus
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in


def test_what_was_selected_is_held_and_can_be_undone(
    db: Database, organizer_browser: TestClient, seeker_organization: Organization
) -> None:
    row = requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED)
    assert f'name="id" value="{row.id}"' in organizer_browser.get("/desk/requirements").text
    form = organizer_browser.get(f"/desk/batches/new?id={row.id}").text
    assert row.title in form
    wrong = organizer_browser.post(
        "/desk/batches", data={"id": str(row.id), "act": "return", "text": "请补充"}
    )
    assert wrong.status_code == 422
    assert "请选择退回原因" in wrong.text
    assert "请补充" in wrong.text
    made = organizer_browser.post("/desk/batches", data={"id": str(row.id), "act": "approve"})
    assert made.status_code == 303
    page = made.headers["location"]
    assert "在此之前可以撤销" in organizer_browser.get(page).text
    assert organizer_browser.post(f"{page}/undo").status_code == 303
    assert "已撤销" in organizer_browser.get(page).text
    assert organizer_browser.post(f"{page}/undo").status_code == 409


def test_seekers_select_nothing(browse: Browse, seeker_organization: Organization) -> None:
    seeker = browse(Role.SEEKER, seeker_organization)
    assert 'name="id"' not in seeker.get("/desk/requirements").text
    assert seeker.get("/desk/batches/new").status_code == 403
