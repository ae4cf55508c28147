"""The keys of a collection by row number, and where each stands: a million keys without a million objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matching.index.growing import Growing

_RECENT = 10_000
_RECENT_SHARE = 8


class KeyTable:
    """Only grows; a key that comes again has a newer row. One writer, any number of readers without a lock.

    The newest rows are in a dictionary, the others in arrays sorted by hash: some 16 bytes beside the text of a key.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = Growing(np.int64)
        self._previous = Growing(np.int64)
        self._recent: dict[str, int] = {}
        self._settled = _sorted(np.zeros(0, np.int64), np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self._ends)

    def key(self, row: int) -> str:
        ends = self._ends.view(row + 1)
        begin = int(ends[row - 1]) if row else 0
        return bytes(self._bytes[begin : int(ends[row])]).decode("utf-8", "surrogatepass")

    def append(self, keys: Sequence[str]) -> None:
        """Gives the next row numbers to the keys, each of which is in `keys` once."""
        first = len(self)
        chunks = [key.encode("utf-8", "surrogatepass") for key in keys]
        ends = np.cumsum([len(chunk) for chunk in chunks], dtype=np.int64) + len(self._bytes)
        before = [self.newest(key) for key in keys] if first else np.full(len(keys), -1)
        self._previous.extend(np.array(before, dtype=np.int64))
        self._bytes += b"".join(chunks)
        self._ends.extend(ends)
        rows = range(first, first + len(keys))
        if len(self._recent) + len(keys) <= max(_RECENT, len(self._settled[0]) // _RECENT_SHARE):
            self._recent.update(zip(keys, rows, strict=True))
            return
        self._settle([*self._recent, *keys], [*self._recent.values(), *rows])
        self._recent = {}

    def newest(self, key: str) -> int:
        """The last row of a key; -1 when it never had one."""
        # A reader asks the dictionary first and a writer empties it last, so no key is ever in neither.
        row = self._recent.get(key)
        if row is not None:
            return row
        hashes, rows = self._settled
        wanted = np.int64(hash(key))
        # Equal hashes stand in the order of their rows, so the last one of the key is its newest.
        place = int(np.searchsorted(hashes, wanted, side="right")) - 1
        while place >= 0 and hashes[place] == wanted:
            if self.key(int(rows[place])) == key:
                return int(rows[place])
            place -= 1
        return -1

    def row(self, key: str, count: int) -> int:
        """The last row below `count` of a key, -1 when there is none: its row in a view of `count` rows."""
        row = self.newest(key)
        while row >= count:
            row = int(self._previous.view()[row])
        return row

    def _settle(self, keys: Sequence[str], rows: Sequence[int]) -> None:
        """Moves keys with ascending rows into the arrays; of a key that is there already both rows stay."""
        hashes, settled = self._settled
        added = np.fromiter((hash(key) for key in keys), dtype=np.int64, count=len(keys))
        self._settled = _sorted(
            np.concatenate([hashes, added]), np.concatenate([settled, np.array(rows, dtype=np.int64)])
        )


def _sorted(
    hashes: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(hashes, kind="stable")
    return hashes[order], rows[order]
