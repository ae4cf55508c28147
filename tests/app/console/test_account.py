"""What everyone does with the own account: details, notifications, the password, known or forgotten."""

from __future__ import annotations

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.models import Organization, Role, User
from app.models.notification import Channel, Event, NotificationPreference
from app.notifications import preferences
from tests import factories
from tests.app.conftest import PostOffice
from tests.app.console.conftest import SAME_ORIGIN, Browse
from tests.conftest import PASSWORD

NEW = "staple correct battery"
EMAIL = "wang@jinxiu.example"


def test_switches_are_kept_and_security_stays_on(seeker_browser: TestClient, db: Database) -> None:
    shown = seeker_browser.get("/account").text
    assert 'name="challenges.email"' in shown
    data = {"language": "en", "requirements.inbox": "1", "requirements.email": "1"}
    assert seeker_browser.post("/account/notifications", data=data).status_code == 303
    with db.read() as session:
        row = session.scalars(select(NotificationPreference)).one()
        wishes = preferences.wishes_of(session, [row.user_id])[row.user_id]
    assert wishes.language == "en"
    assert wishes.wants(Event.REQUIREMENT_RETURNED, Channel.EMAIL)
    assert not wishes.wants(Event.STAGE_CHANGED, Channel.EMAIL)
    assert wishes.wants(Event.ACCOUNT_LOCKED, Channel.EMAIL)
    # Webhooks are not on the page and stay as they were.
    assert wishes.wants(Event.STAGE_CHANGED, Channel.WEBHOOK)


def test_name_and_telephone_are_ones_own_to_change(seeker_browser: TestClient, db: Database) -> None:
    answer = seeker_browser.post("/account", data={"name": "王敏", "phone": "0513-8000"})
    assert answer.headers["location"] == "/account"
    with db.read() as session:
        assert session.scalars(select(User.name)).one() == "王敏"
    too_long = seeker_browser.post("/account", data={"name": "王" * 101, "phone": ""})
    assert too_long.status_code == 422
    assert "王" * 101 in too_long.text


def test_a_new_password_signs_out_everybody_but_this_browser(
    browse: Browse, bureau: Organization, visitor: TestClient
) -> None:
    here = browse(Role.ORGANIZER, bureau, email=EMAIL)
    visitor.post("/login", data={"email": EMAIL, "password": PASSWORD})
    data = {"current_password": PASSWORD, "new_password": NEW, "password_again": NEW}
    assert here.post("/account/password", data=data).headers["location"] == "/account"
    assert here.get("/account").status_code == 200
    assert visitor.get("/desk").status_code == 303


def test_a_wrong_or_short_or_differing_password_is_told_beside_its_field(seeker_browser: TestClient) -> None:
    def change(current: str, new: str, again: str) -> str:
        data = {"current_password": current, "new_password": new, "password_again": again}
        answer = seeker_browser.post("/account/password", data=data)
        assert answer.status_code in (403, 422)
        return answer.text

    assert "当前密码不正确" in change("wrong", NEW, NEW)
    assert "密码长度应为" in change(PASSWORD, "short", "short")
    assert "两次输入的密码不一致" in change(PASSWORD, NEW, PASSWORD)


def test_a_forgotten_password_is_set_through_a_letter(
    post_office: PostOffice, db: Database, bureau: Organization, password_hash: str
) -> None:
    factories.make_user(db, Role.ORGANIZER, bureau, email=EMAIL, password_hash=password_hash)
    browser = TestClient(post_office.client.app, follow_redirects=False, headers=SAME_ORIGIN)
    assert "/password/forgotten" in browser.get("/login").text
    known = browser.post("/password/forgotten", data={"email": EMAIL})
    unknown = browser.post("/password/forgotten", data={"email": "nobody@jinxiu.example"})
    assert known.status_code == unknown.status_code == 303
    assert known.headers["location"] == unknown.headers["location"] == "/login"
    assert post_office.deliver() == 1
    path, token = post_office.last_link()
    assert browser.get(f"{path}?token={token}").status_code == 200
    differing = {"token": token, "new_password": NEW, "password_again": "other"}
    assert "两次输入的密码不一致" in browser.post(path, data=differing).text
    data = {"token": token, "new_password": NEW, "password_again": NEW}
    assert browser.post(path, data=data).headers["location"] == "/login"
    assert browser.get(f"{path}?token={token}").status_code == 410
    signed_in = browser.post("/login", data={"email": EMAIL, "password": NEW})
    assert signed_in.status_code == 303


def test_a_service_without_mail_says_whom_to_ask(visitor: TestClient) -> None:
    assert "系统管理员" in visitor.get("/password/forgotten").text
    assert visitor.post("/password/forgotten", data={"email": EMAIL}).status_code == 409
