"""The lexical index: term postings in merging segments, and every document's own terms for exact scores.

It knows terms as numbers with weights; which terms a query has and what they weigh is decided by its callers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.index.growing import Growing
from matching.terms import Terms, TermTable
from matching.types import Mask, Rows

Floats = NDArray[np.float32]

POSTINGS = 500_000
"""A query that holds more postings than this, and than half the rows, is answered from its heaviest terms first."""
_RESCORED = 4
"""So many times the asked depth is then scored exactly over all terms."""
_MERGE_RATIO = 4
_MERGED_ROWS = 250_000
"""Larger segments are left alone: merging one would hold up changes for more than a second."""
_FLOAT_ROWS = 100_000
_SAMPLED = 8_192


@dataclass(frozen=True, slots=True)
class Bm25:
    """Term saturation and length normalisation of BM25 (Robertson and Zaragoza 2009)."""

    k1: float = 1.5
    b: float = 0.4

    def impact(self, counts: NDArray[np.uint8], lengths: Floats, average: float) -> Floats:
        """tf (k1 + 1) / (tf + k1 (1 - b + b length / average)), element by element; in (0, k1 + 1)."""
        tf = counts.astype(np.float32)
        norm = self.k1 * (1.0 - self.b + self.b * lengths / np.float32(max(average, 1.0)))
        return np.asarray(tf * np.float32(self.k1 + 1.0) / (tf + norm.astype(np.float32)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Segment:
    """Postings of rows first … last - 1: term i has rows[offsets[i]:offsets[i + 1]] with these impacts.

    Impacts count in `unit`: 1 for float32; large segments have 16-bit numbers, off by at most 0.00002 each.
    """

    first: int
    last: int
    terms: Terms
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    impacts: Floats | NDArray[np.uint16]
    unit: float = 1.0

    @property
    def size(self) -> int:
        return self.last - self.first

    def place(self, terms: Terms) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For the terms that occur here: their positions in `terms` (argument) and in `self.terms`."""
        if not len(self.terms):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        present = np.flatnonzero(self.terms[at] == terms)
        return present, at[present]

    def add_scores(self, totals: Floats, terms: Terms, weights: Floats, *, origin: int = 0) -> None:
        """Adds weight times impact of every posting to totals[row - origin]."""
        present, places = self.place(terms)
        if not len(present):
            return
        stretches = list(zip(self.offsets[places].tolist(), self.offsets[places + 1].tolist(), strict=True))
        # All postings in one addition: a call for each term would hand the interpreter's lock around as often.
        rows = np.concatenate([self.rows[begin:end] for begin, end in stretches])
        added = np.concatenate([self.impacts[begin:end] for begin, end in stretches]).astype(
            np.float32, copy=False
        )
        added *= np.repeat(
            weights[present] * np.float32(self.unit), [end - begin for begin, end in stretches]
        )
        np.add.at(totals, rows - origin if origin else rows, added)


def build_segment(table: TermTable, first: int, bm25: Bm25, average: float) -> Segment:
    """The postings of a table whose text 0 is row `first`."""
    sizes = np.diff(table.offsets)
    owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    order = np.argsort(table.terms, kind="stable")
    terms = table.terms[order]
    starts = (
        np.flatnonzero(np.concatenate([[True], terms[1:] != terms[:-1]])) if len(terms) else np.zeros(0, int)
    )
    impacts: Floats | NDArray[np.uint16] = bm25.impact(table.counts, table.lengths[owners], average)
    unit = 1.0
    if len(sizes) > _FLOAT_ROWS:
        # Whom a large segment finds is scored exactly afterwards.
        unit = (bm25.k1 + 1.0) / np.iinfo(np.uint16).max
        impacts = np.rint(impacts / unit).astype(np.uint16)
    return Segment(
        first=first,
        last=first + len(sizes),
        terms=terms[starts],
        offsets=np.concatenate([starts, [len(terms)]]).astype(np.int64),
        rows=owners[order] + np.int32(first),
        impacts=impacts[order],
        unit=unit,
    )


