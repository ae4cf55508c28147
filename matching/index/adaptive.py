"""The vector index of a process: exact while it is small, compressed beyond, chosen by measured recall.

What is trained and measured runs in a thread beside the live index, which answers until the new one is whole.
"""

from __future__ import annotations

import json
import logging
import threading
import weakref
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from matching.index.compressed import CODEBOOK_FILE, Codebook, CompressedIndex
from matching.index.faiss_flat import FaissFlatIndex
from matching.index.recall import exact_rows, recall
from matching.index.vectors import VectorIndex, require_vectors, saved_vectors
from matching.types import Mask, Rows, VectorFacts, Vectors

log = logging.getLogger(__name__)

EXACT_BELOW = 50_000
"""Up to here one exact pass takes no longer than some 4 ms (512 dimensions, one core)."""
RECALL = 0.98
FACTS_FILE = "vector-facts.json"
SHALLOW, DEEP = 50, 400
"""Depths at which recall is measured: what people look at, and what the ranking takes as candidates."""
WIDENINGS = (4, 8, 16, 32)
_SAMPLE = 50_000
_QUERIES = 64
_FEWEST_QUERIES = 16
_COPIED_ROWS = 10_000
_GROWTH = 2
"""Recall is measured again when the rows have doubled."""
_SEED = 20191

Queries = Callable[[], Vectors]


def no_queries() -> Vectors:
    return np.zeros((0, 0), dtype=np.float32)


class AdaptiveIndex:
    """`VectorIndex` that begins exact and goes over to compressed rows once it has more than `exact_below`.

    It does so only when at least `asked` of the exact answer is found, measured on real queries, and compares
    more rows exactly until that is reached.
    """

    def __init__(
        self,
        live: FaissFlatIndex | CompressedIndex,
        *,
        exact_below: int,
        asked: float,
        scratch: Path | None,
        queries: Queries = no_queries,
        facts: VectorFacts = VectorFacts("exact", 0),
    ) -> None:
        """`queries` gives vectors (n, d) as they are asked; `facts` belong to `live`; files go into `scratch`."""
        self._live = live
        self._exact_below = exact_below
        self._asked = asked
        self._scratch = scratch
        self._queries = queries
        self._facts = facts
        # One writer at a time is promised, but the thread that swaps the index is another one.
        self._writing = threading.Lock()
        self._work: threading.Thread | None = None
        self._closed = threading.Event()
        self._begin_when_due()

    @property
    def dimension(self) -> int:
        return self._live.dimension

    @property
    def count(self) -> int:
        return self._live.count

    @property
    def facts(self) -> VectorFacts:
        return self._facts if self._facts.kind == "compressed" else replace(self._facts, rows=self.count)

    def append(self, vectors: Vectors) -> None:
        checked = require_vectors(vectors, self.dimension)
        with self._writing:
            self._live.append(checked)
        self._begin_when_due()

    def remove(self, rows: Rows) -> None:
        with self._writing:
            self._live.remove(rows)

    def search(self, query: Vectors, depth: int, *, allowed: Mask | None = None) -> tuple[Rows, Vectors]:
        return self._live.search(query, depth, allowed=allowed)

    def vectors(self, rows: Rows) -> Vectors:
        return self._live.vectors(rows)

    def save(self, folder: Path, rows: Rows) -> None:
        with self._writing:
            live, facts = self._live, self._facts
        live.save(folder, rows)
        (folder / FACTS_FILE).write_text(json.dumps(asdict(facts)), encoding="utf-8")

    def taken(self, rows: Rows) -> AdaptiveIndex:
        with self._writing:
            live, facts = self._live, self._facts
        return AdaptiveIndex(
            live.taken(rows),
            exact_below=self._exact_below,
            asked=self._asked,
            scratch=self._scratch,
            queries=self._queries,
            facts=facts,
        )

    def close(self) -> None:
        """Has the work in the background end soon; what was built so far is given up."""
        self._closed.set()

    def wait(self) -> None:
        """Returns when nothing is being built or measured."""
        work = self._work
        if work is not None and work is not threading.current_thread():
            work.join()

    # --- in the background --------------------------------------------------------------------------------

    def _begin_when_due(self) -> None:
        rows = self.count
        if rows <= self._exact_below or rows < _GROWTH * self._facts.rows or self._closed.is_set():
            return
        with self._writing:
            if self._work is None or not self._work.is_alive():
                self._work = threading.Thread(target=self._run, name="vector-index")
                self._work.start()

    def _run(self) -> None:
        try:
            self._adapt()
        except Exception:
            # The live index goes on as it is; the next growth tries again.
            log.exception("the vector index could not be built beside the live one")

    def _adapt(self) -> None:
        live, least = self._live, self._asked
        if isinstance(live, CompressedIndex):
            facts = self._measured(live)
            if facts is None:
                return
            self._facts = facts
            if facts.recall >= self._asked:
                return
            least = facts.recall
        built = self._built(live)
        facts = self._measured(built)
        if facts is None:
            return
        with self._writing:
            if facts.recall >= least:
                self._copy(live, built, live.count)
                built.remove(np.flatnonzero(live.removed))
                self._live, self._facts = built, facts
            elif isinstance(live, FaissFlatIndex):
                self._facts = VectorFacts("exact", facts.rows, queries=facts.queries)
        log.info("vector index measured", extra=asdict(self._facts))

    def _built(self, live: FaissFlatIndex | CompressedIndex) -> CompressedIndex:
        """A compressed index of nearly all rows of the live one; the last few come with the swap."""
        picked = np.random.default_rng(_SEED).permutation(live.count)[:_SAMPLE]
        codebook = Codebook.trained(live.vectors(np.sort(picked)))
        built = CompressedIndex.empty(codebook, folder=self._scratch)
        target = live.count
        while built.count < target and not self._closed.is_set():
            self._copy(live, built, min(built.count + _COPIED_ROWS, target))
            if built.count == target and live.count - target > _COPIED_ROWS:
                target = live.count
        built.remove(np.flatnonzero(live.removed[: built.count]))
        return built

    @staticmethod
    def _copy(live: FaissFlatIndex | CompressedIndex, built: CompressedIndex, until: int) -> None:
        built.append(live.vectors(np.arange(built.count, until)))

    def _measured(self, index: CompressedIndex) -> VectorFacts | None:
        """The facts of an index after its `widening` was chosen; None when closed meanwhile."""
        living = ~index.removed
        queries = self._sample_queries(index, living)
        truth = exact_rows(index.blocks(len(living)), queries, DEEP, living, stopped=self._closed.is_set)
        if self._closed.is_set():
            return None
        for widening in WIDENINGS:
            index.widening = widening
            shallow = recall(index, queries, truth, SHALLOW, living)
            deep = recall(index, queries, truth, DEEP, living)
            if min(shallow, deep) >= self._asked:
                break
        return VectorFacts(
            "compressed", len(living), round(shallow, 4), round(deep, 4), len(queries), widening
        )

    def _sample_queries(self, index: CompressedIndex, living: Mask) -> Vectors:
        """(q, d) unit rows seen from the centre: real queries where there are any, else stored rows."""
        random = np.random.default_rng(_SEED)
        asked = self._queries()
        if len(asked) < _FEWEST_QUERIES:
            rows = np.flatnonzero(living).astype(np.int64)
            asked = index.vectors(random.permutation(rows)[:_QUERIES])
        moved = asked[random.permutation(len(asked))[:_QUERIES]] - index.codebook.centre
        return np.asarray(
            moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6), dtype=np.float32
        )


