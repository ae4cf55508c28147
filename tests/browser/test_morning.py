"""The organizer's morning in a browser: from the desk to an overdue answer, to 100 % and to a bulk act undone."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from app.db import Database
from app.kit.clock import now
from app.models import Obligation, Organization, Role
from app.models.requirement import RequirementStatus
from tests.app.requirements.states import requirement_in
from tests.browser.conftest import Site
from tests.browser.test_habits import barriers

TITLE = "经编面料的断纱检测"


def test_an_overdue_row_is_answered_and_the_desk_says_100_percent(
    site: Site, db: Database, seeker_organization: Organization, bureau: Organization
) -> None:
    late = requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED, {"title": TITLE})
    with db.write() as session:
        owed = session.scalars(select(Obligation).where(Obligation.requirement_id == late.id)).one()
        owed.due_at = now() - timedelta(days=1)
    page = site.sign_in(Role.ORGANIZER, bureau)
    expect(page.get_by_text("0.0%").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="逾期未答复 1").click()
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_text("已逾期").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("给需求方的答复").fill("已联系两家高校团队，下周三给出对接时间。")
    page.get_by_role("button", name="答复", exact=True).click()
    expect(page.get_by_text("已答复，需求方可以看到")).to_be_visible()
    page.goto(f"{site.url}/desk")
    expect(page.get_by_text("100.0%").first).to_be_visible()

    page.goto(f"{site.url}/desk/requirements")
    page.get_by_label(f"选择 {TITLE}").check()
    page.get_by_role("button", name="办理所选").click()
    page.get_by_label("审核通过").check()
    assert barriers(page) == []
    page.get_by_role("button", name="确认办理 1 项").click()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销，什么都没有改变").first).to_be_visible()
    with page.expect_download() as download:
        page.goto(f"{site.url}/desk/ledger")
        page.get_by_role("link", name="导出 Excel").click()
    assert download.value.suggested_filename.startswith("反馈台账")
