"""Runs the migrations on the connection that the caller hands over, or on `JIEBANG_DATABASE_URL`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

# `alembic` as a command does not put the project's folder on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.config import get_settings
from app.db import Database
from app.models import Base


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    # Migrations must not change when our column classes do, so they name the plain types underneath.
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def check_references(ctx: Any, **_: Any) -> None:
    """Ends a migration that leaves a row without the row it belongs to, before it is committed."""
    connection = ctx.connection
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"the migration leaves rows of {broken[0]} without their {broken[2]}")


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transaction_per_migration=True,
        on_version_apply=check_references,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(get_settings().database_url)
    with database.engine.connect() as connection:
        run(connection)
    database.dispose()
