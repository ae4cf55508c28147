"""The form in which the words of an event are kept, and what an event may carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from app.kit.columns import Labelled
from app.models.notification import EventGroup


class Kind(Enum):
    """The form of a parameter. There is none for free text: words of a problem never enter a notification."""

    CODE = auto()
    NUMBER = auto()
    INSTANT = auto()


Parameter = Kind | type[Labelled]
"""A kind, or the enumeration whose labels are shown for the code."""


@dataclass(frozen=True)
class EventTexts:
    """How an event is told. The headline is the e-mail's subject after the title has been put in."""

    group: EventGroup
    zh: tuple[str, str]
    en: tuple[str, str]
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def in_language(self, language: str) -> tuple[str, str]:
        """Headline and sentence in `zh` or `en`."""
        return self.en if language == "en" else self.zh
