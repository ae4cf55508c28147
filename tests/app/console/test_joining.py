"""A unit and its person register in the browser, confirm the address, and read what became of it."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.limiter import RegistrationLimiter
from app.db import Database
from app.models import Registration
from app.models.registration import RegistrationStatus
from tests.app.conftest import PostOffice
from tests.app.console.conftest import SAME_ORIGIN
from tests.conftest import PASSWORD

FORM = {
    "organization_name": "江东理工大学",
    "organization_kind": "university",
    "uscc": "",
    "region": "江苏省/南京市",
    "name": "陈立",
    "phone": "",
    "email": "chenli@jdut.example",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "reason": "",
}


@pytest.fixture(autouse=True)
def patient(client: TestClient) -> None:
    client.app.state.registration_limiter = RegistrationLimiter(1000)  # type: ignore[attr-defined]


def test_a_stranger_finds_the_form_registers_and_asks_what_became_of_it(
    visitor: TestClient, db: Database
) -> None:
    assert 'href="/register"' in visitor.get("/problems").text
    assert visitor.get("/register").status_code == 200
    answer = visitor.post("/register", data=FORM)
    assert answer.status_code == 200
    code = re.search(r'name="code" value="([^"]+)"', answer.text)
    assert code is not None
    with db.read() as session:
        assert session.scalars(select(Registration)).one().status is RegistrationStatus.WAITING
    assert "正在审核" in visitor.post("/register/status", data={"code": code[1]}).text
    guessed = code[1].partition(".")[0] + ".guessed"
    assert visitor.post("/register/status", data={"code": guessed}).status_code == 404
    assert visitor.post("/register/status", data={"code": "x"}).status_code == 404


def test_what_was_typed_stays_after_an_error_but_for_the_passwords(visitor: TestClient) -> None:
    wrong = {**FORM, "email": "nowhere", "uscc": "913206000000000000"}
    answer = visitor.post("/register", data=wrong)
    assert answer.status_code == 422
    assert 'value="江东理工大学"' in answer.text
    assert 'id="email-error"' in answer.text
    assert PASSWORD not in answer.text
    answer = visitor.post("/register", data={**FORM, "uscc": "913206000000000000"})
    assert (answer.status_code, 'id="uscc-error"' in answer.text) == (422, True)
    differing = visitor.post("/register", data={**FORM, "password_again": "other"})
    assert "两次输入的密码不一致" in differing.text


def test_a_link_is_confirmed_by_a_person_not_by_being_opened(post_office: PostOffice, db: Database) -> None:
    browser = TestClient(post_office.client.app, follow_redirects=False, headers=SAME_ORIGIN)
    assert "chenli@jdut.example" in browser.post("/register", data=FORM).text
    post_office.deliver()
    path, token = post_office.last_link()
    shown = browser.get(f"{path}?token={token}")
    assert "陈立" in shown.text
    with db.read() as session:
        assert session.scalars(select(Registration.status)).one() is RegistrationStatus.UNCONFIRMED
    assert browser.post(path, data={"token": token}).headers["location"] == "/login"
    with db.read() as session:
        assert session.scalars(select(Registration.status)).one() is RegistrationStatus.WAITING
    assert browser.get(f"{path}?token={token}").status_code == 410


def test_too_many_registrations_from_one_address_are_told_so_in_the_form(visitor: TestClient) -> None:
    visitor.app.state.registration_limiter = RegistrationLimiter(1)  # type: ignore[attr-defined]
    visitor.post("/register", data=FORM)
    answer = visitor.post("/register", data=FORM)
    assert answer.status_code == 429
    assert 'value="江东理工大学"' in answer.text


def test_whoever_has_an_account_goes_to_the_desk(seeker_browser: TestClient) -> None:
    assert seeker_browser.get("/register").headers["location"] == "/desk"
