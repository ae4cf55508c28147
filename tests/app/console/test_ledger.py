"""Every figure of the dashboard leads to a list that counts the same; jobs are watched, cancelled and retried."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.analysis import tasks as _tasks  # noqa: F401 (registers the job)
from app.auth.actor import SYSTEM
from app.challenges import entries
from app.console import overview
from app.db import Database
from app.exchange.service import actor_of_user
from app.jobs import service as jobs
from app.kit.clock import now
from app.models import Challenge, Obligation, Organization, Role
from app.models.requirement import Field, RequirementStatus
from app.responses.coverage import Figure
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in

FIGURE = re.compile(r'figure" href="(/desk/ledger[^"]+)"><span>[^<]+</span><strong>(\d+)</strong>')
FUNNEL = re.compile(
    r'href="(/desk/requirements\?[^"]*status=[^"]+)">[^<]+</a></th>.*?class="number">(?:<a[^>]*>)?(\d+)<'
)


@pytest.fixture
def challenge(db: Database, seeker_organization: Organization) -> Challenge:
    """Holds one of three requirements in different states."""
    found = factories.make_challenge(db)
    for status in (RequirementStatus.SUBMITTED, RequirementStatus.PUBLISHED, RequirementStatus.REJECTED):
        row = requirement_in(db, seeker_organization, status)
    with db.write() as session:
        entries.enter(session, found.id, row.id)
    return found


def test_each_figure_of_the_desk_and_the_challenge_leads_to_as_many_rows(
    organizer_browser: TestClient, challenge: Challenge
) -> None:
    for path, least in (("/desk", 3), (f"/desk/challenges/{challenge.id}", 1)):
        shown = organizer_browser.get(path).text
        figures = FIGURE.findall(shown)
        assert len(figures) == 6
        funnel = FUNNEL.findall(shown)
        assert sum(int(count) for _, count in funnel) == least
        for link, count in figures + funnel:
            listed = organizer_browser.get(link.replace("&amp;", "&")).text
            assert f"共 {count} 项" in listed, link


def test_every_count_of_the_overview_leads_to_as_many_rows(
    db: Database,
    browse: Browse,
    seeker_organization: Organization,
    bureau: Organization,
    challenge: Challenge,
) -> None:
    for region, field in (
        ("江苏省/通海市/海东区/东镇", Field.ELECTRONICS),
        ("江苏省/通海市/海东区", None),
        ("", None),
    ):
        requirement_in(
            db, seeker_organization, RequirementStatus.SUBMITTED, {"region": region, "field": field}
        )
    with db.write() as session:
        row = session.scalars(select(Obligation).where(Obligation.closed_at.is_(None))).first()
        assert row is not None
        row.opened_at, row.due_at, row.escalated_at = now() - timedelta(days=20), now(), now()
    owner = factories.make_user(db, Role.ORGANIZER, bureau)
    with db.read() as session:
        found = overview.of(session, actor_of_user(session, owner.id))
    browser = browse(Role.ORGANIZER, bureau)
    counts = [*found.todo, *found.funnel, *found.ages, *found.districts, *found.fields]
    assert {item.label: item.count for item in found.districts}["海东区"] == 2
    assert sum(item.count for item in found.districts) == sum(item.count for item in found.fields) == 6
    assert sum(item.count for item in found.ages) == found.coverage.counts[Figure.SUBMITTED] - 1
    for item in counts:
        shown = browser.get(item.path).text
        assert f"共 {item.count} 项" in shown, item
    for money in found.money:
        assert f"共 {money.count} 项" in browser.get(money.path).text, money
    assert len(found.money) == 2
    desk = browser.get("/desk").text
    assert all(item.path.replace("&", "&amp;") in desk for item in counts)


def test_the_ledger_narrows_by_district_and_age(organizer_browser: TestClient, challenge: Challenge) -> None:
    shown = organizer_browser.get("/desk/ledger", params={"figure": "submitted", "age": "30"}).text
    assert "共 0 项" in shown
    elsewhere = organizer_browser.get("/desk/ledger", params={"region": "不存在的区"}).text
    assert "共 0 项" in elsewhere
    assert "没有符合条件的需求" in elsewhere
    assert organizer_browser.get("/desk/ledger", params={"challenge": "NONE"}).status_code == 404


def test_seekers_do_not_read_the_ledger(seeker_browser: TestClient) -> None:
    assert seeker_browser.get("/desk/ledger").status_code == 403


def test_a_job_is_cancelled_and_tried_again(
    db: Database, organizer_browser: TestClient, browse: Browse, seeker_organization: Organization
) -> None:
    with db.write() as session:
        job = jobs.enqueue(session, "analyses.run", {"challenge_id": None}, actor=SYSTEM)
    shown = organizer_browser.get("/desk/jobs").text
    assert "需求解析" in shown
    assert 'hx-trigger="every 3s"' in shown
    assert organizer_browser.post(f"/desk/jobs/{job.id}/cancel").status_code == 303
    assert f"/desk/jobs/{job.id}/retry" in organizer_browser.get("/desk/jobs").text
    assert organizer_browser.post(f"/desk/jobs/{job.id}/retry").status_code == 303
    stranger = browse(Role.SEEKER, seeker_organization)
    assert stranger.post(f"/desk/jobs/{job.id}/cancel").status_code == 404
    assert "没有后台任务" in stranger.get("/desk/jobs").text
