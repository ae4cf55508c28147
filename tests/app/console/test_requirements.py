"""Filing, following and moving requirements in a browser."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.models import Organization, Requirement
from app.models.requirement import RequirementStatus
from tests import factories

FORM = {
    "title": "轴承寿命提升",
    "problem": "现有轴承在高温下三个月失效。",
    "keywords": "轴承、高温润滑",
    "budget_wan": "８０",
    "deadline": "2027-06-30",
    "trl_now": "3",
    "targets.rows": "1",
    "targets.0.name": "寿命",
    "targets.0.operator": "≥",
    "targets.0.value": "5,000",
    "targets.0.unit": "h",
    "targets.1.name": "",
    "targets.1.operator": "≥",
    "confidentiality": "anonymous",
}


def filed(db: Database) -> Requirement:
    with db.read() as session:
        return session.scalars(select(Requirement)).one()


def version_in(text: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', text)
    assert found is not None
    return found.group(1)


def test_a_seeker_files_a_draft_as_typed(seeker_browser: TestClient, db: Database) -> None:
    answer = seeker_browser.post("/desk/requirements", data=FORM)
    assert answer.status_code == 303
    row = filed(db)
    assert row.status is RequirementStatus.DRAFT
    assert (row.budget_wan, row.trl_now, row.keywords) == (80, 3, ["轴承", "高温润滑"])
    assert row.targets == [{"name": "寿命", "operator": "≥", "value": 5000.0, "upper": None, "unit": "h"}]
    assert "轴承寿命提升" in seeker_browser.get(answer.headers["location"]).text


def test_a_form_with_errors_comes_back_with_all_that_was_typed(
    seeker_browser: TestClient, db: Database
) -> None:
    wrong = {**FORM, "budget_wan": "面议", "targets.0.value": "很长", "deadline": "明年"}
    answer = seeker_browser.post("/desk/requirements", data=wrong)
    assert answer.status_code == 422
    for typed in ("轴承寿命提升", "面议", "很长", "现有轴承在高温下三个月失效。"):
        assert typed in answer.text
    assert 'id="budget_wan-error"' in answer.text
    assert "应为数字" in answer.text
    with db.read() as session:
        assert session.scalars(select(Requirement)).all() == []


def test_saving_and_submitting_in_one_go_hands_the_form_in(seeker_browser: TestClient, db: Database) -> None:
    seeker_browser.post("/desk/requirements", data={**FORM, "then": "submit"})
    assert filed(db).status is RequirementStatus.SUBMITTED


def test_submitting_what_is_too_short_saves_it_and_says_what_is_missing(
    seeker_browser: TestClient, db: Database
) -> None:
    answer = seeker_browser.post("/desk/requirements", data={"title": "轴承", "then": "submit"})
    assert filed(db).status is RequirementStatus.DRAFT
    shown = seeker_browser.get(answer.headers["location"])
    assert 'id="problem-error"' in shown.text


def test_the_form_saves_itself_and_hands_back_the_new_version(
    seeker_browser: TestClient, db: Database
) -> None:
    seeker_browser.post("/desk/requirements", data=FORM)
    path = f"/desk/requirements/{filed(db).id}/edit"
    version = version_in(seeker_browser.get(path).text)
    part = {"HX-Request": "true"}
    first = seeker_browser.post(path, data={**FORM, "goal": "寿命翻番", "version": version}, headers=part)
    assert first.status_code == 200
    assert "<html" not in first.text
    assert filed(db).goal == "寿命翻番"
    again = {**FORM, "goal": "寿命三倍", "version": version_in(first.text)}
    assert seeker_browser.post(path, data=again, headers=part).status_code == 200
    assert filed(db).goal == "寿命三倍"


def test_two_editors_do_not_overwrite_each_other(seeker_browser: TestClient, db: Database) -> None:
    seeker_browser.post("/desk/requirements", data=FORM)
    path = f"/desk/requirements/{filed(db).id}/edit"
    version = version_in(seeker_browser.get(path).text)
    seeker_browser.post(path, data={**FORM, "goal": "先到", "version": version})
    late = seeker_browser.post(path, data={**FORM, "goal": "后到", "version": version})
    assert late.status_code == 412
    assert "后到" in late.text
    assert filed(db).goal == "先到"


def test_another_tenants_requirement_is_not_there(
    seeker_browser: TestClient, db: Database, other_organization: Organization
) -> None:
    foreign = factories.make_requirement(db, other_organization, title="别家的难题")
    assert seeker_browser.get(f"/desk/requirements/{foreign.id}").status_code == 404
    assert "别家的难题" not in seeker_browser.get("/desk/requirements").text


def test_an_organizer_returns_a_form_with_a_reason_that_its_seeker_reads(
    organizer_browser: TestClient, seeker_browser: TestClient, db: Database
) -> None:
    seeker_browser.post("/desk/requirements", data={**FORM, "then": "submit"})
    path = f"/desk/requirements/{filed(db).id}"
    assert "退回补正" in organizer_browser.get(path).text
    moved = organizer_browser.post(f"{path}/return", data={"reason": "other", "text": "请补充现有工艺参数"})
    assert moved.status_code == 303
    shown = seeker_browser.get(path).text
    assert "请补充现有工艺参数" in shown
    assert "提交" in shown


def test_a_return_without_words_is_refused_in_words(
    organizer_browser: TestClient, seeker_browser: TestClient, db: Database
) -> None:
    seeker_browser.post("/desk/requirements", data={**FORM, "then": "submit"})
    answer = organizer_browser.post(f"/desk/requirements/{filed(db).id}/return", data={"reason": "other"})
    assert answer.status_code == 422
    assert filed(db).status is RequirementStatus.SUBMITTED


@pytest.mark.parametrize("move", ["accept", "approve", "return", "publish", "close", "reject", "agree"])
def test_a_seeker_makes_no_move_of_the_organizer(seeker_browser: TestClient, db: Database, move: str) -> None:
    seeker_browser.post("/desk/requirements", data={**FORM, "then": "submit"})
    path = f"/desk/requirements/{filed(db).id}/{move}"
    answer = seeker_browser.post(path, data={"reason": "other", "text": "x"})
    assert answer.status_code == 403
    assert filed(db).status is RequirementStatus.SUBMITTED


def test_an_unknown_move_is_not_there(
    organizer_browser: TestClient, db: Database, bureau: Organization
) -> None:
    row = factories.make_requirement(db, bureau)
    assert organizer_browser.post(f"/desk/requirements/{row.id}/vanish", data={}).status_code == 404


def test_the_list_narrows_by_state_and_word_and_keeps_both_in_its_links(
    organizer_browser: TestClient, db: Database, bureau: Organization
) -> None:
    for number in range(35):
        factories.make_requirement(db, bureau, title=f"轴承难题{number:02d}")
    factories.make_requirement(db, bureau, title="面料难题")
    shown = organizer_browser.get("/desk/requirements", params={"q": "轴承", "status": "draft"}).text
    assert "共 35 项" in shown
    assert "面料难题" not in shown
    link = re.search(r'href="(/desk/requirements\?[^"]*cursor=[^"]*)"', shown)
    assert link is not None
    rest = organizer_browser.get(link.group(1).replace("&amp;", "&")).text
    assert len(re.findall(r'<a href="/desk/requirements/[^"]+">轴承难题', rest)) == 5


def test_text_of_a_person_is_shown_as_text(seeker_browser: TestClient, db: Database) -> None:
    seeker_browser.post("/desk/requirements", data={**FORM, "title": "<script>alert(1)</script>轴承"})
    shown = seeker_browser.get(f"/desk/requirements/{filed(db).id}").text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
