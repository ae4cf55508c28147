"""From filing a problem to the answer on its time line, through the whole match-round workbench, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.db import Database
from app.models import Organization, Role
from tests import factories
from tests.app.matches.conftest import note_all
from tests.browser.conftest import Site
from tests.browser.test_habits import barriers

TITLE = "阻燃遮光窗帘面料的耐洗性提升"


def file_problem(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/desk/requirements")
    page.get_by_role("link", name="填报需求").first.click()
    page.get_by_label("技术需求名称").fill(TITLE)
    page.get_by_label("主要问题").fill("现有后整理工艺在二十次水洗后阻燃性能明显下降。")
    page.get_by_label("参加赛事").select_option(label="通海市技术创新挑战赛")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def test_a_problem_goes_from_its_form_to_the_answer_on_its_time_line(
    site: Site, db: Database, seeker_organization: Organization, bureau: Organization
) -> None:
    factories.make_challenge(db)
    teams = [factories.make_solver(db, name) for name in ("纺织整理课题组", "钢丝绳检测研究院")]
    achievements = [
        factories.make_achievement(db, team, title)
        for team, title in zip(teams, ("阻燃遮光面料耐洗整理技术", "钢丝绳无损检测装置"), strict=True)
    ]
    note_all(db, teams, achievements)
    seeker, organizer = site.sign_in(Role.SEEKER, seeker_organization), site.sign_in(Role.ORGANIZER, bureau)

    file_problem(seeker, site)
    address = seeker.url

    # The form saves itself while it is filled in.
    seeker.get_by_role("link", name="修改").click()
    seeker.get_by_label("预期目标").fill("水洗五十次后续燃时间不超过五秒。")
    seeker.get_by_label("现有工作基础").focus()
    expect(seeker.locator("#state")).to_contain_text("已保存")
    seeker.get_by_placeholder("指标名称").first.fill("续燃时间")
    seeker.get_by_placeholder("数值").first.fill("5")
    seeker.get_by_role("button", name="保存并提交").click()
    expect(seeker.get_by_text("已提交。审核结果会在这里答复您")).to_be_visible()

    # Returned with words, completed, approved, published.
    organizer.goto(address)
    organizer.get_by_text("退回补正", exact=True).first.click()
    organizer.locator("#return-reason").select_option(label="其他")
    organizer.locator("#return-text").fill("请补充现有工艺参数")
    organizer.get_by_role("button", name="退回补正").click()
    seeker.goto(address)
    expect(seeker.get_by_text("请补充现有工艺参数")).to_be_visible()
    seeker.get_by_role("button", name="提交", exact=True).click()
    organizer.goto(address)
    organizer.get_by_text("审核通过", exact=True).first.click()
    organizer.get_by_role("button", name="审核通过", exact=True).click()
    organizer.get_by_text("发布", exact=True).first.click()
    organizer.get_by_role("button", name="发布", exact=True).click()
    expect(organizer.locator("header .badge").filter(has_text="已发布")).to_be_visible()

    # Everybody finds it on the public list.
    visitor = site.visit()
    visitor.goto(f"{site.url}/problems")
    expect(visitor.get_by_role("link", name=TITLE)).to_be_visible()

    # A round: started, watched, looked at, published.
    organizer.goto(f"{site.url}/desk/challenges")
    organizer.get_by_role("link", name="通海市技术创新挑战赛").click()
    organizer.get_by_role("button", name="启动匹配").click()
    expect(organizer.get_by_role("heading", name=re.compile("匹配"))).to_be_visible()
    _wait_for_draft(organizer)
    expect(organizer.get_by_text("待发布")).to_be_visible()
    # The small encoder of the tests holds nobody for adequate; the nearest are there to be assigned by hand.
    organizer.get_by_text(re.compile("最接近团队（")).click()
    expect(organizer.get_by_text("纺织整理课题组").first).to_be_visible()
    organizer.get_by_role("link", name="矩阵").click()
    expect(organizer.locator("table.matrix")).to_be_visible()
    organizer.on("dialog", lambda dialog: dialog.accept())
    organizer.get_by_role("button", name="发布").click()
    expect(organizer.get_by_text(re.compile("已发布：1 个需求|0 个需求得到候选，1 个"))).to_be_visible()

    # The answer stands on the seeker's time line.
    seeker.goto(address)
    expect(seeker.locator(".timeline").first).to_contain_text(re.compile("匹配结果|暂无合适解决方"))


def test_a_pair_is_pinned_and_obeyed_by_the_next_run(
    site: Site, db: Database, seeker_organization: Organization, bureau: Organization
) -> None:
    from app.auth.actor import SYSTEM
    from app.requirements import repository, service

    challenge = factories.make_challenge(db)
    draft = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        row = repository.get(session, SYSTEM, draft.id, lock=True)
        service.submit(session, SYSTEM, row)
        service.approve(session, SYSTEM, row)
        service.publish(session, SYSTEM, row, challenge=challenge.code)
    teams = [factories.make_solver(db, name) for name in ("纺织整理课题组", "涤纶织物实验室")]
    achievements = [
        factories.make_achievement(db, team, title)
        for team, title in zip(teams, ("阻燃遮光面料耐洗整理技术", "窗帘面料阻燃整理方法"), strict=True)
    ]
    note_all(db, teams, achievements)
    organizer = site.sign_in(Role.ORGANIZER, bureau)
    organizer.on("dialog", lambda dialog: dialog.accept())
    organizer.goto(f"{site.url}/desk/challenges/{challenge.id}")
    organizer.get_by_label("每个需求的团队数").fill("1")
    organizer.get_by_role("button", name="启动匹配").click()
    _wait_for_draft(organizer)
    assert barriers(organizer) == []
    organizer.get_by_text(re.compile("最接近团队（")).click()
    second = organizer.locator(".pair").nth(1)
    name = second.locator("strong").inner_text()
    second.get_by_text("调整").click()
    second.get_by_label("原因").fill("双方已签意向书")
    second.get_by_role("button", name="指定").click()
    organizer.locator("summary").filter(has_text="重新运行").click()
    organizer.locator("details[open]").get_by_role("button", name="重新运行").click()
    _wait_for_draft(organizer)
    expect(organizer.locator(".pair strong").first).to_have_text(name)


def _wait_for_draft(page: Page) -> None:
    """The page that shows the progress turns into the workbench by itself."""
    expect(page.get_by_role("button", name="发布")).to_be_visible(timeout=60_000)
