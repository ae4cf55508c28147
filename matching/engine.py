"""The engine: three collections of embedded texts and the questions asked of them.

It is the only module that knows all others. It takes values and gives values: who may see what, what is stored where
and when a change is applied is left to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from matching.config import EngineConfig
from matching.encode import Encoder
from matching.types import (
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


class Engine:
    """Collections "requirements", "achievements" and "solvers" in memory, safe for many threads.

    Readers see each change whole or not at all. A change costs no more than its own size (compaction apart).
    """

    def __init__(self, encoder: Encoder, *, work_dir: Path, config: EngineConfig = EngineConfig()) -> None:
        """`work_dir` is a private directory of this process for the word segmenter's cache; it is created."""
        raise NotImplementedError

    # --- keeping the collections -------------------------------------------------------------------------------

    def upsert(
        self, collection: CollectionName, documents: Sequence[Document], vectors: Vectors, *, sequence: int
    ) -> None:
        """Adds documents or replaces those of the same key; `vectors[i]` embeds `passage(documents[i])`.

        `vectors` is (n, d) float32, rows of norm 1, made by this engine's model. `sequence` is the caller's number
        of the last change contained; it never falls per collection (equal is allowed: applying twice changes
        nothing). When a key occurs twice the later one wins.
        Raises UnknownCollection, InvalidVectors, StaleSequence; then nothing was applied.
        """
        raise NotImplementedError

    def delete(self, collection: CollectionName, keys: Iterable[str], *, sequence: int) -> int:
        """Removes documents; unknown keys are passed over. Returns how many were there. Raises as `upsert`."""
        raise NotImplementedError

    def sequence(self, collection: CollectionName) -> int:
        """The last applied sequence of the collection; 0 before the first change."""
        raise NotImplementedError

    def status(self) -> EngineStatus:
        raise NotImplementedError

    def verify(self, collection: CollectionName, expected: Mapping[str, str]) -> Verification:
        """Compares the collection with `expected`: every living key and the `text_hash` of its document."""
        raise NotImplementedError

    def save(self, directory: Path) -> Path:
        """Writes a new snapshot generation durably (fsync, rename) and keeps the one before it.

        Returns the directory of the generation. Readers and writers go on meanwhile.
        """
        raise NotImplementedError

    @classmethod
    def load(
        cls, directory: Path, encoder: Encoder, *, work_dir: Path, config: EngineConfig = EngineConfig()
    ) -> Engine:
        """Opens the newest generation that passes all checks.

        Raises SnapshotMissing, SnapshotDamaged or ModelChanged; the caller then fills a new Engine from its database.
        """
        raise NotImplementedError

    # --- questions ---------------------------------------------------------------------------------------------

    def match(
        self, requirement: Document, *, limit: int = 10, filter: Filters = EVERYTHING, explain: bool = True
    ) -> Match:
        """Ranks achievements, and their solvers, for one requirement (which need not be in the collection).

        At most `limit` candidates and `limit` solvers, best first; `filter` is on achievements.
        """
        raise NotImplementedError

    def match_many(
        self,
        requirements: Sequence[Document],
        *,
        limit: int = 10,
        filter: Filters = EVERYTHING,
        explain: bool = True,
    ) -> Iterator[Match]:
        """The same as `match` for each requirement in order, with the texts encoded in large batches."""
        raise NotImplementedError

    def requirements_for(
        self, solver: str, *, limit: int = 10, filter: Filters = EVERYTHING, explain: bool = True
    ) -> tuple[Candidate, ...]:
        """Ranks requirements for a solver by the best of its achievements (and its profile, as one more text).

        `filter` is on requirements. Each candidate names the achievement it rests on; when it rests on the solver's
        profile, `achievement` is the solver's key. Raises UnknownKey when neither the solver nor an achievement of it
        is indexed.
        """
        raise NotImplementedError

    def similar(
        self, requirement: Document, *, limit: int = 10, filter: Filters = EVERYTHING
    ) -> tuple[SimilarRequirement, ...]:
        """Other requirements of the same need, most similar first; the requirement's own key is left out."""
        raise NotImplementedError

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
        raise NotImplementedError
