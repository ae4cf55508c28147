"""Rows of numbers in a file of this process, read through a memory map: a million vectors without their memory.

The file has no name, so nothing is left of it after a crash; what must last is copied into a snapshot.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from matching.types import Rows

_BLOCK = 16_384


class RowFile:
    """Rows of one width that are only ever appended; one writer, any number of readers without a lock.

    Rows are written with ordinary writes (a full disk raises OSError and changes nothing) and read through
    the map, whose pages the system may drop at any time.
    """

    def __init__(
        self, dtype: DTypeLike, width: int, *, folder: Path | None = None, base: NDArray[Any] | None = None
    ) -> None:
        """`base` (n, width) are the first rows, a mapped file as a rule; `folder` is where the file lies."""
        self._dtype = np.dtype(dtype)
        self._width = width
        self._base = np.zeros((0, width), self._dtype) if base is None else base
        self._tail = np.zeros((0, width), self._dtype)
        """As many rows as the map holds; those from `_written` on are not yet rows."""
        self._written = 0
        self._folder = folder
        self._descriptor = -1

    def __len__(self) -> int:
        return len(self._base) + self._written

    @property
    def width(self) -> int:
        return self._width

    def put(self, first: int, rows: NDArray[Any]) -> None:
        """Writes (n, width) as rows first … first + n - 1, at the end or over rows that nobody reads yet.

        Raises OSError; then no row was added.
        """
        if not len(rows):
            return
        begin = first - len(self._base)
        if self._descriptor < 0:
            self._descriptor = _unnamed(self._folder)
            weakref.finalize(self, os.close, self._descriptor)
        size = self._dtype.itemsize * self._width
        content = memoryview(np.ascontiguousarray(rows, dtype=self._dtype).tobytes())
        place = begin * size
        while content:
            done = os.pwrite(self._descriptor, content, place)
            content, place = content[done:], place + done
        needed = begin + len(rows)
        if needed > len(self._tail):
            room = max(needed + needed // 2, _BLOCK)
            os.ftruncate(self._descriptor, room * size)
            mapped = mmap.mmap(self._descriptor, room * size, prot=mmap.PROT_READ)
            self._tail = np.frombuffer(mapped, dtype=self._dtype).reshape(room, self._width)
        self._written = needed

    def take(self, rows: Rows) -> NDArray[Any]:
        """(len(rows), width): the given rows in the given order."""
        first = len(self._base)
        if not self._written:
            return np.asarray(self._base[rows])
        if not first:
            return np.asarray(self._tail[rows])
        taken = np.empty((len(rows), self._width), self._dtype)
        is_base = rows < first
        taken[is_base] = self._base[rows[is_base]]
        taken[~is_base] = self._tail[rows[~is_base] - first]
        return taken

    def blocks(self, rows: Rows) -> Iterator[NDArray[Any]]:
        """The given rows in pieces of a size that needs little memory."""
        for begin in range(0, len(rows), _BLOCK):
            yield self.take(rows[begin : begin + _BLOCK])

    def release(self) -> None:
        """Lets go of the memory that reading the base has mapped; the rows stay readable."""
        mapped = getattr(self._base, "_mmap", None)
        if mapped is not None:
            mapped.madvise(mmap.MADV_DONTNEED)

    def save(self, path: Path, rows: Rows) -> None:
        """Writes the given rows as an .npy file."""
        shape = (len(rows), self._width)
        with path.open("wb") as file:
            header = {
                "descr": np.lib.format.dtype_to_descr(self._dtype),
                "fortran_order": False,
                "shape": shape,
            }
            np.lib.format.write_array_header_1_0(file, header)
            for block in self.blocks(rows):
                file.write(np.ascontiguousarray(block).tobytes())

    def copy(self, rows: Rows) -> RowFile:
        """A file of the given rows only, renumbered from 0."""
        copied = RowFile(self._dtype, self._width, folder=self._folder)
        for block in self.blocks(rows):
            copied.put(len(copied), block)
        return copied


def _unnamed(folder: Path | None) -> int:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".rows-", dir=folder)
    Path(name).unlink()
    return descriptor
