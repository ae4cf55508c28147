"""What a team does of its own accord: express an interest, and save searches that tell it of problems."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.kit.clock import now
from app.models import Interest, Organization, Requirement, Role, SolverProfile, Subscription
from app.models.interest import InterestStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.console.conftest import Browse

TEXT = "课题组有同类中试线。"


@pytest.fixture
def university(db: Database) -> Organization:
    return factories.make_organization(db, "江东理工大学", kind="university")


@pytest.fixture
def team(db: Database, university: Organization) -> SolverProfile:
    return factories.make_solver(db, organization_id=university.id)


@pytest.fixture
def solver_browser(browse: Browse, university: Organization) -> TestClient:
    return browse(Role.SOLVER, university)


@pytest.fixture
def problem(db: Database, seeker_organization: Organization) -> Requirement:
    made = factories.make_requirement(db, seeker_organization, title="阻燃面料耐洗性提升")
    with db.write() as session:
        found = session.get_one(Requirement, made.id)
        found.status, found.published_at = RequirementStatus.PUBLISHED, now()
    return made


def express(browser: TestClient, problem: Requirement, team: SolverProfile) -> int:
    data = {"requirement_id": str(problem.id), "solver_id": str(team.id), "text": TEXT}
    return browser.post("/desk/interests", data=data).status_code


def test_a_team_offers_itself_and_reads_the_answer(
    solver_browser: TestClient,
    organizer_browser: TestClient,
    seeker_browser: TestClient,
    problem: Requirement,
    team: SolverProfile,
    db: Database,
) -> None:
    assert "表达揭榜意向" in solver_browser.get(f"/problems/{problem.id}").text
    assert express(solver_browser, problem, team) == 303
    again = solver_browser.get(f"/problems/{problem.id}").text
    assert "表达揭榜意向" not in again and "您的揭榜意向" in again
    for browser in (seeker_browser, organizer_browser):
        assert TEXT in browser.get("/desk/interests").text
    with db.read() as session:
        interest = session.scalars(select(Interest)).one()
    assert "谢绝" not in seeker_browser.get("/desk/interests").text.replace("已谢绝", "").split("共 1 项")[1]
    refused = organizer_browser.post(
        f"/desk/interests/{interest.id}/decline", data={"reason": "限省内单位。"}
    )
    assert refused.status_code == 303
    assert "限省内单位。" in solver_browser.get("/desk/interests").text
    assert "限省内单位。" not in seeker_browser.get("/desk/interests").text


def test_an_interest_can_be_taken_back_and_given_again(
    solver_browser: TestClient, problem: Requirement, team: SolverProfile, db: Database
) -> None:
    express(solver_browser, problem, team)
    with db.read() as session:
        interest = session.scalars(select(Interest)).one()
    assert solver_browser.post(f"/desk/interests/{interest.id}/withdraw").status_code == 303
    assert express(solver_browser, problem, team) == 303
    with db.read() as session:
        states = session.scalars(select(Interest.status).order_by(Interest.id)).all()
    assert states == [InterestStatus.WITHDRAWN, InterestStatus.WAITING]


def test_visitors_and_seekers_are_not_offered_the_form(
    visitor: TestClient, seeker_browser: TestClient, problem: Requirement
) -> None:
    for browser in (visitor, seeker_browser):
        assert "表达揭榜意向" not in browser.get(f"/problems/{problem.id}").text


def test_a_search_is_saved_changed_paused_and_deleted(
    solver_browser: TestClient, problem: Requirement, db: Database
) -> None:
    form = {
        "name": "家纺",
        "words": "",
        "region": "江苏省",
        "fields": ["新材料及应用", "其他"],
        "budget_min_wan": "１０",
        "budget_max_wan": "",
        "pace": "daily",
    }
    with db.write() as session:
        session.get_one(Requirement, problem.id).region = "江苏省/通海市"
    made = solver_browser.post("/desk/subscriptions", data=form)
    assert made.status_code == 303
    with db.read() as session:
        saved = session.scalars(select(Subscription)).one()
    assert (saved.fields, saved.budget_min_wan) == (["新材料及应用", "其他"], 10)
    path = f"/desk/subscriptions/{saved.id}"
    wider = {**form, "fields": [], "budget_min_wan": "", "version": str(saved.version)}
    assert solver_browser.post(f"{path}/edit", data=wider).status_code == 303
    assert problem.title in solver_browser.get(path).text
    with db.read() as session:
        version = session.get_one(Subscription, saved.id).version
    assert solver_browser.post(f"{path}/switch", data={"version": str(version)}).status_code == 303
    assert "已暂停" in solver_browser.get("/desk/subscriptions").text
    assert solver_browser.post(f"{path}/remove").status_code == 303
    assert "还没有订阅" in solver_browser.get("/desk/subscriptions").text


def test_an_empty_search_is_refused_and_keeps_what_was_typed(solver_browser: TestClient) -> None:
    answer = solver_browser.post("/desk/subscriptions", data={"name": "全部", "words": "", "pace": "daily"})
    assert answer.status_code == 422
    assert 'value="全部"' in answer.text
    assert 'id="words-error"' in answer.text


def test_what_was_searched_can_be_saved(solver_browser: TestClient, visitor: TestClient) -> None:
    shown = solver_browser.get("/problems", params={"region": "江苏省"}).text
    assert "/desk/subscriptions/new?q=&amp;field=&amp;region=" in shown
    assert "保存为订阅" not in visitor.get("/problems", params={"region": "江苏省"}).text
    form = solver_browser.get("/desk/subscriptions/new", params={"q": "阻燃", "region": "江苏省"}).text
    assert 'value="阻燃"' in form and 'value="江苏省"' in form


def test_the_desk_says_what_waits_for_a_team(
    solver_browser: TestClient, problem: Requirement, team: SolverProfile
) -> None:
    express(solver_browser, problem, team)
    shown = solver_browser.get("/desk").text
    assert "没有待回复的邀约" in shown
    assert 'href="/desk/interests">' in shown and problem.title in shown
    assert f'hx-get="/desk/teams/{team.id}/problems?limit=5"' in shown


def test_a_new_unit_is_told_to_make_its_profile(solver_browser: TestClient) -> None:
    assert "先建立团队档案" in solver_browser.get("/desk").text
