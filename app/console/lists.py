"""Lists as pages and, as they are shown, as workbooks: the same filters, rows and columns, by one mechanism.

A page names its columns once; `?format=xlsx` behind the address of any list gives all of its rows as a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.console.language import gettext
from app.console.rendering import instant, label, page
from app.documents.model import Cell, Sheet
from app.documents.workbook import workbook_of
from app.errors import JiebangError
from app.kit.clock import in_shanghai, now
from app.kit.downloads import XLSX, file_answer
from app.kit.pagination import PageQuery

MOST_ROWS = 20_000
"""A list of more rows is narrowed first, or exported whole as a job."""

FORMAT = "xlsx"


class ListTooLong(JiebangError):
    code, status = "list_too_long", 413
    zh = "列表超过 {limit} 行，请先筛选再导出"
    en = "The list has more than {limit} rows; narrow it before exporting it"


@dataclass(frozen=True)
class Column:
    """A column as it is headed on the page (Chinese); `value` takes what the page shows as one row."""

    header: str
    value: Callable[[Any], Any]
    width: int = 18


def wants_file(request: Request) -> bool:
    """Whether the reader asks for the list as a workbook."""
    return request.query_params.get("format") == FORMAT


def page_of(request: Request, per_page: int, *, cursor: str | None, sort: str | None = None) -> PageQuery:
    """One page of the list, or all of it where it becomes a file."""
    if wants_file(request):
        return PageQuery(limit=MOST_ROWS, sort=sort)
    return PageQuery(limit=per_page, cursor=cursor, sort=sort)


def answer(
    request: Request,
    template: str,
    *,
    title: str,
    columns: Sequence[Column],
    items: Sequence[Any],
    total: int,
    block: str | None = None,
    **values: Any,
) -> Response:
    """The page of the list, or its workbook. `title` is Chinese. Raises `ListTooLong`."""
    if not wants_file(request):
        return page(request, template, block=block, items=items, total=total, **values)
    if total > MOST_ROWS:
        raise ListTooLong(limit=MOST_ROWS)
    at, name = now(), gettext(title)
    sheet = Sheet(
        name=name[:31],
        headers=[gettext(column.header) for column in columns],
        rows=[[_cell(column.value(item)) for column in columns] for item in items],
        widths=[column.width for column in columns],
    )
    content = workbook_of([sheet], title=name, issuer="", as_of=at)
    return file_answer(content, f"{name}{in_shanghai(at):%Y%m%d}.xlsx", XLSX)


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, Enum):
        return label(value)
    if isinstance(value, datetime):
        return instant(value)
    if value is None or isinstance(value, int | float | Decimal | date):
        return value
    return str(value)
