"""Signing in: passwords, lock-out, rate limit, and refresh tokens that rotate and betray their thief."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth import secrets
from app.auth.limiter import LoginLimiter
from app.auth.strangers import Strangers
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.kit.clock import now
from app.main import create_app
from app.models import AuditEntry, Membership, Organization, RefreshToken, Role, User
from tests import factories
from tests.conftest import PASSWORD, TEST_SECRET

URL = "/api/v1/auth/token"
EMAIL = "zhou@example.com"


@pytest.fixture
def user(db: Database, seeker_organization: Organization, password_hash: str) -> User:
    return factories.make_user(db, Role.SEEKER, seeker_organization, email=EMAIL, password_hash=password_hash)


def sign_in(client: TestClient, password: str = PASSWORD, email: str = EMAIL) -> Any:
    form = {"grant_type": "password", "username": email, "password": password}
    return client.post(URL, data=form)


def refresh(client: TestClient, token: str) -> Any:
    return client.post(URL, data={"grant_type": "refresh_token", "refresh_token": token})


def me(client: TestClient, token: str) -> int:
    return client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


class TestPasswords:
    """The password form."""

    def test_the_right_password_gives_a_token_that_works(self, client: TestClient, user: User) -> None:
        response = sign_in(client)
        body = response.json()
        assert response.status_code == 200
        assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
        assert response.headers["cache-control"] == "no-store"
        assert me(client, body["access_token"]) == 200

    def test_the_case_of_the_address_does_not_matter(self, client: TestClient, user: User) -> None:
        assert sign_in(client, email=" Zhou@Example.COM ").status_code == 200

    def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
        self, client: TestClient, user: User
    ) -> None:
        wrong, unknown = sign_in(client, "wrong password"), sign_in(client, email="nobody@example.com")
        for response in (wrong, unknown):
            assert (response.status_code, response.json()["code"]) == (401, "wrong_credentials")
        assert wrong.json()["detail"] == unknown.json()["detail"]

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"username": EMAIL},
            {"password": PASSWORD},
            {"username": EMAIL, "password": "x" * 129},
            {"username": EMAIL, "password": PASSWORD, "grant_type": "client_credentials"},
        ],
    )
    def test_an_incomplete_form_is_refused_without_an_echo(
        self, client: TestClient, user: User, form: dict[str, str]
    ) -> None:
        response = client.post(URL, data=form)
        assert response.status_code == 422
        assert PASSWORD not in response.text

    @pytest.mark.parametrize(
        "raw", [b"username=%ED%A0%80&password=%00%FF", b"username=a%00b&password=%ED%A0%80"]
    )
    def test_odd_bytes_end_in_an_answer(self, client: TestClient, user: User, raw: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post(URL, content=raw, headers=headers).status_code in (400, 401, 422)

    def test_an_account_is_locked_after_five_failures_and_opens_again(
        self, client: TestClient, user: User, db: Database, settings: Settings
    ) -> None:
        start = now()
        with time_machine.travel(start, tick=False) as clock:
            for _ in range(settings.login_failures_before_lock):
                assert sign_in(client, "wrong password").status_code == 401
            locked = sign_in(client)
            assert (locked.status_code, locked.json()["code"]) == (429, "account_locked")
            assert locked.headers["retry-after"] == "900"
            clock.move_to(start + timedelta(minutes=settings.login_lock_minutes))
            assert sign_in(client).status_code == 200
        with db.read() as session:
            actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        assert list(actions) == ["user.locked", "user.signed_in"]

    @pytest.mark.parametrize("is_switched_off", [False, True])
    def test_an_address_that_nobody_signs_in_with_is_locked_in_the_same_words(
        self, client: TestClient, user: User, db: Database, settings: Settings, is_switched_off: bool
    ) -> None:
        other = EMAIL if is_switched_off else "nobody@example.com"
        allowed, start = settings.login_failures_before_lock, now()

        def told(email: str) -> list[tuple[int, str, str | None]]:
            found = []
            for _ in range(allowed + 1):
                client.app.state.login_limiter = LoginLimiter(100)  # type: ignore[attr-defined]
                response = sign_in(client, "wrong password", email)
                body = response.json()
                found.append((response.status_code, body["detail"], response.headers.get("retry-after")))
            return found

        with time_machine.travel(start, tick=False) as clock:
            known = told(EMAIL)
            if is_switched_off:
                with db.write() as session:
                    session.get_one(User, user.id).is_active = False
            assert told(other.upper()) == known
            assert known[-1][0] == 429
            clock.move_to(start + timedelta(minutes=settings.login_lock_minutes))
            assert sign_in(client, "wrong password", other).status_code == 401

    def test_no_more_strangers_are_remembered_than_there_is_room_for(self) -> None:
        strangers = Strangers(failures_before_lock=1, lock_minutes=15, capacity=2)
        for name in ("a", "b", "c"):
            strangers.count(f"{name}@example.com")
        assert len(strangers) == 2
        assert strangers.locked_until("a@example.com") is None
        assert strangers.locked_until("c@example.com") is not None

    def test_a_success_forgets_earlier_failures(self, client: TestClient, user: User) -> None:
        for _ in range(2):
            for _ in range(4):
                assert sign_in(client, "wrong password").status_code == 401
            assert sign_in(client).status_code == 200

    def test_another_account_is_not_locked_along(
        self, client: TestClient, user: User, db: Database, password_hash: str
    ) -> None:
        factories.make_user(db, Role.ADMIN, email="other@example.com", password_hash=password_hash)
        for _ in range(6):
            sign_in(client, "wrong password")
        assert sign_in(client, email="other@example.com").status_code == 200

    def test_a_person_who_is_switched_off_cannot_sign_in(
        self, client: TestClient, user: User, db: Database
    ) -> None:
        with db.write() as session:
            session.merge(user).is_active = False
        assert sign_in(client).json()["code"] == "wrong_credentials"


class TestRateLimit:
    """Tries per address and minute."""

    @pytest.fixture
    def strict_client(self, settings: Settings, context: AppContext) -> Iterator[TestClient]:
        strict = settings.model_copy(update={"login_rate_per_minute": 3})
        own = AppContext(settings=strict, db=context.db, index=context.index)
        with TestClient(create_app(context=own), raise_server_exceptions=False) as client:
            yield client

    def test_the_fourth_try_within_a_minute_is_refused_with_a_time_to_wait(
        self, strict_client: TestClient, user: User
    ) -> None:
        statuses = [sign_in(strict_client, email="nobody@example.com").status_code for _ in range(3)]
        response = sign_in(strict_client)
        assert statuses == [401, 401, 401]
        assert (response.status_code, response.json()["code"]) == (429, "too_many_requests")
        assert response.headers["retry-after"] == "60"


class TestAccessTokens:
    """Signed tokens."""

    def test_a_token_ends_after_fifteen_minutes(self, client: TestClient, user: User) -> None:
        start = now()
        with time_machine.travel(start, tick=False) as clock:
            token = sign_in(client).json()["access_token"]
            clock.move_to(start + timedelta(minutes=14))
            assert me(client, token) == 200
            clock.move_to(start + timedelta(minutes=16))
            client.app.state.actors.clear()  # type: ignore[attr-defined]
            assert me(client, token) == 401

    @pytest.mark.parametrize(
        ("changes", "key", "algorithm"),
        [
            ({"aud": "somebody-else"}, TEST_SECRET, "HS256"),
            ({"exp": None}, TEST_SECRET, "HS256"),
            ({"sub": "not-an-id"}, TEST_SECRET, "HS256"),
            ({"sub": "00000000-0000-7000-8000-000000000000"}, TEST_SECRET, "HS256"),
            ({}, "another-secret-of-more-than-32-bytes!!", "HS256"),
            ({}, None, "none"),
        ],
    )
    def test_a_forged_or_foreign_token_is_refused(
        self, client: TestClient, user: User, changes: dict[str, Any], key: str | None, algorithm: str
    ) -> None:
        issued = now()
        claims = {
            "sub": str(user.id),
            "aud": secrets.AUDIENCE,
            "iat": issued,
            "exp": issued + timedelta(minutes=5),
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        assert me(client, jwt.encode(claims, key, algorithm)) == 401

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer x.y.z", "jb_abc_def"])
    def test_what_is_no_token_is_refused_with_a_challenge(self, client: TestClient, header: str) -> None:
        response = client.get("/api/v1/me", headers={"Authorization": header})
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


class TestRefreshTokens:
    """Each token of a chain works once."""

    def test_a_refresh_gives_new_tokens_that_work(self, client: TestClient, user: User) -> None:
        first = sign_in(client).json()
        second = refresh(client, first["refresh_token"])
        assert second.status_code == 200
        assert second.json()["refresh_token"] != first["refresh_token"]
        assert me(client, second.json()["access_token"]) == 200
        assert refresh(client, second.json()["refresh_token"]).status_code == 200

    def test_a_token_that_comes_back_ends_the_whole_chain(
        self, client: TestClient, user: User, db: Database
    ) -> None:
        stolen = sign_in(client).json()["refresh_token"]
        latest = refresh(client, stolen).json()["refresh_token"]
        assert refresh(client, stolen).status_code == 401
        assert refresh(client, latest).json()["code"] == "invalid_refresh_token"
        with db.read() as session:
            assert all(link.revoked_at or link.used_at for link in session.scalars(select(RefreshToken)))

    def test_other_devices_stay_signed_in_when_one_chain_ends(self, client: TestClient, user: User) -> None:
        phone = sign_in(client).json()["refresh_token"]
        stolen = sign_in(client).json()["refresh_token"]
        refresh(client, stolen)
        refresh(client, stolen)
        assert refresh(client, phone).status_code == 200

    def test_a_token_is_kept_as_a_hash_only(self, client: TestClient, user: User, db: Database) -> None:
        token = sign_in(client).json()["refresh_token"]
        with db.read() as session:
            assert token not in [link.token_hash for link in session.scalars(select(RefreshToken))]

    def test_an_expired_token_is_refused(self, client: TestClient, user: User, settings: Settings) -> None:
        start = now()
        with time_machine.travel(start, tick=False) as clock:
            token = sign_in(client).json()["refresh_token"]
            clock.move_to(start + timedelta(days=settings.refresh_token_days, seconds=1))
            assert refresh(client, token).status_code == 401

    def test_signing_out_ends_the_chain_and_an_unknown_token_is_no_error(
        self, client: TestClient, user: User
    ) -> None:
        token = sign_in(client).json()["refresh_token"]
        assert client.post("/api/v1/auth/revoke", data={"token": token}).status_code == 204
        assert client.post("/api/v1/auth/revoke", data={"token": "unknown"}).status_code == 204
        assert refresh(client, token).status_code == 401

    @pytest.mark.parametrize("token", ["", "unknown", "中文", "x" * 201])
    def test_what_is_no_refresh_token_is_refused(self, client: TestClient, user: User, token: str) -> None:
        assert refresh(client, token).status_code in (401, 422)

    def test_a_person_without_any_role_gets_no_new_token(
        self, client: TestClient, user: User, db: Database
    ) -> None:
        token = sign_in(client).json()["refresh_token"]
        with db.write() as session:
            session.delete(session.scalars(select(Membership)).one())
        assert refresh(client, token).status_code == 401
