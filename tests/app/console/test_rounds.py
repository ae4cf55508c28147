"""The workbench: start, preview, pin, run again, compare, publish and withdraw a round in a browser."""

from __future__ import annotations

import re
import uuid

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.jobs.runner import run_inline
from app.matches import tasks as _tasks  # noqa: F401 (registers the job)
from app.models import Challenge, MatchRound, Organization, PairRule, Requirement, Role, SolverProfile
from app.models.job import JobStatus
from app.models.matching import RoundStatus
from app.models.requirement import RequirementStatus
from app.requirements import repository, service
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.matches.conftest import note_all, refresh_index


@pytest.fixture
def challenge(db: Database, context: AppContext, seeker_organization: Organization) -> Challenge:
    """A challenge with two published requirements and two teams, indexed."""
    found = factories.make_challenge(db)
    for title in ("阻燃遮光窗帘面料的耐洗性提升", "钢丝绳断丝的无损检测"):
        draft = factories.make_requirement(db, seeker_organization, title=title)
        with db.write() as session:
            row = repository.get(session, SYSTEM, draft.id, lock=True)
            service.submit(session, SYSTEM, row)
            service.approve(session, SYSTEM, row)
            service.publish(session, SYSTEM, row, challenge=found.code)
    teams, achievements = [], []
    for name, title in (("纺织课题组", "阻燃遮光面料耐洗整理技术"), ("检测研究院", "钢丝绳无损检测装置")):
        teams.append(factories.make_solver(db, name))
        achievements.append(factories.make_achievement(db, teams[-1], title))
    note_all(db, teams, achievements)
    refresh_index(context)
    return found


def start(browser: TestClient, challenge: Challenge) -> str:
    answer = browser.post(
        f"/desk/challenges/{challenge.id}/rounds", data={"top": "10", "teams": "1", "alternates": "1"}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def compute(context: AppContext, path: str) -> None:
    with context.db.read() as session:
        job_id = session.get_one(MatchRound, uuid.UUID(path.rsplit("/", 1)[1])).job_id
    assert job_id is not None
    job = run_inline(context, job_id)
    assert job.status is JobStatus.SUCCEEDED, job.error


@pytest.fixture
def computed(organizer_browser: TestClient, challenge: Challenge, context: AppContext) -> str:
    path = start(organizer_browser, challenge)
    compute(context, path)
    return path


def test_a_running_round_shows_its_progress_and_can_be_cancelled(
    organizer_browser: TestClient, challenge: Challenge
) -> None:
    path = start(organizer_browser, challenge)
    shown = organizer_browser.get(path).text
    assert "匹配进行中" in shown
    assert 'hx-trigger="every 2s"' in shown
    assert organizer_browser.post(f"{path}/cancel").status_code == 303
    assert "失败" in organizer_browser.get(path).text


def test_a_page_that_watched_the_progress_becomes_the_workbench(
    organizer_browser: TestClient, computed: str
) -> None:
    answer = organizer_browser.get(computed, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-refresh"]) == (204, "true")


def test_a_second_round_beside_a_running_one_is_refused_in_words(
    organizer_browser: TestClient, challenge: Challenge
) -> None:
    start(organizer_browser, challenge)
    answer = organizer_browser.post(f"/desk/challenges/{challenge.id}/rounds", data={"teams": "1"})
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")


def test_the_preview_names_every_requirement_its_team_and_the_reason(
    organizer_browser: TestClient, computed: str
) -> None:
    shown = organizer_browser.get(computed).text
    assert "阻燃遮光窗帘面料的耐洗性提升" in shown
    assert "钢丝绳断丝的无损检测" in shown
    assert "待发布" in shown
    for part in ("teams", "matrix"):
        text = organizer_browser.get(f"{computed}/{part}").text
        assert "纺织课题组" in text or "检测研究院" in text


def test_a_pair_can_be_pinned_with_a_reason_and_the_pin_lifted(
    organizer_browser: TestClient, computed: str, db: Database
) -> None:
    with db.read() as session:
        requirement_id = session.scalars(select(Requirement.id).order_by(Requirement.id)).first()
        solver_id = session.scalars(select(SolverProfile.id).order_by(SolverProfile.id)).first()
    path = f"{computed}/pairs/{requirement_id}/{solver_id}"
    unsaid = organizer_browser.post(path, data={"verdict": "pinned", "reason": ""})
    assert unsaid.status_code == 422
    assert organizer_browser.post(path, data={"verdict": "pinned", "reason": "已签意向书"}).status_code == 303
    with db.read() as session:
        assert session.scalars(select(PairRule)).one().reason == "已签意向书"
    # What was computed before the pin cannot be published any more.
    assert organizer_browser.post(f"{computed}/publish").status_code == 409
    assert organizer_browser.post(path, data={"verdict": "lift"}).status_code == 303
    with db.read() as session:
        assert session.scalars(select(PairRule)).all() == []


def test_publishing_answers_the_seekers_and_withdrawing_tells_them_why(
    organizer_browser: TestClient, seeker_browser: TestClient, computed: str, db: Database
) -> None:
    answer = organizer_browser.post(f"{computed}/publish")
    assert answer.status_code == 303
    with db.read() as session:
        rows = session.scalars(select(Requirement)).all()
        assert {row.status for row in rows} == {RequirementStatus.MATCHING}
    told = seeker_browser.get(f"/desk/requirements/{rows[0].id}").text
    assert "匹配结果" in told or "暂无合适解决方" in told
    organizer_browser.post(f"{computed}/withdraw", data={"reason": "回避关系登记有误"})
    assert "回避关系登记有误" in seeker_browser.get(f"/desk/requirements/{rows[0].id}").text
    with db.read() as session:
        assert session.scalars(select(MatchRound)).one().status is RoundStatus.WITHDRAWN


def test_another_run_can_be_compared_with_the_first(
    organizer_browser: TestClient, computed: str, context: AppContext
) -> None:
    answer = organizer_browser.post(f"{computed}/rerun", data={"keeping_value": "0.5"})
    assert answer.status_code == 303
    again = str(answer.headers["location"])
    compute(context, again)
    other = computed.rsplit("/", 1)[1]
    shown = organizer_browser.get(f"{again}/compare", params={"with": other}).text
    assert "两轮的分配完全相同" in shown
    assert re.search(r"相同 \d+ 对", shown)


def test_the_challenge_page_counts_what_its_links_list(
    organizer_browser: TestClient, challenge: Challenge
) -> None:
    shown = organizer_browser.get(f"/desk/challenges/{challenge.id}").text
    link = re.search(r'href="(/desk/requirements\?challenge=[^"]*status=published)"', shown)
    assert link is not None
    assert "共 2 项" in organizer_browser.get(link.group(1).replace("&amp;", "&")).text


def test_seekers_see_no_round(browse: Browse, seeker_organization: Organization, computed: str) -> None:
    seeker = browse(Role.SEEKER, seeker_organization)
    assert seeker.get(computed).status_code == 403


def test_candidates_are_a_part_of_a_page_and_a_page_of_their_own(
    organizer_browser: TestClient, computed: str, db: Database
) -> None:
    with db.read() as session:
        requirement_id = session.scalars(select(Requirement.id).order_by(Requirement.id)).first()
    path = f"{computed}/requirements/{requirement_id}"
    whole = organizer_browser.get(path).text
    assert "<h1>候选解决方</h1>" in whole
    part = organizer_browser.get(path, headers={"HX-Request": "true"}).text
    assert "<h1>" not in part
    assert 'class="candidates"' in part
