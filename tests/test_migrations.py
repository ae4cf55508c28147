"""Migrations go up, down and up again, and end where the models are."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from app import migrations
from app.db import Database
from app.models import Base


def test_migrations_go_up_down_and_up(db: Database) -> None:
    migrations.downgrade(db)
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    migrations.migrate(db)
    assert migrations.current(db) == migrations.head()
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version", *Base.metadata.tables}


def test_migrations_equal_the_models(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing(db: Database) -> None:
    migrations.migrate(db)
    assert migrations.current(db) == migrations.head()
