"""What a document is made of, before it is anybody's file format: headings, texts, tables and bar charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

INTERNAL = "内部资料 注意保存"
"""The marking on every page of what is not for strangers."""

Cell = str | int | float | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of the contents; `level` is 1 or 2."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text; line feeds stay. `note` is small print, `right` a signature or date, `lead` stands over
    what follows without being in the contents."""

    text: str
    style: Literal["body", "note", "right", "title", "plain", "lead"] = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """Items of a list, numbered 1. 2. 3. where `is_ordered`."""

    items: Sequence[str]
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`widths` are relative, one per column; columns of `numeric` (from 0) are set to the right."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numeric: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its length is `value` (not negative), beside it stands `shown`."""

    label: str
    value: float
    shown: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of horizontal bars on one scale from 0."""

    caption: str
    bars: Sequence[Bar]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Paragraph | Bullets | Table | Bars | PageBreak


@dataclass(frozen=True)
class Document:
    """A document. `as_of` (aware) is the instant of its data and its only date, so equal data make equal files.

    With `has_cover` title, issuer and date fill a page and the contents follow; otherwise the title, if any,
    stands over the text. `is_numbered` counts headings as 一、（一）.
    """

    title: str
    issuer: str
    as_of: datetime
    blocks: Sequence[Block]
    subtitle: str = ""
    marking: str = ""
    has_cover: bool = True
    is_numbered: bool = True
    is_landscape: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; `widths` are characters, 18 where a column has none of its own."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int] = field(default_factory=tuple)


def numbered(document: Document) -> list[Block]:
    """The blocks with the numbers of headings, tables and charts written into their words."""
    return list(_numbered(document.blocks, document.is_numbered))


def _numbered(blocks: Sequence[Block], with_headings: bool) -> Iterator[Block]:
    chapter = section = tables = charts = 0
    for block in blocks:
        if isinstance(block, Heading) and with_headings:
            if block.level == 1:
                chapter, section = chapter + 1, 0
                yield replace(block, text=f"{chinese_number(chapter)}、{block.text}")
            else:
                section += 1
                yield replace(block, text=f"（{chinese_number(section)}）{block.text}")
        elif isinstance(block, Table) and block.caption:
            tables += 1
            yield replace(block, caption=f"表 {tables}  {block.caption}")
        elif isinstance(block, Bars):
            charts += 1
            yield replace(block, caption=f"图 {charts}  {block.caption}")
        else:
            yield block


def chinese_number(number: int) -> str:
    """1 to 99 as headings count: 一, 十, 十一, 二十, 二十一; Arabic digits beyond."""
    digits = "零一二三四五六七八九"
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return head + (digits[ones] if ones else "")
