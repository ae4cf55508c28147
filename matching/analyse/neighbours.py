"""Reads the engine's similar requirements as duplicates, the same bottleneck, or merely related ones.

Finding them is `Engine.similar`; who may see them is for the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matching.types import SimilarRequirement

Relation = Literal["duplicate", "same_bottleneck", "related"]

SAME_BOTTLENECK = 0.62
RELATED = 0.45


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another requirement; `shared` are the key words that both have, in the order of the first's."""

    key: str
    relation: Relation
    similarity: float
    shared: tuple[str, ...]


def neighbours(
    similar: Iterable[SimilarRequirement],
    *,
    keywords: Sequence[str],
    keywords_of: dict[str, Sequence[str]],
) -> tuple[Neighbour, ...]:
    """The neighbours worth showing, most similar first.

    A duplicate is what the engine calls one. The same bottleneck needs a similarity of 0.62, or 0.45 with two
    key words in common; what is at least 0.45 otherwise is related, the rest is dropped.
    """
    found = []
    for one in similar:
        theirs = keywords_of.get(one.key, ())
        shared = tuple(word for word in keywords if any(word in other or other in word for other in theirs))
        if one.duplicate:
            relation: Relation = "duplicate"
        elif one.similarity >= SAME_BOTTLENECK or (one.similarity >= RELATED and len(shared) >= 2):
            relation = "same_bottleneck"
        elif one.similarity >= RELATED:
            relation = "related"
        else:
            continue
        found.append(Neighbour(one.key, relation, one.similarity, shared))
    return tuple(found)
