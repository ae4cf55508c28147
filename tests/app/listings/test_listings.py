"""The list of problems of a challenge: numbers by publication; nobody reads more than it may see anyway."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.auth.actor import SYSTEM
from app.db import Database
from app.models import Challenge, Organization, Requirement
from app.models.challenge import ChallengeStatus
from app.requirements import service as requirements
from tests import factories


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


def url_of(challenge: Challenge) -> str:
    return f"/api/v1/challenges/{challenge.id}/entries"


def published(db: Database, organization: Organization, **fields: Any) -> Requirement:
    made = factories.make_requirement(db, organization, **fields)
    with db.write() as session:
        requirement = session.merge(made)
        requirements.submit(session, SYSTEM, requirement)
        requirements.approve(session, SYSTEM, requirement)
        requirements.publish(session, SYSTEM, requirement)
    return requirement


def enter(client: TestClient, challenge: Challenge, requirement: Requirement) -> Any:
    return client.post(url_of(challenge), json={"requirement_id": str(requirement.id)})


def titles(client: TestClient, challenge: Challenge) -> list[tuple[int | None, str]]:
    page = client.get(url_of(challenge)).json()
    assert page["total"] == len(page["items"])
    return [(item["number"], item["requirement"]["title"]) for item in page["items"]]


def test_a_seeker_enters_its_own_draft_which_has_no_number_yet(
    seeker: TestClient, challenge: Challenge, db: Database, seeker_organization: Organization
) -> None:
    draft = factories.make_requirement(db, seeker_organization, title="甲")
    response = enter(seeker, challenge, draft)
    assert (response.status_code, response.json()["number"]) == (201, None)
    assert response.json()["requirement"]["challenges"] == [challenge.code]
    assert enter(seeker, challenge, draft).json()["id"] == response.json()["id"]
    assert titles(seeker, challenge) == [(None, "甲")]


def test_published_requirements_are_numbered_in_the_order_of_their_entry(
    organizer: TestClient,
    solver: TestClient,
    challenge: Challenge,
    db: Database,
    seeker_organization: Organization,
) -> None:
    first = published(db, seeker_organization, title="甲")
    second = published(db, seeker_organization, title="乙")
    draft = factories.make_requirement(db, seeker_organization, title="丙")
    for requirement in (draft, second, first):
        assert enter(organizer, challenge, requirement).status_code == 201
    assert titles(organizer, challenge) == [(1, "乙"), (2, "甲"), (None, "丙")]
    assert titles(solver, challenge) == [(1, "乙"), (2, "甲")]


def test_restricted_and_foreign_requirements_are_neither_listed_nor_counted(
    organizer: TestClient,
    solver: TestClient,
    other_seeker: TestClient,
    challenge: Challenge,
    db: Database,
    seeker_organization: Organization,
) -> None:
    hidden = published(db, seeker_organization, title="甲", confidentiality="restricted")
    masked = published(
        db, seeker_organization, title=f"{seeker_organization.name}的难题", confidentiality="anonymous"
    )
    for requirement in (hidden, masked):
        enter(organizer, challenge, requirement)
    assert len(titles(organizer, challenge)) == 2
    assert titles(other_seeker, challenge) == []
    ((_, title),) = titles(solver, challenge)
    assert "锦绣" not in title
    entry = solver.get(url_of(challenge)).json()["items"][0]
    assert entry["requirement"]["organization"] is None


def test_a_requirement_that_the_caller_may_not_see_does_not_exist(
    other_seeker: TestClient, challenge: Challenge, db: Database, seeker_organization: Organization
) -> None:
    draft = factories.make_requirement(db, seeker_organization)
    response = enter(other_seeker, challenge, draft)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_requirement")


def test_solvers_and_reviewers_enter_nothing(
    solver: TestClient,
    reviewer: TestClient,
    challenge: Challenge,
    db: Database,
    seeker_organization: Organization,
) -> None:
    requirement = published(db, seeker_organization)
    for client in (solver, reviewer):
        assert enter(client, challenge, requirement).status_code == 403


def test_nothing_is_entered_once_the_challenge_or_the_requirement_is_over(
    organizer: TestClient, challenge: Challenge, db: Database, seeker_organization: Organization
) -> None:
    requirement = published(db, seeker_organization)
    with db.write() as session:
        requirements.close(session, SYSTEM, session.merge(requirement), reason="已办结")
    assert enter(organizer, challenge, requirement).json()["code"] == "requirement_has_ended"
    with db.write() as session:
        session.merge(challenge).status = ChallengeStatus.CLOSED
    assert enter(organizer, challenge, requirement).json()["code"] == "challenge_not_open"


def test_the_list_is_read_page_by_page(
    organizer: TestClient, challenge: Challenge, db: Database, seeker_organization: Organization
) -> None:
    for position in range(5):
        enter(organizer, challenge, published(db, seeker_organization, title=f"题{position}"))
    factories_draft = factories.make_requirement(db, seeker_organization, title="草稿")
    enter(organizer, challenge, factories_draft)
    seen: list[int | None] = []
    cursor = None
    while True:
        parameters = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = organizer.get(url_of(challenge), params=parameters).json()
        seen += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [1, 2, 3, 4, 5, None]


def held_for(db: Database, challenge: Challenge, **scope: Any) -> None:
    with db.write() as session:
        row = session.merge(challenge)
        for name, value in scope.items():
            setattr(row, name, value)


def test_what_a_challenge_is_not_held_for_is_refused_by_the_field_that_lies_outside(
    seeker: TestClient, challenge: Challenge, db: Database, seeker_organization: Organization
) -> None:
    held_for(db, challenge, fields=["海洋"])
    draft = factories.make_requirement(db, seeker_organization, field="医疗卫生")
    response = enter(seeker, challenge, draft)
    assert (response.status_code, response.json()["code"]) == (409, "outside_scope")
    assert [(item["field"], item["code"]) for item in response.json()["errors"]] == [
        ("field", "outside_fields")
    ]
    excused = {"requirement_id": str(draft.id), "scope_reason": "我们认为合适。"}
    assert seeker.post(url_of(challenge), json=excused).json()["code"] == "outside_scope"
    assert titles(seeker, challenge) == []


def test_an_organizer_enters_it_with_a_reason_that_staff_alone_read(
    organizer: TestClient,
    seeker: TestClient,
    challenge: Challenge,
    db: Database,
    seeker_organization: Organization,
) -> None:
    held_for(db, challenge, fields=["海洋"])
    draft = factories.make_requirement(db, seeker_organization, field="医疗卫生")
    assert enter(organizer, challenge, draft).json()["code"] == "outside_scope"
    excused = {"requirement_id": str(draft.id), "scope_reason": "海洋药物，领域交叉。"}
    entry = organizer.post(url_of(challenge), json=excused)
    assert entry.status_code == 201, entry.text
    assert (entry.json()["outside_scope"], entry.json()["scope_reason"]) == (
        ["field"],
        "海洋药物，领域交叉。",
    )
    shown = seeker.get(url_of(challenge)).json()["items"][0]
    assert (shown["outside_scope"], shown["scope_reason"]) == ([], "")
    assert seeker.post(f"/api/v1/requirements/{draft.id}/submit").status_code == 200


def test_a_draft_that_was_changed_out_of_the_scope_is_not_submitted_into_it(
    seeker: TestClient, challenge: Challenge, db: Database, seeker_organization: Organization
) -> None:
    held_for(db, challenge, fields=["海洋"])
    draft = factories.make_requirement(db, seeker_organization)
    assert enter(seeker, challenge, draft).status_code == 201
    held = {"If-Match": "*"}
    url = f"/api/v1/requirements/{draft.id}"
    assert seeker.patch(url, json={"field": "医疗卫生"}, headers=held).status_code == 200
    assert seeker.post(f"{url}/submit").json()["code"] == "outside_scope"
    assert seeker.patch(url, json={"field": "海洋"}, headers=held).status_code == 200
    assert seeker.post(f"{url}/submit").status_code == 200


def test_a_new_requirement_and_a_publication_name_no_challenge_that_is_not_held_for_them(
    organizer: TestClient,
    seeker: TestClient,
    challenge: Challenge,
    db: Database,
    seeker_organization: Organization,
) -> None:
    held_for(db, challenge, industries=["17 纺织业"])
    new = seeker.post(
        "/api/v1/requirements",
        json={"title": "甲", "industry": "27 医药制造业", "challenge": challenge.code},
    )
    assert (new.status_code, new.json()["code"]) == (409, "outside_scope")
    ready = factories.make_requirement(db, seeker_organization, industry="27 医药制造业")
    with db.write() as session:
        row = session.merge(ready)
        requirements.submit(session, SYSTEM, row)
        requirements.approve(session, SYSTEM, row)
    response = organizer.post(f"/api/v1/requirements/{ready.id}/publish", json={"challenge": challenge.code})
    assert response.json()["code"] == "outside_scope"
