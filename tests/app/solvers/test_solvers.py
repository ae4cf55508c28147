"""Teams over REST: everyone sees active ones, contact stays inside, and what a round named is not erased."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.kit.clock import now
from app.models import Achievement, Candidate, MatchRound, Organization, OutboxEntry, Role, SolverProfile
from app.models.indexing import IndexCollection
from app.models.matching import RoundStatus
from app.models.solver import UNNAMED
from tests import factories
from tests.conftest import Login

URL = "/api/v1/solvers"
TEAM = {
    "name": "功能纺织品课题组",
    "kind": "高等院校",
    "keywords": ["阻燃"],
    "contact": "陈立",
    "phone": "021",
}
MATCH = {"If-Match": "*"}


@pytest.fixture
def university(db: Database) -> Organization:
    return factories.make_organization(db, "海州理工大学", kind="university")


@pytest.fixture
def owner(sign_in: Login, university: Organization) -> TestClient:
    return sign_in(Role.SOLVER, university)


def new(client: TestClient, **fields: Any) -> dict[str, Any]:
    response = client.post(URL, json={**TEAM, **fields})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def notes(db: Database, collection: IndexCollection) -> list[uuid.UUID]:
    with db.read() as session:
        statement = select(OutboxEntry.key).where(OutboxEntry.collection == collection)
        return list(session.scalars(statement.order_by(OutboxEntry.seq)))


def propose(db: Database, solver_id: str, requirement_id: uuid.UUID, status: RoundStatus) -> None:
    with db.write() as session:
        is_published = status is RoundStatus.PUBLISHED
        round_ = MatchRound(status=status, published_at=now() if is_published else None)
        session.add(round_)
        session.flush()
        session.add(
            Candidate(
                round_id=round_.id,
                requirement_id=requirement_id,
                solver_id=uuid.UUID(solver_id),
                rank=1,
                score=0.5,
                grade="B",
                expected_grade=3.0,
                probability=0.6,
                is_adequate=True,
            )
        )


def test_a_solver_files_a_team_of_its_own_unit(owner: TestClient, university: Organization) -> None:
    response = owner.post(URL, json={**TEAM, "external_id": "T1"})
    assert response.status_code == 201
    body = response.json()
    assert body["organization_id"] == str(university.id)
    assert (body["kind"], body["kind_label"], body["contact"]) == ("university", "高等院校", "陈立")
    assert owner.get(response.headers["location"]).json() == body


def test_a_solver_cannot_file_for_another_unit(owner: TestClient, other_organization: Organization) -> None:
    response = owner.post(URL, json={**TEAM, "organization_id": str(other_organization.id)})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_organization")


def test_staff_file_teams_that_nobody_owns_yet(organizer: TestClient) -> None:
    assert new(organizer)["organization_id"] is None


@pytest.mark.parametrize("role", [Role.SEEKER, Role.REVIEWER])
def test_seekers_and_reviewers_file_no_teams(
    sign_in: Login, seeker_organization: Organization, role: Role
) -> None:
    assert sign_in(role, seeker_organization).post(URL, json=TEAM).status_code == 403


def test_an_external_id_is_unique_within_its_source(owner: TestClient, organizer: TestClient) -> None:
    new(owner, external_id="T1")
    new(organizer, external_id="T1")
    again = owner.post(URL, json={**TEAM, "external_id": "T1"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_external_id")


def test_contact_and_exclusions_are_read_inside_only(
    owner: TestClient, seeker: TestClient, solver: TestClient, reviewer: TestClient, organizer: TestClient
) -> None:
    created = new(owner, exclusions=["竞争公司"])
    hidden = ("contact", "phone", "email", "exclusions")
    for insider in (owner, reviewer, organizer):
        assert insider.get(f"{URL}/{created['id']}").json()["exclusions"] == ["竞争公司"]
    for stranger in (seeker, solver):
        single = stranger.get(f"{URL}/{created['id']}").json()
        listed = stranger.get(URL).json()["items"][0]
        assert [single[name] for name in hidden] == [listed[name] for name in hidden] == [None] * 4
        assert single["keywords"] == ["阻燃"]


def test_an_inactive_team_is_seen_inside_only(
    owner: TestClient, seeker: TestClient, solver: TestClient, reviewer: TestClient
) -> None:
    created = new(owner, is_active=False)
    for insider in (owner, reviewer):
        assert insider.get(f"{URL}/{created['id']}").status_code == 200
        assert insider.get(URL).json()["total"] == 1
    for stranger in (seeker, solver):
        assert stranger.get(f"{URL}/{created['id']}").status_code == 404
        assert stranger.get(URL).json()["total"] == 0


def test_the_contact_of_a_stranger_cannot_be_searched(owner: TestClient, seeker: TestClient) -> None:
    new(owner, exclusions=["竞争公司"])
    for words in ("陈立", "竞争公司", "021"):
        assert seeker.get(URL, params={"q": words}).json()["total"] == 0


def test_the_list_is_narrowed_by_words_kind_field_and_region(organizer: TestClient, db: Database) -> None:
    one = new(organizer, name="甲组", region="江苏省/南通市", keywords=["阻燃整理"])
    new(organizer, name="乙组", kind="enterprise", region="上海市", profile="做海洋装备", keywords=[])
    solver = SolverProfile(id=uuid.UUID(one["id"]))
    factories.make_achievement(db, solver, field="新材料及应用")

    def names(**parameters: str) -> list[str]:
        parameters = {"sort": "created_at", **parameters}
        return [item["name"] for item in organizer.get(URL, params=parameters).json()["items"]]

    assert names() == ["甲组", "乙组"]
    assert names(q="阻燃") == ["甲组"]
    assert names(q="海洋 装备") == ["乙组"]
    assert names(q="海洋 阻燃") == []
    assert names(kind="企业") == ["乙组"]
    assert names(region="南通") == ["甲组"]
    assert names(field="新材料及应用") == ["甲组"]


def test_placeholders_of_achievements_without_a_team_are_listed_on_demand(
    organizer: TestClient, db: Database
) -> None:
    factories.make_solver(db, "某成果的占位档案", source=UNNAMED)
    assert organizer.get(URL).json()["total"] == 0
    assert organizer.get(URL, params={"include_unnamed": "true"}).json()["total"] == 1


def test_the_own_team_is_edited_with_the_version_that_was_read(owner: TestClient) -> None:
    url = f"{URL}/{new(owner)['id']}"
    assert owner.patch(url, json={"capacity": 5}).status_code == 428
    response = owner.patch(url, json={"capacity": 5}, headers={"If-Match": '"1"'})
    assert (response.json()["capacity"], response.headers["etag"]) == (5, '"2"')
    assert owner.patch(url, json={"capacity": 6}, headers={"If-Match": '"1"'}).status_code == 412


def test_a_team_of_another_unit_is_neither_edited_nor_removed(owner: TestClient, solver: TestClient) -> None:
    url = f"{URL}/{new(owner)['id']}"
    assert solver.patch(url, json={"capacity": 5}, headers=MATCH).status_code == 403
    assert solver.delete(url).status_code == 403
    assert owner.get(url).json()["capacity"] == 2


def test_only_staff_hand_a_team_to_a_unit(
    owner: TestClient, organizer: TestClient, university: Organization
) -> None:
    url = f"{URL}/{new(organizer)['id']}"
    claim = {"organization_id": str(university.id)}
    assert owner.patch(url, json=claim, headers=MATCH).status_code == 403
    assert organizer.patch(url, json=claim, headers=MATCH).status_code == 200
    assert owner.patch(url, json={"capacity": 5}, headers=MATCH).status_code == 200
    assert owner.patch(url, json={"organization_id": None}, headers=MATCH).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": None},
        {"capacity": -1},
        {"capacity": True},
        {"capacity": "2"},
        {"kind": "Universität"},
        {"keywords": "阻燃"},
        {"is_active": "yes"},
        {"unknown": 1},
    ],
)
def test_bad_fields_are_refused_and_change_nothing(owner: TestClient, body: dict[str, Any]) -> None:
    url = f"{URL}/{new(owner)['id']}"
    assert owner.patch(url, json=body, headers=MATCH).status_code == 422
    assert owner.get(url).json()["version"] == 1


def test_a_change_of_facts_is_noted_for_the_achievements_too(owner: TestClient, db: Database) -> None:
    created = new(owner)
    achievement = factories.make_achievement(db, SolverProfile(id=uuid.UUID(created["id"])))
    url = f"{URL}/{created['id']}"
    owner.patch(url, json={"profile": "新的简介"}, headers=MATCH)
    assert notes(db, IndexCollection.ACHIEVEMENTS) == []
    owner.patch(url, json={"region": "上海市"}, headers=MATCH)
    assert notes(db, IndexCollection.ACHIEVEMENTS) == [achievement.id]
    assert notes(db, IndexCollection.SOLVERS) == [uuid.UUID(created["id"])] * 3


def test_a_removed_team_takes_its_achievements_along(owner: TestClient, db: Database) -> None:
    created = new(owner)
    achievement = factories.make_achievement(db, SolverProfile(id=uuid.UUID(created["id"])))
    url = f"{URL}/{created['id']}"
    assert owner.delete(url, headers={"If-Match": '"9"'}).status_code == 412
    assert owner.delete(url).status_code == 204
    assert owner.get(url).status_code == 404
    with db.read() as session:
        assert session.scalars(select(Achievement)).all() == []
    assert notes(db, IndexCollection.ACHIEVEMENTS) == [achievement.id]
    assert notes(db, IndexCollection.SOLVERS)[-1] == uuid.UUID(created["id"])


@pytest.mark.parametrize(("status", "remains"), [(RoundStatus.DRAFT, False), (RoundStatus.PUBLISHED, True)])
def test_a_team_that_a_published_round_named_is_only_switched_off(
    owner: TestClient,
    db: Database,
    seeker_organization: Organization,
    status: RoundStatus,
    remains: bool,
) -> None:
    created = new(owner)
    requirement = factories.make_requirement(db, seeker_organization)
    propose(db, created["id"], requirement.id, status)
    assert owner.delete(f"{URL}/{created['id']}").status_code == 204
    left = owner.get(f"{URL}/{created['id']}")
    assert left.status_code == (200 if remains else 404)
    if remains:
        assert left.json()["is_active"] is False
