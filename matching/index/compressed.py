"""The compressed vector index: 4-bit product codes of all rows are scanned, the best are compared exactly.

The scan is FAISS's fast scan (André, Kermarrec and Le Scouarnec 2015): table look-ups in vector registers, some 6 ns
per row of 512 dimensions. Vectors lie in a file as 16-bit fixed-point numbers, which are as exact as half precision
for components between -1 and 1 and much faster to read. Nothing is linked to anything, so rows
are added and removed at once, and a filter is a mask in the scan that costs no recall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.index.locks import ReadWriteLock
from matching.index.row_file import RowFile
from matching.index.vectors import (
    FIXED_ONE,
    VECTORS_FILE,
    from_fixed,
    passing_rows,
    require_vectors,
    to_fixed,
)
from matching.threads import faiss
from matching.types import Mask, Rows, Vectors

CODEBOOK_FILE = "codebook.npz"
CODES_FILE = "codes.npy"
FEWEST_CANDIDATES = 400
"""A search compares at least this many rows exactly, however few are asked for."""
_CENTROIDS = 16
_TRAINED_ON = 640
_LOCKED_ROWS = 512
"""So many rows are encoded while searches wait: some 5 ms."""


@dataclass(frozen=True, slots=True)
class Codebook:
    """What codes mean: `centre` (d,) is subtracted, then each of m groups of components becomes the number of
    its nearest centroid; `centroids` (m, 16, d / m) float32.
    """

    centre: Vectors
    centroids: NDArray[np.float32]

    @classmethod
    def trained(cls, sample: Vectors) -> Codebook:
        """From at least one row (n, d); few rows are repeated."""
        centre = sample.mean(axis=0)
        moved = np.ascontiguousarray(sample - centre)
        if len(moved) < _TRAINED_ON:
            moved = np.resize(moved, (_TRAINED_ON, moved.shape[1]))
        dimension = moved.shape[1]
        groups = dimension // 2 if dimension % 2 == 0 else dimension
        quantizer = faiss.ProductQuantizer(dimension, groups, 4)
        quantizer.train(moved)
        centroids = faiss.vector_to_array(quantizer.centroids)
        return cls(centre, centroids.reshape(groups, _CENTROIDS, dimension // groups))

    @property
    def code_size(self) -> int:
        """Bytes per row."""
        return (len(self.centroids) + 1) // 2

    def quantizer(self) -> faiss.ProductQuantizer:
        groups, _, width = self.centroids.shape
        made = faiss.ProductQuantizer(groups * width, groups, 4)
        faiss.copy_array_to_vector(self.centroids.ravel(), made.centroids)
        return made

    def save(self, path: Path) -> None:
        np.savez(path, centre=self.centre, centroids=self.centroids)

    @classmethod
    def load(cls, path: Path) -> Codebook:
        with np.load(path) as held:
            return cls(held["centre"], held["centroids"])


class CompressedIndex:
    """`VectorIndex` of which the codes are in memory (a quarter byte per component) and the vectors in a file."""

    def __init__(self, codebook: Codebook, *, vectors: RowFile, codes: RowFile, widening: int = 4) -> None:
        """Over rows that are encoded already; `widening` times the asked depth is compared exactly."""
        self.widening = widening
        self.codebook = codebook
        self._quantizer = codebook.quantizer()
        self._vectors = vectors
        self._codes = codes
        self._removed = np.zeros(len(vectors), dtype=np.bool_)
        self._lock = ReadWriteLock()
        self._scan = _scanner(codebook, codes)

    @classmethod
    def empty(cls, codebook: Codebook, *, folder: Path | None, widening: int = 4) -> CompressedIndex:
        vectors = RowFile(np.int16, len(codebook.centre), folder=folder)
        codes = RowFile(np.uint8, codebook.code_size, folder=folder)
        return cls(codebook, vectors=vectors, codes=codes, widening=widening)

    @property
    def dimension(self) -> int:
        return len(self.codebook.centre)

    @property
    def count(self) -> int:
        return len(self._removed)

    @property
    def removed(self) -> Mask:
        return self._removed

    def append(self, vectors: Vectors) -> None:
        checked = require_vectors(vectors, self.dimension)
        for begin in range(0, len(checked), _LOCKED_ROWS):
            part = checked[begin : begin + _LOCKED_ROWS]
            moved = np.ascontiguousarray(part - self.codebook.centre)
            codes = self._quantizer.compute_codes(moved)
            # Both files first: when the disk is full nothing has been added yet.
            self._vectors.put(self.count, to_fixed(part))
            self._codes.put(self.count, codes)
            with self._lock.write():
                self._scan.add(moved)
                self._removed = np.concatenate([self._removed, np.zeros(len(part), dtype=np.bool_)])

    def remove(self, rows: Rows) -> None:
        with self._lock.write():
            removed = self._removed.copy()
            removed[rows[(rows >= 0) & (rows < len(removed))]] = True
            self._removed = removed

    def search(self, query: Vectors, depth: int, *, allowed: Mask | None = None) -> tuple[Rows, Vectors]:
        target = np.ascontiguousarray(query, dtype=np.float32)
        with self._lock.read():
            passing = passing_rows(self._removed, allowed)
            number = int(np.count_nonzero(passing))
            wanted = max(self.widening * depth, FEWEST_CANDIDATES)
            if depth <= 0 or number <= wanted:
                rows = np.flatnonzero(passing).astype(np.int64)
            else:
                rows = self._scanned(target, wanted, passing, number)
        products = self._vectors.take(rows).astype(np.float32) @ (target / FIXED_ONE)
        order = np.lexsort((rows, -products))[: max(depth, 0)]
        return rows[order], products[order]

    def _scanned(self, query: Vectors, wanted: int, passing: Mask, number: int) -> Rows:
        parameters = faiss.SearchParametersIVF(nprobe=1)  # type: ignore[call-arg]
        if number < len(passing):
            bits = np.packbits(passing, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(passing), faiss.swig_ptr(bits))
            parameters = faiss.SearchParametersIVF(nprobe=1, sel=selector)  # type: ignore[call-arg]
        _, rows = self._scan.search(query.reshape(1, -1), wanted, params=parameters)
        return np.sort(rows[0][rows[0] >= 0]).astype(np.int64)

    def vectors(self, rows: Rows) -> Vectors:
        return from_fixed(self._vectors.take(rows))

    def blocks(self, count: int) -> Iterator[Vectors]:
        """The vectors of the first `count` rows in order, removed ones included."""
        for block in self._vectors.blocks(np.arange(count)):
            yield from_fixed(block)

    def save(self, folder: Path, rows: Rows) -> None:
        self._vectors.save(folder / VECTORS_FILE, rows)
        self._codes.save(folder / CODES_FILE, rows)
        self.codebook.save(folder / CODEBOOK_FILE)

    @classmethod
    def load(cls, folder: Path, *, scratch: Path | None, widening: int) -> CompressedIndex:
        """What `save` wrote; the vectors stay where they are and are mapped."""
        codebook = Codebook.load(folder / CODEBOOK_FILE)
        vectors = np.load(folder / VECTORS_FILE, mmap_mode="r")
        codes = np.load(folder / CODES_FILE, mmap_mode="r")
        return cls(
            codebook,
            vectors=RowFile(np.int16, len(codebook.centre), folder=scratch, base=vectors),
            codes=RowFile(np.uint8, codebook.code_size, folder=scratch, base=codes),
            widening=widening,
        )

    def taken(self, rows: Rows) -> CompressedIndex:
        """An index of the given rows only, renumbered from 0."""
        return CompressedIndex(
            self.codebook,
            vectors=self._vectors.copy(rows),
            codes=self._codes.copy(rows),
            widening=self.widening,
        )

    def close(self) -> None:
        """Files and maps go with the last reader."""


def _scanner(codebook: Codebook, codes: RowFile) -> faiss.IndexIVFPQFastScan:
    """A scan of one list, since only FAISS's inverted lists take a filter; from codes, nothing is encoded."""
    groups, _, width = codebook.centroids.shape
    dimension = groups * width
    single = faiss.IndexFlatIP(dimension)
    single.add(np.zeros((1, dimension), dtype=np.float32))
    plain = faiss.IndexIVFPQ(single, dimension, 1, groups, 4, faiss.METRIC_INNER_PRODUCT)
    plain.by_residual = False
    plain.is_trained = True
    faiss.copy_array_to_vector(codebook.centroids.ravel(), plain.pq.centroids)
    lists: Any = plain.invlists
    first = 0
    for block in codes.blocks(np.arange(len(codes))):
        numbers = np.arange(first, first + len(block))
        held = np.ascontiguousarray(block)
        lists.add_entries(0, len(held), faiss.swig_ptr(numbers), faiss.swig_ptr(held))
        first += len(held)
    codes.release()
    plain.ntotal = first
    scan = faiss.IndexIVFPQFastScan(plain, 32)
    # The scan keeps a bare pointer to the single centroid; Python must not let go of it before.
    scan.referenced_objects = [single]  # type: ignore[attr-defined]
    return scan
