"""An organizer makes a challenge with its stages, and records an agreement with a payment, in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from app.db import Database
from app.models import Organization, Role
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.browser.conftest import Site
from tests.browser.test_habits import barriers


def test_an_organizer_makes_a_challenge_with_stages_and_announces_it(
    site: Site, bureau: Organization
) -> None:
    page = site.sign_in(Role.ORGANIZER, bureau)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{site.url}/desk/challenges")
    page.get_by_role("link", name="新建赛事").first.click()
    page.get_by_label("名称").fill("2031 年通海市技术创新挑战赛")
    page.get_by_label("代码").fill("TH2031")
    page.get_by_label("面向地区").fill("江苏省/通海市")
    page.get_by_label("新材料及应用").check()
    assert barriers(page) == []
    page.get_by_role("button", name="保存").click()

    # Its schedule is next; what is left empty is not dated.
    expect(page.get_by_text("还未公布")).to_be_visible()
    page.get_by_label("需求征集：开始").fill("2031-03-01T09:00")
    page.get_by_label("需求征集：截止").fill("2031-03-31T18:00")
    assert barriers(page) == []
    page.get_by_role("button", name="保存阶段安排").click()
    expect(page.get_by_text("2031-03-01 09:00:00 – 2031-03-31 18:00:00")).to_be_visible()

    page.get_by_role("button", name="公布赛事").click()
    expect(page.locator("header .badge").filter(has_text="进行中")).to_be_visible()
    expect(page.get_by_text("新材料及应用")).to_be_visible()
    page.get_by_role("link", name="阶段安排").click()
    page.get_by_text("延期", exact=True).click()
    page.get_by_label("新的截止时间").fill("2031-04-07T18:00")
    page.get_by_label("延期原因").fill("清明假期。")
    page.get_by_role("button", name="确定延期").click()
    expect(page.get_by_text("清明假期。")).to_be_visible()


def test_an_organizer_records_an_agreement_with_a_payment(
    site: Site, db: Database, seeker_organization: Organization, bureau: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.IN_CONTACT)
    factories.make_solver(db, "纺织整理课题组")
    page = site.sign_in(Role.ORGANIZER, bureau)
    page.goto(f"{site.url}/desk/requirements/{requirement.id}")
    page.locator("header").get_by_role("link", name="合作协议").last.click()
    page.get_by_role("link", name="登记协议").click()
    page.get_by_label("合同名称").fill("阻燃面料联合开发合同")
    page.get_by_label("按名称查找其他团队").fill("纺织")
    page.get_by_role("button", name="查找").click()
    page.get_by_label("纺织整理课题组").check()
    expect(page.get_by_label("合同名称")).to_have_value("阻燃面料联合开发合同")
    page.get_by_label("合同金额（万元）").fill("80")
    assert barriers(page) == []
    page.get_by_role("button", name="保存草稿").click()

    _open(page, "登记签署")
    page.get_by_role("button", name="登记签署").click()
    expect(page.locator("header .badge").filter(has_text="已签署")).to_be_visible()
    _open(page, "登记到账")
    page.get_by_label("到账金额（万元）").fill("30")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator(".progress-line")).to_contain_text("30 万元 / 80 万元")
    assert barriers(page) == []

    # The figure leads to the list, the list to the agreement.
    page.goto(f"{site.url}/desk/agreements/figures?by=district")
    page.get_by_role("row").filter(has_text="合计").get_by_role("link").first.click()
    expect(page.get_by_text("共 1 项")).to_be_visible()
    expect(page.get_by_role("link", name="阻燃面料联合开发合同")).to_be_visible()


def _open(page: Page, words: str) -> None:
    page.locator("summary").filter(has_text=words).click()
