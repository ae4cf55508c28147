"""Which of a requirement's stated targets (考核指标) an achievement speaks to, and whether its figures reach them.

Only what the achievement's text says counts: a target it does not mention is neither met nor missed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from matching.analyse.clauses import plain
from matching.analyse.targets import find_targets
from matching.analyse.types import Operator, Target
from matching.text import content_words, normalise

Verdict = Literal["met", "missed", "mentioned", "silent"]

_LONGEST = 2000
_LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Stated:
    """A target as the form or its analysis has it; `upper` only with the operator `~`."""

    name: str
    operator: Operator
    value: float
    upper: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an achievement says of a target: `phrase` quotes it, "" when it says nothing.

    `met` and `missed`: it states a figure of the same name and unit; `mentioned`: it names the thing without
    one; `silent`: it does not.
    """

    target: Stated
    verdict: Verdict
    phrase: str


def spoken_targets(targets: Sequence[Stated], title: str, description: str) -> tuple[Spoken, ...]:
    """The verdict on each target, in order."""
    if not targets:
        return ()
    text = f"{title}。{description}"[:_LONGEST]
    lowered = _lowered(text)
    return tuple(_spoken(target, text, lowered) for target in targets)


def _spoken(target: Stated, text: str, lowered: str) -> Spoken:
    words = _words(target.name)
    named = [word for word in words if word in lowered]
    if not words or sum(map(len, named)) < _LEAST_SHARE * sum(map(len, words)):
        return Spoken(target, "silent", "")
    for figure in _figures(text):
        if _unit(figure.unit) == _unit(target.unit) and _is_same_name(target.name, figure.name):
            return Spoken(target, "met" if reaches(figure, target) else "missed", _quote(text, figure))
    return Spoken(target, "mentioned", max(named, key=len))


def _quote(text: str, figure: Target) -> str:
    """The clause up to the figure, so that what it is a figure of is quoted, too."""
    begin = max(text.rfind(sign, 0, figure.place.start) for sign in "，。；;！!\n") + 1
    return text[begin : figure.place.end].strip()


def reaches(figure: Target, target: Stated) -> bool:
    """Whether a stated figure fulfils a target; a range fulfils it when all of it does."""
    low = figure.value
    high = figure.upper if figure.upper is not None else figure.value
    if target.operator == "≥":
        return low >= target.value and figure.operator not in ("≤", "<")
    if target.operator == ">":
        return (low > target.value or (low == target.value and figure.operator == ">")) and (
            figure.operator not in ("≤", "<")
        )
    if target.operator == "≤":
        return high <= target.value and figure.operator not in ("≥", ">")
    if target.operator == "<":
        return (high < target.value or (high == target.value and figure.operator == "<")) and (
            figure.operator not in ("≥", ">")
        )
    if target.operator == "~" and target.upper is not None:
        return target.value <= low and high <= target.upper
    return low == high == target.value


@lru_cache(maxsize=2048)
def _figures(text: str) -> tuple[Target, ...]:
    if not re.search(r"\d", text):
        return ()
    return tuple(find_targets(plain(text), text, section="description", is_list=True))


@lru_cache(maxsize=2048)
def _lowered(text: str) -> str:
    return normalise(text).lower()


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    lowered = normalise(name).lower()
    return tuple(dict.fromkeys(word for word, _, _ in content_words(lowered))) or (
        (lowered,) if lowered else ()
    )


def _is_same_name(one: str, other: str) -> bool:
    """One name holds the other, or they share half of their character pairs."""
    left, right = (re.sub(r"[\W_]", "", normalise(name).lower()) for name in (one, other))
    if not left or not right:
        return False
    if left in right or right in left:
        return True
    pairs, others = ({name[at : at + 2] for at in range(len(name) - 1)} for name in (left, right))
    return 2 * len(pairs & others) >= len(pairs) + len(others) > 0


def _unit(unit: str) -> str:
    return re.sub(r"\s", "", normalise(unit)).lower()
