"""The reference sample of a collection: the documents over which a score's mean and deviation are taken.

The sample is chosen by a hash of the texts, so it depends on what the documents say and not on their keys,
their order, on filters or on how the index came about; a score therefore means the same in every such case,
also in another database with the same content.
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
        """The living documents with the `config.reference_size` smallest text hashes, equal texts once."""
        rows = np.flatnonzero(view.alive).astype(np.int64)
        hashes = view.store.draws.view(view.count)[rows]
        wanted = view.config.reference_size
        if len(rows) > wanted:
            drawn = np.argpartition(hashes, wanted)[:wanted]
            rows, hashes = rows[drawn], hashes[drawn]
        # Ordered by hash, so that sums over the sample round alike whatever the order of the rows.
        rows = rows[np.unique(hashes, return_index=True)[1]]
        lexical = view.lexical
        postings = build_segment(take(lexical.table, rows), 0, lexical.bm25, lexical.average)
        return cls(centred(view.vectors.vectors(rows), view.centre), postings)

    def lexical_scores(self, terms: Terms, weights: Floats) -> Floats:
        """(n,) float32, as `LexicalView.exact` would give for the sampled documents."""
        totals = np.zeros(self.size, dtype=np.float32)
        self.postings.add_scores(totals, terms, weights)
        return totals


def draws(texts: Iterable[tuple[str, str]]) -> NDArray[np.uint32]:
    """One number for each (title, description): who is drawn first; equal for equal texts."""
    joined = ("\x00".join(pair).encode("utf-8", "replace") for pair in texts)
    return np.fromiter((zlib.crc32(text) for text in joined), dtype=np.uint32)


def centred(vectors: Vectors, centre: Vectors) -> Vectors:
    """Rows minus the centre, back to length 1; a row that equals the centre becomes zero."""
    moved = vectors - centre
    lengths = np.linalg.norm(moved, axis=-1, keepdims=True)
    return np.asarray(moved / np.maximum(lengths, 1e-6), dtype=np.float32)
