"""What every page owes its readers: no serious barrier, no sideways scrolling on a phone, the keyboard, no script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.auth.actor import SYSTEM
from app.db import Database
from app.models import Organization, Requirement, Role
from app.requirements import repository, service
from tests import factories
from tests.browser.conftest import Site


@pytest.fixture
def published(db: Database, seeker_organization: Organization) -> Requirement:
    challenge = factories.make_challenge(db)
    draft = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        row = repository.get(session, SYSTEM, draft.id, lock=True)
        service.submit(session, SYSTEM, row)
        service.approve(session, SYSTEM, row)
        service.publish(session, SYSTEM, row, challenge=challenge.code)
    return draft


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds serious or critical: the rule, and the first elements that break it."""
    return [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def test_pages_have_no_serious_barrier_and_fit_a_phone(
    site: Site, published: Requirement, bureau: Organization
) -> None:
    organizer = site.sign_in(Role.ORGANIZER, bureau)
    paths = [
        "/problems",
        f"/problems/{published.id}",
        "/desk",
        "/desk/requirements",
        f"/desk/requirements/{published.id}",
        "/desk/requirements/new",
        "/desk/challenges",
        "/desk/teams",
        "/desk/teams/new",
        "/desk/invitations",
        "/desk/imports",
        "/desk/reviews",
        f"/desk/reviews/{published.id}",
        f"/desk/requirements/{published.id}/proposals",
        f"/desk/requirements/{published.id}/statements",
        "/desk/proposals",
        "/desk/ledger",
        "/desk/people",
        "/desk/people/new",
        "/desk/jobs",
        "/desk/inbox",
        "/account/browsers",
    ]
    found = []
    for path in paths:
        organizer.set_viewport_size({"width": 1280, "height": 900})
        organizer.goto(site.url + path)
        organizer.wait_for_load_state("networkidle")
        found += [(path, *barrier) for barrier in barriers(organizer)]
        organizer.set_viewport_size({"width": 375, "height": 800})
        if organizer.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append((path, "it scrolls sideways", []))
    assert found == []


def test_a_problem_can_be_filed_without_javascript(
    site: Site,
    server: str,
    chromium: Browser,
    db: Database,
    seeker_organization: Organization,
    password_hash: str,
) -> None:
    from tests.conftest import PASSWORD

    user = factories.make_user(db, Role.SEEKER, seeker_organization, password_hash=password_hash)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/login?next=/desk/requirements/new")
    page.get_by_label("邮箱").fill(user.email)
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="登录").click()
    page.get_by_label("技术需求名称").fill("轴承寿命提升")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", name="轴承寿命提升")).to_be_visible()
    context.close()


def test_the_first_stop_of_the_keyboard_leads_to_the_content(site: Site) -> None:
    page = site.visit()
    page.goto(f"{site.url}/problems")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_list_searches_as_one_types_and_the_address_follows(site: Site, published: Requirement) -> None:
    page = site.visit()
    page.goto(f"{site.url}/problems")
    page.get_by_label("用词语或一段话检索").press_sequentially("水泵")
    expect(page).to_have_url(f"{site.url}/problems?q=%E6%B0%B4%E6%B3%B5&field=&region=")
    page.go_back()
    expect(page.get_by_role("link", name=published.title)).to_be_visible()


def test_the_first_load_is_small(site: Site) -> None:
    page = site.visit()
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(int(response.headers.get("content-length", 0))))
    page.goto(f"{site.url}/problems")
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) < 400_000
