"""The public list: what is published and nothing of what is hidden."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.models import Organization, Requirement
from app.models.requirement import Confidentiality
from app.requirements import repository, service
from tests import factories


def publish(db: Database, organization: Organization, **fields: object) -> Requirement:
    draft = factories.make_requirement(db, organization, **fields)
    with db.write() as session:
        row = repository.get(session, SYSTEM, draft.id, lock=True)
        for move in (service.submit, service.approve, service.publish):
            move(session, SYSTEM, row)
    return draft


@pytest.fixture
def published(db: Database, seeker_organization: Organization) -> Requirement:
    return publish(db, seeker_organization)


def test_visitors_begin_at_the_list_and_people_at_their_desk(
    visitor: TestClient, organizer_browser: TestClient
) -> None:
    assert visitor.get("/").headers["location"] == "/problems"
    assert organizer_browser.get("/").headers["location"] == "/desk"


def test_an_empty_list_says_so(visitor: TestClient) -> None:
    answer = visitor.get("/problems")
    assert answer.status_code == 200
    assert "没有符合条件的难题" in answer.text


def test_a_published_problem_is_listed_and_shown_to_everyone(
    visitor: TestClient, published: Requirement
) -> None:
    assert published.title in visitor.get("/problems").text
    shown = visitor.get(f"/problems/{published.id}")
    assert shown.status_code == 200
    assert "通海市锦绣家纺有限公司" in shown.text


def test_a_draft_is_neither_listed_nor_shown(
    visitor: TestClient, db: Database, seeker_organization: Organization
) -> None:
    draft = factories.make_requirement(db, seeker_organization, title="尚未提交的难题")
    assert draft.title not in visitor.get("/problems").text
    assert visitor.get(f"/problems/{draft.id}").status_code == 404


def test_a_restricted_problem_is_neither_listed_nor_shown(
    visitor: TestClient, db: Database, seeker_organization: Organization
) -> None:
    hidden = publish(db, seeker_organization, title="定向难题", confidentiality=Confidentiality.RESTRICTED)
    assert hidden.title not in visitor.get("/problems").text
    assert visitor.get(f"/problems/{hidden.id}").status_code == 404


def test_an_anonymous_problem_does_not_name_its_seeker(
    visitor: TestClient, db: Database, seeker_organization: Organization
) -> None:
    shown = publish(
        db,
        seeker_organization,
        title="锦绣家纺的耐洗性难题",
        phone="0513-88886666",
        confidentiality=Confidentiality.ANONYMOUS,
    )
    for text in (visitor.get("/problems").text, visitor.get(f"/problems/{shown.id}").text):
        assert "锦绣" not in text
        assert "88886666" not in text


def test_even_its_organizer_reads_the_public_page_as_the_public_does(
    organizer_browser: TestClient, db: Database, seeker_organization: Organization
) -> None:
    shown = publish(db, seeker_organization, confidentiality=Confidentiality.ANONYMOUS)
    assert "锦绣家纺" not in organizer_browser.get(f"/problems/{shown.id}").text


def test_words_in_the_box_search_the_published_list(
    visitor: TestClient, context: AppContext, published: Requirement
) -> None:
    context.index.load()
    context.index.drain_once()
    context.index.catch_up()
    found = visitor.get("/problems", params={"q": "窗帘面料 耐洗性"})
    assert published.title in found.text
    assert published.title not in visitor.get("/problems", params={"q": "水泵气堵"}).text


def test_htmx_gets_the_results_only(visitor: TestClient, published: Requirement) -> None:
    part = visitor.get("/problems", headers={"HX-Request": "true"})
    assert published.title in part.text
    assert "<html" not in part.text


def test_the_page_speaks_english_after_the_switch(visitor: TestClient) -> None:
    answer = visitor.post("/language/en?back=/problems")
    assert answer.headers["location"] == "/problems"
    assert '<html lang="en">' in visitor.get("/problems").text


def test_an_unknown_problem_answers_with_a_page_in_words(visitor: TestClient) -> None:
    answer = visitor.get("/problems/01990000-0000-7000-8000-000000000000")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有找到" in answer.text
