"""How much of the exact answer an index finds: the measurement by which an approximate one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from matching.types import Mask, Rows, Vectors


class Searched(Protocol):
    """What is measured."""

    def search(self, query: Vectors, depth: int, *, allowed: Mask | None = None) -> tuple[Rows, Vectors]: ...


def exact_rows(
    blocks: Iterator[Vectors], queries: Vectors, depth: int, living: Mask, *, stopped: Callable[[], bool]
) -> list[Rows]:
    """For each query (q, d) its `depth` living rows of largest inner product, best first; [] when stopped."""
    best = np.full((len(queries), 0), 0.0, dtype=np.float32)
    rows = np.zeros((len(queries), 0), dtype=np.int64)
    first = 0
    for block in blocks:
        if stopped():
            return []
        products = queries @ block.T
        products[:, ~living[first : first + len(block)]] = -np.inf
        best = np.concatenate([best, products], axis=1)
        numbers = np.broadcast_to(np.arange(first, first + len(block)), products.shape)
        rows = np.concatenate([rows, numbers], axis=1)
        if best.shape[1] > depth:
            kept = np.argpartition(-best, depth - 1, axis=1)[:, :depth]
            best, rows = np.take_along_axis(best, kept, axis=1), np.take_along_axis(rows, kept, axis=1)
        first += len(block)
    order = np.argsort(-best, axis=1, kind="stable")
    best, rows = np.take_along_axis(best, order, axis=1), np.take_along_axis(rows, order, axis=1)
    return [own[np.isfinite(value)] for own, value in zip(rows, best, strict=True)]


def recall(index: Searched, queries: Vectors, truth: list[Rows], depth: int, allowed: Mask) -> float:
    """The mean share of the exact best `depth` rows that the index finds among its own best `depth` allowed."""
    shares = []
    for query, exact in zip(queries, truth, strict=True):
        wanted = exact[:depth]
        if len(wanted):
            found, _ = index.search(query, depth, allowed=allowed)
            shares.append(len(np.intersect1d(wanted, found)) / len(wanted))
    return float(np.mean(shares)) if shares else 1.0
