"""Units of work: a reader sees one moment, a writer stores all or nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.db import Database
from app.models import Organization


def count(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count(Organization.id))) or 0


def add(db: Database, name: str) -> None:
    with db.write() as session:
        session.add(Organization(name=name))


def test_a_reader_sees_one_moment_while_others_write(db: Database) -> None:
    add(db, "甲")
    with db.read() as session:
        statement = select(func.count(Organization.id))
        assert session.scalar(statement) == 1
        add(db, "乙")
        assert session.scalar(statement) == 1
        assert len(list(session.scalars(select(Organization)))) == 1
    assert count(db) == 2


def test_a_writer_sees_what_was_committed_before_it_began(db: Database) -> None:
    count(db)
    add(db, "甲")
    with db.write() as session:
        assert session.scalar(select(func.count(Organization.id))) == 1


def test_an_error_takes_back_the_whole_unit(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.write() as session:
        session.add(Organization(name="甲"))
        session.flush()
        raise ZeroDivisionError
    assert count(db) == 0


def test_what_a_reader_changes_is_never_stored(db: Database) -> None:
    with db.read() as session:
        session.add(Organization(name="甲"))
    assert count(db) == 0
