"""Writes judgments into the user's workbook: red cells, comments, a column 结果. Runs in the child."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import load_workbook
from openpyxl.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException

from app.exchange.columns import RESULT_HEADER, normal_header
from app.exchange.errors import FileDamaged

RED = PatternFill("solid", start_color="FFFFC7CE", end_color="FFFFC7CE")
BOLD = Font(bold=True)
WRAP = Alignment(wrap_text=True, vertical="top")

Mark = tuple[int, str, Sequence[tuple[int, str]]]
"""A row's number, its result in words, and the bad cells as (position from 0, message)."""


def mark_workbook(content: bytes, sheet: str, header_number: int, marks: Iterable[Mark]) -> bytes:
    """The workbook with its formats and drop-downs kept. Raises `FileDamaged` when it cannot be opened."""
    try:
        workbook = load_workbook(io.BytesIO(content), keep_links=False)
        page = workbook[sheet]
    except (InvalidFileException, KeyError, ValueError, OSError) as error:
        raise FileDamaged() from error
    header = [page.cell(header_number, column).value for column in range(1, page.max_column + 1)]
    place = _result_column(header)
    title = page.cell(header_number, place, RESULT_HEADER)
    title.font = BOLD
    page.column_dimensions[title.column_letter].width = 48
    for number, result, cells in marks:
        target = page.cell(number, place)
        if not isinstance(target, MergedCell):
            target.value = result
            target.alignment = WRAP
            if cells:
                target.fill = RED
        for position, message in cells:
            cell = page.cell(number, position + 1)
            cell.fill = RED
            if not isinstance(cell, MergedCell):
                cell.comment = Comment(message, "揭榜", width=320, height=90)
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def _result_column(header: Sequence[object]) -> int:
    """Counted from 1: the last report's column when a marked file comes again, else the first free one."""
    used = 0
    for place, value in enumerate(header, start=1):
        if value is None or not str(value).strip():
            continue
        if normal_header(str(value)) == RESULT_HEADER:
            return place
        used = place
    return used + 1
