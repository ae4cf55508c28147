"""Compares two models without grades, on requirements that were kept out of the training: does a title find
the sentences of its own description among those of all others?
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from matching.adapt.pairs import Source
from matching.intervals import Interval, difference_interval, mean_interval
from matching.types import Vectors

Encode = Callable[[Sequence[str]], Vectors]

HELD_BACK = 0.2
LEAST_HELD_BACK = 20
LEAST_SOURCES = 60
"""With fewer requirements that have a description an adaptation cannot be told from chance."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean reciprocal rank of a title's own sentences before and after, over `requirements` held back, and the
    difference with its interval. `is_better`: it lies above zero as a whole."""

    requirements: int
    before: float
    after: float
    difference: Interval

    @property
    def is_better(self) -> bool:
        return self.difference.low > 0.0


def split(given: list[Source], *, seed: int = 0) -> tuple[list[Source], list[Source]]:
    """(to train on, to hold back): a fifth of the sources, twenty at least."""
    order = np.random.default_rng(seed).permutation(len(given)).tolist()
    number = max(LEAST_HELD_BACK, round(len(given) * HELD_BACK))
    return [given[place] for place in sorted(order[number:])], [
        given[place] for place in sorted(order[:number])
    ]


def compare(before: Encode, after: Encode, held: list[Source], others: list[Source]) -> Comparison:
    """Of two models on the sources `held`; the sentences of `others` are there to be confused with."""
    ranks = [_reciprocal_ranks(encode, held, others) for encode in (before, after)]
    means = [mean_interval(values) for values in ranks]
    difference = difference_interval(ranks[1], ranks[0])
    assert means[0] is not None
    assert means[1] is not None
    assert difference is not None
    return Comparison(len(held), means[0].value, means[1].value, difference)


def _reciprocal_ranks(encode: Encode, held: list[Source], others: list[Source]) -> list[float]:
    """For each held source the mean of 1 / place over its sentences, each against the sentences of others."""
    sentences = [sentence for source in (*held, *others) for sentence in source.sentences]
    owners = np.array([place for place, source in enumerate((*held, *others)) for _ in source.sentences])
    titles = encode([source.title for source in held])
    vectors = encode(sentences)
    # As in matching, vectors are seen from the middle of what is searched.
    middle = vectors.mean(axis=0)
    likeness = _unit(titles - middle) @ _unit(vectors - middle).T
    found = []
    for place, row in enumerate(likeness):
        foreign = np.sort(row[owners != place])
        beaten_by = len(foreign) - np.searchsorted(foreign, row[owners == place], side="right")
        found.append(float((1.0 / (1.0 + beaten_by)).mean()))
    return found


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), dtype=np.float32)
