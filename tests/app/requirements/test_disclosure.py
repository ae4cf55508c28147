"""What strangers learn of a requirement: no hidden name by any field, filter, order or cursor."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.challenges import entries
from app.db import Database
from app.models import Organization, Requirement, Role
from app.models.challenge import ChallengeStatus
from app.models.requirement import PUBLIC_STATUSES, Confidentiality, RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

S = RequirementStatus
URL = "/api/v1/requirements"
BRAND = "锦绣"
FIELDS: dict[str, Any] = {
    "title": "锦绣家纺窗帘面料的阻燃整理",
    "description": "通海市锦绣家纺有限公司希望改进整理工艺，联系电话 13812345678。",
    "problem": "锦绣家纺的产品水洗后阻燃性能下降，请发邮件至 zhou@jinxiu-textile.com。",
    "key_indicators": "按锦绣家纺内控标准",
    "goal": "供锦绣家纺使用",
    "existing_work": "通海市锦绣家纺已有中试线",
    "must_have": "不得与锦绣家纺竞争",
    "nice_to_have": "了解锦绣家纺",
    "partners": "锦绣家纺的老朋友",
    "ownership": "归锦绣家纺所有",
    "industry": "锦绣家纺所在的纺织业",
    "keywords": ["锦绣家纺", "阻燃"],
    "targets": [{"name": "锦绣家纺指标", "operator": "≥", "value": 5.0, "upper": None, "unit": "s"}],
    "contact": "周敏",
    "phone": "0513-88888888",
    "email": "zhou@jinxiu-textile.com",
    "external_id": "JX-001",
}
SECRETS = (BRAND, "周敏", "13812345678", "88888888", "jinxiu", "JX-001")


@pytest.fixture
def anonymous(db: Database, seeker_organization: Organization) -> Requirement:
    fields = {**FIELDS, "confidentiality": Confidentiality.ANONYMOUS}
    return requirement_in(db, seeker_organization, S.PUBLISHED, fields)


@pytest.mark.parametrize("tier", list(Confidentiality))
@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_states_that_concern_it_and_no_others(
    db: Database,
    sign_in: Login,
    seeker_organization: Organization,
    other_organization: Organization,
    role: Role,
    tier: Confidentiality,
) -> None:
    client = sign_in(role, other_organization)
    made = {
        status: requirement_in(db, seeker_organization, status, {"confidentiality": tier})
        for status in RequirementStatus
    }
    unassigned = requirement_in(db, seeker_organization, S.SUBMITTED, {"confidentiality": tier})
    if role is Role.REVIEWER:
        for requirement in made.values():
            factories.assign_reviewer(db, requirement, client)
    expected: set[RequirementStatus] = set(RequirementStatus) - {S.DRAFT}
    if role is Role.SEEKER:
        expected = set()
    elif role is Role.SOLVER:
        expected = set() if tier is Confidentiality.RESTRICTED else set(PUBLIC_STATUSES)
    page = client.get(URL, params={"limit": 200}).json()
    assert {S(item["status"]) for item in page["items"]} == expected
    # The one that is assigned to nobody is there for staff only.
    is_staff = role in (Role.ORGANIZER, Role.ADMIN)
    assert client.get(f"{URL}/{unassigned.id}").status_code == (200 if is_staff else 404)
    assert page["total"] == len(expected) + is_staff
    for status, requirement in made.items():
        found = client.get(f"{URL}/{requirement.id}").status_code
        assert found == (200 if status in expected else 404), status


def test_the_seeker_reviewers_and_staff_read_everything(
    db: Database, seeker: TestClient, reviewer: TestClient, organizer: TestClient, anonymous: Requirement
) -> None:
    factories.assign_reviewer(db, anonymous, reviewer)
    for insider in (seeker, reviewer, organizer):
        body = insider.get(f"{URL}/{anonymous.id}").json()
        assert {name: body[name] for name in FIELDS} == FIELDS
        assert body["organization"]["name"] == "通海市锦绣家纺有限公司"


def test_no_field_tells_a_stranger_whose_anonymous_requirement_it_is(
    solver: TestClient, anonymous: Requirement
) -> None:
    for response in (solver.get(f"{URL}/{anonymous.id}"), solver.get(URL)):
        assert response.status_code == 200
        assert [secret for secret in SECRETS if secret in response.text] == []
        assert str(anonymous.organization_id) not in response.text
    body = solver.get(f"{URL}/{anonymous.id}").json()
    assert (body["organization"], body["organization_id"], body["external_id"]) == (None, None, None)
    assert "阻燃" in body["title"]


def test_a_public_requirement_names_its_seeker_but_not_the_persons_address(
    db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.PUBLISHED, FIELDS)
    body = solver.get(f"{URL}/{requirement.id}").json()
    assert body["organization"]["name"] == seeker_organization.name
    assert (body["contact"], body["phone"], body["email"]) == (None, None, None)


@pytest.mark.parametrize("words", [*SECRETS, "通海市锦绣家纺有限公司", "阻燃 锦绣", "锦绣家纺窗帘"])
def test_a_search_for_a_hidden_name_finds_nothing(
    solver: TestClient, seeker: TestClient, anonymous: Requirement, words: str
) -> None:
    assert solver.get(URL, params={"q": words}).json()["total"] == 0
    assert solver.get(URL, params={"q": "阻燃"}).json()["total"] == 1


def test_the_seeker_finds_its_own_by_name(seeker: TestClient, anonymous: Requirement) -> None:
    assert seeker.get(URL, params={"q": BRAND}).json()["total"] == 1


def test_a_filter_by_owner_or_external_id_does_not_betray_an_anonymous_seeker(
    solver: TestClient, seeker: TestClient, anonymous: Requirement
) -> None:
    for parameters in ({"organization_id": str(anonymous.organization_id)}, {"external_id": "JX-001"}):
        assert solver.get(URL, params=parameters).json()["total"] == 0
        assert seeker.get(URL, params=parameters).json()["total"] == 1


def test_the_industry_is_searched_as_strangers_may_read_it(
    solver: TestClient, seeker: TestClient, anonymous: Requirement
) -> None:
    assert solver.get(URL, params={"industry": BRAND}).json()["total"] == 0
    assert solver.get(URL, params={"industry": "纺织业"}).json()["total"] == 1
    assert seeker.get(URL, params={"industry": BRAND}).json()["total"] == 1


def test_strangers_cannot_ask_what_a_challenge_in_preparation_holds(
    db: Database, solver: TestClient, seeker: TestClient, organizer: TestClient, anonymous: Requirement
) -> None:
    challenge = factories.make_challenge(db, "SECRET", status=ChallengeStatus.DRAFT)
    with db.write() as session:
        entries.enter(session, challenge.id, anonymous.id)
    for client, total in ((solver, 0), (seeker, 1), (organizer, 1)):
        assert client.get(URL, params={"challenge_id": str(challenge.id)}).json()["total"] == total


def test_neither_the_order_nor_a_cursor_tells_a_stranger_a_hidden_title(
    db: Database, solver: TestClient, seeker: TestClient, seeker_organization: Organization
) -> None:
    for _ in range(2):
        requirement_in(
            db,
            seeker_organization,
            S.PUBLISHED,
            {**FIELDS, "confidentiality": "anonymous", "external_id": None},
        )
    refused = solver.get(URL, params={"sort": "title"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_sort")
    for sort in ("created_at", "-published_at", "budget_wan", "deadline"):
        cursor = solver.get(URL, params={"sort": sort, "limit": 1}).json()["next_cursor"]
        decoded = base64.urlsafe_b64decode(cursor + "==").decode()
        assert [secret for secret in SECRETS if secret in decoded] == []
    assert seeker.get(URL, params={"sort": "title"}).json()["total"] == 2


def test_answers_and_history_are_for_insiders(
    solver: TestClient, other_seeker: TestClient, seeker: TestClient, anonymous: Requirement
) -> None:
    for path in ("responses", "history"):
        assert solver.get(f"{URL}/{anonymous.id}/{path}").status_code == 403
        assert other_seeker.get(f"{URL}/{anonymous.id}/{path}").status_code == 404
        assert seeker.get(f"{URL}/{anonymous.id}/{path}").json()["total"] > 0


def test_a_challenge_in_preparation_does_not_exist_for_seekers(
    seeker: TestClient, organizer: TestClient
) -> None:
    organizer.post("/api/v1/challenges", json={"code": "SECRET", "name": "筹备中的赛事"})
    for code in ("SECRET", "UNKNOWN"):
        response = seeker.post(URL, json={"title": "甲", "challenge": code})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_challenge")
    assert seeker.get(URL).json()["total"] == 0
