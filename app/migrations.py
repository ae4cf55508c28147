"""Brings a database to head, and says whether it is there; the migrations themselves lie in `migrations/`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import migrations
from app.db import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def head() -> str:
    """The newest revision that this code knows."""
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


def _run(db: Database, step: object) -> None:
    assert callable(step)
    config = _config()
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        step(config)
        connection.commit()
