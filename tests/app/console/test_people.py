"""Accounts in a browser: made, found, switched off and given a new password by those who may."""

from __future__ import annotations

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.models import Organization, Role, User
from tests import factories
from tests.app.console.conftest import Browse

FORM = {
    "email": "li@tonghai.example",
    "name": "李工",
    "role": "reviewer",
    "password": "a long enough phrase 7",
}


def test_an_organizer_makes_a_reviewer_who_is_then_listed(
    db: Database, organizer_browser: TestClient
) -> None:
    made = organizer_browser.post("/desk/people", data=FORM)
    assert made.status_code == 303, made.text
    assert "li@tonghai.example" in organizer_browser.get("/desk/people?role=reviewer&q=李工").text
    again = organizer_browser.post("/desk/people", data=FORM)
    assert again.status_code == 409
    assert "该邮箱已注册" in again.text
    assert FORM["password"] not in again.text


def test_a_form_with_errors_keeps_what_was_typed_but_never_the_password(
    organizer_browser: TestClient,
) -> None:
    answer = organizer_browser.post("/desk/people", data={**FORM, "email": "keine", "role": "seeker"})
    assert answer.status_code == 422
    assert 'value="keine"' in answer.text
    assert FORM["password"] not in answer.text


def test_an_organizer_makes_no_organizer(organizer_browser: TestClient) -> None:
    assert organizer_browser.post("/desk/people", data={**FORM, "role": "organizer"}).status_code == 403


def test_a_person_is_switched_off_and_only_an_administrator_sets_passwords(
    db: Database, organizer_browser: TestClient, browse: Browse, bureau: Organization
) -> None:
    admin = browse(Role.ADMIN, bureau)
    user = factories.make_user(db, Role.REVIEWER)
    path = f"/desk/people/{user.id}"
    body = {"version": str(user.version)}
    assert "重设密码" not in organizer_browser.get(path).text
    refused = organizer_browser.post(path, data={**body, "password": "a long enough phrase 7"})
    assert refused.status_code == 403
    assert organizer_browser.post(path, data={**body, "then": "off"}).status_code == 303
    with db.read() as session:
        row = session.scalars(select(User).where(User.id == user.id)).one()
    assert not row.is_active
    assert "重新启用" in admin.get(path).text
    new = {"version": str(row.version), "password": "a long enough phrase 7"}
    assert admin.post(path, data=new).status_code == 303
    assert admin.post(path, data=new).status_code == 412


def test_roles_are_given_and_taken_but_never_the_last_one(
    db: Database, organizer_browser: TestClient, seeker_organization: Organization
) -> None:
    user = factories.make_user(db, Role.REVIEWER)
    factories.make_user(db, Role.ADMIN)

    def roles() -> dict[str, str]:
        with db.read() as session:
            row = session.scalars(select(User).where(User.id == user.id)).one()
            return {str(item.role): str(item.id) for item in row.memberships} | {"version": str(row.version)}

    path = f"/desk/people/{user.id}"
    unit = str(seeker_organization.id)
    lacking = organizer_browser.post(f"{path}/roles", data={"version": roles()["version"], "role": "seeker"})
    assert lacking.status_code == 422
    assert "必须属于一个单位" in lacking.text
    given = {"version": roles()["version"], "role": "seeker", "organization_id": unit}
    assert organizer_browser.post(f"{path}/roles", data=given).status_code == 303
    assert roles().keys() == {"reviewer", "seeker", "version"}
    assert organizer_browser.post(f"{path}/roles", data=given).status_code == 412
    both = {"version": roles()["version"], "take": [roles()["reviewer"], roles()["seeker"]]}
    assert organizer_browser.post(f"{path}/roles", data=both).status_code == 422
    taken = {"version": roles()["version"], "take": roles()["reviewer"]}
    assert organizer_browser.post(f"{path}/roles", data=taken).status_code == 303
    assert roles().keys() == {"seeker", "version"}
    higher = {"version": roles()["version"], "role": "admin"}
    assert organizer_browser.post(f"{path}/roles", data=higher).status_code == 403
