"""The reference sample of a collection: the documents over which a score's mean and deviation are taken.

The sample is chosen by a hash of the keys, so it depends on which documents there are and not on their
order, on filters or on how the index came about; a score therefore means the same in every such case.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matching.index.lexical import Floats, Segment, build_segment, take
from matching.terms import Terms
from matching.types import Vectors

if TYPE_CHECKING:
    from matching.index.collection import CollectionView


@dataclass(frozen=True, slots=True)
class Reference:
    """n sampled documents: their centred unit vectors (n, d) and their postings."""

    vectors: Vectors
    postings: Segment

    @property
    def size(self) -> int:
        return len(self.vectors)

    @classmethod
    def sample(cls, view: CollectionView) -> Reference:
        """At most `config.reference_size` living documents, those with the smallest key hashes."""
        rows = np.flatnonzero(view.alive).astype(np.int64)
        wanted = view.config.reference_size
        if len(rows) > wanted:
            hashes = view.store.key_hashes.view(view.count)[rows]
            rows = rows[np.argpartition(hashes, wanted)[:wanted]]
        lexical = view.lexical
        postings = build_segment(take(lexical.table, rows), 0, lexical.bm25, lexical.average)
        return cls(centred(view.vectors.vectors(rows), view.centre), postings)

    def lexical_scores(self, terms: Terms, weights: Floats) -> Floats:
        """(n,) float32, as `LexicalView.exact` would give for the sampled documents."""
        totals = np.zeros(self.size, dtype=np.float32)
        self.postings.add_scores(totals, terms, weights)
        return totals


def key_hashes(keys: Iterable[str]) -> NDArray[np.uint32]:
    return np.fromiter((zlib.crc32(key.encode("utf-8", "replace")) for key in keys), dtype=np.uint32)


def centred(vectors: Vectors, centre: Vectors) -> Vectors:
    """Rows minus the centre, back to length 1; a row that equals the centre becomes zero."""
    moved = vectors - centre
    lengths = np.linalg.norm(moved, axis=-1, keepdims=True)
    return np.asarray(moved / np.maximum(lengths, 1e-6), dtype=np.float32)
