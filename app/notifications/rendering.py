"""Checks what a notification carries and turns it into words in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.kit.clock import in_shanghai
from app.models.notification import Event, Notification
from app.notifications.catalogue import EVENTS, Kind, Parameter

CODE = re.compile(r"[A-Za-z0-9_.:-]{1,60}")
"""What a code may look like: too little to smuggle a sentence through."""

Value = str | int | Decimal | datetime


@dataclass(frozen=True)
class Words:
    """A notification as a person reads it."""

    headline: str
    sentence: str


def checked(event: Event, parameters: Mapping[str, Value]) -> dict[str, str | int]:
    """The parameters as JSON values: instants as ISO 8601 in UTC, decimals as text.

    Raises `ValueError` when the names are not those of the catalogue or a value has another form; that is a
    fault of the calling code, never of a user.
    """
    expected = EVENTS[event].parameters
    if parameters.keys() != expected.keys():
        raise ValueError(f"{event.value} carries {sorted(expected)}, not {sorted(parameters)}")
    return {name: _plain(expected[name], name, value) for name, value in parameters.items()}


def _plain(parameter: Parameter, name: str, value: Value) -> str | int:
    if parameter is Kind.NUMBER:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return value if isinstance(value, int) else str(value)
    elif parameter is Kind.INSTANT:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC).isoformat()
    elif parameter is Kind.CODE:
        if isinstance(value, str) and CODE.fullmatch(value):
            return str(value)
    elif isinstance(parameter, type) and isinstance(value, str):
        return str(parameter(value).value)
    raise ValueError(f"the parameter {name} has another form")


def render(notification: Notification, language: str, title: str) -> Words:
    """Headline and sentence in `zh` or `en`; `title` is what may be said of the subject's name, often ""."""
    texts = EVENTS[notification.event]
    values: dict[str, str] = {"title": _quoted(title, language)}
    for name, parameter in texts.parameters.items():
        values[name] = _shown(parameter, notification.parameters.get(name, ""), language)
    headline, sentence = texts.in_language(language)
    return Words(headline.format_map(values), sentence.format_map(values))


def _quoted(title: str, language: str) -> str:
    if not title:
        return ""
    return f" “{title}”" if language == "en" else f"“{title}”"


def _shown(parameter: Parameter, value: Any, language: str) -> str:
    text = str(value)
    if parameter is Kind.INSTANT and text:
        instant = in_shanghai(datetime.fromisoformat(text))
        return f"{instant:%Y-%m-%d %H:%M}" + (" (UTC+8)" if language == "en" else "（北京时间）")
    if isinstance(parameter, type):
        return text.replace("_", " ") if language == "en" else parameter(text).label
    return text
