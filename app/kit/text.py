"""Hygiene of the texts that people type or paste, the same for forms, files and REST bodies.

Decides what a text may contain and how keywords are cut; length limits belong to the fields.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LINE_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
"""Every line break that Word, browsers and spreadsheets produce; stored texts know only the line feed."""

INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\u00ad\u180e\u3164\u115f\u1160\u034f\ufe00-\ufe0f]+")
"""Characters without a shape of their own: a text of nothing else is empty, inside a word they may matter."""

REMOVED = re.compile("[\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Byte order marks and direction marks, which come along when a path or a name is copied on Windows."""

FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))
    + "]"
)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
NEEDS_WORK = re.compile("[^\t\n\x20-\x7e\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

KEYWORD_SEPARATORS = re.compile("[、，,；;\n\t]+")
"""What separates keywords in one cell; a space does so only when none of these occurs."""


class UncleanText(ValueError):
    """The text holds what no form accepts. `code` is stable: `control_character` or `surrogate`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def clean_text(text: str) -> str:
    """`text` as it is stored: NFC, line feeds only, no marks of direction, no blanks at either end.

    A text of nothing but blanks and zero-width characters becomes "". Idempotent.
    Raises `UncleanText` for control characters, noncharacters and lone surrogates.
    """
    if NEEDS_WORK.search(text) is None:
        return text.strip()
    if LONE_SURROGATE.search(text):
        raise UncleanText("surrogate")
    text = REMOVED.sub("", LINE_BREAKS.sub("\n", text))
    if FORBIDDEN.search(text):
        raise UncleanText("control_character")
    text = unicodedata.normalize("NFC", text).strip()
    if not INVISIBLE.sub("", text).strip():
        return ""
    return text


def clean_line(text: str) -> str:
    """`clean_text` for fields of one line: every run of blanks becomes one space."""
    return " ".join(clean_text(text).split())


def split_keywords(value: str | Iterable[str]) -> list[str]:
    """Keywords in their order, each once, none with a separator inside.

    One text is cut at 、，,；; and line ends, or at blanks when it has none of these. The items of a list are
    cut at the separators only, so that a keyword such as "deep learning" survives. Raises `UncleanText`.
    """
    if isinstance(value, str):
        text = clean_text(value)
        parts = KEYWORD_SEPARATORS.split(text) if KEYWORD_SEPARATORS.search(text) else text.split()
    else:
        parts = [part for item in value for part in KEYWORD_SEPARATORS.split(clean_text(item))]
    return list(dict.fromkeys(keyword for keyword in (clean_line(part) for part in parts) if keyword))


def join_keywords(keywords: Iterable[str]) -> str:
    """One cell that `split_keywords` turns back into the same list."""
    words = list(keywords)
    text = "；".join(words)
    return f"{text}；" if len(words) == 1 and " " in text else text
