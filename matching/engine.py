"""The engine: three collections of embedded texts and the questions asked of them.

It is the only module that knows all others. It takes values and gives values: who may see what, what is
stored where and when a change is applied is left to the caller.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from matching.answers import SOLVER_DEPTH, Asked, answer, explained
from matching.asking import ask, parts_of, suitable
from matching.config import EngineConfig
from matching.encode import Encoder
from matching.errors import ModelChanged, UnknownCollection
from matching.features import (
    RequirementTexts,
    RequirementVectors,
    requirement_texts,
)
from matching.frequencies import shipped_background
from matching.index.adaptive import AdaptiveBackend
from matching.index.collection import Collection, CollectionView
from matching.index.snapshot import FORMAT, Manifest, read_newest, write_generation
from matching.index.vectors import VectorBackend
from matching.learn.ranker import Ranker, recipe, reweighted, shipped
from matching.rank import Ranking
from matching.search import search, similarity
from matching.text import normalise, passage, text_hash
from matching.types import (
    COLLECTIONS,
    EVERYTHING,
    Candidate,
    CollectionName,
    Document,
    EngineStatus,
    Filters,
    Match,
    SearchPage,
    SimilarRequirement,
    Vectors,
    Verification,
)

_CHUNK = 32
"""Requirements whose texts are encoded in one go by `match_many`."""
_PARTS_DEPTH = 5000
"""Candidates among which `parts` looks for the achievements it is asked about."""


class Engine:
    """Collections "requirements", "achievements" and "solvers" in memory, safe for many threads.

    Readers see each change whole or not at all. A change costs no more than its own size (compaction apart).
    """

    def __init__(
        self, encoder: Encoder, *, config: EngineConfig = EngineConfig(), backend: VectorBackend | None = None
    ) -> None:
        """`backend` makes the vector indexes: by default in memory, exact while small, compressed beyond."""
        self._backend = backend or AdaptiveBackend()
        if isinstance(self._backend, AdaptiveBackend):
            self._backend.measure_with(lambda: self._collections["requirements"].view.some_vectors())
        self._encoder = encoder
        self._config = config
        self._generation = 0
        self._writing = threading.Lock()
        self._saving = threading.Lock()
        self._background = shipped_background()
        self._collections: dict[str, Collection] = {
            name: Collection(name, encoder.dimension, config, backend=self._backend) for name in COLLECTIONS
        }

    # --- keeping the collections --------------------------------------------------------------------------

    def upsert(
        self, collection: CollectionName, documents: Sequence[Document], vectors: Vectors, *, sequence: int
    ) -> None:
        """Adds documents or replaces those of the same key; `vectors[i]` embeds `passage(documents[i])`.

        `vectors` is (n, d) float32, rows of norm 1, made by this engine's model. `sequence` is the
        caller's number of the last change contained; it never falls per collection (equal is
        allowed: applying twice changes nothing). When a key occurs twice the later one wins. Raises
        UnknownCollection, InvalidVectors, StaleSequence; then nothing was applied.
        """
        target = self._collection(collection)
        with self._writing:
            target.upsert(documents, vectors, sequence=sequence)
            self._generation += 1

    def delete(self, collection: CollectionName, keys: Iterable[str], *, sequence: int) -> int:
        """Removes documents; unknown keys are passed over. Returns how many were there. Raises as
        `upsert`.
        """
        target = self._collection(collection)
        with self._writing:
            removed = target.delete(keys, sequence=sequence)
            self._generation += 1
        return removed

    def close(self) -> None:
        """Frees what a distributed vector store holds for this engine; it answers no more."""
        for collection in self._collections.values():
            collection.close()

    def sequence(self, collection: CollectionName) -> int:
        """The last applied sequence of the collection; 0 before the first change."""
        return self._collection(collection).view.sequence

    def status(self) -> EngineStatus:
        views = [self._collections[name].view for name in COLLECTIONS]
        return EngineStatus(
            model_id=self._encoder.model_id,
            dimension=self._encoder.dimension,
            generation=self._generation,
            collections=tuple(view.status() for view in views),
        )

    def values_of(self, collection: CollectionName, name: str) -> frozenset[tuple[str, ...]]:
        """The combinations of values that an attribute has, or had, in documents of the collection."""
        return self._collection(collection).view.values_of(name)

    def verify(self, collection: CollectionName, expected: Mapping[str, str]) -> Verification:
        """Compares the collection with `expected`: every living key and the `text_hash` of its document."""
        view = self._collection(collection).view
        rows = {view.key(row): row for row in range(view.count) if view.alive[row]}
        changed = (
            key for key in rows.keys() & expected if text_hash(view.document(rows[key])) != expected[key]
        )
        return Verification(
            missing=tuple(sorted(expected.keys() - rows.keys())),
            surplus=tuple(sorted(rows.keys() - expected.keys())),
            changed=tuple(sorted(changed)),
        )

    def save(self, directory: Path) -> Path:
        """Writes a new snapshot generation durably (fsync, rename) and keeps the one before it.

        Returns the directory of the generation. Readers and writers go on meanwhile.
        """
        with self._saving:
            with self._writing:
                generation = self._generation
                views = {name: self._collections[name].view for name in COLLECTIONS}
            manifest = Manifest(
                format=FORMAT,
                generation=generation,
                model_id=self._encoder.model_id,
                dimension=self._encoder.dimension,
                settings=_index_settings(self._config),
                counts={name: view.size for name, view in views.items()},
                sequences={name: view.sequence for name, view in views.items()},
                files={},
                vectors={name: asdict(view.vectors.facts) for name, view in views.items()},
            )

            def fill(folder: Path) -> None:
                for name, view in views.items():
                    (folder / name).mkdir()
                    Collection.save(view, folder / name)

            return write_generation(directory, manifest, fill)

    @classmethod
    def load(
        cls,
        directory: Path,
        encoder: Encoder,
        *,
        config: EngineConfig = EngineConfig(),
        backend: VectorBackend | None = None,
    ) -> Engine:
        """Opens the newest generation that passes all checks.

        Raises SnapshotMissing, SnapshotDamaged or ModelChanged; the caller then fills a new Engine
        from its database.
        """
        folder, manifest = read_newest(directory)
        if (manifest.model_id, manifest.dimension) != (encoder.model_id, encoder.dimension):
            raise ModelChanged(f"{manifest.model_id} instead of {encoder.model_id}")
        if manifest.settings != _index_settings(config):
            raise ModelChanged("the snapshot was written with other index settings")
        engine = cls(encoder, config=config, backend=backend)
        for name in COLLECTIONS:
            engine._collections[name].close()
            engine._collections[name] = Collection.load(
                name, folder / name, encoder.dimension, config, backend=engine._backend
            )
        engine._generation = manifest.generation
        return engine

    # --- questions ----------------------------------------------------------------------------------------

    @property
    def recipe(self) -> str:
        """What the parts of its scores mean; see `matching.learn.ranker.recipe`."""
        return recipe(self._encoder.model_id, self._config)

    def match(
        self,
        requirement: Document,
        *,
        limit: int = 10,
        filter: Filters = EVERYTHING,
        explain: bool = True,
        ranker: Ranker | None = None,
    ) -> Match:
        """Ranks achievements, and their solvers, for one requirement (which need not be in the collection).

        At most `limit` candidates and `limit` solvers, best first; `filter` is on achievements; `ranker` is a
        learned version, None the shipped one.
        """
        asked = [requirement]
        return next(self.match_many(asked, limit=limit, filter=filter, explain=explain, ranker=ranker))

    def parts(self, requirement: Document, achievements: Iterable[str]) -> dict[str, dict[str, float]]:
        """The parts of the scores as shipped, by name, of those `achievements` that are candidates at all."""
        view = self._collections["achievements"].view
        texts = requirement_texts(requirement, self._config)
        vectors = RequirementVectors.of(self._encoder.encode_queries(texts.all))
        _, ranking = self._ask(view, requirement, texts, vectors, limit=_PARTS_DEPTH)
        return parts_of(ranking, frozenset(achievements), view=view)

    def match_many(
        self,
        requirements: Sequence[Document],
        *,
        limit: int = 10,
        filter: Filters = EVERYTHING,
        explain: bool = True,
        ranker: Ranker | None = None,
    ) -> Iterator[Match]:
        """The same as `match` for each requirement in order, with the texts encoded in large batches."""
        version = ranker or shipped()
        for begin in range(0, len(requirements), _CHUNK):
            chunk = requirements[begin : begin + _CHUNK]
            texts = [requirement_texts(requirement, self._config) for requirement in chunk]
            encoded = self._encoder.encode_queries([text for one in texts for text in one.all])
            place = 0
            for requirement, own in zip(chunk, texts, strict=True):
                vectors = RequirementVectors.of(encoded[place : place + len(own.all)])
                place += len(own.all)
                yield self._matched(
                    requirement, own, vectors, limit=limit, filter=filter, explain=explain, ranker=version
                )

    def requirements_for(
        self,
        solver: str,
        *,
        limit: int = 10,
        filter: Filters = EVERYTHING,
        explain: bool = True,
        ranker: Ranker | None = None,
    ) -> tuple[Candidate, ...]:
        """Ranks requirements for a solver by the best of its achievements (and its profile, as one
        more text).

        `filter` is on requirements. Each candidate names the achievement it rests on; when it rests
        on the solver's profile, `achievement` is the solver's key. Raises UnknownKey when neither
        the solver nor an achievement of it is indexed.
        """
        return suitable(
            solver,
            views={name: self._collections[name].view for name in COLLECTIONS},
            background=self._background,
            limit=limit,
            filter=filter,
            explain=explain,
            ranker=ranker or shipped(),
            config=self._config,
        )

    def similar(
        self, requirement: Document, *, limit: int = 10, filter: Filters = EVERYTHING
    ) -> tuple[SimilarRequirement, ...]:
        """Other requirements of the same need, most similar first; the requirement's own key is left out."""
        view = self._collections["requirements"].view
        allowed = view.allowed(filter)
        own = view.row(requirement.key)
        if own is not None:
            allowed[own] = False
        text = passage(requirement, length=self._config.full_text_length)
        vector = self._encoder.encode([text])[0]
        whole = passage(requirement, length=self._config.indexed_text_length)
        found = similarity(view, whole, vector, allowed=allowed, limit=limit, config=self._config)
        return tuple(
            SimilarRequirement(view.key(row), place, value, value >= self._config.duplicate_similarity)
            for place, (row, value) in enumerate(found, start=1)
        )

    def search(
        self,
        collection: CollectionName,
        query: str,
        *,
        limit: int = 20,
        offset: int = 0,
        filter: Filters = EVERYTHING,
    ) -> SearchPage:
        """Free-text hybrid search with snippets; a blank query finds nothing."""
        view = self._collection(collection).view
        plain = normalise(query)[: self._config.full_text_length]
        if not plain:
            return SearchPage((), 0)
        return search(
            view,
            plain,
            self._encoder.encode_queries([plain])[0],
            allowed=view.allowed(filter),
            limit=limit,
            offset=offset,
            config=self._config,
        )

    # --- parts of an answer -------------------------------------------------------------------------------

    def _collection(self, name: str) -> Collection:
        try:
            return self._collections[name]
        except KeyError:
            raise UnknownCollection(name) from None

    def _matched(
        self,
        requirement: Document,
        texts: RequirementTexts,
        vectors: RequirementVectors,
        *,
        limit: int,
        filter: Filters,
        explain: bool,
        ranker: Ranker,
    ) -> Match:
        view = self._collections["achievements"].view
        depth = max(limit, SOLVER_DEPTH)
        asked, ranking = self._ask(view, requirement, texts, vectors, limit=depth, filter=filter)
        ranking = reweighted(ranking, ranker, view.key)
        candidates, solvers = answer(
            asked, ranking, view=view, limit=limit, curves=ranker.curves, config=self._config
        )
        if explain:
            told = {
                candidate.rank: explained(asked, ranking, candidate, view=view, config=self._config)
                for candidate in {*candidates, *(solver.best for solver in solvers)}
            }
            candidates = tuple(told[candidate.rank] for candidate in candidates)
            solvers = tuple(replace(solver, best=told[solver.best.rank]) for solver in solvers)
        return Match(
            requirement=requirement.key,
            candidates=candidates,
            solvers=solvers,
            adequate=bool(candidates) and candidates[0].grade.adequate,
            pool=ranking.pool,
            generation=self._generation,
            model_id=self._encoder.model_id,
            ranker=ranker.name,
            recipe=self.recipe,
        )

    def _ask(
        self,
        view: CollectionView,
        requirement: Document,
        texts: RequirementTexts,
        vectors: RequirementVectors,
        *,
        limit: int,
        filter: Filters = EVERYTHING,
    ) -> tuple[Asked, Ranking]:
        return ask(
            requirement,
            texts,
            vectors,
            achievements=view,
            requirements=self._collections["requirements"].view,
            background=self._background,
            limit=limit,
            filter=filter,
            config=self._config,
        )


def _index_settings(config: EngineConfig) -> dict[str, Any]:
    """The settings that change what a snapshot holds."""
    return {
        "indexed_text_length": config.indexed_text_length,
        "term_kinds": "+".join(sorted(config.term_kinds)),
    }
