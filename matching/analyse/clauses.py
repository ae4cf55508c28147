"""Cuts a section into sentences and clauses that keep brackets whole, in a half-width form of equal length.

Equal length means that a place found in the plain form is the same place in the original text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HALF_WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20}
_HALF_WIDTH |= {ord(sign): ord("~") for sign in "〜∼～"}
_HALF_WIDTH |= {ord("≧"): ord("≥"), ord("⩾"): ord("≥"), ord("≦"): ord("≤"), ord("⩽"): ord("≤")}
_HALF_WIDTH |= {ord("µ"): ord("μ"), ord("\t"): 0x20, ord("\xa0"): 0x20}
# The Chinese comma ends a clause as the full-width one does; sentence ends keep their own signs.
_PLAIN = str.maketrans(_HALF_WIDTH)

_OPEN, _CLOSE = "([{【<“「", ")]}】>”」"
_BRACKETS = {"(": ")", "[": "]", "【": "】", "“": "”", "「": "」"}
_NUMBERING = re.compile(
    r"\s*(?:\(\s*\d{1,2}\s*\)|\d{1,2}\s*[)、]|\d{1,2}(?:\.\d{1,2})*\s*\.(?!\d)|[①-⑳•·●◆■]|-(?![\d.])"
    r"|\(?[一二三四五六七八九十]{1,2}[)、.])\s*"
)


def plain(text: str) -> str:
    """`text` with half-width letters, digits and signs; as long as `text`."""
    return text.translate(_PLAIN)


def split(text: str, separators: str) -> Iterator[tuple[int, int]]:
    """(start, end) of the pieces between separators that stand outside brackets; blank pieces left out.

    A comma between digits (1,200) and a bracket that is never closed separate nothing and hide nothing.
    """
    begin = 0
    waiting: list[tuple[str, int]] = []
    closing = _matched(text)
    for place, character in enumerate(text):
        if place in closing:
            waiting.append((character, closing[place]))
        elif waiting and place == waiting[-1][1]:
            waiting.pop()
        elif not waiting and character in separators and not _inside_number(text, place):
            if text[begin:place].strip():
                yield _trimmed(text, begin, place)
            begin = place + 1
    if text[begin:].strip():
        yield _trimmed(text, begin, len(text))


def _matched(text: str) -> dict[int, int]:
    """Where each bracket that is closed within 60 characters and its line is closed."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for place, character in enumerate(text):
        if character == "\n":
            stack.clear()
        elif character in _BRACKETS:
            stack.append(place)
        elif stack and character == _BRACKETS[text[stack[-1]]]:
            opened = stack.pop()
            if place - opened <= 60:
                pairs[opened] = place
    return pairs


def _inside_number(text: str, place: int) -> bool:
    if text[place] not in ",.:" or not 0 < place < len(text) - 1:
        return False
    return text[place - 1].isdigit() and text[place + 1].isdigit()


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    piece = text[begin:end]
    return begin + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of the sentences of a plain text, semicolons ending them, too."""
    return split(text, "。!?;\n")


def clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, end) of the clauses of `text[start:end]`, numbering such as 1. or (2) left out."""
    for begin, finish in split(text[start:end], ",。!?;\n"):
        found = _NUMBERING.match(text, start + begin, start + finish)
        first = found.end() if found else start + begin
        if first < start + finish:
            yield first, start + finish
