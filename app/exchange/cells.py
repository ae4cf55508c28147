"""A raw cell as the readers give it, and how cells travel between the child process and us as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

Cell = str | int | float | bool | date | list[Any] | dict[str, Any] | None
"""What stands in a cell: spreadsheets give the scalars, jsonl also lists and objects."""

DATE_KEY = "$date"


@dataclass(frozen=True)
class RawRow:
    """One row. `number` is the line a person sees; `problem` is the code of why the row cannot be read."""

    number: int
    cells: tuple[Cell, ...]
    problem: str | None = None


@dataclass(frozen=True)
class Head:
    """What stands above the rows: the header's texts, its line, and the sheet it was found on."""

    header: tuple[str, ...]
    number: int
    sheet: str | None = None


def encode_cell(cell: Cell) -> Any:
    """The cell as JSON."""
    return {DATE_KEY: cell.isoformat()} if isinstance(cell, date) else cell


def decode_cell(value: Any) -> Cell:
    """The cell that `encode_cell` made JSON of."""
    if isinstance(value, dict) and value.keys() == {DATE_KEY} and isinstance(value[DATE_KEY], str):
        try:
            return date.fromisoformat(value[DATE_KEY])
        except ValueError:
            return value
    cell: Cell = value
    return cell


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell == [] or cell == {}
