"""Strangers learn nothing from an analysis, by any door."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.models import Membership, Organization, Requirement, Role, User
from app.models.requirement import PUBLIC_STATUSES, Confidentiality, RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import client_of

S = RequirementStatus
BRAND = "锦绣"
SECRET = {
    "title": "锦绣家纺窗帘面料的阻燃整理",
    "description": "涤纶窗帘面料经涂层后整理获得阻燃与遮光性能，但二十次水洗后阻燃剂大量流失，续燃时间超出标准。"
    "现有含磷阻燃剂与丙烯酸酯胶的交联不牢，提高用量又使手感变硬、遮光率下降，烘焙温度也受定型机限制。"
    "需要耐久的阻燃整理配方与配套的低温交联工艺，兼顾手感、遮光与甲醛限量，并能在现有设备上实施。",
    "problem": "窗帘面料在水洗后阻燃性能下降，需要改进整理工艺。",
    "keywords": ["锦绣", "阻燃整理", "窗帘面料"],
}
SAME = {**SECRET, "title": "锦绣窗帘面料的阻燃整理"}
"""The same need, filed by somebody who guesses whose it is and names it."""


def url(requirement: Requirement, more: str = "") -> str:
    return f"/api/v1/requirements/{requirement.id}/analysis{more}"


@pytest.fixture
def seeker_and_solver(
    db: Database, client: TestClient, settings: Settings, other_organization: Organization
) -> TestClient:
    """Somebody whose unit has problems of its own and solves others', so that every door of routes opens."""
    user = factories.make_user(db, Role.SEEKER, other_organization)
    with db.write() as session:
        session.add(Membership(user_id=user.id, role=Role.SOLVER, organization_id=other_organization.id))
    with db.read() as session:
        user = session.scalars(select(User).where(User.id == user.id)).one()
    return client_of(client, settings, user)


@pytest.mark.parametrize("status", sorted(PUBLIC_STATUSES))
@pytest.mark.parametrize("tier", list(Confidentiality))
def test_a_stranger_gets_no_analysis_whatever_the_tier(
    db: Database,
    solver: TestClient,
    other_seeker: TestClient,
    seeker_and_solver: TestClient,
    seeker_organization: Organization,
    status: RequirementStatus,
    tier: Confidentiality,
) -> None:
    made = requirement_in(db, seeker_organization, status, {**SECRET, "confidentiality": tier})
    for stranger in (solver, other_seeker, seeker_and_solver):
        for answer in (
            stranger.get(url(made)),
            stranger.get(url(made, "/neighbours")),
            stranger.patch(url(made), json={"field": "其他"}, headers={"If-Match": "*"}),
            stranger.post(url(made, "/refresh")),
        ):
            assert answer.status_code in (403, 404), answer.text
            assert BRAND not in answer.text
            assert "阻燃" not in answer.text


def test_who_may_not_see_a_requirement_does_not_learn_that_it_has_an_analysis(
    db: Database, other_seeker: TestClient, seeker_organization: Organization
) -> None:
    made = requirement_in(db, seeker_organization, S.SUBMITTED, SECRET)
    assert other_seeker.get(url(made)).status_code == 404


def test_the_seeker_reviewers_and_staff_read_and_correct(
    db: Database,
    seeker: TestClient,
    reviewer: TestClient,
    organizer: TestClient,
    seeker_organization: Organization,
) -> None:
    restricted = {**SECRET, "confidentiality": Confidentiality.RESTRICTED}
    made = requirement_in(db, seeker_organization, S.PUBLISHED, restricted)
    factories.assign_reviewer(db, made, reviewer)
    for insider in (seeker, reviewer, organizer):
        assert insider.get(url(made)).status_code == 200
        changed = insider.patch(url(made), json={"field": "其他"}, headers={"If-Match": "*"})
        assert changed.status_code == 200


def test_neighbours_are_those_that_the_actor_may_see_and_as_it_may_read_them(
    db: Database,
    context: AppContext,
    organizer: TestClient,
    seeker_and_solver: TestClient,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    anonymous = requirement_in(
        db, seeker_organization, S.PUBLISHED, {**SECRET, "confidentiality": Confidentiality.ANONYMOUS}
    )
    restricted = requirement_in(
        db, seeker_organization, S.PUBLISHED, {**SECRET, "confidentiality": Confidentiality.RESTRICTED}
    )
    own = requirement_in(db, other_organization, S.SUBMITTED, SAME)
    context.index.load()
    context.index.settle()
    all_of_them = organizer.get(url(own, "/neighbours")).json()
    assert {item["id"] for item in all_of_them["items"]} == {str(anonymous.id), str(restricted.id)}
    assert {item["relation"] for item in all_of_them["items"]} <= {"duplicate", "same_bottleneck"}
    assert all(BRAND in item["title"] for item in all_of_them["items"])
    answer = seeker_and_solver.get(url(own, "/neighbours"))
    (item,) = answer.json()["items"]
    assert (item["id"], item["organization"]) == (str(anonymous.id), None)
    assert "窗帘面料" in item["shared"]
    # Not even the word that the asker put into its own key words, to find out whose problem it is.
    assert BRAND not in answer.text


def test_corrected_key_words_probe_nothing_either(
    db: Database,
    context: AppContext,
    seeker_and_solver: TestClient,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    requirement_in(
        db, seeker_organization, S.PUBLISHED, {**SECRET, "confidentiality": Confidentiality.ANONYMOUS}
    )
    own = requirement_in(db, other_organization, S.SUBMITTED, {**SAME, "keywords": []})
    words = {"keywords": [BRAND, "锦绣家纺", "阻燃"]}
    assert seeker_and_solver.patch(url(own), json=words, headers={"If-Match": "*"}).status_code == 200
    context.index.load()
    context.index.settle()
    answer = seeker_and_solver.get(url(own, "/neighbours"))
    (item,) = answer.json()["items"]
    assert item["shared"] == ["阻燃"]
