"""Titles and descriptions of a collection in one growing block of bytes: a million titles without a million
objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.index.growing import Growing
from matching.types import Rows


class TextStore:
    """Pairs of (title, description) by row number; only grows."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = Growing(np.int64)
        """Two per row: where the title ends and where the description ends."""

    def __len__(self) -> int:
        return len(self._ends) // 2

    def append(self, pairs: Iterable[tuple[str, str]]) -> None:
        ends: list[int] = []
        position = len(self._bytes)
        chunks: list[bytes] = []
        for pair in pairs:
            for text in pair:
                # Lone surrogates are refused at the edge of the service; here they must not break a batch.
                chunk = text.encode("utf-8", "surrogatepass")
                position += len(chunk)
                chunks.append(chunk)
                ends.append(position)
        self._bytes += b"".join(chunks)
        self._ends.extend(np.array(ends, dtype=np.int64))

    def get(self, row: int) -> tuple[str, str]:
        ends = self._ends.view(2 * row + 2)
        begin = int(ends[2 * row - 1]) if row else 0
        middle, end = int(ends[2 * row]), int(ends[2 * row + 1])
        return self._decode(begin, middle), self._decode(middle, end)

    def taken(self, rows: Rows) -> TextStore:
        """A new store of the given rows only, renumbered from 0."""
        store = TextStore()
        ends = self._ends.view()
        # Neighbouring rows are copied as one stretch of bytes; few rows are missing between them as a rule.
        for run in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1):
            if len(run):
                first, last = int(run[0]), int(run[-1])
                begin = int(ends[2 * first - 1]) if first else 0
                own = ends[2 * first : 2 * last + 2]
                store._ends.extend(own - begin + len(store._bytes))
                store._bytes += self._bytes[begin : int(own[-1])]
        return store

    def save(self, folder: Path) -> None:
        (folder / "texts.bin").write_bytes(self._bytes)
        np.save(folder / "text-ends.npy", self._ends.view())

    @classmethod
    def load(cls, folder: Path) -> TextStore:
        store = cls()
        store._bytes = bytearray((folder / "texts.bin").read_bytes())
        ends: NDArray[np.int64] = np.load(folder / "text-ends.npy")
        store._ends.extend(ends)
        return store

    def _decode(self, begin: int, end: int) -> str:
        return bytes(self._bytes[begin:end]).decode("utf-8", "surrogatepass")
