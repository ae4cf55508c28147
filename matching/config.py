"""The numbers of the ranking recipe, in one frozen value; where they come from is told in `docs/quality.md`.

Nothing here is read from the environment: the application passes another value when it wants one.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.terms import CHARACTERS_AND_BIGRAMS, TermKind


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Settings of the matching recipe; the defaults are the ones the shipped calibration was fitted with.

    Lengths are characters, weights are dimensionless, depths are numbers of documents.
    """

    full_text_length: int = 400
    """Title and description are cut here before they are embedded or turned into a query of a match."""
    indexed_text_length: int = 2000
    """Of title and description together, this much counts in the lexical index."""
    sentence_limit: int = 25
    sentence_length: int = 6
    """Sentences below this length are not embedded on their own."""

    term_kinds: tuple[TermKind, ...] = CHARACTERS_AND_BIGRAMS
    """What the lexical side counts. A snapshot is of one choice."""
    bm25_k1: float = 1.5
    bm25_b: float = 0.4
    title_weight: float = 2.0
    """The requirement's title counts this often on top of its full text, on the lexical side."""
    damped_counts: bool = True
    """A term that a requirement holds n times counts 1 + ln n times, not n times."""
    request_weights: bool = True
    """Terms count the less the more requirements hold them (see `frequencies`)."""

    centring: bool = True
    """Vectors are seen from the mean of the achievements."""
    full_view: float = 1.0
    title_view: float = 1.0
    sentence_view: float = 1.0
    """How much the cosines of full text, title and best sentence count within the dense side."""

    dense_weight: float = 0.6
    lexical_weight: float = 0.4
    feedback_weight: float = 0.15
    feedback_depth: int = 5

    dense_depth: int = 400
    lexical_depth: int = 400
    """Candidates taken from each side before the exact scores are computed."""
    lexical_postings: int = 500_000
    """Postings that the words may read before they take the heaviest terms first (see `LexicalView.search`)."""
    reference_size: int = 2048
    """Documents, chosen by key hash, over which mean and deviation of the scores are taken."""
    centre_prior: float = 1.0
    """How many documents at the origin are counted when the mean vector is taken."""
    prior_weight: float = 30.0
    """How many requirements the shipped background counts for in the request-side document frequencies."""

    standard_prior: float = 32.0
    """How many documents the four figures below count for beside the reference sample."""
    dense_mean: float = 0.08
    dense_deviation: float = 0.24
    lexical_mean: float = 0.003
    lexical_deviation: float = 0.0044
    """Relative to the sum of the query's weights."""
    feedback_deviation: float = 0.12

    solver_bonus: float = 0.05
    """Share of the second, third, … achievement's score above zero that is added to its solver's best one."""
    solver_bonus_depth: int = 3

    reverse_depth: int = 64
    """Requirements that get an exact score when a solver asks what fits it."""
    search_depth: int = 200
    search_coverage: float = 0.4
    """A hit by words alone holds at least this share of the query's term weight."""
    search_likeness: float = 0.45
    """A hit by meaning alone has at least this centred cosine to the query."""

    duplicate_similarity: float = 0.7
    evidence_limit: int = 5

    compaction_share: float = 0.25
    compaction_floor: int = 256
    """A collection is compacted when its tombstones exceed this share of its rows and this number."""
