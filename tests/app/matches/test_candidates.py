"""Candidates over REST: who gets a live ranking, who what was published, and whom nobody may be shown."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, update

from app.context import AppContext
from app.db import Database
from app.indexing.outbox import note
from app.models import Achievement, Membership, Organization, Role, SolverProfile, User
from app.models.indexing import IndexCollection
from app.models.requirement import Confidentiality
from tests import factories
from tests.app.matches.conftest import Edition, note_all, publish, refresh_index
from tests.conftest import Login

API = "/api/v1"


def candidates(client: TestClient, requirement_id: uuid.UUID, **query: Any) -> dict[str, Any]:
    response = client.get(f"{API}/requirements/{requirement_id}/candidates", params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def names(body: dict[str, Any]) -> list[str]:
    return [item["solver"]["name"] for item in body["items"]]


def test_staff_get_a_live_ranking_with_reasons(organizer: TestClient, edition: Edition) -> None:
    body = candidates(organizer, edition.gear.id)
    first = body["items"][0]
    assert first["solver"]["id"] == str(edition.drives.id)
    assert first["rank"] == 1
    assert first["grade"] in "ABCD"
    assert 0 <= first["probability"] <= 1
    assert 1 <= first["expected_grade"] <= 4
    assert any("减速器" in item["achievement"] for item in first["evidence"])
    assert sum(first["contributions"].values()) == pytest.approx(first["score"], abs=0.01)
    assert all(gate["passed"] for gate in first["gates"])
    assert (body["source"], body["searched_achievements"], body["searched_solvers"]) == ("live", 4, 2)
    assert body["total"] == len(body["items"]) == 2


def test_each_solver_appears_once_with_its_best_achievement(organizer: TestClient, edition: Edition) -> None:
    body = candidates(organizer, edition.gear.id)
    assert sorted(names(body)) == sorted({edition.textile.name, edition.drives.name})
    best = edition.achievements["低噪声行星减速器的齿形修形方法"]
    assert body["items"][0]["achievement"]["id"] == str(best.id)


def test_the_seeker_sees_nothing_before_publication(seeker: TestClient, edition: Edition) -> None:
    body = candidates(seeker, edition.curtain.id, live=True)
    assert (body["items"], body["total"], body["source"]) == ([], 0, "published")


def test_a_foreign_seeker_does_not_find_the_requirement(other_seeker: TestClient, edition: Edition) -> None:
    response = other_seeker.get(f"{API}/requirements/{edition.curtain.id}/candidates")
    assert response.status_code == 404


def test_a_solver_that_also_seeks_does_not_read_rankings_of_others(
    sign_in: Login, client: TestClient, db: Database, edition: Edition, other_organization: Organization
) -> None:
    """Both roles see the published requirement, neither may see who else was proposed for it."""
    both = sign_in(Role.SEEKER, other_organization, email="both@example.com")
    with db.write() as session:
        user = session.query(User).filter_by(email="both@example.com").one()
        session.add(Membership(user_id=user.id, role=Role.SOLVER, organization_id=other_organization.id))
    response = both.get(f"{API}/requirements/{edition.curtain.id}/candidates")
    assert response.status_code == 403


@pytest.mark.parametrize("how", ["own organization", "excluded", "inactive", "same name"])
def test_who_must_not_meet_is_not_even_searched(
    how: str, organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    changes: dict[str, Any] = {
        "own organization": {"organization_id": edition.gear.organization_id},
        "excluded": {"exclusions": ["通海市恒力机械 制造有限公司"]},
        "inactive": {"is_active": False},
        "same name": {"name": "通海市恒力机械制造有限公司"},
    }[how]
    with db.write() as session:
        statement = update(SolverProfile).where(SolverProfile.id == edition.drives.id)
        session.execute(statement.values(**changes, version=2))
        note(session, IndexCollection.SOLVERS, edition.drives.id)
    refresh_index(context)
    body = candidates(organizer, edition.gear.id)
    assert edition.drives.name not in names(body)
    assert body["searched_achievements"] == 2


def test_who_must_not_meet_is_left_out_while_the_index_lags(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    with db.write() as session:
        session.execute(
            update(SolverProfile)
            .where(SolverProfile.id == edition.drives.id)
            .values(exclusions=["通海市恒力机械制造有限公司"])
        )
    body = candidates(organizer, edition.gear.id)
    assert names(body) == [edition.textile.name]
    assert body["items"][0]["rank"] == 1


def test_a_deleted_achievement_is_not_shown_while_the_index_lags(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    with db.write() as session:
        session.execute(delete(Achievement).where(Achievement.solver_id == edition.drives.id))
    assert names(candidates(organizer, edition.gear.id)) == [edition.textile.name]


def test_filters_narrow_the_search_itself(organizer: TestClient, edition: Edition) -> None:
    body = candidates(organizer, edition.gear.id, region="江苏省")
    assert names(body) == [edition.textile.name]
    assert body["searched_achievements"] == 2
    assert names(candidates(organizer, edition.gear.id, excluded="华东精密传动研究所")) == [
        edition.textile.name
    ]


def test_refreshing_keeps_one_draft_that_staff_read_and_the_seeker_does_not(
    organizer: TestClient, other_seeker: TestClient, edition: Edition
) -> None:
    path = f"{API}/requirements/{edition.gear.id}/candidates"
    first, second = (organizer.post(f"{path}/refresh").json() for _ in range(2))
    assert first["round_id"] == second["round_id"]
    stored = candidates(organizer, edition.gear.id)
    assert (stored["source"], stored["round_id"]) == ("round", first["round_id"])
    assert [item["score"] for item in stored["items"]] == [item["score"] for item in second["items"]]
    assert candidates(other_seeker, edition.gear.id)["items"] == []
    assert candidates(organizer, edition.gear.id, live=True)["source"] == "live"


def test_similar_requirements_are_found_among_what_the_caller_sees(
    seeker: TestClient,
    other_seeker: TestClient,
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    seeker_organization: Organization,
) -> None:
    twin = factories.make_requirement(db, seeker_organization)
    refresh_index(context)

    def similar(client: TestClient) -> list[str]:
        response = client.get(f"{API}/requirements/{twin.id}/similar")
        return [item["id"] for item in response.json().get("items", [])]

    assert similar(seeker) == [str(edition.curtain.id)]
    assert similar(organizer)[0] == str(edition.curtain.id)
    assert similar(other_seeker) == []
    top = seeker.get(f"{API}/requirements/{twin.id}/similar").json()["items"][0]
    assert top["is_duplicate"] is True
    assert top["similarity"] > 0.9


@pytest.fixture
def drives_member(sign_in: Login, context: AppContext, db: Database, edition: Edition) -> TestClient:
    institute = factories.make_organization(db, "华东精密传动研究所", kind="institute")
    with db.write() as session:
        statement = update(SolverProfile).where(SolverProfile.id == edition.drives.id)
        session.execute(statement.values(organization_id=institute.id, version=2))
        note(session, IndexCollection.SOLVERS, edition.drives.id)
    refresh_index(context)
    return sign_in(Role.SOLVER, institute)


def fitting(client: TestClient, solver_id: uuid.UUID) -> list[dict[str, Any]]:
    response = client.get(f"{API}/solvers/{solver_id}/requirements")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def test_a_solver_finds_the_published_requirements_that_fit_it(
    drives_member: TestClient, edition: Edition
) -> None:
    items = fitting(drives_member, edition.drives.id)
    assert items[0]["id"] == str(edition.gear.id)
    assert items[0]["achievement"] is not None
    assert items[0]["evidence"]
    assert items[0]["organization"] == "通海市恒力机械制造有限公司"


def test_another_teams_fitting_requirements_are_not_found(
    drives_member: TestClient, edition: Edition
) -> None:
    assert drives_member.get(f"{API}/solvers/{edition.textile.id}/requirements").status_code == 404


@pytest.mark.parametrize(
    ("tier", "shown"), [(Confidentiality.ANONYMOUS, True), (Confidentiality.RESTRICTED, False)]
)
def test_the_tier_decides_what_a_solver_learns(
    tier: Confidentiality,
    shown: bool,
    drives_member: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    other_organization: Organization,
) -> None:
    secret = factories.make_requirement(
        db,
        other_organization,
        title="恒力机械谐波减速器的齿形设计",
        problem="恒力机械需要齿轮与减速器设计。",
        confidentiality=tier,
    )
    publish(db, secret)
    refresh_index(context)
    found = {item["id"]: item for item in fitting(drives_member, edition.drives.id)}
    assert (str(secret.id) in found) is shown
    if shown:
        assert "恒力" not in str(found[str(secret.id)])
        assert found[str(secret.id)]["organization"] is None


def test_a_draft_never_fits(
    drives_member: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    other_organization: Organization,
) -> None:
    draft = factories.make_requirement(db, other_organization, title="行星减速器齿轮草稿")
    refresh_index(context)
    assert str(draft.id) not in [item["id"] for item in fitting(drives_member, edition.drives.id)]


def test_a_solver_does_not_meet_whom_it_excluded(
    drives_member: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    with db.write() as session:
        statement = update(SolverProfile).where(SolverProfile.id == edition.drives.id)
        session.execute(statement.values(exclusions=["通海市恒力机械制造有限公司"], version=3))
        note(session, IndexCollection.SOLVERS, edition.drives.id)
    refresh_index(context)
    assert str(edition.gear.id) not in [item["id"] for item in fitting(drives_member, edition.drives.id)]


@pytest.mark.parametrize(
    "guess", [{"exclusions": ["通海市恒力机械制造有限公司"]}, {"name": "通海市恒力机械制造有限公司"}]
)
def test_guessing_a_name_does_not_tell_whose_an_anonymous_requirement_is(
    guess: dict[str, Any],
    drives_member: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    other_organization: Organization,
) -> None:
    secret = factories.make_requirement(
        db, other_organization, title="谐波减速器的齿形设计", confidentiality=Confidentiality.ANONYMOUS
    )
    publish(db, secret)
    refresh_index(context)
    before = [item["id"] for item in fitting(drives_member, edition.drives.id)]
    assert {str(secret.id), str(edition.gear.id)} <= set(before)
    with db.write() as session:
        statement = update(SolverProfile).where(SolverProfile.id == edition.drives.id)
        session.execute(statement.values(**guess, version=3))
        note(session, IndexCollection.SOLVERS, edition.drives.id)
    refresh_index(context)
    after = [item["id"] for item in fitting(drives_member, edition.drives.id)]
    assert str(secret.id) in after
    assert str(edition.gear.id) not in after


def test_a_team_without_anything_to_match_is_told_so(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    nobody = factories.make_solver(db, "尚未登记的团队")
    response = organizer.get(f"{API}/solvers/{nobody.id}/requirements")
    assert (response.status_code, response.json()["code"]) == (404, "not_indexed")
    note_all(db, [nobody], [])
    refresh_index(context)
    assert organizer.get(f"{API}/solvers/{nobody.id}/requirements").status_code == 200


def test_without_an_index_the_answer_is_503_and_says_when_to_come_back(
    organizer: TestClient, db: Database, seeker_organization: Organization
) -> None:
    requirement = factories.make_requirement(db, seeker_organization)
    response = organizer.get(f"{API}/requirements/{requirement.id}/candidates")
    assert (response.status_code, response.json()["code"]) == (503, "index_not_ready")
    assert response.headers["retry-after"]
