"""Achievements over REST: they follow their team in who sees and who changes them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.models import Organization, OutboxEntry, Role, SolverProfile
from app.models.indexing import IndexCollection
from app.models.solver import UNNAMED
from tests import factories
from tests.conftest import Login

URL = "/api/v1/achievements"
BODY = {
    "title": "涤纶织物耐久阻燃整理",
    "kind": "专利",
    "field": "新材料及应用",
    "keywords": ["阻燃"],
    "year": 2024,
}
MATCH = {"If-Match": "*"}


@pytest.fixture
def university(db: Database) -> Organization:
    return factories.make_organization(db, "海州理工大学", kind="university")


@pytest.fixture
def team(db: Database, university: Organization) -> SolverProfile:
    return factories.make_solver(db, "海州理工大学纺织组", organization_id=university.id)


@pytest.fixture
def owner(sign_in: Login, university: Organization) -> TestClient:
    return sign_in(Role.SOLVER, university)


def new(client: TestClient, team: SolverProfile, **fields: Any) -> dict[str, Any]:
    response = client.post(f"/api/v1/solvers/{team.id}/achievements", json={**BODY, **fields})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_solver_files_an_achievement_of_its_team(owner: TestClient, team: SolverProfile) -> None:
    response = owner.post(f"/api/v1/solvers/{team.id}/achievements", json=BODY)
    assert response.status_code == 201
    body = response.json()
    assert (body["solver_id"], body["solver"]["name"]) == (str(team.id), team.name)
    assert (body["kind"], body["kind_label"], body["trl"]) == ("patent", "专利", None)
    found = owner.get(response.headers["location"])
    assert (found.json(), found.headers["etag"]) == (body, '"1"')


def test_a_solver_with_one_team_need_not_name_it(owner: TestClient, team: SolverProfile) -> None:
    assert owner.post(URL, json=BODY).json()["solver_id"] == str(team.id)


def test_a_solver_with_several_teams_must_say_which(
    owner: TestClient, db: Database, team: SolverProfile
) -> None:
    other = factories.make_solver(db, "第二课题组", organization_id=team.organization_id)
    response = owner.post(URL, json=BODY)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "solver_id")
    named = owner.post(URL, json={**BODY, "solver_id": str(other.id)})
    assert named.json()["solver_id"] == str(other.id)


def test_staff_name_the_team_as_the_import_does(organizer: TestClient) -> None:
    solver = {"id": "S1", "name": "江东大学材料组", "kind": "university", "region": "江苏省"}
    first = organizer.post(URL, json={**BODY, "solver": solver}).json()
    second = organizer.post(URL, json={**BODY, "solver": solver}).json()
    assert first["solver_id"] == second["solver_id"]
    assert (first["solver"]["external_id"], first["solver"]["kind"]) == ("S1", "university")


def test_an_achievement_that_staff_file_without_a_team_has_a_placeholder_of_its_own(
    organizer: TestClient, db: Database
) -> None:
    first = organizer.post(URL, json=BODY).json()
    second = organizer.post(URL, json=BODY).json()
    assert first["solver_id"] != second["solver_id"]
    with db.read() as session:
        assert {row.source for row in session.scalars(select(SolverProfile))} == {UNNAMED}


def test_a_team_is_named_in_one_way_and_must_exist(organizer: TestClient, team: SolverProfile) -> None:
    both = {**BODY, "solver_id": str(team.id), "solver": {"name": "江东大学材料组"}}
    assert organizer.post(URL, json=both).status_code == 422
    unknown = {**BODY, "solver_id": "00000000-0000-7000-8000-000000000000"}
    response = organizer.post(URL, json=unknown)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_solver")


def test_another_unit_adds_and_changes_nothing(
    owner: TestClient, solver: TestClient, team: SolverProfile
) -> None:
    created = new(owner, team)
    assert solver.post(f"/api/v1/solvers/{team.id}/achievements", json=BODY).status_code == 403
    assert solver.post(URL, json={**BODY, "solver": {"name": team.name}}).status_code == 403
    assert solver.patch(f"{URL}/{created['id']}", json={"trl": 9}, headers=MATCH).status_code == 403
    assert solver.delete(f"{URL}/{created['id']}").status_code == 403
    assert owner.get(f"{URL}/{created['id']}").json()["version"] == 1


def test_a_seeker_reads_but_does_not_file(seeker: TestClient, owner: TestClient, team: SolverProfile) -> None:
    created = new(owner, team)
    assert seeker.get(f"{URL}/{created['id']}").status_code == 200
    assert seeker.post(URL, json=BODY).status_code == 403


def test_achievements_of_an_inactive_team_are_seen_inside_only(
    owner: TestClient, seeker: TestClient, reviewer: TestClient, team: SolverProfile
) -> None:
    created = new(owner, team)
    off = owner.patch(f"/api/v1/solvers/{team.id}", json={"is_active": False}, headers=MATCH)
    assert off.status_code == 200
    assert seeker.get(f"{URL}/{created['id']}").status_code == 404
    assert seeker.get(f"/api/v1/solvers/{team.id}/achievements").status_code == 404
    assert seeker.get(URL).json()["total"] == 0
    for insider in (owner, reviewer):
        assert insider.get(f"{URL}/{created['id']}").status_code == 200
        assert insider.get(URL).json()["total"] == 1


def test_the_lists_are_narrowed_and_sorted(owner: TestClient, db: Database, team: SolverProfile) -> None:
    new(owner, team, title="甲", year=2020, kind="paper", field=None, description="泡沫涂层")
    new(owner, team, title="乙", year=2024)
    other = factories.make_solver(db, "别的组")
    factories.make_achievement(db, other, title="丙", year=2022)

    def titles(url: str = URL, **parameters: Any) -> list[str]:
        parameters = {"sort": "created_at", **parameters}
        return [item["title"] for item in owner.get(url, params=parameters).json()["items"]]

    assert titles() == ["甲", "乙", "丙"]
    assert titles(sort="-year") == ["乙", "丙", "甲"]
    assert titles(year=2020) == titles(kind="论文") == titles(q="泡沫") == ["甲"]
    assert titles(q="阻燃") == ["甲", "乙"]
    assert titles(field="新材料及应用") == ["乙"]
    assert titles(solver_id=str(other.id)) == ["丙"]
    assert titles(f"/api/v1/solvers/{team.id}/achievements") == ["甲", "乙"]
    assert titles(f"/api/v1/solvers/{team.id}/achievements", year=2024) == ["乙"]
    assert owner.get(URL, params={"year": 20}).status_code == 422


def test_an_update_needs_the_version_and_keeps_what_is_left_out(
    owner: TestClient, team: SolverProfile
) -> None:
    url = f"{URL}/{new(owner, team)['id']}"
    assert owner.patch(url, json={"trl": 8}).status_code == 428
    changed = owner.patch(url, json={"trl": 8, "year": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["trl"], changed.json()["year"], changed.json()["keywords"]) == (8, None, ["阻燃"])
    assert owner.patch(url, json={"trl": 9}, headers={"If-Match": '"1"'}).status_code == 412


@pytest.mark.parametrize(
    "body",
    [{"title": ""}, {"trl": 0}, {"trl": 10}, {"trl": 3.5}, {"year": 1899}, {"year": "2024"}, {"ip": 1}],
)
def test_bad_fields_are_refused(owner: TestClient, team: SolverProfile, body: dict[str, Any]) -> None:
    url = f"{URL}/{new(owner, team)['id']}"
    assert owner.patch(url, json=body, headers=MATCH).status_code == 422


def test_an_external_id_is_filed_once(owner: TestClient, team: SolverProfile) -> None:
    new(owner, team, external_id="A1")
    again = owner.post(URL, json={**BODY, "external_id": "A1"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_external_id")


def test_every_change_is_noted_for_the_index(owner: TestClient, db: Database, team: SolverProfile) -> None:
    created = new(owner, team)
    url = f"{URL}/{created['id']}"
    owner.patch(url, json={"trl": 8}, headers=MATCH)
    owner.patch(url, json={"trl": 8}, headers=MATCH)
    assert owner.delete(url).status_code == 204
    assert owner.get(url).status_code == 404
    with db.read() as session:
        keys = session.scalars(
            select(OutboxEntry.key).where(OutboxEntry.collection == IndexCollection.ACHIEVEMENTS)
        ).all()
    assert keys == [uuid.UUID(created["id"])] * 3
