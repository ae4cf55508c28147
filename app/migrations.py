"""Brings a database to head, and says whether it is there; the migrations themselves lie in `migrations/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import migrations
from app.db import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


@cache
def head() -> str:
    """The newest revision that this code knows; read from the files once in a process."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(db: Database) -> str | None:
    """The revision of the database; None when it has never been migrated."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(db: Database, revision: str = "head") -> None:
    """Upgrades to `revision`; does nothing when the database is there."""
    _run(db, lambda config: command.upgrade(config, revision))


def downgrade(db: Database, revision: str = "base") -> None:
    """Goes back to `revision`; everything that came later is dropped."""
    _run(db, lambda config: command.downgrade(config, revision))


def _run(db: Database, step: Callable[[Config], None]) -> None:
    config = _config()
    with db.engine.connect() as connection, _without_cascades(db, connection):
        config.attributes["connection"] = connection
        step(config)
        connection.commit()


@contextmanager
def _without_cascades(db: Database, connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one, which by its foreign keys would be refused
    or take the rows of other tables along. Its manual asks for them to be off meanwhile and checked afterwards;
    `migrations/env.py` checks them in each migration's own transaction."""
    if not db.is_sqlite:
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    # The setting is ignored inside a transaction, so it goes past SQLAlchemy, which would open one.
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")
