"""Makes every text fit for XML and for a page: what no file format can hold becomes a visible sign."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DIRECTION = re.compile("[\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """`text` with line feeds as its only breaks; marks of direction are gone, control characters and lone
    surrogates are U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", _DIRECTION.sub("", _BREAKS.sub("\n", text)))
