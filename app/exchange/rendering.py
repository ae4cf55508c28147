"""Writes stored values as cells that importing reads back as the same values."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.exchange.columns import Column
from app.exchange.targets import render_targets
from app.exchange.values import NAME_SEPARATORS
from app.kit.columns import Labelled
from app.kit.escaping import escape
from app.kit.text import join_keywords, split_keywords

CELL_LIMIT = 32_767
"""What a cell of a spreadsheet holds."""

Plain = str | int | float | Decimal | date | None


def cell_value(value: Any, column: Column) -> Plain:
    """The value as a cell: numbers and dates as such, everything else as text that is not yet escaped."""
    if value is None or value == "" or value == []:
        return None
    if column.cell == "targets":
        return render_targets(value)
    if column.cell == "keywords":
        return _keywords(value)
    if column.cell == "names":
        return _names(value)
    if isinstance(value, Labelled):
        return value.label
    if isinstance(value, uuid.UUID):
        return str(value)
    plain: Plain = value
    return plain


def as_text(value: Plain) -> str:
    """The cell in a file of texts, safe from being taken for a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def as_json(value: Any) -> Any:
    """The value in jsonl: codes, lists and numbers as the REST bodies have them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Labelled):
        return value.value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _keywords(words: Sequence[str]) -> str:
    text = join_keywords(words)
    return text if split_keywords(text) == list(words) else _as_list(words)


def _names(names: Sequence[str]) -> str:
    is_plain = not any(NAME_SEPARATORS.search(name) for name in names) and not names[0].startswith('["')
    return "；".join(names) if is_plain else _as_list(names)


def _as_list(words: Sequence[str]) -> str:
    return json.dumps(list(words), ensure_ascii=False)