@dataclass(frozen=True, slots=True)
class LexicalView:
    """The index at one moment, unchanging: `count` rows, tombstones included (whoever holds it keeps
    the mask).
    """

    table: TermTable
    segments: tuple[Segment, ...]
    average: float
    bm25: Bm25
    postings: int = POSTINGS

    @property
    def count(self) -> int:
        return len(self.table.lengths)

    def document_frequencies(self, terms: Terms) -> NDArray[np.int64]:
        """In how many rows each term occurs; rows with a tombstone count until they are compacted away."""
        totals = np.zeros(len(terms), dtype=np.int64)
        for segment in self.segments:
            present, places = segment.place(terms)
            totals[present] += segment.offsets[places + 1] - segment.offsets[places]
        return totals

    def inverse_frequencies(self, terms: Terms) -> Floats:
        """ln(1 + (N - df + 0.5) / (df + 0.5)), the idf of Lucene, over the rows of this index."""
        df = self.document_frequencies(terms)
        return np.log1p((self.count - df + 0.5) / (df + 0.5)).astype(np.float32)

    def scores(self, terms: Terms, weights: Floats) -> Floats:
        """(count,) float32: for each row the sum of weight times impact over the query's distinct terms.

        Impacts are those of the time a segment was written (the average length may have moved
        since); `exact` is without that small difference.
        """
        totals = np.zeros(self.count, dtype=np.float32)
        for segment in self.segments:
            segment.add_scores(totals, terms, weights)
        return totals

    def search(self, terms: Terms, weights: Floats, depth: int, *, allowed: Mask) -> Rows:
        """The at most `depth` allowed rows with the largest positive scores, best first.

        Long queries over many rows are answered in two steps: the heaviest terms, as many as `postings` allows,
        find four times as many rows, and these are scored exactly over all terms.
        """
        retrieving = self._retrieving(terms, weights)
        totals = self.scores(terms[retrieving], weights[retrieving])
        np.multiply(totals, allowed, out=totals)
        if retrieving.all():
            return best_rows(totals, depth)
        rows = np.sort(best_rows(totals, _RESCORED * depth))
        exact = self.exact(rows, terms, weights[:, None])[:, 0]
        return rows[np.argsort(-exact, kind="stable")[:depth]]

    def _retrieving(self, terms: Terms, weights: Floats) -> NDArray[np.bool_]:
        """(t,) bool: the heaviest terms whose postings stay within what one search may read, at least one."""
        sizes = self.document_frequencies(terms)
        chosen = np.ones(len(terms), dtype=np.bool_)
        allowance = max(self.postings, self.count // 2)
        if sizes.sum() > allowance:
            order = np.argsort(-weights, kind="stable")
            chosen[order[1:]] = np.cumsum(sizes[order])[1:] <= allowance
        return chosen

    def exact(self, rows: Rows, terms: Terms, weights: Floats) -> Floats:
        """(len(rows), q) float32: scores of the rows for q queries over the same terms; `weights` is (t, q).

        `terms` must be ascending and distinct.
        """
        begins, ends = self.table.offsets[rows], self.table.offsets[rows + 1]
        sizes = ends - begins
        scores = np.zeros((len(rows), weights.shape[1]), dtype=np.float32)
        if not len(terms) or not sizes.sum():
            return scores
        owners = np.repeat(np.arange(len(rows)), sizes)
        places = np.arange(len(owners)) + np.repeat(
            begins - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes
        )
        held = self.table.terms[places]
        # Few of a document's terms are asked for; a table of 16 bits sorts out nearly all others first.
        is_likely = np.zeros(1 << 16, dtype=np.bool_)
        is_likely[terms & 0xFFFF] = True
        likely = np.flatnonzero(is_likely[held & 0xFFFF])
        at = np.minimum(np.searchsorted(terms, held[likely]), len(terms) - 1)
        is_hit = terms[at] == held[likely]
        hits, at = likely[is_hit], at[is_hit]
        owner = owners[hits]
        impact = self.bm25.impact(
            self.table.counts[places[hits]], self.table.lengths[rows[owner]], self.average
        )
        for query in range(weights.shape[1]):
            weighted = impact * weights[at, query]
            scores[:, query] = np.bincount(owner, weights=weighted, minlength=len(rows))
        return scores


def best_rows(totals: Floats, depth: int) -> Rows:
    """Indices of the at most `depth` largest positive values, best first; equal values in index order."""
    if depth <= 0:
        return np.zeros(0, dtype=np.int64)
    positive = np.flatnonzero(totals >= _likely_threshold(totals, depth))
    if len(positive) < depth:
        positive = np.flatnonzero(totals > 0)
    if len(positive) > depth:
        values = totals[positive]
        threshold = np.partition(values, len(values) - depth)[len(values) - depth]
        above = positive[values > threshold]
        equal = positive[values == threshold][: depth - len(above)]
        positive = np.sort(np.concatenate([above, equal]))
    return positive[np.argsort(-totals[positive], kind="stable")].astype(np.int64)


def _likely_threshold(totals: Floats, depth: int) -> np.float32:
    """A positive value that probably some more than `depth` totals reach: from a sample, to sort out most rows."""
    step = len(totals) // _SAMPLED
    if step < 2:
        return np.finfo(np.float32).tiny
    sample = totals[::step]
    rank = 2 * depth // step + 8
    if rank >= len(sample):
        return np.finfo(np.float32).tiny
    return max(np.partition(sample, len(sample) - rank)[len(sample) - rank], np.finfo(np.float32).tiny)


class LexicalIndex:
    """Grows by batches; one writer at a time, any number of readers on views taken earlier."""

    def __init__(self, bm25: Bm25, *, postings: int = POSTINGS) -> None:
        self._bm25 = bm25
        self._postings = postings
        self._offsets = Growing(np.int64)
        self._offsets.extend(np.zeros(1, dtype=np.int64))
        self._terms = Growing(np.uint32)
        self._counts = Growing(np.uint8)
        self._lengths = Growing(np.float32)
        self._length_total = 0.0
        self._segments: tuple[Segment, ...] = ()

    def append(self, batch: TermTable) -> None:
        """Gives the next row numbers to the texts of a batch and merges segments so that few remain."""
        if not len(batch.lengths):
            return
        first = len(self._lengths)
        self._offsets.extend(batch.offsets[1:] + len(self._terms))
        self._terms.extend(batch.terms)
        self._counts.extend(batch.counts)
        self._lengths.extend(batch.lengths)
        self._length_total += float(batch.lengths.sum(dtype=np.float64))
        segments = [*self._segments]
        last = len(self._lengths)
        # Sizes fall by the ratio from left to right, so their number stays logarithmic; one
        # rebuild of the tail replaces a chain of merges.
        while segments and segments[-1].size < min(_MERGE_RATIO * (last - first), _MERGED_ROWS):
            first = segments.pop().first
        segments.append(build_segment(self._rows(first, last), first, self._bm25, self._average()))
        self._segments = tuple(segments)

    def view(self) -> LexicalView:
        table = self._rows(0, len(self._lengths))
        return LexicalView(table, self._segments, self._average(), self._bm25, self._postings)

    def _average(self) -> float:
        return self._length_total / max(len(self._lengths), 1)

    def _rows(self, first: int, last: int) -> TermTable:
        offsets = self._offsets.view(last + 1)[first:]
        begin, end = int(offsets[0]), int(offsets[-1])
        return TermTable(
            offsets - begin if begin else offsets,
            self._terms.view(end)[begin:],
            self._counts.view(end)[begin:],
            self._lengths.view(last)[first:],
        )


def take(table: TermTable, rows: Rows) -> TermTable:
    """The table of the given rows only, in the given order."""
    sizes = table.offsets[rows + 1] - table.offsets[rows]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.arange(offsets[-1]) + np.repeat(table.offsets[rows] - offsets[:-1], sizes)
    return TermTable(offsets, table.terms[places], table.counts[places], table.lengths[rows])
