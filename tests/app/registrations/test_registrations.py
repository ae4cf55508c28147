"""Strangers register without learning who has an account; staff let them in once, as solvers of a unit."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.limiter import RegistrationLimiter
from app.db import Database
from app.models import Notification, Organization, Registration, Role
from app.models.notification import Event
from app.registrations.service import WAITING_PER_EMAIL
from tests import factories
from tests.conftest import PASSWORD, Login

URL = "/api/v1/registrations"
PERSON: dict[str, Any] = {
    "email": "ChenLi@jdut.example",
    "password": PASSWORD,
    "name": "陈立",
    "organization_name": "江东理工大学",
    "organization_kind": "university",
}


@pytest.fixture(autouse=True)
def patient(client: TestClient) -> None:
    client.app.state.registration_limiter = RegistrationLimiter(1000)  # type: ignore[attr-defined]


def register(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(URL, json={**PERSON, **fields})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def status_of(client: TestClient, filed: dict[str, Any], receipt: str | None = None) -> Any:
    return client.post(f"{URL}/{filed['id']}/status", json={"receipt": receipt or filed["receipt"]})


def test_an_approved_person_signs_in_as_a_solver_of_a_new_unit(
    client: TestClient, organizer: TestClient, db: Database
) -> None:
    filed = register(client)
    approved = organizer.post(f"{URL}/{filed['id']}/approve", json={})
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    token = client.post("/api/v1/auth/token", data={"username": "chenli@jdut.example", "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    me = client.get("/api/v1/me", headers=bearer).json()
    assert [(row["role"], row["organization_name"]) for row in me["memberships"]] == [
        ("solver", "江东理工大学")
    ]
    assert status_of(client, filed).json()["status"] == "approved"
    with db.read() as session:
        assert session.scalars(select(Registration.password_hash)).one() == ""
        told = session.scalars(select(Notification.event)).all()
    assert set(told) == {Event.REGISTRATION_FILED, Event.REGISTRATION_APPROVED}


def test_the_answer_is_the_same_for_an_address_that_has_an_account(
    client: TestClient, organizer: TestClient, db: Database
) -> None:
    factories.make_user(db, Role.SOLVER, factories.make_organization(db), email="chenli@jdut.example")
    known, unknown = register(client), register(client, email="nobody@jdut.example")
    assert known.keys() == unknown.keys() and known["status"] == unknown["status"]
    assert status_of(client, known).json() == status_of(client, unknown).json()
    listed = {row["email"]: row["has_account"] for row in organizer.get(URL).json()["items"]}
    assert listed == {"chenli@jdut.example": True, "nobody@jdut.example": False}
    refused = organizer.post(f"{URL}/{known['id']}/approve", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate_email")


def test_a_refusal_is_read_with_the_receipt_and_with_nothing_else(
    client: TestClient, organizer: TestClient
) -> None:
    filed = register(client)
    organizer.post(f"{URL}/{filed['id']}/refuse", json={"reason": "请用单位邮箱。"})
    assert status_of(client, filed).json()["answer"] == "请用单位邮箱。"
    assert status_of(client, filed, "guessed").status_code == 404
    assert organizer.post(f"{URL}/{filed['id']}/approve", json={}).json()["code"] == "move_not_allowed"


def test_a_stated_unit_that_is_on_file_must_be_named_by_staff(
    client: TestClient, organizer: TestClient, db: Database
) -> None:
    unit = factories.make_organization(db, "江东理工大学", kind="university")
    filed = register(client)
    assert organizer.post(f"{URL}/{filed['id']}/approve", json={}).json()["code"] == "unit_on_file"
    body = {"organization_id": str(unit.id)}
    assert organizer.post(f"{URL}/{filed['id']}/approve", json=body).json()["organization_id"] == str(unit.id)


def test_one_address_fills_no_list_and_replaces_no_password(
    client: TestClient, organizer: TestClient
) -> None:
    filed = [register(client, password=f"{PASSWORD} {number}") for number in range(WAITING_PER_EMAIL + 2)]
    assert organizer.get(URL).json()["total"] == WAITING_PER_EMAIL
    assert len({row["receipt"] for row in filed}) == len(filed)
    organizer.post(f"{URL}/{filed[0]['id']}/approve", json={}).raise_for_status()
    token = {"username": "chenli@jdut.example", "password": f"{PASSWORD} 1"}
    assert client.post("/api/v1/auth/token", data=token).status_code == 401


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"password": "short"}, "password", "password_length"),
        ({"password": "chenli@jdut.example"}, "password", "password_equals_email"),
        ({"email": "nowhere"}, "email", "invalid_email"),
        ({"uscc": "913206000000000000"}, "uscc", "invalid_uscc"),
        ({"role": "admin"}, "role", "extra_forbidden"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    client: TestClient, fields: dict[str, Any], field: str, code: str
) -> None:
    errors = client.post(URL, json={**PERSON, **fields}).json()["errors"]
    assert [(row["field"], row["code"]) for row in errors] == [(field, code)]


def test_too_many_registrations_from_one_address_wait(client: TestClient) -> None:
    client.app.state.registration_limiter = RegistrationLimiter(1)  # type: ignore[attr-defined]
    register(client)
    refused = client.post(URL, json=PERSON)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")


@pytest.mark.parametrize("role", list(Role))
def test_only_staff_read_and_decide(
    client: TestClient, sign_in: Login, bureau: Organization, role: Role
) -> None:
    filed = register(client)
    caller = sign_in(role, bureau)
    expected = 200 if role in (Role.ORGANIZER, Role.ADMIN) else 403
    assert caller.get(f"{URL}/{filed['id']}").status_code == expected
    assert caller.post(f"{URL}/{filed['id']}/refuse", json={"reason": "不符。"}).status_code == expected
