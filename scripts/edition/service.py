"""A service in this process with a database of its own, people who sign in to it, and a clock that is moved by hand."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import migrations
from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.opening import encoder_factory
from app.indexing.service import SearchIndex
from app.jobs.service import run_inline
from app.main import create_app
from app.models import Job, Role
from app.models.job import JobStatus
from app.operation.housekeeping import CHORES
from app.users import service as users
from app.worker import load_tasks
from matching import calibrate
from matching.encode import HashingEncoder

API = "/api/v1"
PASSWORD = "a long password for a simulation"
ADMIN = "admin@simulation.example"
HASHING_DIMENSION = 256
PLAYED = frozenset(
    {
        "achievements",
        "agreement-reports",
        "agreements",
        "assessments",
        "calendar-feeds",
        "candidates",
        "challenges",
        "claims",
        "coverage",
        "imports",
        "interests",
        "invitations",
        "jobs",
        "me",
        "meetings",
        "obligations",
        "organizations",
        "proposals",
        "requirements",
        "responses",
        "reviews",
        "rounds",
        "solvers",
        "statements",
        "subscriptions",
    }
)
"""The concepts that the steps touch: the keys of the simulation reach these only, for a key has 60 scopes at most."""
TOKEN_LASTS = timedelta(minutes=10)
"""Shorter than an access token lives, so that nobody is signed out in the middle of a step."""

Row = dict[str, Any]


class Unexpected(Exception):
    """The service did not do what the edition expects of it; the text says in one line what and where."""


def check(holds: bool, sentence: str) -> None:
    """Raises `Unexpected` with the sentence unless it holds."""
    if not holds:
        raise Unexpected(sentence)


def check_equal(name: str, found: object, expected: object) -> None:
    """Raises `Unexpected` unless both are the same."""
    check(found == expected, f"{name}: expected {expected!r}, found {found!r}")


class _Errors(logging.Handler):
    """Keeps what the service logs as an error: chores and jobs swallow theirs so as to stop nobody else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        extra = {
            key: record.__dict__[key] for key in ("chore", "kind", "invitation") if key in record.__dict__
        }
        self.lines.append(f"{record.name}: {record.getMessage()} {extra or ''}".strip())


class Service:
    """The application with its clock. Jobs and chores run between requests, so that nobody has to wait."""

    def __init__(self, context: AppContext, client: TestClient, traveller: time_machine.Traveller) -> None:
        self._context, self._client, self._traveller = context, client, traveller
        self._errors = _Errors()
        logging.getLogger("jiebang").addHandler(self._errors)
        self.requests = 0
        self.now = datetime.min

    def move_to(self, instant: datetime) -> None:
        """Sets the clock; nothing happens by it."""
        self.now = instant
        self._traveller.move_to(instant)

    def live_until(self, instant: datetime) -> None:
        """Moves the clock and does, like the worker of a running service, what has come due by then."""
        self.move_to(instant)
        self.work()

    def work(self) -> None:
        """The chores, the queued jobs, the index. Raises `Unexpected` for what went wrong in any of them."""
        for chore in CHORES:
            chore.do(self._context)
        self.run_jobs()
        self._context.index.settle()
        self.check_log()

    def run_jobs(self) -> None:
        """Runs the queued jobs to their end. Raises `Unexpected` for one that fails."""
        with self._context.db.read() as session:
            waiting = list(session.scalars(select(Job.id).where(Job.status == JobStatus.QUEUED)))
        for job_id in waiting:
            job = run_inline(self._context, job_id)
            check(job.status is JobStatus.SUCCEEDED, f"job {job.name} is {job.status.value}: {job.error}")

    def check_log(self) -> None:
        """Raises `Unexpected` when the service has logged an error."""
        check(not self._errors.lines, f"the service logged an error: {'; '.join(self._errors.lines[:3])}")

    def request(self, token: str, method: str, path: str, **options: Any) -> Any:
        """One request as whoever holds the token."""
        self.requests += 1
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return self._client.request(method, f"{API}{path}", headers=headers, **options)

    def public(self, path: str) -> Any:
        """A page that needs no account."""
        self.requests += 1
        return self._client.get(f"{API}{path}").json()

    def send(self, path: str, body: Row, *, expect: int) -> Any:
        """A POST without an account."""
        self.requests += 1
        answer = self._client.post(f"{API}{path}", json=body)
        check(answer.status_code == expect, f"POST {path} without an account: {answer.text}")
        return answer.json()

    def sign_in(self, email: str) -> str:
        """An access token for the password of the simulation."""
        self.requests += 1
        form = {"username": email, "password": PASSWORD}
        answer = self._client.post(f"{API}/auth/token", data=form)
        check(answer.status_code == 200, f"{email} cannot sign in: {answer.text}")
        return str(answer.json()["access_token"])


