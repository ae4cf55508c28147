"""Writes sheets as a workbook: nothing acts as a formula, and a text too long for a cell has a sheet of its own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter

from app.documents.characters import printable
from app.documents.model import Cell, Sheet
from app.documents.packing import repacked
from app.kit.clock import in_shanghai
from app.kit.escaping import escape

CELL_LIMIT = 32_767
"""What a cell of a spreadsheet holds, in UTF-16 units."""
PART = 15_000
"""Characters per part of a longer text; half the limit, as rare characters count twice."""
LONG_TEXTS = "长文本"
WIDTH = 18


def workbook_of(sheets: Sequence[Sheet], *, title: str, issuer: str, as_of: datetime) -> bytes:
    """The .xlsx with these sheets; every text cell can be read back with `unescape`."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    created = in_shanghai(as_of).replace(tzinfo=None)
    book.set_properties({"title": printable(title), "author": printable(issuer), "created": created})
    writer = _Writer(book)
    for sheet in sheets:
        writer.write(sheet)
    writer.write_long_texts()
    book.close()
    return repacked(out.getvalue())


class _Writer:
    """Holds the formats of one workbook and the texts that did not fit."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self._number = book.add_format({"valign": "top"})
        self._long: list[tuple[str, str, str]] = []

    def write(self, sheet: Sheet) -> None:
        page = self._book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        for place, header in enumerate(sheet.headers):
            width = sheet.widths[place] if place < len(sheet.widths) else WIDTH
            page.set_column(place, place, width)
            page.write_string(0, place, header, self._head)
        for line, row in enumerate(sheet.rows, start=1):
            for place, value in enumerate(row):
                self._write_cell(page, sheet.name, line, place, value)
        if sheet.rows:
            page.autofilter(0, 0, len(sheet.rows), len(sheet.headers) - 1)

    def _write_cell(self, page: object, sheet: str, line: int, place: int, value: Cell) -> None:
        write = page
        if value is None or value == "":
            return
        if isinstance(value, date):
            write.write_datetime(line, place, value, self._day)  # type: ignore[attr-defined]
        elif isinstance(value, int | float | Decimal):
            write.write_number(line, place, value, self._number)  # type: ignore[attr-defined]
        else:
            text = self._fitting(escape(printable(value)), sheet, line, place)
            write.write_string(line, place, text, self._text)  # type: ignore[attr-defined]

    def _fitting(self, text: str, sheet: str, line: int, place: int) -> str:
        if len(text.encode("utf-16-le")) // 2 <= CELL_LIMIT:
            return text
        where = f"{sheet}!{_column_name(place)}{line + 1}"
        parts = [text[start : start + PART] for start in range(0, len(text), PART)]
        # A part is escaped again where it begins like a formula; the first one is so already.
        kept = [parts[0], *(escape(part) for part in parts[1:])]
        self._long += [(where, f"{number}/{len(parts)}", part) for number, part in enumerate(kept, 1)]
        return f"{parts[0]}……（全文见“{LONG_TEXTS}”表 {where}）"

    def write_long_texts(self) -> None:
        if not self._long:
            return
        page = self._book.add_worksheet(LONG_TEXTS)
        page.set_column(0, 1, WIDTH)
        page.set_column(2, 2, 80)
        for place, header in enumerate(("所在单元格", "部分", "全文")):
            page.write_string(0, place, header, self._head)
        for line, row in enumerate(self._long, start=1):
            for place, text in enumerate(row):
                page.write_string(line, place, text, self._text)


def _column_name(place: int) -> str:
    name = ""
    number = place + 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
