"""Reads .csv: finds encoding and delimiter, and keeps a forgotten quote from swallowing the rows below it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence

from app.exchange.errors import EncodingUnknown

DELIMITERS = ",;\t，"
MAX_LINES_IN_ROW = 200
MAX_CHARACTERS_IN_ROW = 400_000
ROW_LIKE_FROM = 3
"""From this many columns on, a line with exactly as many delimiters is a row, never a quoted text."""

UNTERMINATED_QUOTE = "unterminated_quote"
BAD_QUOTE = "bad_quote"

csv.field_size_limit(MAX_CHARACTERS_IN_ROW)


def decode(content: bytes) -> str:
    """The text of a file in UTF-8 (with or without mark), UTF-16 (with mark) or GB18030, strictly.

    Raises `EncodingUnknown` rather than guess.
    """
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise EncodingUnknown()


def lines_of(text: str) -> list[str]:
    """Physical lines without their ends; only CR, LF and CRLF end a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def find_delimiter(lines: list[str], header_score: Callable[[Sequence[str]], int]) -> str:
    """The delimiter under which one of the first lines is the best header; a comma when none is."""

    def score(delimiter: str) -> tuple[int, int]:
        rows = [_parse(line, delimiter) or [] for line in lines[:20]]
        return max((header_score(row) for row in rows), default=0), max((len(row) for row in rows), default=0)

    return max(DELIMITERS, key=score)


def records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str], str | None]]:
    """(number, cells, problem) of every record, numbered as a spreadsheet shows them, blank ones included.

    A quote may span lines only when the quoted text ends properly, holds no line that looks like a row, and
    the record then has as many cells as the widest single-line record so far. Otherwise the line on which the
    quote opens is given as a problem and reading goes on with the next line.
    """
    position, number, width = 0, 0, 0
    while position < len(lines):
        number += 1
        cells, used, problem = _record_at(lines, position, delimiter, width)
        if used == 1 and problem is None:
            width = max(width, len(cells))
        position += used
        yield number, cells, problem


def _record_at(lines: list[str], start: int, delimiter: str, width: int) -> tuple[list[str], int, str | None]:
    joined = lines[start]
    cells = _parse(joined, delimiter)
    if cells is not None:
        return cells, 1, None
    if joined.count('"') % 2 == 0:
        return joined.split(delimiter), 1, BAD_QUOTE
    quotes = joined.count('"')
    for used in range(2, min(MAX_LINES_IN_ROW, len(lines) - start) + 1):
        line = lines[start + used - 1]
        if width >= ROW_LIKE_FROM and line.count(delimiter) == width - 1:
            # A whole row of the table stands inside the quote: the quote is older than the row.
            break
        joined += "\n" + line
        if len(joined) > MAX_CHARACTERS_IN_ROW:
            break
        quotes += line.count('"')
        if quotes % 2:
            continue
        cells = _parse(joined, delimiter)
        if cells is not None and (not width or len(cells) == width):
            return cells, used, None
        break
    return lines[start].split(delimiter), 1, UNTERMINATED_QUOTE


def _parse(text: str, delimiter: str) -> list[str] | None:
    """The cells of exactly one record, or None when quotes are open or misplaced."""
    if '"' not in text:
        return text.split(delimiter) if text else []
    # The reader needs line ends to know where a quoted text goes on.
    parts = text.split("\n")
    source = [part + "\n" for part in parts[:-1]] + [parts[-1]]
    try:
        rows = list(csv.reader(source, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
