"""Units over REST: who sees which, who changes what, and the rules of codes and names."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM, Actor, Grant
from app.db import Database
from app.errors import InvalidInput, NotPermitted
from app.indexing.drain import build_all
from app.models import Notification, Organization, OutboxEntry, Requirement, Role
from app.models.indexing import IndexCollection
from app.models.requirement import Confidentiality
from app.notifications.titles import titles
from app.organizations import service
from app.requirements import repository as requirements
from app.requirements.disclosure import public_text
from tests import factories
from tests.conftest import Login

URL = "/api/v1/organizations"
USCC = "91320600MA00000A0C"
OTHER_USCC = "123200004660075972"


def new(client: TestClient, **fields: Any) -> dict[str, Any]:
    response = client.post(URL, json={"name": "通海市启明生物科技有限公司", **fields})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def codes(response: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def test_staff_file_a_unit_and_read_it_back(organizer: TestClient) -> None:
    response = organizer.post(URL, json={"name": "通海市启明生物科技有限公司", "kind": "企业", "uscc": USCC})
    assert response.status_code == 201
    body = response.json()
    assert (body["kind"], body["uscc"], body["version"]) == ("enterprise", USCC, 1)
    assert response.headers["etag"] == '"1"'
    found = organizer.get(response.headers["location"])
    assert found.json() == body


def test_a_code_is_put_into_its_normal_form(organizer: TestClient) -> None:
    assert new(organizer, uscc=" 91320600-ma00000a0c ")["uscc"] == USCC


@pytest.mark.parametrize("uscc", ["91320600MA00000A0D", "91320600MA00000I0C", "0" * 17 + "?", "中" * 18])
def test_a_code_with_a_wrong_check_character_or_form_is_refused(organizer: TestClient, uscc: str) -> None:
    response = organizer.post(URL, json={"name": "某单位", "uscc": uscc})
    assert response.status_code == 422
    assert codes(response) == [("uscc", "invalid_uscc")]
    assert uscc not in response.text


def test_two_units_cannot_have_the_same_code(organizer: TestClient) -> None:
    new(organizer, uscc=USCC)
    response = organizer.post(URL, json={"name": "另一单位", "uscc": USCC})
    assert (response.status_code, response.json()["code"]) == (409, "duplicate_uscc")


def test_two_units_cannot_have_the_same_external_id(organizer: TestClient) -> None:
    new(organizer, external_id="E1")
    response = organizer.post(URL, json={"name": "另一单位", "external_id": "E1"})
    assert (response.status_code, response.json()["code"]) == (409, "duplicate_external_id")


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER, Role.REVIEWER])
def test_only_staff_file_units(sign_in: Login, seeker_organization: Organization, role: Role) -> None:
    response = sign_in(role, seeker_organization).post(URL, json={"name": "某单位"})
    assert response.status_code == 403


def test_a_member_sees_its_own_unit_only(
    seeker: TestClient, seeker_organization: Organization, other_organization: Organization
) -> None:
    listed = seeker.get(URL).json()
    assert [item["id"] for item in listed["items"]] == [str(seeker_organization.id)]
    assert listed["total"] == 1
    assert seeker.get(f"{URL}/{seeker_organization.id}").status_code == 200
    stranger = seeker.get(f"{URL}/{other_organization.id}")
    unknown = seeker.get(f"{URL}/00000000-0000-7000-8000-000000000000")
    assert stranger.status_code == unknown.status_code == 404
    assert stranger.json()["detail"] == unknown.json()["detail"]


@pytest.mark.parametrize("role", [Role.ORGANIZER, Role.ADMIN, Role.REVIEWER])
def test_staff_and_reviewers_see_all_units(
    sign_in: Login, bureau: Organization, other_organization: Organization, role: Role
) -> None:
    client = sign_in(role, bureau)
    assert client.get(f"{URL}/{other_organization.id}").status_code == 200
    assert client.get(URL).json()["total"] == 2


def test_the_list_is_narrowed_by_words_kind_and_region(organizer: TestClient, db: Database) -> None:
    factories.make_organization(db, "海门重工 100% 有限公司", region="江苏省/海门市")
    factories.make_organization(db, "南通大学", kind="university", region="江苏省/南通市")

    def names(**parameters: str) -> list[str]:
        return [item["name"] for item in organizer.get(URL, params=parameters).json()["items"]]

    assert names(q="海门 重工") == ["海门重工 100% 有限公司"]
    assert names(q="100%") == ["海门重工 100% 有限公司"]
    assert names(q="海门_工") == []
    assert names(kind="高等院校") == ["南通大学"]
    assert names(region="南通") == ["南通大学"]
    assert names(sort="name", kind="university") == ["南通大学"]


def test_a_member_edits_contact_and_profile_of_its_unit(
    seeker: TestClient, seeker_organization: Organization
) -> None:
    url = f"{URL}/{seeker_organization.id}"
    response = seeker.patch(url, json={"contact": "周敏", "profile": "家纺企业"}, headers={"If-Match": '"1"'})
    assert response.status_code == 200
    assert (response.json()["contact"], response.headers["etag"]) == ("周敏", '"2"')


@pytest.mark.parametrize("field", ["name", "region", "uscc", "kind"])
def test_a_member_cannot_change_what_the_register_holds(
    seeker: TestClient, seeker_organization: Organization, field: str
) -> None:
    value = {"name": "新名称", "region": "上海市", "uscc": USCC, "kind": "university"}[field]
    url = f"{URL}/{seeker_organization.id}"
    assert seeker.patch(url, json={field: value}, headers={"If-Match": "*"}).status_code == 403
    assert seeker.get(url).json()["version"] == 1


def test_a_reviewer_of_the_bureau_cannot_edit_units(
    reviewer: TestClient, seeker_organization: Organization
) -> None:
    url = f"{URL}/{seeker_organization.id}"
    assert reviewer.patch(url, json={"contact": "x"}, headers={"If-Match": "*"}).status_code == 403


def test_an_update_needs_the_version_that_was_read(
    organizer: TestClient, seeker_organization: Organization
) -> None:
    url = f"{URL}/{seeker_organization.id}"
    assert organizer.patch(url, json={"region": "上海市"}).status_code == 428
    assert organizer.patch(url, json={"region": "上海市"}, headers={"If-Match": '"7"'}).status_code == 412
    assert organizer.patch(url, json={"region": "上海市"}, headers={"If-Match": '"1"'}).status_code == 200
    assert organizer.patch(url, json={"region": "北京市"}, headers={"If-Match": '"1"'}).status_code == 412


def test_a_name_cannot_be_emptied_and_unknown_fields_are_refused(
    organizer: TestClient, seeker_organization: Organization
) -> None:
    url = f"{URL}/{seeker_organization.id}"
    for body in ({"name": None}, {"name": "\u200b"}, {"kind": None}, {"nmae": "x"}, {"name": 5}):
        assert organizer.patch(url, json=body, headers={"If-Match": "*"}).status_code == 422


def test_a_renamed_unit_is_masked_under_its_new_name_and_noted_for_the_index(
    organizer: TestClient, db: Database, seeker_organization: Organization
) -> None:
    requirement = factories.make_requirement(
        db, seeker_organization, problem="我们星澜新材的旧工艺不稳定。", confidentiality="anonymous"
    )
    url = f"{URL}/{seeker_organization.id}"
    renamed = organizer.patch(url, json={"name": "星澜新材有限公司"}, headers={"If-Match": "*"})
    assert renamed.status_code == 200
    with db.read() as session:
        found = session.scalars(select(Requirement).where(Requirement.id == requirement.id)).one()
        assert "星澜" not in found.public_text
        notes = session.scalars(select(OutboxEntry).where(OutboxEntry.key == requirement.id)).all()
        assert len(notes) == 2


def test_the_name_that_a_unit_had_before_stays_hidden_from_strangers(
    organizer: TestClient, db: Database, seeker_organization: Organization
) -> None:
    texts = {"title": "锦绣家纺窗帘面料阻燃", "problem": "我们锦绣家纺的旧工艺不稳定。"}
    requirement = factories.make_requirement(
        db, seeker_organization, **texts, confidentiality=Confidentiality.ANONYMOUS
    )
    url = f"{URL}/{seeker_organization.id}"
    for name in ("星澜新材有限公司", "云帆纺织有限公司", "星澜新材有限公司"):
        assert organizer.patch(url, json={"name": name}, headers={"If-Match": "*"}).status_code == 200
    with db.read() as session:
        found = requirements.get(session, SYSTEM, requirement.id)
        kept = found.organization.former_names
        documents, _ = build_all(session, IndexCollection.REQUIREMENTS, [requirement.id])
        document = documents[requirement.id]
        message = Notification(id=requirement.id, requirement_id=requirement.id)
        title = titles(session, [message])[requirement.id]
        shown = public_text(found, "problem")
        everything = "".join((found.public_text, document.title, document.description, title, shown))
    assert "锦绣" not in everything
    assert shown == "我们某企业的旧工艺不稳定。"
    assert kept == [seeker_organization.name, "星澜新材有限公司", "云帆纺织有限公司"]


class TestFindOrCreate:
    """How forms and files name a unit."""

    def test_staff_get_the_unit_of_the_code_whatever_name_is_written(self, db: Database) -> None:
        with db.write() as session:
            first = service.find_or_create(session, SYSTEM, name="甲公司", uscc=USCC)
            second = service.find_or_create(session, SYSTEM, name="甲公司（更名）", uscc=USCC)
            assert first.id == second.id
            assert second.name == "甲公司"

    def test_the_same_name_under_another_code_is_another_unit(self, db: Database) -> None:
        with db.write() as session:
            first = service.find_or_create(session, SYSTEM, name="甲公司", uscc=USCC)
            second = service.find_or_create(session, SYSTEM, name="甲公司", uscc=OTHER_USCC)
            assert first.id != second.id

    def test_a_unit_without_a_code_is_completed_by_the_first_one_given(self, db: Database) -> None:
        with db.write() as session:
            first = service.find_or_create(session, SYSTEM, name="甲公司")
            second = service.find_or_create(session, SYSTEM, name="甲公司", uscc=USCC, region="江苏省")
            assert first.id == second.id
            assert (second.uscc, second.region) == (USCC, "江苏省")

    def test_a_wrong_code_is_an_error_of_the_field(self, db: Database) -> None:
        with db.write() as session, pytest.raises(InvalidInput) as raised:
            service.find_or_create(session, SYSTEM, name="甲公司", uscc="91320600MA00000A0D")
        assert raised.value.fields[0].field == "uscc"

    def test_a_seeker_ends_up_at_its_own_unit_or_nowhere(
        self, db: Database, seeker_organization: Organization, other_organization: Organization
    ) -> None:
        actor = Actor(user_id=None, grants=(Grant(Role.SEEKER, seeker_organization.id),))
        with db.write() as session:
            own = service.find_or_create(session, actor, name=seeker_organization.name)
            assert own.id == seeker_organization.id
            for name in (other_organization.name, "从未登记的公司"):
                with pytest.raises(NotPermitted):
                    service.find_or_create(session, actor, name=name)
