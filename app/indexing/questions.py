"""What can be asked of a process's search index; each question goes to the engine that is live at that moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from app.indexing.errors import translated
from app.indexing.rankers import FollowedRanker
from matching import (
    EVERYTHING,
    Candidate,
    CollectionName,
    Document,
    Engine,
    Filters,
    Match,
    SearchPage,
    SimilarRequirement,
)
from matching.learn import Ranker


class Questions(ABC):
    """The questions; where the engine comes from, and whether it may answer, is left to the index."""

    _ranker: FollowedRanker

    @abstractmethod
    def _answering(self) -> Engine:
        """The engine that answers. Raises `Unavailable`."""

    def match(
        self,
        requirement: Document,
        *,
        limit: int = 10,
        filter: Filters = EVERYTHING,
        explain: bool = True,
        ranker: Ranker | None = None,
    ) -> Match:
        """See `matching.Engine.match`; without a `ranker` the live version answers."""
        engine, version = self._answering(), ranker or self._ranker.current
        with translated():
            return engine.match(requirement, limit=limit, filter=filter, explain=explain, ranker=version)

    def match_many(
        self,
        requirements: Sequence[Document],
        *,
        limit: int = 10,
        filter: Filters = EVERYTHING,
        explain: bool = True,
        ranker: Ranker | None = None,
    ) -> Iterator[Match]:
        """See `matching.Engine.match_many`; one version answers throughout."""
        engine, version = self._answering(), ranker or self._ranker.current
        with translated():
            yield from engine.match_many(
                requirements, limit=limit, filter=filter, explain=explain, ranker=version
            )

    def parts(self, requirement: Document, achievements: Iterable[str]) -> dict[str, dict[str, float]]:
        """See `matching.Engine.parts`."""
        engine = self._answering()
        with translated():
            return engine.parts(requirement, achievements)

    @property
    def ranker(self) -> Ranker:
        """The version of the ranking that answers now."""
        return self._ranker.current

    @property
    def recipe(self) -> str:
        """What the parts of this process's scores mean."""
        return self._answering().recipe

    def requirements_for(
        self, solver: str, *, limit: int = 10, filter: Filters = EVERYTHING, explain: bool = True
    ) -> tuple[Candidate, ...]:
        """See `matching.Engine.requirements_for`; a solver without indexed texts raises `NotIndexed`."""
        engine = self._answering()
        with translated():
            return engine.requirements_for(
                solver, limit=limit, filter=filter, explain=explain, ranker=self._ranker.current
            )

    def similar(
        self, requirement: Document, *, limit: int = 10, filter: Filters = EVERYTHING
    ) -> tuple[SimilarRequirement, ...]:
        """See `matching.Engine.similar`."""
        engine = self._answering()
        with translated():
            return engine.similar(requirement, limit=limit, filter=filter)

    def search(
        self,
        collection: CollectionName,
        query: str,
        *,
        limit: int = 20,
        offset: int = 0,
        filter: Filters = EVERYTHING,
    ) -> SearchPage:
        """See `matching.Engine.search`."""
        engine = self._answering()
        with translated():
            return engine.search(collection, query, limit=limit, offset=offset, filter=filter)

    def regions(self) -> frozenset[str]:
        """The regions of the indexed achievements' solvers, each as deep as it is stated."""
        stated = self._answering().values_of("achievements", "region")
        return frozenset(max(levels, key=len) for levels in stated)

    def counts(self) -> dict[str, int]:
        """How many documents each collection of this process holds."""
        return {part.name: part.count for part in self._answering().status().collections}
