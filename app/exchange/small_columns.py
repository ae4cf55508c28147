"""The columns of the small tables that are uploaded beside the three big ones: bulk answers and a year's calendar.

Like `columns`, it knows neither the database nor a file format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from app.exchange.columns import Column, header_score, normal_header

TableName = Literal["answers", "calendar"]

SMALL_TABLES: dict[TableName, tuple[Column, ...]] = {
    "answers": (
        Column("system_id", "系统编号", "system_id"),
        Column("id", "需求编号", "id", ("编号", "难题编号", "external_id"), limit=200),
        Column("text", "答复内容", "text", ("答复", "回复", "书面答复"), limit=10_000, is_required=True),
    ),
    "calendar": (
        Column("day", "日期", "date", is_required=True),
        Column("kind", "类型", "line", ("安排",), limit=20, is_required=True),
        Column("name", "名称", "line", ("节日", "说明"), limit=40),
    ),
}


def named(table: TableName, header: Sequence[str]) -> dict[str, int]:
    """Field → position of its column; the first where several bear its name."""
    names = {
        normal_header(name): column.name
        for column in SMALL_TABLES[table]
        for name in (column.name, column.header, *column.synonyms)
    }
    places: dict[str, int] = {}
    for place, text in enumerate(header):
        field = names.get(normal_header(text))
        if field is not None:
            places.setdefault(field, place)
    return places


def needed(table: TableName) -> list[str]:
    """The headers that a file cannot do without."""
    return [column.header for column in SMALL_TABLES[table] if column.is_required]


def scorer(table: TableName | None) -> Callable[[Sequence[str]], int]:
    """How much a row looks like the header of `table`, or (None) of any of the big tables; 0 when it does not."""
    if table is None:
        return header_score
    required = {column.name for column in SMALL_TABLES[table] if column.is_required}

    def score(header: Sequence[str]) -> int:
        found = named(table, header)
        return len(found) if required <= found.keys() else 0

    return score
