"""A solver's pages: teams, achievements, problems that fit, invitations, messages."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.models import Achievement, Organization, Role, SolverProfile
from app.requirements import repository, service
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.matches.conftest import refresh_index


@pytest.fixture
def university(db: Database) -> Organization:
    return factories.make_organization(db, "江东理工大学", kind="university")


@pytest.fixture
def solver_browser(browse: Browse, university: Organization) -> TestClient:
    return browse(Role.SOLVER, university)


def file_team(browser: TestClient) -> str:
    answer = browser.post("/desk/teams", data={"name": "纺织课题组", "kind": "university", "capacity": "3"})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_solver_files_a_team_and_pastes_its_achievements(solver_browser: TestClient, db: Database) -> None:
    path = file_team(solver_browser)
    titles = "阻燃遮光面料耐洗整理技术\n\n 钢丝绳无损检测装置 \n阻燃遮光面料耐洗整理技术"
    solver_browser.post(f"{path}/achievements", data={"titles": titles, "kind": "patent"})
    solver_browser.post(f"{path}/achievements", data={"titles": titles, "kind": "patent"})
    with db.read() as session:
        kept = session.scalars(select(Achievement.title).order_by(Achievement.title)).all()
    assert sorted(kept) == sorted(["阻燃遮光面料耐洗整理技术", "钢丝绳无损检测装置"])
    assert "钢丝绳无损检测装置" in solver_browser.get(path).text


def test_a_team_with_an_impossible_capacity_comes_back_with_what_was_typed(
    solver_browser: TestClient,
) -> None:
    answer = solver_browser.post("/desk/teams", data={"name": "纺织课题组", "capacity": "很多"})
    assert answer.status_code == 422
    assert "很多" in answer.text
    assert 'id="capacity-error"' in answer.text


def test_two_editors_of_a_team_do_not_overwrite_each_other(solver_browser: TestClient, db: Database) -> None:
    path = file_team(solver_browser)
    form = {"name": "纺织课题组", "kind": "university", "capacity": "4", "version": "1"}
    assert solver_browser.post(f"{path}/edit", data=form).status_code == 303
    late = solver_browser.post(f"{path}/edit", data={**form, "capacity": "9"})
    assert late.status_code == 412
    assert 'value="9"' in late.text
    with db.read() as session:
        assert session.scalars(select(SolverProfile)).one().capacity == 4


def test_problems_that_fit_are_shown_with_the_phrases_that_meet(
    solver_browser: TestClient, context: AppContext, db: Database, seeker_organization: Organization
) -> None:
    draft = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        row = repository.get(session, SYSTEM, draft.id, lock=True)
        for move in (service.submit, service.approve, service.publish):
            move(session, SYSTEM, row)
    path = file_team(solver_browser)
    solver_browser.post(f"{path}/achievements", data={"titles": "阻燃遮光面料耐洗整理技术"})
    refresh_index(context)
    shown = solver_browser.get(f"{path}/problems").text
    assert draft.title in shown
    assert "<mark>" in shown


def test_anothers_team_cannot_be_changed(
    solver_browser: TestClient, browse: Browse, other_organization: Organization
) -> None:
    path = file_team(solver_browser)
    stranger = browse(Role.SOLVER, other_organization)
    assert stranger.post(f"{path}/achievements", data={"titles": "冒名成果"}).status_code in (403, 404)
    assert stranger.post(f"{path}/edit", data={"name": "x", "version": "1"}).status_code in (403, 404)


def test_an_empty_inbox_and_an_empty_list_of_invitations_say_so(solver_browser: TestClient) -> None:
    assert "还没有消息" in solver_browser.get("/desk/inbox").text
    assert "没有邀约" in solver_browser.get("/desk/invitations").text
