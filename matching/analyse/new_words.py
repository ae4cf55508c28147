"""Discovers words that a corpus uses and the word cutter does not know: cohesive inside, free outside.

Cohesion is the smallest pointwise mutual information over all ways to cut the string in two, freedom the
smaller of the entropies of its left and right neighbours (after Matrix67's description of the method).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from matching.text import normalise, stop_words, words

_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_EDGE = frozenset(
    "的了和与及或在是为对从到把被将向由以于等也都就而但并且不有可需要能使其该此各每之所这那上下中内外后前时及一二三四五六七八九十"
)


@dataclass(frozen=True, slots=True)
class NewWord:
    """`count` occurrences; `cohesion` in nats (PMI), `freedom` in nats (entropy); a list is sorted by their product."""

    word: str
    count: int
    cohesion: float
    freedom: float


def discover(
    texts: Iterable[str],
    *,
    least_count: int = 5,
    least_cohesion: float = 3.0,
    least_freedom: float = 1.0,
    longest: int = 6,
    limit: int = 200,
) -> list[NewWord]:
    """New words of 2 to `longest` characters, best first; a text that is given twice counts once.

    The cutter must cut a new word in pieces, none of which is a stop word, and its first and last
    characters are no function words.
    """
    counts: Counter[str] = Counter()
    left: dict[str, Counter[str]] = defaultdict(Counter)
    right: dict[str, Counter[str]] = defaultdict(Counter)
    runs = [run for text in dict.fromkeys(texts) for run in _RUN.findall(normalise(text))]
    for run in runs:
        for size in range(1, longest + 1):
            for start in range(len(run) - size + 1):
                counts[run[start : start + size]] += 1
    total = sum(len(run) for run in runs)
    frequent = {word for word, count in counts.items() if len(word) > 1 and count >= least_count}
    for run in runs:
        for size in range(2, longest + 1):
            for start in range(len(run) - size + 1):
                word = run[start : start + size]
                if word in frequent:
                    # The edge of a run is a boundary of its own each time, so it never counts as one neighbour.
                    end = start + size
                    left[word][run[start - 1] if start else f"^{len(left[word])}"] += 1
                    right[word][run[end] if end < len(run) else f"${len(right[word])}"] += 1
    found = []
    for word in frequent:
        if word[0] in _EDGE or word[-1] in _EDGE:
            continue
        cohesion = _cohesion(word, counts, total)
        freedom = min(_entropy(left[word]), _entropy(right[word]))
        if cohesion < least_cohesion or freedom < least_freedom:
            continue
        pieces = words(word)
        if len(pieces) < 2 or any(piece in stop_words() for piece in pieces):
            continue
        found.append(NewWord(word, counts[word], round(cohesion, 3), round(freedom, 3)))
    found.sort(key=lambda one: (-one.cohesion * one.freedom, one.word))
    return found[:limit]


def _cohesion(word: str, counts: Counter[str], total: int) -> float:
    share = counts[word] / total
    return min(
        math.log(share * total * total / (counts[word[:cut]] * counts[word[cut:]]))
        for cut in range(1, len(word))
    )


def _entropy(neighbours: Counter[str]) -> float:
    number = sum(neighbours.values())
    return -sum(count / number * math.log(count / number) for count in neighbours.values())
