"""Cursor pages: stable under inserts, with the total of the same statement that gives the items."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.errors import FieldError, InvalidInput
from app.kit.schemas import View

Item = TypeVar("Item")
MAX_LIMIT = 200
MAX_CURSOR = 2_400
"""Room for the longest text that a list is sorted by."""
MAX_NUMBER = 10**12


class Page(View, Generic[Item]):
    """One page of a list. `next_cursor` is null on the last page; `total` counts all rows that match."""

    items: list[Item]
    next_cursor: str | None = None
    total: int


@dataclass(frozen=True)
class PageQuery:
    """The three parameters every list takes. `sort` is a field name, with a leading `-` for descending order."""

    limit: int = 50
    cursor: str | None = None
    sort: str | None = None


def page_query(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="每页条数 / items per page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=MAX_CURSOR, description="上一页返回的 next_cursor")
    ] = None,
    sort: Annotated[str | None, Query(max_length=40, description="排序字段，前加 - 为降序")] = None,
) -> PageQuery:
    """FastAPI dependency of every list route."""
    return PageQuery(limit=limit, cursor=cursor, sort=sort)


def paginate(
    session: Session,
    statement: Select[Any],
    *,
    page: PageQuery,
    key: InstrumentedAttribute[Any],
    sortable: dict[str, InstrumentedAttribute[Any]],
    default: str,
) -> tuple[list[Any], str | None, int]:
    """Rows of `statement` in the order `page.sort` (else `default`), the cursor of the next page, and the total.

    `key` is the unique column that breaks ties. Rows without a value sort last in both directions.
    Raises `InvalidInput` for an unknown sort field or a cursor that belongs to another order.
    """
    sort = page.sort or default
    column = sortable.get(sort.lstrip("-"))
    if column is None or sort.startswith("--"):
        allowed = "、".join(sorted(sortable))
        raise InvalidInput(
            fields=(
                FieldError(
                    "sort",
                    "unknown_sort",
                    f"可用的排序字段：{allowed}",
                    f"Sortable fields: {', '.join(sorted(sortable))}",
                ),
            )
        )
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    is_descending = sort.startswith("-")
    if page.cursor:
        statement = statement.where(_after(page.cursor, sort, column, key, is_descending))
    is_null = column.is_(None)
    directed = column.desc() if is_descending else column.asc()
    tie = key.desc() if is_descending else key.asc()
    rows = list(session.scalars(statement.order_by(is_null, directed, tie).limit(page.limit + 1)))
    has_more = len(rows) > page.limit
    rows = rows[: page.limit]
    return rows, _cursor(sort, rows[-1], column, key) if has_more else None, total


def page_of(view: type[View], rows: Sequence[Any], next_cursor: str | None, total: int) -> dict[str, Any]:
    """The page as JSON-ready data with each row rendered by `view`."""
    return {"items": [view.model_validate(row) for row in rows], "next_cursor": next_cursor, "total": total}


def _cursor(sort: str, row: Any, column: InstrumentedAttribute[Any], key: InstrumentedAttribute[Any]) -> str:
    value, tie = getattr(row, column.key), getattr(row, key.key)
    return (
        base64.urlsafe_b64encode(json.dumps([sort, _plain(value), str(tie)], ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value


def _after(
    cursor: str,
    sort: str,
    column: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[Any],
    is_descending: bool,
) -> ColumnElement[bool]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        cursor_sort, value, tie = raw
        last_key = UUID(str(tie))
        last = _typed(column, value)
    except (ValueError, TypeError, binascii.Error, ArithmeticError) as error:
        raise _invalid_cursor() from error
    if cursor_sort != sort:
        raise _invalid_cursor()
    beyond_tie = key < last_key if is_descending else key > last_key
    if last is None:
        return and_(column.is_(None), beyond_tie)
    beyond = column < last if is_descending else column > last
    return or_(beyond, and_(column == last, beyond_tie), column.is_(None))


def _typed(column: InstrumentedAttribute[Any], value: Any) -> Any:
    if value is None:
        return None
    kind = column.type.python_type
    if issubclass(kind, datetime):
        instant = kind.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError(value)
        return instant.astimezone(UTC)
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if kind is bool or isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(value)
    return _storable(kind(value))


def _storable(value: Any) -> Any:
    # A made-up cursor must end as a bad cursor, not as an error of the database that cannot take it.
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(value)
        value.encode()
    elif not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValueError(value)
    return value


def _invalid_cursor() -> InvalidInput:
    return InvalidInput(
        fields=(
            FieldError(
                "cursor",
                "invalid_cursor",
                "分页游标无效，请从第一页重新读取",
                "Invalid cursor; start from the first page",
            ),
        )
    )
