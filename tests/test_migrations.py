"""Migrations go up, down and up again, and end where the models are."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select

from app import migrations
from app.auth.actor import SYSTEM
from app.db import Database
from app.models import Base, Organization
from app.requirements import repository as requirements
from app.requirements import service
from tests import factories


def test_migrations_go_up_down_and_up(db: Database) -> None:
    migrations.downgrade(db)
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    migrations.migrate(db)
    assert migrations.current(db) == migrations.head()
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version", *Base.metadata.tables}


def test_a_filled_database_loses_no_row_on_the_way_down_and_up(
    db: Database, seeker_organization: Organization
) -> None:
    # On SQLite a changed table is copied and dropped, which must not take the rows that refer to it along.
    challenge = factories.make_challenge(db)
    factories.make_solver(db)
    draft = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        row = requirements.get(session, SYSTEM, draft.id, lock=True)
        service.submit(session, SYSTEM, row)
        service.approve(session, SYSTEM, row)
        service.publish(session, SYSTEM, row, challenge=challenge.code)
    before = rows_of(db)
    assert before["obligations"] and before["responses"] and before["challenge_entries"]
    migrations.downgrade(db, "0001_foundation")
    migrations.migrate(db)
    assert rows_of(db) == before
    if db.is_sqlite:
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def rows_of(db: Database) -> dict[str, int]:
    """How many rows the tables of the first migration hold."""
    names = ("requirements", "obligations", "responses", "challenges", "challenge_entries", "solver_profiles")
    with db.engine.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(Base.metadata.tables[name])
            ).scalar_one()
            for name in names
        }


def test_migrations_equal_the_models(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing(db: Database) -> None:
    migrations.migrate(db)
    assert migrations.current(db) == migrations.head()
