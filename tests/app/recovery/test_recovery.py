"""A forgotten password is replaced through a letter, once, and nobody learns who has an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.kit.clock import now
from app.letters import service as letters
from app.models import Job, Letter, Organization, Role, User
from tests import factories
from tests.app.conftest import PostOffice
from tests.conftest import PASSWORD

URL = "/api/v1/auth/recovery"
NEW = "staple correct battery"
EMAIL = "li@jinxiu.example"


@pytest.fixture
def person(db: Database, seeker_organization: Organization, password_hash: str) -> User:
    return factories.make_user(db, Role.SEEKER, seeker_organization, email=EMAIL, password_hash=password_hash)


def sign_in(client: TestClient, password: str) -> int:
    return client.post("/api/v1/auth/token", data={"username": EMAIL, "password": password}).status_code


def token_for(post_office: PostOffice) -> str:
    assert post_office.client.post(URL, json={"email": EMAIL.upper()}).status_code == 202
    post_office.deliver()
    path, token = post_office.last_link()
    assert path == "/password/reset"
    return token


def reset(post_office: PostOffice, token: str, password: str = NEW) -> int:
    body = {"token": token, "new_password": password}
    return post_office.client.post(f"{URL}/reset", json=body).status_code


def test_a_link_sets_a_new_password_once(post_office: PostOffice, person: User) -> None:
    chain = post_office.client.post("/api/v1/auth/token", data={"username": EMAIL, "password": PASSWORD})
    token = token_for(post_office)
    assert reset(post_office, token) == 204
    assert sign_in(post_office.client, PASSWORD) == 401
    assert sign_in(post_office.client, NEW) == 200
    assert reset(post_office, token, "another long password") == 410
    refresh = {"grant_type": "refresh_token", "refresh_token": chain.json()["refresh_token"]}
    assert post_office.client.post("/api/v1/auth/token", data=refresh).status_code == 401


def test_a_new_password_that_will_not_do_leaves_the_link(post_office: PostOffice, person: User) -> None:
    token = token_for(post_office)
    assert reset(post_office, token, "short") == 422
    assert reset(post_office, token) == 204


def test_a_link_opens_a_locked_account_and_ends_the_other_links(
    post_office: PostOffice, person: User
) -> None:
    for _ in range(5):
        sign_in(post_office.client, "wrong")
    assert sign_in(post_office.client, PASSWORD) == 429
    first, second = token_for(post_office), token_for(post_office)
    assert reset(post_office, second) == 204
    assert sign_in(post_office.client, NEW) == 200
    assert reset(post_office, first) == 410


def test_a_link_holds_for_an_hour(post_office: PostOffice, person: User) -> None:
    token = token_for(post_office)
    with time_machine.travel(now() + timedelta(hours=1, seconds=1), tick=False):
        assert reset(post_office, token) == 410


def test_nobody_learns_who_has_an_account(post_office: PostOffice, person: User, db: Database) -> None:
    known = post_office.client.post(URL, json={"email": EMAIL})
    unknown = post_office.client.post(URL, json={"email": "nobody@jinxiu.example"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert post_office.deliver() == 1
    assert post_office.server.messages[-1]["To"] == EMAIL
    with db.read() as session:
        # Both write the same rows, so that not even the time tells.
        assert [row.result for row in session.scalars(select(Job))] == [{}, {}]
        assert len(session.scalars(select(Letter)).all()) == 2


def test_a_stranger_floods_nobodys_mailbox(post_office: PostOffice, person: User) -> None:
    for _ in range(letters.MOST_PER_HOUR + 2):
        assert post_office.client.post(URL, json={"email": EMAIL}).status_code == 202
    assert post_office.deliver() == letters.MOST_PER_HOUR


def test_a_person_who_is_switched_off_gets_no_link(
    post_office: PostOffice, person: User, db: Database
) -> None:
    with db.write() as session:
        session.get_one(User, person.id).is_active = False
    post_office.client.post(URL, json={"email": EMAIL})
    assert post_office.deliver() == 0


def test_a_service_without_mail_says_so(client: TestClient) -> None:
    answer = client.post(URL, json={"email": EMAIL})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_mail")


def test_letters_are_dropped_after_a_week(post_office: PostOffice, person: User) -> None:
    token_for(post_office)
    assert letters.drop_old(post_office.context) == 0
    with time_machine.travel(now() + timedelta(days=7, seconds=1), tick=False):
        assert letters.drop_old(post_office.context) == 1
