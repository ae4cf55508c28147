"""The matching engine: values in, values out; no HTTP, no SQL, no settings, no clock.

This is its public face; everything else in the package may change.
"""

from matching.config import EngineConfig
from matching.encode import Encoder
from matching.engine import Engine
from matching.errors import (
    InvalidVectors,
    MatchingError,
    ModelChanged,
    ModelUnavailable,
    Overloaded,
    SnapshotDamaged,
    SnapshotMissing,
    StaleSequence,
    UnknownCollection,
    UnknownKey,
)
from matching.types import (
    COLLECTIONS,
    EVERYTHING,
    Candidate,
    CollectionName,
    CollectionStatus,
    Contribution,
    Document,
    EngineStatus,
    Evidence,
    Filter,
    Filters,
    Grade,
    Hit,
    Match,
    SearchPage,
    SimilarRequirement,
    SolverCandidate,
    Span,
    Vectors,
    Verification,
)

__all__ = [
    "COLLECTIONS",
    "EVERYTHING",
    "Candidate",
    "CollectionName",
    "CollectionStatus",
    "Contribution",
    "Document",
    "Encoder",
    "Engine",
    "EngineConfig",
    "EngineStatus",
    "Evidence",
    "Filter",
    "Filters",
    "Grade",
    "Hit",
    "InvalidVectors",
    "Match",
    "MatchingError",
    "ModelChanged",
    "ModelUnavailable",
    "Overloaded",
    "SearchPage",
    "SimilarRequirement",
    "SnapshotDamaged",
    "SnapshotMissing",
    "SolverCandidate",
    "Span",
    "StaleSequence",
    "UnknownCollection",
    "UnknownKey",
    "Vectors",
    "Verification",
]
