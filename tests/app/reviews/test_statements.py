"""The refined statement: versions beside the seeker's words, replies, and what the public side reads."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.errors import JiebangError
from app.models import Notification, Organization, Requirement, Role, Statement
from app.models.notification import Event
from app.models.requirement import Confidentiality, RequirementStatus
from app.requirements import repository as requirements
from app.requirements.statement import REFINABLE_STATUSES
from app.reviews import statements
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.app.reviews.conftest import API, Person, assign
from tests.factories import REQUIREMENT

S = RequirementStatus
CONTENT: dict[str, Any] = {
    "title": "耐五十次水洗的阻燃遮光面料整理技术",
    "problem": "现有后整理工艺在五十次水洗后阻燃性能下降。",
    "key_indicators": "续燃时间 ≤ 5 s",
    "goal": "形成整理配方。",
    "keywords": ["阻燃整理"],
    "field": "新材料及应用",
    "targets": [{"name": "续燃时间", "operator": "≤", "value": 5, "unit": "s"}],
}
SECRET = "与外商的保密价格"


def url_of(requirement: Requirement) -> str:
    return f"{API}/requirements/{requirement.id}"


def write(client: TestClient, requirement: Requirement, based_on: int = 0, **fields: Any) -> Any:
    body = {**CONTENT, "based_on": based_on, **fields}
    return client.post(f"{url_of(requirement)}/statements", json=body)


def test_versions_are_kept_beside_the_seekers_words(
    organizer: TestClient, seeker: TestClient, first: Person, requirement: Requirement
) -> None:
    assign(organizer, requirement, first)
    written = write(first.client, requirement, note="首稿")
    assert (written.status_code, written.json()["number"]) == (201, 1)
    assert write(organizer, requirement, 1, title="第二稿标题").json()["number"] == 2
    for insider in (seeker, first.client, organizer):
        newest, oldest = insider.get(f"{url_of(requirement)}/statements").json()["items"]
        assert (newest["number"], newest["content"]["title"]) == (2, "第二稿标题")
        assert (oldest["author_id"], oldest["note"]) == (first.id, "首稿")
        assert oldest["original"]["title"] == newest["original"]["title"] == REQUIREMENT["title"]
        form = insider.get(url_of(requirement)).json()
        assert (form["title"], form["refined"]["title"]) == (REQUIREMENT["title"], "第二稿标题")


def test_differences_are_shown_against_the_original_and_between_versions(
    organizer: TestClient, requirement: Requirement
) -> None:
    write(organizer, requirement)
    write(organizer, requirement, 1, goal="形成整理配方与工艺。")
    fields = organizer.get(f"{url_of(requirement)}/statements/1/differences").json()["fields"]

    def read(name: str, without: str) -> str:
        return "".join(item["text"] for item in fields[name] if item["kind"] != without)

    assert read("problem", "insert") == REQUIREMENT["problem"]
    assert read("problem", "delete") == CONTENT["problem"]
    assert read("keywords", "insert") == "\n".join(REQUIREMENT["keywords"])
    assert fields["targets"] == [{"kind": "insert", "text": "续燃时间 ≤ 5 s"}]
    between = organizer.get(f"{url_of(requirement)}/statements/2/differences", params={"against": 1}).json()
    assert between["fields"]["goal"][1] == {"kind": "insert", "text": "与工艺"}
    assert [item["kind"] for item in between["fields"]["title"]] == ["equal"]
    assert organizer.get(f"{url_of(requirement)}/statements/3/differences").status_code == 404


@pytest.mark.parametrize("tier", list(Confidentiality))
def test_strangers_read_the_statement_and_insiders_both(
    db: Database,
    context: AppContext,
    organizer: TestClient,
    seeker: TestClient,
    solver: TestClient,
    seeker_organization: Organization,
    tier: Confidentiality,
) -> None:
    fields = {"description": SECRET, "problem": SECRET, "confidentiality": tier}
    made = requirement_in(db, seeker_organization, S.REFINED, fields)
    assert write(organizer, made, title=f"{seeker_organization.name}的难题").status_code == 201
    organizer.post(f"{url_of(made)}/approve")
    assert organizer.post(f"{url_of(made)}/publish").status_code == 200
    assert seeker.get(url_of(made)).json()["problem"] == SECRET
    shown = solver.get(url_of(made))
    context.index.load()
    context.index.settle()
    for probe in (f"{API}/requirements?q={SECRET}", f"{API}/search?in=requirements&q={SECRET}"):
        assert SECRET not in solver.get(probe).text
    assert solver.get(f"{API}/requirements", params={"q": SECRET}).json()["total"] == 0
    if tier is Confidentiality.RESTRICTED:
        assert shown.status_code == 404
        return
    assert SECRET not in shown.text
    body = shown.json()
    assert (body["problem"], body["description"], body["refined"]) == (CONTENT["problem"], "", None)
    assert (body["field"], body["keywords"]) == (CONTENT["field"], CONTENT["keywords"])
    assert ("锦绣" in body["title"]) == (tier is Confidentiality.PUBLIC)
    params = {"q": "五十次水洗", "field": "新材料及应用"}
    assert solver.get(f"{API}/requirements", params=params).json()["total"] == 1
    assert solver.get(f"{API}/requirements", params={"field": "其他"}).json()["total"] == 0


def test_without_a_statement_strangers_read_the_form(
    db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    made = requirement_in(db, seeker_organization, S.PUBLISHED, {"field": "其他"})
    assert solver.get(url_of(made)).json()["problem"] == REQUIREMENT["problem"]
    assert solver.get(f"{API}/requirements", params={"field": "其他"}).json()["total"] == 1


def test_the_seeker_is_told_confirms_and_comments(
    db: Database, organizer: TestClient, seeker: TestClient, first: Person, requirement: Requirement
) -> None:
    assign(organizer, requirement, first)
    write(first.client, requirement)
    url = f"{url_of(requirement)}/statements/1/reply"
    comment = {"is_confirmed": False, "comment": "请不要公开产品型号。"}
    assert seeker.post(url, json=comment).json()["replies"][0]["comment"] == comment["comment"]
    write(first.client, requirement, 1)
    stale = seeker.post(url, json={"is_confirmed": True})
    assert (stale.status_code, stale.json()["code"]) == (409, "statement_superseded")
    confirmed = seeker.post(url.replace("/1/", "/2/"), json={"is_confirmed": True})
    assert confirmed.json()["replies"][0]["is_confirmed"]
    seeker_id = seeker.get(f"{API}/me").json()["id"]
    with db.read() as session:
        rows = session.execute(select(Notification.event, Notification.user_id)).all()
    told = [(event, str(user)) for event, user in rows]
    assert told.count((Event.STATEMENT_WRITTEN, seeker_id)) == 2
    assert told.count((Event.STATEMENT_REPLIED, first.id)) == 2
    for other in (organizer, first.client):
        assert other.post(url, json=comment).status_code == 403


@pytest.mark.parametrize("status", list(S))
def test_a_problem_is_restated_between_the_formal_review_and_the_publication(
    db: Database,
    organizer: TestClient,
    seeker_organization: Organization,
    first: Person,
    status: RequirementStatus,
) -> None:
    made = requirement_in(db, seeker_organization, status)
    factories.assign_reviewer(db, made, first.user.id)
    number = 0
    for client in (organizer, first.client):
        answer = write(client, made, number)
        if status is S.DRAFT:
            assert answer.status_code == 404
        else:
            assert answer.status_code == (201 if status in REFINABLE_STATUSES else 409)
        number += answer.status_code == 201


def test_participants_and_strange_reviewers_restate_nothing(
    seeker: TestClient, other_seeker: TestClient, solver: TestClient, first: Person, requirement: Requirement
) -> None:
    assert write(seeker, requirement).status_code == 403
    assert write(solver, requirement).status_code == 403
    assert write(first.client, requirement).status_code == 404
    assert other_seeker.get(f"{url_of(requirement)}/statements").status_code == 404
    reply = {"is_confirmed": True}
    assert other_seeker.post(f"{url_of(requirement)}/statements/1/reply", json=reply).status_code == 404


def test_a_form_that_was_changed_after_it_was_restated_is_not_approved(
    db: Database, organizer: TestClient, seeker: TestClient, requirement: Requirement
) -> None:
    write(organizer, requirement)
    url = url_of(requirement)
    organizer.post(f"{url}/return", json={"reason": "format"})
    seeker.patch(url, json={"goal": "新的目标"}, headers={"If-Match": "*"})
    seeker.post(f"{url}/submit")
    refused = organizer.post(f"{url}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "statement_outdated")
    assert organizer.get(f"{url}/statements").json()["items"][0]["is_outdated"]
    organizer.post(f"{url}/accept")
    assert write(organizer, requirement, 1).json()["original"]["goal"] == "新的目标"
    assert organizer.post(f"{url}/approve").status_code == 200


def test_of_two_authors_at_once_one_wins(settings: Settings, db: Database, requirement: Requirement) -> None:
    together, outcomes = Barrier(2), []

    def run() -> None:
        own = Database(settings.database_url)
        together.wait()
        try:
            with own.write() as session:
                row = requirements.get(session, SYSTEM, requirement.id, lock=True)
                statements.write(session, SYSTEM, row, CONTENT, based_on=0)
            outcomes.append("written")
        except JiebangError as error:
            outcomes.append(error.code)
        own.dispose()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["statement_superseded", "written"]
    with db.read() as session:
        assert session.scalars(select(Statement.number)).all() == [1]


def test_teams_read_the_refined_title_in_their_invitation_and_in_messages(
    db: Database, organizer: TestClient, sign_in: Any, seeker_organization: Organization
) -> None:
    made = requirement_in(db, seeker_organization, S.REFINED, {"title": SECRET})
    write(organizer, made)
    organizer.post(f"{url_of(made)}/approve")
    organizer.post(f"{url_of(made)}/publish")
    unit = factories.make_organization(db, "江东纺织研究所", kind="institute")
    team = factories.make_solver(db, organization_id=unit.id)
    client = sign_in(Role.SOLVER, unit)
    body = {"requirement_id": str(made.id), "solver_id": str(team.id), "reply_by": "2099-01-01T00:00:00Z"}
    assert organizer.post(f"{API}/invitations", json=body).status_code == 201
    for path in ("/invitations", "/notifications"):
        text = client.get(f"{API}{path}").text
        assert CONTENT["title"] in text
        assert SECRET not in text
