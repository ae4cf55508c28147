"""Opens the database and owns every transaction: a unit of work commits here, at the edge, or not at all.

Rules about rows live in the repositories; this module only knows how to connect safely.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from app.errors import UnsafeDatabase

BUSY_TIMEOUT_MS = 15_000
FIRST_SAFE_SQLITE = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections checkpoint at once."""


def sqlite_module() -> ModuleType:
    """The newest SQLite at hand: PyPI's `pysqlite3` is new, the interpreter's own may have the WAL bug."""
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    newest: ModuleType = max((pysqlite3, sqlite3), key=lambda module: module.sqlite_version_info)
    return newest


class Database:
    """One database with its two kinds of unit of work.

    `read()` gives a consistent snapshot and never commits; `write()` takes the write lock at its beginning
    on SQLite (BEGIN IMMEDIATE), commits when the block ends and rolls back on any exception.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self._readers = sessionmaker(_reading(self.engine), expire_on_commit=False, autoflush=False)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def new_read_session(self) -> Session:
        """A session for reading; the caller closes it."""
        return self._readers()

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._readers() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._sessions() as session:
            if self.is_sqlite:
                session.connection(execution_options={"jiebang_write": True})
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    def check_is_safe(self) -> list[str]:
        """Warnings about the server, for the start-up log.

        Raises `UnsafeDatabase` when PostgreSQL would lose acknowledged writes at a power cut.
        """
        if self.is_sqlite:
            return _sqlite_warnings()
        with self.engine.connect() as connection:
            unsafe = [
                name
                for name in ("fsync", "full_page_writes", "synchronous_commit")
                if connection.execute(text(f"SHOW {name}")).scalar_one() == "off"
            ]
        if unsafe:
            raise UnsafeDatabase(settings=", ".join(unsafe))
        return []

    def dispose(self) -> None:
        self.engine.dispose()


def _sqlite_warnings() -> list[str]:
    module = sqlite_module()
    if module.sqlite_version_info < FIRST_SAFE_SQLITE:
        return [f"SQLite {module.sqlite_version} 存在 WAL 重置缺陷，请安装 pysqlite3 或升级到 3.51.3 以上"]
    return []


def _create_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=20,
            max_overflow=20,
            pool_timeout=10,
            hide_parameters=True,
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        module=sqlite_module(),
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=20,
        max_overflow=20,
        pool_timeout=10,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _reading(engine: Engine) -> Engine:
    # By default every statement on PostgreSQL sees another moment, and a total would not fit its list.
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver would otherwise open transactions by its own rules; `_begin_sqlite` opens them instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A writing transaction that starts as a reading one fails at once with SQLITE_BUSY_SNAPSHOT
    # when another writer was faster, whatever the busy timeout says.
    is_write = connection.get_execution_options().get("jiebang_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
