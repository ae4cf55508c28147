"""Puts requirements that share a bottleneck into clusters, and names each by the words that set it apart.

Small and deterministic: the same vectors and words give the same clusters, in whatever order they come.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from matching.index.reference import centred
from matching.text import content_words, normalise

THRESHOLD = 0.3
"""The average centred cosine of two groups from which they are one; looked at on the sample challenge."""

MOST = 10_000
"""So many rows are clustered at most: their pairs are held at once (8 bytes each)."""

THEME_WORDS = 3


class TooManyRows(ValueError):
    """More rows than `MOST`."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Two rows or more. `members` begin with the most typical one; `cohesion` is their mean centred cosine."""

    members: tuple[str, ...]
    cohesion: float


def clusters(
    keys: Sequence[str], vectors: NDArray[np.float32], *, threshold: float = THRESHOLD
) -> tuple[Cluster, ...]:
    """The clusters, the largest first; rows that are alone are in none.

    `vectors` is (n, d) of unit length, row i belonging to keys[i]. The vectors are centred on their mean, and
    clusters joined by average linkage (UPGMA) while their mean similarity is at least `threshold`, so that a
    chain of near neighbours does not become one cluster. Raises `TooManyRows`.
    """
    if len(keys) > MOST:
        raise TooManyRows(f"{len(keys)} rows, {MOST} at most")
    if len(keys) < 2:
        return ()
    order = sorted(range(len(keys)), key=lambda row: keys[row])
    names = [keys[row] for row in order]
    directions = centred(vectors[order], vectors[order].mean(axis=0)).astype(np.float64)
    # Twelve digits: sums of floats differ in the last ones between machines, and ties must not depend on that.
    near = np.round(directions @ directions.T, 12)
    upper = np.triu_indices(len(names), 1)
    labels = fcluster(linkage(np.clip(1.0 - near[upper], 0.0, 2.0), "average"), 1.0 - threshold, "distance")
    found = []
    for label in sorted(set(labels.tolist())):
        rows = np.flatnonzero(labels == label).tolist()
        if len(rows) > 1:
            found.append(_cluster(names, near, rows))
    return tuple(sorted(found, key=lambda one: (-len(one.members), -one.cohesion, one.members)))


def theme(
    members: Sequence[str],
    words_of: Mapping[str, Sequence[str]],
    titles: Mapping[str, str],
    *,
    count: int = THEME_WORDS,
) -> tuple[str, ...]:
    """Up to `count` words that name a cluster; `words_of` and `titles` tell of every row of the collection.

    First come words that several members have, as a key word or in one, or in the title: by (members that have
    it) x ln((rows + 1) / rows that have it) x the root of its length. Then key words
    of the members in turn, the most typical ones first. A word within a
    chosen one, or the other way round, is left out.
    """
    held = {key: _parts(titles.get(key, ""), words_of.get(key, ())) for key in titles}
    everywhere = Counter(word for words in held.values() for word in words)
    inside = Counter(word for key in members for word in held.get(key, ()))

    def weight(word: str) -> tuple[float, str]:
        rarity = math.log((len(held) + 1) / everywhere[word])
        return inside[word] * rarity * math.sqrt(len(word)), word

    shared = sorted((word for word in inside if inside[word] > 1), key=weight, reverse=True)
    turns = zip_longest(*(words_of.get(key, ()) for key in members))
    own = [word for turn in turns for word in turn if word]
    chosen: list[str] = []
    for word in (*shared, *own):
        if len(chosen) == count:
            break
        if not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return tuple(chosen)


def _cluster(names: Sequence[str], near: NDArray[np.float64], rows: list[int]) -> Cluster:
    inner = near[np.ix_(rows, rows)]
    others = (inner.sum(axis=1) - np.diag(inner)) / (len(rows) - 1)
    typical = sorted(
        range(len(rows)), key=lambda place: (-round(float(others[place]), 9), names[rows[place]])
    )
    return Cluster(tuple(names[rows[place]] for place in typical), round(float(others.mean()), 6))


def _parts(title: str, words: Sequence[str]) -> frozenset[str]:
    found = {word for word in words if len(word) > 1}
    for text in (title, *words):
        found.update(part for part, _, _ in content_words(normalise(text)) if len(part) > 1)
    return frozenset(found)
