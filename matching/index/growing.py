"""An append-only array whose older views stay valid: readers need no lock while a writer appends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Growing:
    """A one-dimensional array that grows at its end, in amortised constant time per element.

    A view taken earlier never changes: an append writes behind it or, when the room is used up, into a
    new buffer.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._buffer: NDArray[Any] = np.zeros(64, dtype=dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, values: NDArray[Any]) -> None:
        needed = self._count + len(values)
        if needed > len(self._buffer):
            larger = np.zeros(max(needed, 2 * len(self._buffer)), dtype=self._buffer.dtype)
            larger[: self._count] = self._buffer[: self._count]
            self._buffer = larger
        self._buffer[self._count : needed] = values
        self._count = needed

    def view(self, count: int | None = None) -> NDArray[Any]:
        """The first `count` elements (all of them by default), read-only."""
        view = self._buffer[: self._count if count is None else count]
        view.flags.writeable = False
        return view
