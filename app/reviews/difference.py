"""Shows how two texts differ, as runs of equal, deleted and inserted characters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

LONGEST_BY_CHARACTER = 4_000
"""Pieces in both texts together up to which single characters are compared; longer ones go clause by clause."""

# A number or a Latin word is one piece: "80" and "85" differ as a whole, not by a digit.
_PIECES = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|.", re.DOTALL)
_CLAUSES = re.compile(r"[^，。；：！？、,;:!?\n]*[，。；：！？、,;:!?\n]?", re.DOTALL)

Kind = Literal["equal", "delete", "insert"]


@dataclass(frozen=True)
class Segment:
    """A run of one kind; all but the insertions read together are the old text, all but the deletions the new."""

    kind: Kind
    text: str


def difference(before: str, after: str) -> list[Segment]:
    """The way from one text to the other, deletions before the insertions that take their place."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if len(old) + len(new) > LONGEST_BY_CHARACTER:
        old, new = _CLAUSES.findall(before), _CLAUSES.findall(after)
    segments: list[Segment] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            segments.append(Segment("equal", "".join(old[start:end])))
            continue
        if start < end:
            segments.append(Segment("delete", "".join(old[start:end])))
        if new_start < new_end:
            segments.append(Segment("insert", "".join(new[new_start:new_end])))
    return segments
