"""How the index of a process stands, in the words that readiness, metrics and commands report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from matching import VectorFacts


class IndexState(StrEnum):
    LOADING = "loading"
    READY = "ready"
    REBUILDING = "rebuilding"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How the index of this process stands.

    `lag_rows` counts changed rows that a search does not see yet, `lag_seconds` is the age of the oldest;
    `vectors` tells of each collection how its vectors are searched and what recall was measured;
    `parked` rows were given up after repeated failures; `problem` is the code of what is wrong, or "".
    """

    state: IndexState
    problem: str
    model_id: str
    is_research_only: bool
    dimension: int
    generation: int
    applied: int
    documents: dict[str, int]
    vectors: dict[str, VectorFacts]
    lag_rows: int
    lag_seconds: float
    parked: int

    @property
    def is_ready(self) -> bool:
        return self.state is IndexState.READY
