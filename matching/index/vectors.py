"""What every vector index promises, and the errors of vectors that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidVectors
from matching.types import Mask, Rows, VectorFacts, Vectors

VECTORS_FILE = "vectors.npy"
"""(n, d) float32, or int16 of a compressed index (see `to_fixed`): the file that every index saves, so that
backends can be exchanged."""


FIXED_ONE = np.float32(32767.0)


class VectorIndex(Protocol):
    """Unit vectors by row number, searched by inner product. Rows are given in order and never change.

    Any number of threads may search while one appends or removes.
    """

    @property
    def dimension(self) -> int: ...

    @property
    def count(self) -> int:
        """How many rows were ever appended, removed ones included."""
        ...

    def append(self, vectors: Vectors) -> None:
        """Gives rows count … count + n - 1 to (n, dimension) float32. Raises InvalidVectors; then
        nothing is added.
        """
        ...

    def remove(self, rows: Rows) -> None:
        """The rows never come back from a search; their numbers are not given again. Unknown rows
        are ignored.
        """
        ...

    def search(self, query: Vectors, depth: int, *, allowed: Mask | None = None) -> tuple[Rows, Vectors]:
        """The rows of largest inner product with `query` (dimension,), best first, and these products.

        At most `depth`, fewer when fewer rows pass. `allowed` is (m,) bool over rows 0 … m - 1:
        only rows that are true there are found, rows from m on are not. The condition holds inside
        the search: as long as `depth` rows pass, `depth` come back.
        """
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """(len(rows), dimension) float32, the appended values (or their stored approximation)."""
        ...

    @property
    def facts(self) -> VectorFacts:
        """How it searches, and how much of the exact answer it was measured to find."""
        ...

    def taken(self, rows: Rows) -> VectorIndex:
        """A new index of the given rows only, renumbered from 0."""
        ...

    def save(self, folder: Path, rows: Rows) -> None:
        """Writes the given rows, renumbered from 0, into the folder; making that durable is the
        caller's part.
        """
        ...

    def close(self) -> None:
        """Frees what the index holds outside this process; it answers no more."""
        ...


class VectorBackend(Protocol):
    """Makes the vector indexes of an engine; `name` is the collection's."""

    def create(self, name: str, dimension: int) -> VectorIndex: ...

    def load(self, name: str, folder: Path, dimension: int) -> VectorIndex:
        """An index of what `VectorIndex.save` wrote into `folder`, by this backend or another."""
        ...


def passing_rows(removed: Mask, allowed: Mask | None) -> Mask:
    """(len(removed),) bool, a new array: the rows that are not removed and that `allowed` lets pass."""
    passing = ~removed
    if allowed is not None:
        passing[len(allowed) :] = False
        passing[: len(allowed)] &= allowed[: len(passing)]
    return passing


def to_fixed(vectors: Vectors) -> NDArray[np.int16]:
    """Components as 16-bit fixed-point numbers of which `FIXED_ONE` is 1; the error is at most 1.6e-5."""
    return np.asarray(np.rint(np.clip(vectors, -1.0, 1.0) * FIXED_ONE), dtype=np.int16)


def from_fixed(numbers: NDArray[np.int16]) -> Vectors:
    return np.asarray(numbers.astype(np.float32) * np.float32(1.0 / FIXED_ONE))


def saved_vectors(folder: Path) -> Vectors:
    """(n, d) float32 of length one: what any index has saved."""
    held = np.load(folder / VECTORS_FILE)
    return from_fixed(held) if held.dtype == np.int16 else np.asarray(held)


def require_vectors(vectors: Vectors, dimension: int) -> Vectors:
    """`vectors` as C-ordered (n, dimension) float32. Raises InvalidVectors unless finite and of length
    1 ± 0.01.
    """
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise InvalidVectors(f"expected (n, {dimension}), got {vectors.shape}")
    if vectors.dtype != np.float32:
        raise InvalidVectors(f"expected float32, got {vectors.dtype}")
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    if not np.all(np.abs(lengths - 1.0) < 0.02):
        raise InvalidVectors("rows are not finite or not of length one")
    return np.ascontiguousarray(vectors)
