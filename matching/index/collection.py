"""One collection: texts, attributes, vectors and terms of its documents under common row numbers.

A change makes new rows and tombstones, then publishes a new view at once; readers work on the view they took.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.config import EngineConfig
from matching.errors import InvalidVectors, StaleSequence
from matching.index.adaptive import AdaptiveBackend
from matching.index.attributes import Attributes
from matching.index.growing import Growing
from matching.index.keys import KeyTable
from matching.index.lexical import Bm25, LexicalIndex, LexicalView, take
from matching.index.memory import give_back
from matching.index.reference import Reference, draws
from matching.index.texts import TextStore
from matching.index.vectors import VectorBackend, VectorIndex, require_vectors
from matching.terms import TermTable, extract
from matching.text import passage
from matching.types import CollectionName, CollectionStatus, Document, Filter, Filters, Mask, Rows, Vectors

_SUMMED_ROWS = 20_000
_LARGE = 100_000
_DRAWS_FILE = "draws.npy"
_TERM_PARTS = ("offsets", "terms", "counts", "lengths")


class _Store:
    """Everything that is kept by row; only appended to, until compaction makes a new one."""

    def __init__(self, vectors: VectorIndex, lexical: LexicalIndex) -> None:
        self.vectors = vectors
        # Readers may still be on a view of this store when compaction has replaced it, so the vectors
        # go when the last of them lets go. At exit a store of another process may be gone already.
        self.close = weakref.finalize(self, vectors.close)
        self.close.atexit = False
        self.lexical = lexical
        self.attributes = Attributes()
        self.texts = TextStore()
        self.keys = KeyTable()
        self.draws = Growing(np.uint32)
        """Which rows are drawn into the reference sample first."""


@dataclass(frozen=True)
class CollectionView:
    """A collection at one moment; rows are 0 … count - 1, of which `alive` are documents and the rest
    tombstones.
    """

    name: CollectionName
    store: _Store
    lexical: LexicalView
    alive: Mask
    size: int
    sequence: int
    vector_sum: NDArray[np.float64]
    config: EngineConfig

    @property
    def count(self) -> int:
        return len(self.alive)

    @property
    def vectors(self) -> VectorIndex:
        return self.store.vectors

    @cached_property
    def centre(self) -> Vectors:
        """(d,) float32, the mean vector of the documents, drawn towards zero while they are few."""
        if not self.config.centring:
            return np.zeros(len(self.vector_sum), dtype=np.float32)
        return (self.vector_sum / (self.size + self.config.centre_prior)).astype(np.float32)

    @cached_property
    def reference(self) -> Reference:
        """The sample over which means and deviations of scores are taken (see `Reference`)."""
        return Reference.sample(self)

    def status(self) -> CollectionStatus:
        tombstones = self.count - self.size
        return CollectionStatus(self.name, self.size, tombstones, self.sequence, self.vectors.facts)

    def some_vectors(self) -> Vectors:
        """(n, d): vectors of at most a thousand documents."""
        return self.vectors.vectors(np.flatnonzero(self.alive)[:1000].astype(np.int64))

    def key(self, row: int) -> str:
        return self.store.keys.key(row)

    def row(self, key: str) -> int | None:
        """The living row of a key, None when there is none in this view."""
        row = self.store.keys.row(key, self.count)
        return row if row >= 0 and self.alive[row] else None

    def owner(self, row: int) -> str | None:
        column = self.store.attributes.owners
        values = column.values(int(column.codes(row + 1)[row]))
        return values[0] if values else None

    def rows_owned_by(self, owner: str) -> Rows:
        owned = self.store.attributes.owners.has_any([owner], self.count) & self.alive
        return np.flatnonzero(owned).astype(np.int64)

    def document(self, row: int) -> Document:
        title, description = self.store.texts.get(row)
        return Document(self.key(row), title, description, self.owner(row), self.store.attributes.of(row))

    def values_of(self, name: str) -> frozenset[tuple[str, ...]]:
        """The combinations of values of an attribute; some may have died out since the last compaction."""
        column = self.store.attributes.column(name)
        return frozenset() if column is None else frozenset(column.combinations[1:])

    def allowed(self, filters: Filters) -> Mask:
        """(count,) bool: the living rows that pass the filter, or one of several."""
        alternatives = [filters] if isinstance(filters, Filter) else list(filters)
        passing = np.zeros(self.count, dtype=np.bool_)
        for one in alternatives:
            passing |= self._passing(one)
        return passing & self.alive

    def _passing(self, one: Filter) -> Mask:
        attributes = self.store.attributes
        passing = np.ones(self.count, dtype=np.bool_)
        for name, wanted in one.any_of.items():
            passing &= attributes.has_any(name, wanted, self.count)
        for name, unwanted in one.none_of.items():
            passing &= ~attributes.has_any(name, unwanted, self.count)
        if one.owners is not None:
            passing &= attributes.has_any(Attributes.OWNER, tuple(one.owners), self.count)
        if one.excluded_owners:
            passing &= ~attributes.has_any(Attributes.OWNER, tuple(one.excluded_owners), self.count)
        if one.keys is not None:
            passing &= self._mask_of(one.keys)
        if one.excluded_keys:
            passing &= ~self._mask_of(one.excluded_keys)
        return passing

    def _mask_of(self, keys: Iterable[str]) -> Mask:
        mask = np.zeros(self.count, dtype=np.bool_)
        mask[[row for key in keys if (row := self.row(key)) is not None]] = True
        return mask


class Collection:
    """The writing side; one thread at a time calls it (the engine sees to that), `view` may be read by
    all.
    """

    def __init__(
        self,
        name: CollectionName,
        dimension: int,
        config: EngineConfig,
        *,
        backend: VectorBackend = AdaptiveBackend(),
        vectors: VectorIndex | None = None,
    ) -> None:
        """Empty, or over the saved `vectors` (see `load`)."""
        self._name = name
        self._dimension = dimension
        self._config = config
        self._backend = backend
        self._store = _Store(vectors or backend.create(name, dimension), self._empty_lexical())
        self.view = self._published(np.zeros(0, dtype=np.bool_), 0, np.zeros(dimension))

    def upsert(self, documents: Sequence[Document], vectors: Vectors, *, sequence: int) -> None:
        """See `Engine.upsert`. Raises InvalidVectors or StaleSequence before anything is changed."""
        checked = require_vectors(vectors, self._dimension)
        if len(checked) != len(documents):
            raise InvalidVectors(f"{len(documents)} documents but {len(checked)} vectors")
        self._require_sequence(sequence)
        last = {document.key: place for place, document in enumerate(documents)}
        places = sorted(last.values())
        kept = [documents[place] for place in places]
        view, store = self.view, self._store
        texts = [self._indexed_text(document) for document in kept]
        table = extract(texts, kinds=self._config.term_kinds)
        replaced = self._rows_of(document.key for document in kept)
        store.vectors.append(checked[places])
        store.lexical.append(table)
        store.texts.append((document.title, document.description) for document in kept)
        store.attributes.append(
            [document.attributes for document in kept], [document.owner for document in kept]
        )
        store.draws.extend(draws((document.title, document.description) for document in kept))
        store.keys.append([document.key for document in kept])
        added = checked[places].sum(axis=0, dtype=np.float64)
        lost = store.vectors.vectors(replaced).sum(axis=0, dtype=np.float64)
        alive = np.concatenate([view.alive, np.ones(len(kept), dtype=np.bool_)])
        alive[replaced] = False
        self.view = self._published(alive, sequence, view.vector_sum + added - lost)
        store.vectors.remove(replaced)
        self._compact_when_due()

    def delete(self, keys: Iterable[str], *, sequence: int) -> int:
        """See `Engine.delete`."""
        self._require_sequence(sequence)
        rows = self._rows_of(set(keys))
        alive = self.view.alive.copy()
        alive[rows] = False
        lost = self._store.vectors.vectors(rows).sum(axis=0, dtype=np.float64)
        self.view = self._published(alive, sequence, self.view.vector_sum - lost)
        self._store.vectors.remove(rows)
        self._compact_when_due()
        return len(rows)

    @staticmethod
    def save(view: CollectionView, folder: Path) -> None:
        """Writes the documents of a view, without its tombstones, into files of an empty folder."""
        rows = np.flatnonzero(view.alive).astype(np.int64)
        store = view.store
        store.vectors.save(folder, rows)
        store.texts.taken(rows).save(folder)
        store.attributes.taken(rows, view.count).save(folder)
        table = view.lexical.table if len(rows) == view.count else take(view.lexical.table, rows)
        np.save(folder / _DRAWS_FILE, store.draws.view(view.count)[rows])
        for name in _TERM_PARTS:
            np.save(folder / f"terms-{name}.npy", getattr(table, name))
        facts = {"sequence": view.sequence, "keys": [view.key(int(row)) for row in rows]}
        (folder / "keys.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(
        cls,
        name: CollectionName,
        folder: Path,
        dimension: int,
        config: EngineConfig,
        *,
        backend: VectorBackend = AdaptiveBackend(),
    ) -> Collection:
        """Reads what `save` wrote; that the files are whole is checked before."""
        vectors = backend.load(name, folder, dimension)
        loaded = cls(name, dimension, config, backend=backend, vectors=vectors)
        store = loaded._store
        facts = json.loads((folder / "keys.json").read_text(encoding="utf-8"))
        store.texts = TextStore.load(folder)
        store.attributes = Attributes.load(folder)
        parts = {
            part: np.load(folder / f"terms-{part}.npy", mmap_mode="r")
            for part in ("offsets", "terms", "counts", "lengths")
        }
        store.lexical.append(TermTable(**parts))
        store.keys.append(facts["keys"])
        drawn = folder / _DRAWS_FILE
        texts = (store.texts.get(row) for row in range(len(store.texts)))
        store.draws.extend(np.load(drawn) if drawn.exists() else draws(texts))
        count = len(facts["keys"])
        total = np.zeros(dimension)
        for begin in range(0, count, _SUMMED_ROWS):
            part = store.vectors.vectors(np.arange(begin, min(begin + _SUMMED_ROWS, count)))
            total += part.sum(axis=0, dtype=np.float64)
        loaded.view = loaded._published(np.ones(count, dtype=np.bool_), int(facts["sequence"]), total)
        if count > _LARGE:
            del facts, parts
            give_back()
        return loaded

    def close(self) -> None:
        """Frees what the vector index holds outside this process; the collection answers no more."""
        self._store.close()

    def compact(self) -> None:
        """Rebuilds the collection from its living rows; readers go on with the old view meanwhile."""
        view, old = self.view, self._store
        rows = np.flatnonzero(view.alive).astype(np.int64)
        self._store = store = _Store(old.vectors.taken(rows), self._empty_lexical())
        store.lexical.append(take(view.lexical.table, rows))
        store.texts = old.texts.taken(rows)
        store.attributes = old.attributes.taken(rows, view.count)
        store.keys.append([view.key(int(row)) for row in rows])
        store.draws.extend(old.draws.view()[rows])
        self.view = self._published(np.ones(len(rows), dtype=np.bool_), view.sequence, view.vector_sum)

    def _compact_when_due(self) -> None:
        tombstones = self.view.count - self.view.size
        share = self._config.compaction_share * self.view.count
        if tombstones > max(share, self._config.compaction_floor):
            self.compact()

    def _empty_lexical(self) -> LexicalIndex:
        bm25 = Bm25(self._config.bm25_k1, self._config.bm25_b)
        return LexicalIndex(bm25, postings=self._config.lexical_postings)

    def _rows_of(self, keys: Iterable[str]) -> Rows:
        rows = [row for key in keys if (row := self.view.row(key)) is not None]
        return np.array(rows, dtype=np.int64)

    def _indexed_text(self, document: Document) -> str:
        return passage(document, length=self._config.indexed_text_length)

    def _require_sequence(self, sequence: int) -> None:
        if sequence < self.view.sequence:
            raise StaleSequence(f"{self._name}: {sequence} after {self.view.sequence}")

    def _published(self, alive: Mask, sequence: int, vector_sum: NDArray[np.float64]) -> CollectionView:
        alive.flags.writeable = False
        return CollectionView(
            name=self._name,
            store=self._store,
            lexical=self._store.lexical.view(),
            alive=alive,
            size=int(np.count_nonzero(alive)),
            sequence=sequence,
            vector_sum=vector_sum,
            config=self._config,
        )
