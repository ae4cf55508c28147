"""Signing in, staying in, and being signed out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.console.security import local_path
from app.db import Database
from app.kit.clock import now
from app.models import BrowserSession, Organization, Role
from tests import factories
from tests.app.console.conftest import Browse
from tests.conftest import PASSWORD

EMAIL = "li@tonghai.example"


@pytest.fixture
def account(db: Database, bureau: Organization, password_hash: str) -> str:
    factories.make_user(db, Role.ORGANIZER, bureau, email=EMAIL, password_hash=password_hash)
    return EMAIL


def test_the_right_password_opens_the_desk(visitor: TestClient, account: str) -> None:
    answer = visitor.post("/login", data={"email": account, "password": PASSWORD, "next": "/desk"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert visitor.get("/desk").status_code == 200


def test_the_cookie_is_bound_to_the_host_over_tls(visitor: TestClient, account: str) -> None:
    answer = visitor.post(
        "https://testserver/login",
        data={"email": account, "password": PASSWORD},
        headers={"Origin": "https://testserver"},
    )
    assert "__Host-jiebang=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]


def test_the_server_keeps_no_usable_cookie(visitor: TestClient, account: str, db: Database) -> None:
    visitor.post("/login", data={"email": account, "password": PASSWORD})
    with db.read() as session:
        row = session.scalars(select(BrowserSession)).one()
    assert row.token_hash not in visitor.cookies["jiebang"]
    assert visitor.cookies["jiebang"] not in row.token_hash


def test_a_wrong_password_keeps_the_address_and_says_so(visitor: TestClient, account: str) -> None:
    answer = visitor.post("/login", data={"email": account, "password": "wrong"})
    assert answer.status_code == 401
    assert "邮箱或密码不正确" in answer.text
    assert f'value="{account}"' in answer.text


def test_too_many_wrong_passwords_lock_the_account(visitor: TestClient, account: str) -> None:
    for _ in range(5):
        visitor.post("/login", data={"email": account, "password": "wrong"})
    answer = visitor.post("/login", data={"email": account, "password": PASSWORD})
    assert answer.status_code == 429
    assert "分钟后再试" in answer.text


def test_signing_out_ends_the_session_on_the_server(organizer_browser: TestClient) -> None:
    token = organizer_browser.cookies["jiebang"]
    assert organizer_browser.post("/logout").status_code == 303
    organizer_browser.cookies.set("jiebang", token)
    assert organizer_browser.get("/desk").status_code == 303


def test_an_idle_browser_is_signed_out_after_two_hours(organizer_browser: TestClient) -> None:
    start = now()
    with time_machine.travel(start + timedelta(minutes=119), tick=False):
        assert organizer_browser.get("/desk").status_code == 200
    with time_machine.travel(start + timedelta(minutes=237), tick=False):
        assert organizer_browser.get("/desk").status_code == 200
    with time_machine.travel(start + timedelta(minutes=358), tick=False):
        assert organizer_browser.get("/desk").headers["location"] == "/login?next=%2Fdesk"


def test_nobody_stays_signed_in_for_more_than_a_week(organizer_browser: TestClient, db: Database) -> None:
    with db.write() as session:
        row = session.scalars(select(BrowserSession)).one()
        row.expires_at = now() - timedelta(seconds=1)
    assert organizer_browser.get("/desk").status_code == 303


def test_a_person_who_is_switched_off_is_out_at_once(organizer_browser: TestClient, db: Database) -> None:
    from app.models import User

    with db.write() as session:
        session.scalars(select(User)).one().is_active = False
    assert organizer_browser.get("/desk").status_code == 303


def test_a_form_from_another_site_is_refused(organizer_browser: TestClient) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = organizer_browser.post("/logout", headers=foreign)
    assert answer.status_code == 403
    assert organizer_browser.get("/desk").status_code == 200


def test_a_form_that_says_nothing_about_its_origin_is_refused(client: TestClient) -> None:
    silent = TestClient(client.app, raise_server_exceptions=False)
    assert silent.post("/login", data={"email": EMAIL, "password": PASSWORD}).status_code == 403


def test_what_was_typed_survives_an_expired_sign_in(
    visitor: TestClient, account: str, db: Database, seeker_organization: Organization
) -> None:
    lost = visitor.post("/desk/requirements", data={"title": "轴承噪声"})
    assert lost.status_code == 401
    assert 'name="kept.title" value="轴承噪声"' in lost.text
    again = visitor.post(
        "/login",
        data={"email": account, "password": PASSWORD, "next": "/desk/requirements", "kept.title": "轴承噪声"},
    )
    assert again.status_code == 200
    assert 'action="/desk/requirements"' in again.text
    assert 'name="title" value="轴承噪声"' in again.text


def test_a_browser_of_ones_own_can_be_signed_out_from_another(
    browse: Browse, bureau: Organization, db: Database, visitor: TestClient, password_hash: str
) -> None:
    first = browse(Role.ORGANIZER, bureau, email=EMAIL)
    visitor.post("/login", data={"email": EMAIL, "password": PASSWORD})
    with db.read() as session:
        rows = session.scalars(select(BrowserSession).order_by(BrowserSession.id)).all()
    assert len(rows) == 2
    assert visitor.post(f"/account/browsers/{rows[0].id}/end").status_code == 303
    assert first.get("/desk").status_code == 303
    assert visitor.get("/desk").status_code == 200


def test_nobody_can_end_anothers_browser(
    organizer_browser: TestClient, seeker_browser: TestClient, db: Database
) -> None:
    with db.read() as session:
        ids = session.scalars(select(BrowserSession.id)).all()
    for session_id in ids:
        seeker_browser.post(f"/account/browsers/{session_id}/end")
    assert organizer_browser.get("/desk").status_code == 200


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", None]
)
def test_the_door_leads_to_this_site_only(path: str | None) -> None:
    assert local_path(path) == "/desk"


def test_the_door_leads_back_to_the_page_that_was_asked_for() -> None:
    assert local_path("/desk/requirements?status=draft") == "/desk/requirements?status=draft"
