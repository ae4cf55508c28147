"""Reads the small tables that people upload, cell by cell; what is wrong is told by the row that they see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import FieldError
from app.exchange.cell_error import CellError
from app.exchange.cells import is_blank
from app.exchange.errors import TooManyRows
from app.exchange.guards import check_file
from app.exchange.rows import ROW_PROBLEMS
from app.exchange.sandbox import read_file
from app.exchange.small_columns import SMALL_TABLES, TableName, named
from app.exchange.values import parse_cell
from app.kit.escaping import unescape


@dataclass(frozen=True)
class SmallRow:
    """One row: `number` as a spreadsheet counts, values by field (blank cells left out), and what is wrong."""

    number: int
    values: Mapping[str, Any]
    errors: tuple[FieldError, ...] = field(default=())


def read_small(
    table: TableName, *, filename: str, content: bytes, max_mb: int, most_rows: int
) -> list[SmallRow]:
    """The rows of the file in their order. Raises a `FileError`."""
    head, raw = read_file(content, check_file(filename, content, max_mb=max_mb), table)
    if len(raw) > most_rows:
        raise TooManyRows(limit=most_rows)
    places = named(table, head.header)
    rows = []
    for row in raw:
        if row.problem is not None:
            zh = ROW_PROBLEMS[row.problem]
            rows.append(SmallRow(row.number, {}, (at_row(row.number, row.problem, zh, _UNREADABLE),)))
            continue
        values, errors = _values(table, places, row.cells, row.number)
        rows.append(SmallRow(row.number, values, errors))
    return rows


_UNREADABLE = "The row cannot be read"


def at_row(number: int, code: str, zh: str, en: str) -> FieldError:
    """What is wrong with the row of this number."""
    return FieldError(f"rows.{number}", code, zh, en)


def row_number(error: FieldError) -> int | None:
    """The row that the error is about; None for one of the whole file."""
    name, _, number = error.field.partition(".")
    return int(number) if name == "rows" and number.isdigit() else None


def _values(
    table: TableName, places: Mapping[str, int], cells: tuple[Any, ...], number: int
) -> tuple[dict[str, Any], tuple[FieldError, ...]]:
    values: dict[str, Any] = {}
    errors = []
    for column in SMALL_TABLES[table]:
        place = places.get(column.name)
        if place is None or is_blank(cells[place]):
            continue
        cell = cells[place]
        try:
            # The words of a cell mean the same in every table.
            found = parse_cell(unescape(cell) if isinstance(cell, str) else cell, column, "requirements")
        except CellError as error:
            errors.append(at_row(number, error.code, error.zh, f"{column.name}: {error.code}"))
        else:
            values[column.name] = found
    return values, tuple(errors)
