"""People over REST: who manages whom, what roles need, and what ends when an account is switched off."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.config import Settings
from app.db import Database
from app.models import ApiKey, Organization, RefreshToken, Role, User
from tests import factories
from tests.conftest import PASSWORD, Login, client_of

URL = "/api/v1/users"


def body_for(role: Role, organization: Organization | None = None, **fields: Any) -> dict[str, Any]:
    membership: dict[str, Any] = {"role": role.value}
    if organization is not None:
        membership["organization_id"] = str(organization.id)
    return {
        "email": f"new-{role.value}@example.com",
        "password": "staple correct battery",
        "memberships": [membership],
        **fields,
    }


def token_for(client: TestClient, email: str, password: str) -> Any:
    return client.post("/api/v1/auth/token", data={"username": email, "password": password})


def test_an_organizer_admits_a_seeker_who_can_then_sign_in(
    organizer: TestClient, client: TestClient, seeker_organization: Organization
) -> None:
    body = body_for(Role.SEEKER, seeker_organization, email="Zhou.Min@Example.com", name="周敏")
    response = organizer.post(URL, json=body)
    assert response.status_code == 201
    created = response.json()
    assert created["email"] == "zhou.min@example.com"
    assert created["memberships"][0]["organization_name"] == seeker_organization.name
    assert "password" not in response.text
    assert organizer.get(response.headers["location"]).json() == created
    assert token_for(client, "zhou.min@example.com", "staple correct battery").status_code == 200


@pytest.mark.parametrize("role", [Role.ORGANIZER, Role.ADMIN])
def test_only_an_administrator_gives_higher_roles(
    organizer: TestClient, admin: TestClient, role: Role
) -> None:
    assert organizer.post(URL, json=body_for(role)).status_code == 403
    assert admin.post(URL, json=body_for(role)).status_code == 201


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER, Role.REVIEWER])
def test_participants_neither_see_nor_file_people(
    sign_in: Login, seeker_organization: Organization, role: Role
) -> None:
    client = sign_in(role, seeker_organization)
    assert client.get(URL).status_code == 403
    assert client.post(URL, json=body_for(Role.REVIEWER)).status_code == 403


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER])
def test_participants_need_a_unit(organizer: TestClient, role: Role) -> None:
    response = organizer.post(URL, json=body_for(role))
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "memberships.0.organization_id"


def test_an_unknown_unit_is_an_error_of_the_field(organizer: TestClient) -> None:
    body = body_for(Role.REVIEWER)
    body["memberships"][0]["organization_id"] = "00000000-0000-7000-8000-000000000000"
    response = organizer.post(URL, json=body)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_organization")


def test_an_address_identifies_one_person_whatever_its_case(organizer: TestClient) -> None:
    assert organizer.post(URL, json=body_for(Role.REVIEWER)).status_code == 201
    again = organizer.post(URL, json=body_for(Role.REVIEWER, email="NEW-reviewer@EXAMPLE.com"))
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_email")


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@example.com", "@example.com", 5, None])
def test_what_is_no_address_is_refused(organizer: TestClient, email: Any) -> None:
    response = organizer.post(URL, json=body_for(Role.REVIEWER, email=email))
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "email")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("ninechars", "password_length"),
        ("NEW-reviewer@example.com", "password_equals_email"),
        ("", "string_too_short"),
        ("x" * 129, "string_too_long"),
    ],
)
def test_a_poor_password_is_refused_and_not_repeated(organizer: TestClient, password: str, code: str) -> None:
    response = organizer.post(URL, json=body_for(Role.REVIEWER, password=password))
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, code)
    assert not password or password not in response.text


def test_a_person_without_a_role_is_refused(organizer: TestClient) -> None:
    response = organizer.post(URL, json=body_for(Role.REVIEWER) | {"memberships": []})
    assert response.status_code == 422


def test_the_list_is_narrowed_by_role_unit_and_words(
    organizer: TestClient, db: Database, seeker_organization: Organization, other_organization: Organization
) -> None:
    factories.make_user(db, Role.SEEKER, seeker_organization, email="one@example.com")
    factories.make_user(db, Role.SOLVER, other_organization, email="two@example.com")

    def emails(**parameters: str) -> list[str]:
        return [item["email"] for item in organizer.get(URL, params=parameters).json()["items"]]

    assert emails(role="seeker") == ["one@example.com"]
    assert emails(organization_id=str(other_organization.id)) == ["two@example.com"]
    assert emails(organization_id=str(other_organization.id), role="seeker") == []
    assert emails(q="two@") == ["two@example.com"]
    assert emails(is_active="false") == []


def test_an_update_needs_the_version_that_was_read(
    admin: TestClient, db: Database, seeker_organization: Organization
) -> None:
    user = factories.make_user(db, Role.SEEKER, seeker_organization)
    url = f"{URL}/{user.id}"
    assert admin.patch(url, json={"name": "周敏"}).status_code == 428
    assert admin.patch(url, json={"name": "周敏"}, headers={"If-Match": '"1"'}).json()["name"] == "周敏"
    assert admin.patch(url, json={"name": "李强"}, headers={"If-Match": '"1"'}).status_code == 412


def test_changed_roles_change_the_version_and_hold_at_once(
    admin: TestClient,
    client: TestClient,
    db: Database,
    settings: Settings,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    user = factories.make_user(db, Role.SEEKER, seeker_organization)
    person = client_of(client, settings, user)
    assert [m["organization_id"] for m in person.get("/api/v1/me").json()["memberships"]] == [
        str(seeker_organization.id)
    ]
    memberships = [{"role": "solver", "organization_id": str(other_organization.id)}]
    response = admin.patch(f"{URL}/{user.id}", json={"memberships": memberships}, headers={"If-Match": '"1"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    me = person.get("/api/v1/me").json()
    assert [m["role"] for m in me["memberships"]] == ["solver"]
    assert "requirements:create" not in me["permissions"]


def test_a_membership_that_stays_keeps_its_keys_and_one_that_goes_loses_them(
    admin: TestClient,
    client: TestClient,
    db: Database,
    settings: Settings,
    seeker_organization: Organization,
) -> None:
    user = factories.make_user(db, Role.SEEKER, seeker_organization)
    person = client_of(client, settings, user)
    key = person.post("/api/v1/auth/api-keys", json={"name": "erp", "scopes": ["requirements:read"]}).json()
    kept = {"role": "seeker", "organization_id": str(seeker_organization.id)}
    url = f"{URL}/{user.id}"
    both = admin.patch(url, json={"memberships": [kept, {"role": "reviewer"}]}, headers={"If-Match": "*"})
    assert both.status_code == 200
    headers = {"Authorization": f"Bearer {key['key']}"}
    assert client.get("/api/v1/requirements", headers=headers).status_code == 200
    admin.patch(url, json={"memberships": [{"role": "reviewer"}]}, headers={"If-Match": "*"})
    assert client.get("/api/v1/requirements", headers=headers).status_code == 401
    with db.read() as session:
        assert session.scalars(select(ApiKey)).all() == []


def test_a_person_who_is_switched_off_is_refused_at_once(
    admin: TestClient, sign_in: Login, client: TestClient, db: Database, seeker_organization: Organization
) -> None:
    person = sign_in(Role.SEEKER, seeker_organization, email="gone@example.com")
    key = person.post("/api/v1/auth/api-keys", json={"name": "erp", "scopes": ["me:read"]}).json()["key"]
    refresh = token_for(client, "gone@example.com", PASSWORD).json()["refresh_token"]
    assert person.get("/api/v1/me").status_code == 200
    with db.read() as session:
        user = session.scalars(select(User).where(User.email == "gone@example.com")).one()
    off = admin.patch(f"{URL}/{user.id}", json={"is_active": False}, headers={"If-Match": "*"})
    assert off.status_code == 200
    assert person.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert token_for(client, "gone@example.com", PASSWORD).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert client.post("/api/v1/auth/token", data=form).status_code == 401
    with db.read() as session:
        assert all(link.revoked_at for link in session.scalars(select(RefreshToken)))


def test_an_organizer_cannot_touch_administrators_nor_set_passwords(
    organizer: TestClient, db: Database, seeker_organization: Organization
) -> None:
    chief = factories.make_user(db, Role.ADMIN)
    seeker = factories.make_user(db, Role.SEEKER, seeker_organization)
    match = {"If-Match": "*"}
    assert organizer.patch(f"{URL}/{chief.id}", json={"is_active": False}, headers=match).status_code == 403
    promotion = {"memberships": [{"role": "admin"}]}
    assert organizer.patch(f"{URL}/{seeker.id}", json=promotion, headers=match).status_code == 403
    new_password = {"password": "staple correct battery"}
    assert organizer.patch(f"{URL}/{seeker.id}", json=new_password, headers=match).status_code == 403
    assert organizer.patch(f"{URL}/{seeker.id}", json={"name": "周敏"}, headers=match).status_code == 200


def test_a_failed_update_stores_nothing_of_it(
    organizer: TestClient, db: Database, seeker_organization: Organization
) -> None:
    seeker = factories.make_user(db, Role.SEEKER, seeker_organization)
    body = {"name": "周敏", "memberships": [{"role": "admin"}]}
    assert organizer.patch(f"{URL}/{seeker.id}", json=body, headers={"If-Match": "*"}).status_code == 403
    assert organizer.get(f"{URL}/{seeker.id}").json()["name"] == Role.SEEKER.label


def test_the_last_administrator_stays(admin: TestClient) -> None:
    chief = admin.get(URL, params={"role": "admin"}).json()["items"][0]
    url, match = f"{URL}/{chief['id']}", {"If-Match": "*"}
    for body in ({"is_active": False}, {"memberships": [{"role": "reviewer"}]}):
        response = admin.patch(url, json=body, headers=match)
        assert (response.status_code, response.json()["code"]) == (409, "last_admin")
    assert admin.get(url).json()["is_active"]
    assert admin.post(URL, json=body_for(Role.ADMIN)).status_code == 201
    assert admin.patch(url, json={"is_active": False}, headers=match).status_code == 200


def test_an_administrator_sets_a_password_and_ends_all_sessions(
    admin: TestClient, client: TestClient, sign_in: Login, db: Database, seeker_organization: Organization
) -> None:
    sign_in(Role.SEEKER, seeker_organization, email="lost@example.com")
    refresh = token_for(client, "lost@example.com", PASSWORD).json()["refresh_token"]
    user = admin.get(URL, params={"q": "lost@"}).json()["items"][0]
    new = {"password": "staple correct battery"}
    assert admin.patch(f"{URL}/{user['id']}", json=new, headers={"If-Match": "*"}).status_code == 200
    assert token_for(client, "lost@example.com", PASSWORD).status_code == 401
    assert token_for(client, "lost@example.com", "staple correct battery").status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert client.post("/api/v1/auth/token", data=form).status_code == 401


class TestOwnAccount:
    """What everyone changes of the own account."""

    def test_everyone_changes_the_own_name_and_phone(self, seeker: TestClient) -> None:
        response = seeker.patch("/api/v1/me", json={"name": "周敏", "phone": "0513"})
        assert (response.status_code, response.json()["name"]) == (200, "周敏")
        assert seeker.get("/api/v1/me").json()["name"] == "周敏"

    def test_nobody_gives_oneself_roles_or_an_address(self, seeker: TestClient) -> None:
        for body in ({"memberships": [{"role": "admin"}]}, {"is_active": True}, {"email": "x@example.com"}):
            assert seeker.patch("/api/v1/me", json=body).status_code == 422

    def test_a_new_password_needs_the_current_one_and_ends_all_sessions(
        self, client: TestClient, sign_in: Login, seeker_organization: Organization
    ) -> None:
        person = sign_in(Role.SEEKER, seeker_organization, email="me@example.com")
        refresh = token_for(client, "me@example.com", PASSWORD).json()["refresh_token"]
        wrong = {"current_password": "not it, sorry", "new_password": "staple correct battery"}
        refused = person.post("/api/v1/me/password", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
        right = {"current_password": PASSWORD, "new_password": "staple correct battery"}
        assert person.post("/api/v1/me/password", json=right).status_code == 204
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        assert client.post("/api/v1/auth/token", data=form).status_code == 401
        assert token_for(client, "me@example.com", PASSWORD).status_code == 401
        assert token_for(client, "me@example.com", "staple correct battery").status_code == 200

    def test_a_poor_new_password_is_refused(self, seeker: TestClient) -> None:
        body = {"current_password": PASSWORD, "new_password": "short"}
        response = seeker.post("/api/v1/me/password", json=body)
        error = response.json()["errors"][0]
        assert (response.status_code, error["field"], error["code"]) == (
            422,
            "new_password",
            "password_length",
        )
