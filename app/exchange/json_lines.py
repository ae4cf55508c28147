"""Reads .jsonl: one object per line, the parts of `organization` and `solver` under dotted names."""

from __future__ import annotations

import json
from typing import Any

from app.exchange.cells import Cell, RawRow
from app.exchange.errors import TooManyColumns

NESTED = ("organization", "solver")
NOT_JSON = "not_json"
NOT_AN_OBJECT = "not_an_object"


def read_objects(lines: list[str], *, max_columns: int) -> tuple[tuple[str, ...], list[RawRow]]:
    """The names of all fields in order of first appearance, and the rows in that order; None where absent.

    A line that is no JSON object becomes a row with a problem. Raises `TooManyColumns`.
    """
    positions: dict[str, int] = {}
    parsed: list[tuple[int, dict[str, Any], str | None]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        fields, problem = _parse(line)
        parsed.append((number, fields, problem))
        for name in fields:
            if name not in positions:
                if len(positions) >= max_columns:
                    raise TooManyColumns(limit=max_columns)
                positions[name] = len(positions)
    rows: list[RawRow] = []
    for number, fields, problem in parsed:
        cells: list[Cell] = [None] * len(positions)
        for name, value in fields.items():
            cells[positions[name]] = value
        rows.append(RawRow(number, tuple(cells), problem))
    return tuple(positions), rows


def _parse(line: str) -> tuple[dict[str, Any], str | None]:
    try:
        value = json.loads(line, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return {}, NOT_JSON
    if not isinstance(value, dict):
        return {}, NOT_AN_OBJECT
    fields: dict[str, Any] = {}
    for name, part in value.items():
        if name in NESTED and isinstance(part, dict):
            fields.update({f"{name}.{inner}": inner_part for inner, inner_part in part.items()})
        else:
            fields[name] = part
    return fields, None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice")
    return fields