class AdaptiveBackend:
    """Makes indexes in this process's memory, with `scratch` for the files of large ones."""

    def __init__(
        self, *, exact_below: int = EXACT_BELOW, recall: float = RECALL, scratch: Path | None = None
    ) -> None:
        self._exact_below = exact_below
        self._recall = recall
        self._scratch = scratch
        self._queries: Queries = no_queries
        self._made: weakref.WeakSet[AdaptiveIndex] = weakref.WeakSet()

    def wait(self) -> None:
        """Returns when none of its indexes is being built or measured."""
        for index in list(self._made):
            index.wait()

    def measure_with(self, queries: Queries) -> None:
        """From now on recall is measured with these."""
        self._queries = queries

    def create(self, name: str, dimension: int) -> VectorIndex:
        return self._over(FaissFlatIndex(dimension), VectorFacts("exact", 0))

    def load(self, name: str, folder: Path, dimension: int) -> VectorIndex:
        facts = _saved_facts(folder)
        if (folder / CODEBOOK_FILE).exists() and facts.rows > self._exact_below:
            live = CompressedIndex.load(folder, scratch=self._scratch, widening=facts.widening)
            return self._over(live, facts)
        exact = FaissFlatIndex(dimension)
        exact.append(saved_vectors(folder))
        return self._over(exact, VectorFacts("exact", 0))

    def _over(self, live: FaissFlatIndex | CompressedIndex, facts: VectorFacts) -> AdaptiveIndex:
        index = AdaptiveIndex(
            live,
            exact_below=self._exact_below,
            asked=self._recall,
            scratch=self._scratch,
            queries=lambda: self._queries(),
            facts=facts,
        )
        self._made.add(index)
        return index


def _saved_facts(folder: Path) -> VectorFacts:
    path = folder / FACTS_FILE
    if not path.exists():
        return VectorFacts("exact", 0)
    return VectorFacts(**json.loads(path.read_text(encoding="utf-8")))
