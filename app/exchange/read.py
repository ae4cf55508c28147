"""Turns the bytes of a checked file into a head and numbered raw rows. Runs in the child process."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from app.exchange import delimited, json_lines
from app.exchange.cells import Cell, Head, RawRow, is_blank
from app.exchange.columns import COLUMNS
from app.exchange.errors import (
    FileDamaged,
    FileEncrypted,
    HeaderMissing,
    NoRows,
    TooManyColumns,
    TooManyRows,
    TooManySheets,
)
from app.exchange.guards import FileFormat
from app.exchange.small_columns import TableName, needed, scorer

MAX_ROWS = 100_000
MAX_COLUMNS = 256
MAX_SHEETS = 50
MAX_CELL_CHARACTERS = 100_000
HEADER_WITHIN = 20
"""Real forms have a title and instructions above the header; it stands within the first twenty lines."""

TOO_MANY_CELLS = "too_many_cells"
CELL_TOO_LONG = "cell_too_long"

Numbered = tuple[int, list[Cell], str | None]


def read_rows(
    content: bytes, file_format: FileFormat, table: TableName | None = None
) -> tuple[Head, Iterator[RawRow]]:
    """The head and the rows that are not blank, in file order; of the small table `table`, else of a big one.

    Raises a `FileError`, also while the rows are being read.
    """
    if file_format is FileFormat.JSONL:
        return _read_jsonl(content, table)
    if file_format is FileFormat.CSV:
        lines = delimited.lines_of(delimited.decode(content))
        delimiter = delimited.find_delimiter(lines, scorer(table))
        head, rows = _with_header(
            ((n, list(cells), p) for n, cells, p in delimited.records(lines, delimiter)), table
        )
        return head, _checked(rows, len(head.header))
    return _read_workbook(content, table)


def _read_jsonl(content: bytes, table: TableName | None) -> tuple[Head, Iterator[RawRow]]:
    lines = delimited.lines_of(delimited.decode(content))
    header, rows = json_lines.read_objects(lines, max_columns=MAX_COLUMNS)
    if scorer(table)(header) == 0:
        raise _header_missing(table)
    numbered: Iterator[Numbered] = ((row.number, list(row.cells), row.problem) for row in rows)
    return Head(header, 0), _checked(numbered, len(header))


def _read_workbook(content: bytes, table: TableName | None) -> tuple[Head, Iterator[RawRow]]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        if len(workbook.sheet_names) > MAX_SHEETS:
            raise TooManySheets(limit=MAX_SHEETS)
        best: tuple[int, Head, Iterator[Numbered]] | None = None
        for metadata in sheets:
            sheet = workbook.get_sheet_by_name(metadata.name)
            if sheet.end is None:
                continue
            try:
                head, rows = _with_header(_sheet_rows(sheet), table, sheet=metadata.name)
            except HeaderMissing:
                continue
            score = scorer(table)(head.header)
            if best is None or score > best[0]:
                best = (score, head, rows)
    except PasswordError as error:
        raise FileEncrypted() from error
    except (CalamineError, ValueError, OSError) as error:
        raise FileDamaged() from error
    if best is None:
        raise _header_missing(table)
    _, head, rows = best
    return head, _checked(rows, len(head.header))


def _sheet_rows(sheet: Any) -> Iterator[Numbered]:
    # The reader computes the extent from the cells themselves; a false <dimension> changes nothing.
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [_scalar(value) for value in row], None


def _scalar(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e17 else value
    if isinstance(value, str | int | bool | date):
        return value or None if isinstance(value, str) else value
    return None


def _with_header(
    rows: Iterable[Numbered], table: TableName | None, *, sheet: str | None = None
) -> tuple[Head, Iterator[Numbered]]:
    """Finds the header among the first lines; what stands above it is dropped.

    Raises `HeaderMissing` and `TooManyColumns`.
    """
    iterator = iter(rows)
    top = list(islice(iterator, HEADER_WITHIN))
    score = scorer(table)
    scores = [score([_as_text(cell) for cell in cells]) for _, cells, _ in top]
    if not any(scores):
        raise _header_missing(table)
    place = scores.index(max(scores))
    number, cells, _ = top[place]
    header = [_as_text(cell) for cell in cells]
    while header and not header[-1].strip():
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    return Head(tuple(header), number, sheet), chain(top[place + 1 :], iterator)


def _header_missing(table: TableName | None) -> HeaderMissing:
    big = [column.header for columns in COLUMNS.values() for column in columns if column.is_required]
    return HeaderMissing(needed="、".join(big if table is None else needed(table)))


def _as_text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else ("" if cell is None else str(cell))


def _checked(rows: Iterable[Numbered], width: int) -> Iterator[RawRow]:
    """Rows of exactly `width` cells. Raises `TooManyRows`, and `NoRows` when there is none."""
    count = 0
    for number, cells, problem in rows:
        if all(is_blank(cell) for cell in cells) and problem is None:
            continue
        count += 1
        if count > MAX_ROWS:
            raise TooManyRows(limit=MAX_ROWS)
        if problem is None and any(not is_blank(cell) for cell in cells[width:]):
            problem = TOO_MANY_CELLS
        if any(isinstance(cell, str) and len(cell) > MAX_CELL_CHARACTERS for cell in cells):
            problem = problem or CELL_TOO_LONG
            cells = [None if isinstance(cell, str) and len(cell) > 1000 else cell for cell in cells]
        padded = (cells + [None] * width)[:width]
        yield RawRow(number, tuple(padded), problem)
    if count == 0:
        raise NoRows()
