"""Strict field types and base models of the HTTP edge: unknown fields, `true` for 1 and "nan" are refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from app.kit.columns import Labelled
from app.kit.text import UncleanText, clean_line, clean_text


class Body(BaseModel):
    """Base of everything a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_strip_whitespace=False)


class View(BaseModel):
    """Base of everything a client gets; read from rows and dataclasses alike."""

    model_config = ConfigDict(from_attributes=True, allow_inf_nan=False)


def with_example(example: dict[str, Any]) -> ConfigDict:
    """The configuration of a body, with the example that the documentation shows."""
    return ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, json_schema_extra={"examples": [example]}
    )


def _clean_line(value: str) -> str:
    try:
        return clean_line(value)
    except UncleanText as error:
        raise PydanticCustomError(error.code, "unclean text") from error


def _clean_text(value: str) -> str:
    try:
        return clean_text(value)
    except UncleanText as error:
        raise PydanticCustomError(error.code, "unclean text") from error


def _must_be_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    return value


def _not_a_bool(value: Any) -> Any:
    # JSON numbers arrive as int or float; a string of digits is a client's mistake, not a number.
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number_type", "must be a number")
    return str(value) if isinstance(value, float) else value


def _code_of(kind: type[Labelled]) -> BeforeValidator:
    def parse(value: Any) -> Any:
        try:
            return kind.parse(value) if isinstance(value, str) else kind(value)
        except ValueError as error:
            allowed = "、".join(dict.fromkeys(member.value for member in kind))
            raise PydanticCustomError("enum", "must be one of {allowed}", {"allowed": allowed}) from error

    return BeforeValidator(parse)


def line(max_length: int, min_length: int = 0) -> Any:
    """A one-line text of at most `max_length` characters."""
    # The limit is checked on both sides of cleaning: before, so that a huge text costs nothing; after, for the column.
    return Annotated[
        str,
        Field(max_length=max_length, min_length=min_length),
        AfterValidator(_clean_line),
        *([AfterValidator(_not_empty)] if min_length else []),
    ]


def text(max_length: int, min_length: int = 0) -> Any:
    """A text of several lines of at most `max_length` characters."""
    return Annotated[
        str,
        Field(max_length=max_length, min_length=min_length),
        AfterValidator(_clean_text),
        *([AfterValidator(_not_empty)] if min_length else []),
    ]


def _not_empty(value: str) -> str:
    if not value:
        raise PydanticCustomError("string_too_short", "must not be empty")
    return value


def coded(kind: type[Labelled]) -> Any:
    """A code of `kind`; its Chinese label is accepted, too."""
    return Annotated[kind, _code_of(kind)]


Day = Annotated[date, Field(strict=False), BeforeValidator(_must_be_text)]
Instant = Annotated[datetime, Field(strict=False), BeforeValidator(_must_be_text)]
Ref = Annotated[UUID, Field(strict=False), BeforeValidator(_must_be_text)]
Wan = Annotated[
    Decimal,
    Field(strict=False, ge=0, le=Decimal("9999999"), decimal_places=4, max_digits=12),
    BeforeValidator(_not_a_bool),
]
"""Money in 万元, 0 to 9,999,999, to the 元."""

WanView = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Money in 万元 as a JSON number."""

Keywords = Annotated[list[line(40, 1)], Field(max_length=20)]  # type: ignore[misc]
Trl = Annotated[int, Field(ge=1, le=9)]
