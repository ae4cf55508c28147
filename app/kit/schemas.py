"""Strict field types and base models of the HTTP edge: unknown fields, `true` for 1 and "nan" are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.kit.text import UncleanText, clean_line, clean_text


class Body(BaseModel):
    """Base of everything a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class View(BaseModel):
    """Base of everything a client gets; read from rows and dataclasses alike."""

    model_config = ConfigDict(from_attributes=True, allow_inf_nan=False)


def with_example(example: dict[str, Any]) -> ConfigDict:
    """The configuration of a body, with the example that the documentation shows."""
    return ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, json_schema_extra={"examples": [example]}
    )


def _must_be_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("datetime_parsing", "out of range") from error


def _not_a_bool(value: Any) -> Any:
    # JSON numbers arrive as int or float; a string of digits is a client's mistake, not a number.
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number_type", "must be a number")
    return str(value) if isinstance(value, float) else value


@dataclass(frozen=True)
class Line:
    """`Annotated[str, Line(200, 1)]`: one line of at most 200 characters and at least one visible one."""

    max_length: int
    min_length: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _cleaned(self.max_length, self.min_length, clean_line)


@dataclass(frozen=True)
class Text:
    """As `Line`, for texts of several lines."""

    max_length: int
    min_length: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _cleaned(self.max_length, self.min_length, clean_text)


def _cleaned(max_length: int, min_length: int, clean: Callable[[str], str]) -> CoreSchema:
    def validate(value: str) -> str:
        try:
            cleaned = clean(value)
        except UncleanText as error:
            raise PydanticCustomError(error.code, "unclean text") from error
        if len(cleaned) < min_length:
            raise PydanticCustomError("string_too_short", "must not be empty")
        if len(cleaned) > max_length:
            raise PydanticCustomError(
                "string_too_long", "at most {max_length} characters", {"max_length": max_length}
            )
        return cleaned

    # The length is checked on both sides of cleaning: before, so that a huge text costs nothing; after, for the column.
    raw = core_schema.str_schema(max_length=max_length, min_length=min_length, strict=True)
    return core_schema.no_info_after_validator_function(validate, raw)


Day = Annotated[date, Field(strict=False), BeforeValidator(_must_be_text)]
Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_must_be_text), AfterValidator(_in_utc)
]
Ref = Annotated[UUID, Field(strict=False), BeforeValidator(_must_be_text)]
Wan = Annotated[
    Decimal,
    Field(strict=False, ge=0, le=Decimal("9999999"), decimal_places=4, max_digits=12),
    BeforeValidator(_not_a_bool),
]
"""Money in 万元, 0 to 9,999,999, to the 元."""

WanView = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Money in 万元 as a JSON number."""

Keywords = Annotated[list[Annotated[str, Line(40, 1)]], Field(max_length=20)]
Trl = Annotated[int, Field(ge=1, le=9)]
