"""Where the service sends e-mail, a registration counts once the holder of the address has said so."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.kit.clock import now
from app.models import Letter, Registration, User
from app.registrations import service
from tests.app.conftest import PostOffice
from tests.app.registrations.test_registrations import PERSON, URL


def test_a_registration_counts_once_its_address_is_confirmed(
    post_office: PostOffice, organizer: TestClient
) -> None:
    filed = post_office.client.post(URL, json=PERSON).json()
    assert filed["status"] == "unconfirmed"
    assert organizer.get(URL).json()["total"] == 0
    assert organizer.post(f"{URL}/{filed['id']}/approve", json={}).status_code == 404
    assert post_office.deliver() == 1
    path, token = post_office.last_link()
    assert path == "/register/confirm"
    assert post_office.client.post(f"{URL}/confirm", json={"token": token}).status_code == 204
    assert organizer.get(URL).json()["items"][0]["email_confirmed_at"]
    again = post_office.client.post(f"{URL}/confirm", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (410, "link_used_up")


def test_a_link_holds_for_a_day_and_the_database_holds_no_link(post_office: PostOffice, db: Database) -> None:
    post_office.client.post(URL, json=PERSON)
    post_office.deliver()
    _path, token = post_office.last_link()
    with db.read() as session:
        letter = session.scalars(select(Letter)).one()
    assert token not in (letter.salt, letter.token_hash)
    with time_machine.travel(now() + timedelta(hours=24, seconds=1), tick=False):
        assert post_office.client.post(f"{URL}/confirm", json={"token": token}).status_code == 410


def test_a_refusal_is_written_to_a_confirmed_address(post_office: PostOffice, organizer: TestClient) -> None:
    filed = post_office.client.post(URL, json=PERSON, headers={"Accept-Language": "en"}).json()
    post_office.deliver()
    assert "confirm" in post_office.server.messages[-1]["Subject"]
    post_office.client.post(f"{URL}/confirm", json={"token": post_office.last_link()[1]})
    mailing = TestClient(
        post_office.client.app, headers={"Authorization": organizer.headers["Authorization"]}
    )
    mailing.post(f"{URL}/{filed['id']}/refuse", json={"reason": "请用单位邮箱。"}).raise_for_status()
    assert post_office.deliver() == 2
    assert "请用单位邮箱。" in post_office.server.messages[-1].get_content()


def test_what_nobody_confirms_is_forgotten_after_a_week(post_office: PostOffice, db: Database) -> None:
    post_office.client.post(URL, json=PERSON)
    assert service.drop_unconfirmed(post_office.context) == 0
    with time_machine.travel(now() + timedelta(days=7, seconds=1), tick=False):
        assert service.drop_unconfirmed(post_office.context) == 1
    with db.read() as session:
        assert session.scalars(select(Registration)).all() == []
        assert "chenli@jdut.example" not in session.scalars(select(User.email)).all()
