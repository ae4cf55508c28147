"""The values that go into the engine and come out of it: frozen, without behaviour beyond simple facts.

How they are computed is left to the other modules; how they travel over HTTP or into tables to the
application.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CollectionName = Literal["requirements", "achievements", "solvers"]
COLLECTIONS: tuple[CollectionName, ...] = ("requirements", "achievements", "solvers")

TextField = Literal["title", "description"]
EvidenceKind = Literal["lexical", "semantic"]
Letter = Literal["A", "B", "C", "D"]

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

AttributeValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One text of a collection: a requirement, an achievement or a solver.

    `key` is unique within its collection. `description` is everything beyond the title in one string (a
    requirement's problem, indicators and goal; a solver's profile, keywords and capacity), sentences
    ended by punctuation or line breaks. `owner` is the solver's key for an achievement (None: belongs
    to nobody). `attributes` are the facts that filters ask for; a tuple means that the document has all
    of these values.
    """

    key: str
    title: str
    description: str = ""
    owner: str | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filter:
    """A conjunction of conditions that holds inside every search, never after it.

    `any_of[name]`: the document has at least one of these values under `name`. `none_of[name]`: it has
    none of them (a document without the attribute passes). `keys`: only these keys (None: all).
    `excluded_keys`: never these. `owners` and `excluded_owners` ask the same of `Document.owner`. The
    empty filter lets everything pass. Several filters in a sequence are alternatives: a document passes
    when it passes one of them.
    """

    any_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    none_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: frozenset[str] | None = None
    excluded_keys: frozenset[str] = frozenset()
    owners: frozenset[str] | None = None
    excluded_owners: frozenset[str] = frozenset()


EVERYTHING = Filter()
Filters = Filter | Sequence[Filter]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's original text: `text == getattr(document, field)[start:end]`."""

    field: TextField
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A phrase of the requirement and a phrase of the achievement that meet.

    `lexical`: both hold the same words; `semantic`: close in the embedding space. `strength` is in [0,
    1]; a list of evidence is ordered by it, strongest first.
    """

    requirement: Span
    achievement: Span
    kind: EvidenceKind
    strength: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one part of the recipe added to a score; the contributions of a candidate sum to its score."""

    name: Literal["dense_full", "dense_title", "dense_sentence", "lexical_full", "lexical_title", "feedback"]
    value: float


@dataclass(frozen=True, slots=True)
class Grade:
    """The calibrated reading of a score on the scale 1 (unrelated) to 4 (solves it).

    `p2 >= p3 >= p4` are P(grade >= 2, 3, 4) for a pair that a reviewer would be shown. `expected` is in
    [1, 4]. `letter` follows from `p3` by fixed thresholds; `adequate` says whether the pair is worth
    telling the seeker.
    """

    p2: float
    p3: float
    p4: float
    expected: float
    letter: Letter
    adequate: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """An achievement ranked for a requirement (or the reverse): `rank` counts from 1.

    `evidence`, `sentence` (readable Chinese) and `contributions` are filled when an explanation was
    asked for.
    """

    requirement: str
    achievement: str
    solver: str | None
    rank: int
    score: float
    grade: Grade
    contributions: tuple[Contribution, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SolverCandidate:
    """A solver ranked by its best achievement plus a small bonus for further ones; `best` explains it.

    `achievements` are the keys of its candidates, best first; `grade` is read from `best`.
    """

    solver: str
    rank: int
    score: float
    grade: Grade
    best: Candidate
    achievements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one requirement.

    `pool` is how many achievements passed the filter (what was searched); `adequate` is false when no
    candidate is, and then `candidates` are the nearest achievements to name in the answer. `generation`
    and `model_id` say with which index and model it was computed, `ranker` and `recipe` with which version of
    the last step (see `matching.learn.ranker`).
    """

    requirement: str
    candidates: tuple[Candidate, ...]
    solvers: tuple[SolverCandidate, ...]
    adequate: bool
    pool: int
    generation: int
    model_id: str
    ranker: str = "shipped"
    recipe: str = ""


@dataclass(frozen=True, slots=True)
class SimilarRequirement:
    """Another requirement of the same need; `similarity` is in [0, 1], `duplicate` when it is at least
    the limit.
    """

    key: str
    rank: int
    similarity: float
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found by a free-text search; `snippet` is cut from its text, `marks` are (start, end)
    within it.
    """

    key: str
    rank: int
    score: float
    snippet: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits; `total` counts every hit of the query up to the engine's search depth."""

    hits: tuple[Hit, ...]
    total: int


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """How a vector index searches: "exact" and "milvus" compare every row, "compressed" scans codes first.

    `rows` are its rows when that was found out; `recall` is the share of the exact best 50 that it finds, `deep`
    the same of the best 400, both measured over `queries` queries (0: nothing to measure); `widening` times
    the asked depth is compared exactly.
    """

    kind: str
    rows: int
    recall: float = 1.0
    deep: float = 1.0
    queries: int = 0
    widening: int = 0


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """How one collection stands: living documents, tombstones waiting for compaction, last applied
    sequence, and how its vectors are searched.
    """

    name: CollectionName
    count: int
    tombstones: int
    sequence: int
    vectors: VectorFacts = VectorFacts("exact", 0)


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """How the engine stands; `generation` grows by one with every applied change and survives a snapshot."""

    model_id: str
    dimension: int
    generation: int
    collections: tuple[CollectionStatus, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """The difference between a collection and what the caller says it should hold (keys with their text
    hashes).
    """

    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.surplus or self.changed)
