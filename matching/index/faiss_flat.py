"""The exact vector index on FAISS: every row is compared, filters are id selectors inside the search."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from matching.index.locks import ReadWriteLock
from matching.index.vectors import VECTORS_FILE, VectorIndex, passing_rows, require_vectors, saved_vectors
from matching.threads import faiss
from matching.types import Mask, Rows, VectorFacts, Vectors


class FaissFlatIndex:
    """`VectorIndex` over `faiss.IndexFlatIP`: recall 1, one pass over all vectors per query."""

    kind = "faiss-flat"

    def __init__(self, dimension: int) -> None:
        self._index = faiss.IndexFlatIP(dimension)
        self._removed = np.zeros(0, dtype=np.bool_)
        # An append may move the vectors while a search reads them; FAISS does not guard against that itself.
        self._lock = ReadWriteLock()

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def count(self) -> int:
        return int(self._index.ntotal)

    def append(self, vectors: Vectors) -> None:
        checked = require_vectors(vectors, self.dimension)
        with self._lock.write():
            self._index.add(checked)
            self._removed = np.concatenate([self._removed, np.zeros(len(checked), dtype=np.bool_)])

    def remove(self, rows: Rows) -> None:
        with self._lock.write():
            removed = self._removed.copy()
            removed[rows[(rows >= 0) & (rows < len(removed))]] = True
            self._removed = removed

    def search(self, query: Vectors, depth: int, *, allowed: Mask | None = None) -> tuple[Rows, Vectors]:
        with self._lock.read():
            passing = passing_rows(self._removed, allowed)
            depth = min(depth, int(np.count_nonzero(passing)))
            if depth <= 0:
                return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
            bits = np.packbits(passing, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(passing), faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
            products, rows = self._index.search(row, depth, params=parameters)
        found = rows[0] >= 0
        return rows[0][found].astype(np.int64), products[0][found]

    def vectors(self, rows: Rows) -> Vectors:
        with self._lock.read():
            stored = faiss.rev_swig_ptr(self._index.get_xb(), self.count * self.dimension)
            return np.asarray(stored.reshape(self.count, self.dimension)[rows], dtype=np.float32)

    @property
    def facts(self) -> VectorFacts:
        return VectorFacts("exact", self.count)

    @property
    def removed(self) -> Mask:
        return self._removed

    def taken(self, rows: Rows) -> FaissFlatIndex:
        made = FaissFlatIndex(self.dimension)
        made.append(self.vectors(rows))
        return made

    def save(self, folder: Path, rows: Rows) -> None:
        np.save(folder / VECTORS_FILE, self.vectors(rows))

    def close(self) -> None:
        """Nothing is held outside this process."""


class FaissBackend:
    """Makes indexes in this process's memory that stay exact at any size."""

    def create(self, name: str, dimension: int) -> VectorIndex:
        return FaissFlatIndex(dimension)

    def load(self, name: str, folder: Path, dimension: int) -> VectorIndex:
        index = FaissFlatIndex(dimension)
        index.append(saved_vectors(folder))
        return index