class Person:
    """Somebody with an account. Signs in with the password, and again when the token has run out.

    With `has_key` the first sign-in draws an API key that is used from then on, as a client system does.
    """

    def __init__(self, service: Service, email: str, *, has_key: bool = False) -> None:
        self._service, self.email, self._has_key = service, email, has_key
        self._token, self._signed_in = "", datetime.min
        self.id = ""

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer of a GET that succeeds."""
        return self.call("GET", path, params=params).json()

    def post(self, path: str, body: Row | None = None, *, expect: int = 200, **options: Any) -> Any:
        """The JSON answer of a POST that is answered with `expect`."""
        answer = self.call("POST", path, expect=expect, json=body, **options)
        return answer.json() if answer.content else None

    def refused(self, path: str, body: Row | None = None, *, code: str, status: int = 409) -> None:
        """A POST that must be refused with this code."""
        found = self.post(path, body, expect=status)["code"]
        check(found == code, f"POST {path}: expected the refusal {code}, found {found}")

    def change(self, path: str, body: Row, *, method: str = "PATCH") -> Any:
        """A PATCH or PUT that is based on what the service shows now."""
        etag = self.call("GET", path).headers["ETag"]
        return self.call(method, path, json=body, headers={"If-Match": etag}).json()

    def every(self, path: str, **params: Any) -> Iterator[Row]:
        """All rows of a list, page by page; checks that the total counts them."""
        seen, cursor = 0, None
        while True:
            page = self.get(path, limit=200, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            seen, cursor = seen + len(page["items"]), page.get("next_cursor")
            if cursor is None:
                check(seen == page["total"], f"GET {path}: {seen} rows, but the total says {page['total']}")
                return

    def total(self, path: str, **params: Any) -> int:
        """How many rows a list has."""
        return int(self.get(path, limit=1, **params)["total"])

    def call(self, method: str, path: str, *, expect: int = 200, **options: Any) -> Any:
        """The answer, which has the status `expect`. Raises `Unexpected` for any other."""
        answer = self._service.request(self._valid_token(), method, path, **options)
        if answer.status_code != expect:
            raise Unexpected(
                f"{method} {path} as {self.email}: expected {expect}, got {answer.status_code} {answer.text}"
            )
        return answer

    def _valid_token(self) -> str:
        if self._token and (self._has_key or self._service.now - self._signed_in < TOKEN_LASTS):
            return self._token
        self._token, self._signed_in = self._service.sign_in(self.email), self._service.now
        if self._has_key:
            me = self._service.request(self._token, "GET", "/me").json()
            scopes = [name for name in me["permissions"] if name.split(":")[0] in PLAYED]
            body = {"name": "simulation", "scopes": scopes}
            answer = self._service.request(self._token, "POST", "/auth/api-keys", json=body)
            check(answer.status_code == 201, f"{self.email} draws no key: {answer.text}")
            self._token = answer.json()["key"]
        return self._token


@contextmanager
def running_service(encoder: str, models: Path, start: datetime) -> Iterator[Service]:
    """A service over an empty, temporary SQLite database with one administrator, its clock at `start`.

    `encoder` is `model` for the configured embedding model below `models`, or `hashing`.
    """
    folder = Path(tempfile.mkdtemp(prefix="jiebang-edition-"))
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder}/edition.db",
        data_dir=folder,
        login_rate_per_minute=10_000,
        log_level="ERROR",
    )
    db = Database(settings.database_url)
    opened = (
        (lambda: HashingEncoder(dimension=HASHING_DIMENSION))
        if encoder == "hashing"
        else encoder_factory(settings, models)
    )
    context = AppContext(settings=settings, db=db, index=SearchIndex(settings, db, encoder=opened))
    bar = calibrate.ADEQUATE
    if encoder == "hashing":
        # Grades were fitted to real models: by them next to nothing that hashed words find is adequate.
        calibrate.ADEQUATE = 0.0
    try:
        with time_machine.travel(start, tick=False) as traveller:
            migrations.migrate(db)
            load_tasks()
            context.index.load()
            with db.write() as session:
                grants = [users.Grant(Role.ADMIN, None)]
                users.create(
                    session, SYSTEM, settings, email=ADMIN, password=PASSWORD, grants=grants, name=""
                )
            with TestClient(create_app(context=context), raise_server_exceptions=False) as client:
                service = Service(context, client, traveller)
                service.move_to(start)
                yield service
    finally:
        calibrate.ADEQUATE = bar
        context.index.close()
        db.dispose()
        shutil.rmtree(folder, ignore_errors=True)
