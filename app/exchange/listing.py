"""Gives the rows of an export: what the actor may see, as it may read it, by column names."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.achievements import repository as achievements
from app.auth.actor import Actor
from app.exchange.columns import COLUMNS, Column, KindName
from app.models.requirement import Field, Requirement
from app.models.solver import UNNAMED, Achievement, SolverProfile
from app.requirements import repository as requirements
from app.requirements.presenter import present as present_requirement
from app.solvers import repository as solvers
from app.solvers.schemas import present as present_solver

AT_ONCE = 500
STATUS_HEADER = "状态"
"""A column for readers only; importing knows it and passes over it."""

Cells = dict[str, Any]


def export_columns(kind: KindName) -> list[Column]:
    """The columns of an export, in order."""
    columns = [column for column in COLUMNS[kind] if not column.is_import_only]
    status = Column("status", STATUS_HEADER, "line")
    return [*columns[:-1], status, columns[-1]] if kind == "requirements" else columns


def statement_of(actor: Actor, kind: KindName, filters: Mapping[str, Any]) -> Select[Any]:
    """Everything of `kind` that the actor may see and the filters let pass, oldest first."""
    if kind == "requirements":
        # Kept as JSON, a field is its code; the repository tells fields from the words of a statement.
        wanted = requirements.Filters(**{**filters, "field": tuple(map(Field, filters.get("field") or ()))})
        statement = requirements.narrow(requirements.visible_to(actor), wanted, actor)
        return statement.order_by(Requirement.id)
    if kind == "solvers":
        return solvers.narrow(solvers.visible_to(actor), solvers.Filters(**filters)).order_by(
            SolverProfile.id
        )
    seen = achievements.narrow(achievements.visible_to(actor), achievements.Filters(**filters))
    return seen.order_by(Achievement.id)


def count_rows(session: Session, statement: Select[Any]) -> int:
    """How many rows the statement gives."""
    return session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0


def rows_of(session: Session, actor: Actor, kind: KindName, statement: Select[Any]) -> Iterator[Cells]:
    """The rows by column name, read a few hundred at a time."""
    give = _GIVERS[kind]
    for row in session.scalars(statement.execution_options(yield_per=AT_ONCE)):
        yield give(actor, row)


def _requirement(actor: Actor, row: Requirement) -> Cells:
    view = present_requirement(actor, row)
    cells = {name: getattr(view, name) for name in type(view).model_fields}
    organization = view.organization
    return {
        **cells,
        "id": view.external_id,
        "system_id": view.id,
        "status": view.status_label,
        "targets": [target.model_dump() for target in view.targets],
        "organization.name": organization.name if organization else None,
        "organization.uscc": organization.uscc if organization else None,
    }


def _solver(actor: Actor, row: SolverProfile) -> Cells:
    view = present_solver(actor, row)
    cells = {name: getattr(view, name) for name in type(view).model_fields}
    return {**cells, "id": view.external_id, "system_id": view.id}


def _achievement(actor: Actor, row: Achievement) -> Cells:
    cells: Cells = {column.name: getattr(row, column.name, None) for column in COLUMNS["achievements"]}
    system_id: uuid.UUID = row.id
    cells |= {"id": row.external_id, "system_id": system_id}
    solver = row.solver
    if solver.source != UNNAMED:
        cells |= {
            "solver.id": solver.external_id,
            "solver.name": solver.name,
            "solver.kind": solver.kind,
            "solver.region": solver.region,
        }
    return cells


_GIVERS: dict[KindName, Callable[[Actor, Any], Cells]] = {
    "requirements": _requirement,
    "solvers": _solver,
    "achievements": _achievement,
}
