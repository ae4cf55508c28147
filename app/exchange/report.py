"""Hands the user's own file back with the result of every row, bad cells marked."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

from app.exchange.cells import Cell, Head, RawRow
from app.exchange.columns import RESULT_HEADER, Layout, kind_of, normal_header, resolve
from app.exchange.errors import FileTooComplex
from app.exchange.filing import kind_name
from app.exchange.guards import FileFormat, check_file
from app.exchange.sandbox import mark_file, read_file
from app.kit.escaping import escape, unescape
from app.models.exchange import ImportKind, ImportRow

RED = "#FFC7CE"
CELL_LIMIT = 32_767
Mark = tuple[int, str, list[tuple[int, str]]]


def make_report(
    filename: str, content: bytes, *, kind: ImportKind | None, rows: Sequence[ImportRow], max_mb: int
) -> bytes:
    """A workbook: the uploaded one itself, marked, when it was .xlsx; else a new one with the same rows.

    A workbook too large to be marked within the limits of the child process becomes a new one, too.
    Raises a `FileError`.
    """
    file_format = check_file(filename, content, max_mb=max_mb)
    head, raw = read_file(content, file_format)
    layout = resolve(head.header, kind_name(kind) or kind_of(head.header, filename))
    marks = [_mark(row, layout) for row in rows]
    if file_format is FileFormat.XLSX and head.sheet is not None:
        try:
            return mark_file(content, sheet=head.sheet, header_number=head.number, marks=marks)
        except FileTooComplex:
            pass
    return _new_workbook(head, raw, marks)


def words_of(row: ImportRow) -> str:
    """The row's result in one text."""
    return "\n".join([row.outcome.label, *(message["message"] for message in row.messages)])


def _mark(row: ImportRow, layout: Layout) -> Mark:
    places = {column.name: place for place, column in enumerate(layout.columns) if column is not None}
    cells: dict[int, str] = {}
    for message in row.messages:
        place = message["position"] if message["position"] is not None else places.get(message["field"])
        if place is not None and message["level"] == "error":
            cells[place] = f"{cells[place]}\n{message['message']}" if place in cells else message["message"]
    return row.number, words_of(row), list(cells.items())


def _new_workbook(head: Head, raw: Sequence[RawRow], marks: Sequence[Mark]) -> bytes:
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output, {"constant_memory": True, "strings_to_formulas": False})
    bold, red = workbook.add_format({"bold": True}), workbook.add_format({"bg_color": RED})
    wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
    page = workbook.add_worksheet("结果")
    width = len(head.header)
    places = [place for place, text in enumerate(head.header) if normal_header(text) == RESULT_HEADER]
    result_place = places[0] if places else width
    page.set_column(0, max(width - 1, 0), 20)
    page.set_column(result_place, result_place, 48)
    page.freeze_panes(1, 0)
    for place, text in enumerate(head.header):
        page.write_string(0, place, text[:CELL_LIMIT], bold)
    page.write_string(0, result_place, RESULT_HEADER, bold)
    by_number = {number: (words, dict(cells)) for number, words, cells in marks}
    for line, row in enumerate(raw, start=1):
        words, bad = by_number.get(row.number, ("", {}))
        for place, cell in enumerate(row.cells):
            if place != result_place:
                page.write_string(line, place, _shown(cell), red if place in bad else None)
        page.write_string(line, result_place, words[:CELL_LIMIT], wrap)
        for place, message in bad.items():
            page.write_comment(line, place, message[:2000], {"author": "揭榜", "x_scale": 2})
    workbook.close()
    return output.getvalue()


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        # What an import of this file would read must stay what the import of the first one read.
        return escape(unescape(cell))[:CELL_LIMIT]
    if isinstance(cell, date):
        return cell.isoformat()
    return _as_text(cell)[:CELL_LIMIT]


def _as_text(cell: Any) -> str:
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else str(cell)
