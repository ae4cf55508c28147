"""From an invitation to a meeting that both sides have in their list, in browsers of all three."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.db import Database
from app.models import Organization, Requirement, Role
from app.models.matching import RoundResult
from tests import factories
from tests.app.invitations.conftest import make_team
from tests.app.invitations.invitations_in import published_round
from tests.app.matches.conftest import publish
from tests.browser.conftest import Site
from tests.browser.test_habits import barriers

DAY = "2096-06-11"


def plan(page: Page, site: Site, challenge_id: str) -> None:
    """A session with a room, its pairs from the accepted invitations, computed and published."""
    page.goto(f"{site.url}/desk/challenges/{challenge_id}")
    page.get_by_role("link", name="对接会与现场赛").last.click()
    page.get_by_role("link", name="新建场次").click()
    page.get_by_label("场次名称").fill("纺织专场对接会")
    page.get_by_label("地点").fill("会展中心")
    page.get_by_label("日期 1", exact=True).fill(DAY)
    assert barriers(page) == []
    page.get_by_role("button", name="建立场次").click()
    page.locator("#room-name").fill("洽谈室 1")
    page.get_by_role("button", name="添加场地").click()
    expect(page.get_by_text("已添加场地")).to_be_visible()
    page.get_by_role("link", name="谁与谁会面").click()
    page.get_by_role("button", name="加入", exact=True).first.click()
    expect(page.get_by_text("加入 1 场会面")).to_be_visible()
    page.get_by_role("link", name="日程", exact=True).click()
    page.get_by_role("button", name="计算日程").click()
    # The page that shows the progress turns into the timetable by itself.
    expect(page.locator("a.slot")).to_be_visible(timeout=60_000)
    assert barriers(page) == []
    page.get_by_role("button", name="发布日程").click()
    expect(page.get_by_text("已发布 1 场会面")).to_be_visible()


def test_an_invited_team_accepts_and_meets_the_seeker(
    site: Site, db: Database, seeker_organization: Organization, bureau: Organization
) -> None:
    challenge = factories.make_challenge(db)
    requirement: Requirement = publish(db, factories.make_requirement(db, seeker_organization), challenge)
    team = make_team(db, "纺织")
    found = published_round(db, challenge, requirement, [team.profile])
    with db.write() as session:
        session.add(
            RoundResult(
                round_id=found.id,
                requirement_id=requirement.id,
                number=1,
                level=1,
                best_adequate=0.6,
                assigned=1,
                passed_over_count=0,
            )
        )
    organizer = site.sign_in(Role.ORGANIZER, bureau)
    organizer.on("dialog", lambda dialog: dialog.accept())
    solver, seeker = site.sign_in(Role.SOLVER, team.unit), site.sign_in(Role.SEEKER, seeker_organization)

    organizer.goto(f"{site.url}/desk/rounds/{found.id}")
    organizer.get_by_role("navigation", name="查看方式").get_by_role("link", name="邀约").click()
    organizer.get_by_label("邀请函").fill("请确认能否派人参加对接会。")
    assert barriers(organizer) == []
    organizer.get_by_role("button", name="向勾选的团队发出").click()
    expect(organizer.get_by_text("已发出 1 份邀约")).to_be_visible()

    solver.goto(f"{site.url}/desk/invitations")
    solver.get_by_role("link", name=requirement.title).click()
    expect(solver.get_by_text("请确认能否派人参加对接会。")).to_be_visible()
    solver.get_by_role("button", name="接受邀约").click()
    expect(solver.get_by_text(re.compile("已接受邀约，承办单位会安排对接"))).to_be_visible()

    plan(organizer, site, str(challenge.id))

    solver.goto(f"{site.url}/desk/meetings")
    expect(solver.get_by_text(re.compile(DAY))).to_be_visible()
    assert barriers(solver) == []
    solver.get_by_role("link", name=requirement.title).click()
    solver.get_by_role("button", name="确认出席").click()
    expect(solver.get_by_text("已回复")).to_be_visible()
    seeker.goto(f"{site.url}/desk/meetings")
    seeker.get_by_role("link", name=requirement.title).click()
    expect(seeker.get_by_text("纺织课题组")).to_be_visible()
    expect(seeker.locator(".badge").filter(has_text="确认出席")).to_be_visible()
