"""A team registers, is let in, finds a problem, offers itself and proposes; a seeker signs its answer off."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from app.auth.actor import SYSTEM
from app.db import Database
from app.kit.clock import now
from app.models import Organization, Requirement, Role
from app.models.requirement import RequirementStatus
from app.requirements import service
from tests import factories
from tests.browser.conftest import Site
from tests.browser.test_habits import barriers
from tests.conftest import PASSWORD

EMAIL = "chenli@jdut.example"
TITLE = "阻燃遮光窗帘面料的耐洗性提升"
ANSWER = "已联系两家单位，下周给出名单。"


def register(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_role("link", name="注册", exact=True).click()
    page.get_by_label("单位名称").fill("江东理工大学")
    page.get_by_label("姓名").fill("陈立")
    page.get_by_label("邮箱").fill(EMAIL)
    page.get_by_label("密码", exact=False).first.fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_role("button", name="提交注册").click()
    expect(page.get_by_role("heading", name="已收到注册")).to_be_visible()


def test_a_team_comes_by_itself_and_offers_itself_for_a_problem(
    site: Site, db: Database, seeker_organization: Organization, bureau: Organization
) -> None:
    made = factories.make_requirement(db, seeker_organization, title=TITLE)
    with db.write() as session:
        found = session.get_one(Requirement, made.id)
        found.status, found.published_at = RequirementStatus.PUBLISHED, now()
    stranger, organizer = site.visit(), site.sign_in(Role.ORGANIZER, bureau)
    register(stranger, site)

    organizer.goto(f"{site.url}/desk/registrations")
    organizer.get_by_role("button", name="通过，并新建单位").click()
    expect(organizer.get_by_text("陈立 可以登录了")).to_be_visible()

    stranger.goto(f"{site.url}/login")
    stranger.get_by_label("邮箱").fill(EMAIL)
    stranger.get_by_label("密码").fill(PASSWORD)
    stranger.locator("main").get_by_role("button", name="登录").click()
    stranger.get_by_role("link", name="新建团队").click()
    stranger.get_by_label("名称").fill("纺织整理课题组")
    stranger.get_by_role("button", name="保存").click()
    expect(stranger.get_by_role("heading", name="纺织整理课题组")).to_be_visible()

    stranger.goto(f"{site.url}/problems")
    stranger.get_by_role("link", name=TITLE).click()
    stranger.get_by_text("表达揭榜意向").click()
    stranger.get_by_label("为什么合适").fill("课题组有同类中试线。")
    stranger.get_by_role("button", name="送出意向").click()
    expect(stranger.get_by_text("意向已送达承办单位和需求方")).to_be_visible()
    organizer.goto(f"{site.url}/desk/interests")
    expect(organizer.get_by_text("课题组有同类中试线。")).to_be_visible()


def test_a_seeker_reads_the_answer_and_signs_it_off(
    site: Site, db: Database, seeker_organization: Organization
) -> None:
    made = factories.make_requirement(db, seeker_organization, title=TITLE)
    with db.write() as session:
        found = session.get_one(Requirement, made.id)
        service.submit(session, SYSTEM, found)
        service.answer_in_writing(session, SYSTEM, found, ANSWER)
    seeker = site.sign_in(Role.SEEKER, seeker_organization)
    seeker.locator("main").get_by_role("link", name=TITLE).first.click()
    expect(seeker.get_by_text(ANSWER)).to_be_visible()
    seeker.get_by_label("满意", exact=True).check()
    seeker.get_by_role("button", name="已收到").click()
    expect(seeker.get_by_text("满意度 4 / 5")).to_be_visible()


def test_the_own_pages_have_no_serious_barrier_and_fit_a_phone(site: Site, db: Database) -> None:
    university = factories.make_organization(db, "江东理工大学", kind="university")
    team, stranger = site.sign_in(Role.SOLVER, university), site.visit()
    pages = [(stranger, path) for path in ("/register", "/login", "/password/forgotten")]
    own = (
        "/desk",
        "/account",
        "/account/password",
        "/desk/interests",
        "/desk/subscriptions/new",
        "/desk/claims/new",
    )
    pages += [(team, path) for path in own]
    found = []
    for page, path in pages:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(site.url + path)
        found += [(path, *barrier) for barrier in barriers(page)]
        page.set_viewport_size({"width": 375, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append((path, "it scrolls sideways", []))
    assert found == []
