"""Writes many rows of one table in few statements, with the same defaults and versions as single writes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.models import Base


def insert_rows(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Inserts the rows; all have the same keys. Defaults of the model fill the rest."""
    if rows:
        session.execute(insert(table.__table__), rows)  # type: ignore[arg-type]


def update_rows(session: Session, table: type[Base], changes: dict[uuid.UUID, dict[str, Any]]) -> None:
    """Sets the named values of each row, and counts its version up. Rows with the same names go together."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    moment = now()
    for key, values in changes.items():
        row = {f"new_{name}": value for name, value in values.items()}
        groups.setdefault(tuple(sorted(values)), []).append({**row, "key": key})
    columns = table.__table__.c
    for names, rows in groups.items():
        statement = (
            update(table.__table__)  # type: ignore[arg-type]
            .where(columns.id == bindparam("key"))
            .values(
                {
                    **{name: bindparam(f"new_{name}") for name in names},
                    "version": columns.version + 1,
                    "updated_at": moment,
                }
            )
        )
        session.connection().execute(statement, rows)
