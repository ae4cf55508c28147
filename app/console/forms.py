"""Reads a browser's form into the body that the API takes, so that both check the same and say the same.

Browsers send text only; here it becomes numbers, lists and rows. What is wrong is told beside its field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ValidationError
from starlette.datastructures import FormData

from app.console.language import current
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.clock import in_shanghai
from app.kit.text import UncleanText, split_keywords
from app.problems import field_errors

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Read(Generic[Model]):
    """What a form gave: the body, or what is wrong by field. `values` is what the person typed."""

    values: Mapping[str, Any]
    body: Model | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[FieldError, ...] = ()


def read(model: type[Model], form: FormData, *, by_line: Collection[str] = ()) -> Read[Model]:
    """Reads the fields of `model` that the form carries; those it does not carry are left out of the body.

    Lists are cut at separators; the items of those in `by_line` hold some themselves and stand one a line.
    """
    values, raw = _read(model, form, by_line)
    return checked(model, values, raw)


def raw_of(model: type[BaseModel], form: FormData) -> dict[str, Any]:
    """What `read` hands to the model, for forms that say a part of it in a way of their own."""
    return _read(model, form, ())[1]


def _read(
    model: type[BaseModel], form: FormData, by_line: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        kinds = frozenset(_kinds(info.annotation))
        if list in kinds and (row := _row_model(info.annotation)) is not None:
            rows = list(_rows(form, name, row))
            if rows or f"{name}.rows" in form:
                values[name] = rows
                raw[name] = [_typed_row(item, row) for item in rows]
        elif name in form:
            given = [str(item) for item in form.getlist(name)]
            # Boxes that were ticked come one by one; a list that was typed comes as one text.
            values[name] = given if len(given) > 1 else given[0]
            if name in by_line:
                raw[name] = [line.strip() for line in given[-1].splitlines() if line.strip()]
            else:
                raw[name] = _words("、".join(given)) if list in kinds else _typed(given[-1], kinds)
    return values, raw


def checked(model: type[Model], values: Mapping[str, Any], raw: Mapping[str, Any]) -> Read[Model]:
    """`raw` as the body that the API takes, or what is wrong with it; `values` is what the person typed."""
    try:
        return Read(values, model.model_validate(raw))
    except ValidationError as error:
        problems = field_errors(error.errors())
        return Read(values, errors=by_field(problems), problems=problems)


def body_of(model: type[Model], form: FormData) -> Model:
    """The body of a short form. Raises `InvalidInput` with what is wrong with it."""
    return _body(read(model, form))


def require(model: type[Model], raw: Mapping[str, Any]) -> Model:
    """`raw` as the body that the API takes. Raises `InvalidInput` with what is wrong with it."""
    return _body(checked(model, raw, raw))


def _body(found: Read[Model]) -> Model:
    if found.body is None:
        raise InvalidInput(fields=found.problems)
    return found.body


def by_field(errors: tuple[FieldError, ...]) -> dict[str, str]:
    """Field → what is wrong with it, in the reader's language; of several, the first."""
    found: dict[str, str] = {}
    for item in errors:
        found.setdefault(item.field, item.en if current() == "en" else item.zh)
    return found


def lines_of(error: JiebangError) -> list[str]:
    """Everything that is wrong, in the reader's language; nothing where the error itself says it all."""
    return [item.en if current() == "en" else item.zh for item in error.fields]


def refused(values: Mapping[str, Any], error: JiebangError) -> Read[Any]:
    """The same form with what the service had against it."""
    return Read(values, errors=by_field(error.fields) or {"": error.detail(current())})


def _rows(form: FormData, name: str, row: type[BaseModel]) -> Iterator[dict[str, str]]:
    """Rows named `targets.0.name`, …; those in which nothing but a choice was filled in are left out."""
    indexes = sorted(
        {
            int(parts[1])
            for parts in (key.split(".") for key in form)
            if len(parts) == 3 and parts[0] == name and parts[1].isdigit() and len(parts[1]) < 4
        }
    )
    for index in indexes:
        item = {part: str(form.get(f"{name}.{index}.{part}", "")).strip() for part in row.model_fields}
        if any(item[part] for part in item if part not in ("operator", "unit")):
            yield item


def _typed_row(item: Mapping[str, str], row: type[BaseModel]) -> dict[str, Any]:
    return {
        name: value
        for name, info in row.model_fields.items()
        if (value := _typed(item[name], frozenset(_kinds(info.annotation)))) is not None
    }


def _typed(text: str, kinds: frozenset[Any]) -> Any:
    stripped = text.strip()
    if not stripped and (type(None) in kinds or str not in kinds):
        return None
    if kinds & {int, float, Decimal}:
        return _number(stripped, kinds)
    if bool in kinds:
        return {"yes": True, "no": False}.get(stripped, text)
    return moment(stripped) if AwareDatetime in kinds else text


def moment(text: str) -> str:
    """A date and time as a browser sends it, with the zone that it lacks: the service is in Beijing time."""
    return f"{text}+08:00" if _LOCAL.fullmatch(text) else text


def local(instant: datetime | None) -> str:
    """An instant as a browser's field for date and time takes it, in Beijing time; `moment` reads it back."""
    if instant is None:
        return ""
    shown = in_shanghai(instant)
    return f"{shown:%Y-%m-%dT%H:%M:%S}" if shown.second else f"{shown:%Y-%m-%dT%H:%M}"


def local_of(text: str) -> str:
    """As `local`, of an instant that is kept as ISO text."""
    return local(datetime.fromisoformat(text))


def _words(text: str) -> Any:
    try:
        return split_keywords(text)
    except UncleanText:
        # The body's own check says what is wrong with it.
        return [text]


def number(text: str, *, kind: type[int] | type[Decimal] = int) -> Any:
    """A number as typed, or the text itself, with which the body's own check finds fault."""
    return _number(text.strip(), frozenset({kind}))


def _number(text: str, kinds: frozenset[Any]) -> Any:
    # Full-width digits and thousands separators come from input methods and from Excel.
    plain = text.translate(_FULL_WIDTH).replace(",", "").replace("，", "")
    try:
        if int in kinds and not kinds & {float, Decimal}:
            return int(plain)
        return Decimal(plain) if Decimal in kinds else float(plain)
    except (ValueError, InvalidOperation):
        return text


_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("．"): "."}


def _kinds(annotation: Any) -> Iterator[Any]:
    """The plain types inside an annotation: `Annotated[int, …] | None` gives int and NoneType."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from _kinds(part)
    elif hasattr(annotation, "__metadata__"):
        yield from _kinds(annotation.__origin__)
    else:
        yield origin or annotation


def _row_model(annotation: Any) -> type[BaseModel] | None:
    if hasattr(annotation, "__metadata__"):
        return _row_model(annotation.__origin__)
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
        inner = _row_model(part) if get_args(part) else None
        if inner is not None:
            return inner
    return None
