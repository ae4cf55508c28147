"""What the model learns from: the title of a requirement beside sentences of its own description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from matching.text import normalise, unique_sentences
from matching.types import Document

_SENTENCES = 4
"""The need stands in the first sentences; later ones praise the company."""
_SHORTEST, _LONGEST = 8, 80
"""Characters of a sentence. A longer one says too many things to be one of them in other words."""


@dataclass(frozen=True, slots=True)
class Source:
    """A title and the sentences that stand for it."""

    title: str
    sentences: tuple[str, ...]


def sources(documents: Iterable[Document]) -> list[Source]:
    """One for each distinct title with a sentence of its own, ordered by title: the order of the rows in a
    database shall not matter. A sentence that stands under several titles tells none of them apart."""
    found: dict[str, list[str]] = {}
    for document in documents:
        title = normalise(document.title)
        if title and title not in found:
            found[title] = [
                plain
                for plain, _, _ in unique_sentences(document.description)
                if _SHORTEST <= len(plain) <= _LONGEST and plain != title
            ]
    times = Counter(sentence for sentences in found.values() for sentence in sentences)
    own = {
        title: tuple(sentence for sentence in sentences if times[sentence] == 1)[:_SENTENCES]
        for title, sentences in found.items()
    }
    return [Source(title, own[title]) for title in sorted(own) if own[title]]


def batches(
    given: list[Source], *, size: int, steps: int, random: np.random.Generator
) -> Iterator[list[tuple[str, str]]]:
    """`steps` times at most `size` pairs of different titles; every source comes once before one comes again."""
    waiting: list[int] = []
    for _ in range(steps):
        if len(waiting) < min(size, len(given)):
            waiting = random.permutation(len(given)).tolist()
        drawn, waiting = waiting[:size], waiting[size:]
        yield [
            (given[place].title, given[place].sentences[random.integers(len(given[place].sentences))])
            for place in drawn
        ]
