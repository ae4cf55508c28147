"""Search over REST: hits within what the caller may see, honest totals, snippets, filters, pages."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, update

from app.challenges import entries
from app.context import AppContext
from app.db import Database
from app.indexing.outbox import note
from app.models import Achievement, Organization, Requirement, SolverProfile
from app.models.challenge import ChallengeStatus
from app.models.indexing import IndexCollection
from app.models.requirement import Confidentiality, Field
from tests import factories
from tests.app.matches.conftest import note_all, publish, refresh_index

API = "/api/v1/search"


def search(client: TestClient, q: str, **query: Any) -> dict[str, Any]:
    response = client.get(API, params={"q": q, **query})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [item["id"] for item in body["items"]]


@pytest.fixture
def shelf(context: AppContext, db: Database) -> list[Achievement]:
    """Thirty achievements of one team, indexed."""
    solver = factories.make_solver(db, region="江苏省/南京市", keywords=["阻燃"])
    with db.write() as session:
        rows = [
            Achievement(
                solver_id=solver.id,
                title=f"阻燃整理技术第{number}号",
                field=Field.MATERIALS if number % 2 else Field.ENERGY,
                year=2020 + number % 3,
            )
            for number in range(30)
        ]
        session.add_all(rows)
    note_all(db, [solver], rows)
    refresh_index(context)
    return rows


def test_a_draft_is_found_by_its_seeker_and_by_nobody_else(
    seeker: TestClient,
    other_seeker: TestClient,
    reviewer: TestClient,
    solver: TestClient,
    context: AppContext,
    db: Database,
    seeker_organization: Organization,
) -> None:
    draft = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        session.execute(update(Requirement).values(is_filed_by_staff=False))
        note(session, IndexCollection.REQUIREMENTS, draft.id)
    refresh_index(context)
    assert ids(search(seeker, "阻燃窗帘")) == [str(draft.id)]
    for stranger in (other_seeker, reviewer, solver):
        body = search(stranger, "阻燃窗帘")
        assert (body["items"], body["total"]) == ([], 0)


def test_an_anonymous_requirement_is_found_without_its_seeker(
    solver: TestClient,
    organizer: TestClient,
    context: AppContext,
    db: Database,
    seeker_organization: Organization,
) -> None:
    row = factories.make_requirement(
        db,
        seeker_organization,
        title="锦绣家纺窗帘的阻燃整理",
        external_id="JX-1",
        confidentiality=Confidentiality.ANONYMOUS,
    )
    publish(db, row)
    refresh_index(context)
    (hit,) = search(solver, "窗帘阻燃")["items"]
    assert "锦绣" not in str(hit)
    assert hit["external_id"] is None
    assert search(solver, "锦绣家纺")["items"] == [] or "锦绣" not in str(search(solver, "锦绣家纺"))
    (full,) = search(organizer, "窗帘阻燃")["items"]
    assert full["title"] == "锦绣家纺窗帘的阻燃整理"


def test_a_restricted_requirement_is_not_found_by_solvers(
    solver: TestClient, context: AppContext, db: Database, seeker_organization: Organization
) -> None:
    publish(
        db, factories.make_requirement(db, seeker_organization, confidentiality=Confidentiality.RESTRICTED)
    )
    refresh_index(context)
    assert search(solver, "窗帘阻燃")["total"] == 0


def test_what_was_hidden_a_moment_ago_is_not_shown_while_the_index_lags(
    solver: TestClient, context: AppContext, db: Database, seeker_organization: Organization
) -> None:
    row = publish(db, factories.make_requirement(db, seeker_organization))
    refresh_index(context)
    assert search(solver, "窗帘阻燃")["total"] == 1
    with db.write() as session:
        statement = update(Requirement).where(Requirement.id == row.id)
        session.execute(statement.values(confidentiality=Confidentiality.RESTRICTED))
    body = search(solver, "窗帘阻燃")
    assert (body["items"], body["total"]) == ([], 0)


def test_hits_carry_a_snippet_with_marks(organizer: TestClient, shelf: list[Achievement]) -> None:
    hit = search(organizer, "阻燃整理", **{"in": "achievements"})["items"][0]
    assert hit["collection"] == "achievements"
    assert hit["solver"] == "江东理工大学纺织材料课题组"
    marked = [hit["snippet"][start:end] for start, end in hit["marks"]]
    assert "阻燃" in "".join(marked)


def test_pages_follow_each_other_without_overlap_and_end(
    organizer: TestClient, shelf: list[Achievement]
) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        query = {"in": "achievements", "limit": 12, **({"cursor": cursor} if cursor else {})}
        body = search(organizer, "阻燃整理", **query)
        assert body["total"] == 30
        seen += ids(body)
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 30
    assert sorted(seen) == sorted(str(row.id) for row in shelf)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"field": Field.MATERIALS.value}, 15),
        ({"year": 2021}, 10),
        ({"year": [2020, 2021]}, 20),
        ({"region": "江苏省"}, 30),
        ({"region": "浙江省"}, 0),
        ({"kind": "patent"}, 0),
        ({"field": Field.ENERGY.value, "year": 2020}, 5),
    ],
)
def test_filters_hold_inside_the_search(
    query: dict[str, Any], count: int, organizer: TestClient, shelf: list[Achievement]
) -> None:
    body = search(organizer, "阻燃整理", limit=100, **{"in": "achievements", **query})
    assert (body["total"], len(body["items"])) == (count, count)


def test_solvers_are_found_by_profile_and_keywords(organizer: TestClient, shelf: list[Achievement]) -> None:
    body = search(organizer, "纺织材料 阻燃", **{"in": "solvers"})
    assert [item["title"] for item in body["items"]] == ["江东理工大学纺织材料课题组"]


def test_an_inactive_solver_is_found_by_staff_only(
    organizer: TestClient, seeker: TestClient, db: Database, shelf: list[Achievement]
) -> None:
    with db.write() as session:
        session.execute(update(SolverProfile).values(is_active=False))
    assert search(organizer, "纺织材料", **{"in": "solvers"})["total"] == 1
    assert search(seeker, "纺织材料", **{"in": "solvers"})["items"] == []


def test_a_deleted_achievement_is_neither_shown_nor_counted(
    organizer: TestClient, db: Database, shelf: list[Achievement]
) -> None:
    with db.write() as session:
        session.execute(delete(Achievement).where(Achievement.id == shelf[0].id))
    body = search(organizer, "阻燃整理", limit=100, **{"in": "achievements"})
    assert str(shelf[0].id) not in ids(body)
    assert body["total"] == 29


@pytest.mark.parametrize("q", ["", "   ", "\u200b"])
def test_a_blank_query_finds_nothing(q: str, organizer: TestClient, shelf: list[Achievement]) -> None:
    body = search(organizer, q, **{"in": "achievements"})
    assert (body["items"], body["total"], body["next_cursor"]) == ([], 0, None)


@pytest.mark.parametrize("cursor", ["x", "b-1", "bzk5OTk5OTk", "4pyT", "====", "b01e"])
def test_a_foreign_cursor_is_refused(cursor: str, organizer: TestClient, shelf: list[Achievement]) -> None:
    response = organizer.get(API, params={"q": "阻燃", "cursor": cursor})
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "invalid_cursor"


def test_an_unknown_collection_is_refused_without_an_echo(organizer: TestClient) -> None:
    response = organizer.get(API, params={"q": "阻燃", "in": "secrets-of-others"})
    assert response.status_code == 422
    assert "secrets-of-others" not in response.text


def test_search_needs_a_login(client: TestClient) -> None:
    assert client.get(API, params={"q": "阻燃"}).status_code == 401


def test_only_insiders_can_narrow_to_a_challenge_in_preparation(
    seeker: TestClient,
    organizer: TestClient,
    solver: TestClient,
    context: AppContext,
    db: Database,
    seeker_organization: Organization,
) -> None:
    challenge = factories.make_challenge(db, "SECRET", status=ChallengeStatus.DRAFT)
    requirement = publish(db, factories.make_requirement(db, seeker_organization))
    with db.write() as session:
        entries.enter(session, challenge.id, requirement.id)
        note(session, IndexCollection.REQUIREMENTS, requirement.id)
    refresh_index(context)
    for client, found in ((solver, []), (seeker, [str(requirement.id)]), (organizer, [str(requirement.id)])):
        assert ids(search(client, "阻燃", challenge_id=str(challenge.id))) == found
    assert ids(search(solver, "阻燃")) == [str(requirement.id)]
