"""Plain word filters of lists: every word must occur in one of the columns. Ranking is left to the index."""

from __future__ import annotations

import json

from sqlalchemy import ColumnElement, Text, and_, cast, or_, true
from sqlalchemy.orm import InstrumentedAttribute


def contains_words(
    words: str,
    *columns: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    lists: tuple[InstrumentedAttribute[list[str]], ...] = (),
) -> ColumnElement[bool]:
    """Every blank-separated word occurs in a text column or in an item of a JSON list column.

    The case of letters does not matter. No words at all fit every row.
    """
    conditions = [_contains(word, columns, lists) for word in words.split()]
    return and_(true(), *conditions)


def _contains(
    word: str,
    columns: tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...],
    lists: tuple[InstrumentedAttribute[list[str]], ...],
) -> ColumnElement[bool]:
    # Both databases keep a JSON column as the text that was written, with escapes for Chinese characters.
    escaped = json.dumps(word)[1:-1]
    return or_(
        *(column.icontains(word, autoescape=True) for column in columns),
        *(cast(column, Text).icontains(escaped, autoescape=True) for column in lists),
    )
