"""The ranking recipe: candidates from both sides, exact scores, their fusion, and solvers from achievements.

Recipe A of the quality notes: score = 0.6 z(dense) + 0.4 z(lexical) + 0.15 z(likeness to the best five),
where dense = cos(full text) + cos(title) + max cos(sentence) on centred vectors and lexical = BM25(full) +
2 BM25(title).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.config import EngineConfig
from matching.features import RequirementVectors, WeightedTerms
from matching.index.collection import CollectionView
from matching.index.lexical import Floats
from matching.index.reference import centred
from matching.types import Candidate, Contribution, Mask, Rows, SolverCandidate, Vectors

PARTS = ("dense_full", "dense_title", "dense_sentence", "lexical_full", "lexical_title", "feedback")


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scored rows of the achievements, best first: rows (n,), scores (n,), parts (n, 6) that sum to the
    scores.

    `sentences` (n,): which sentence of the requirement came closest to each row, `likeness` (n,) their
    centred cosine. `pool`: how many rows were allowed.
    """

    rows: Rows
    scores: Floats
    parts: Floats
    sentences: Rows
    likeness: Floats
    pool: int


@dataclass(frozen=True, slots=True)
class Standard:
    """Means of the parts and one common deviation: part i becomes (value - means[i]) / deviation."""

    means: Floats
    deviation: float

    @classmethod
    def of(cls, sample: Floats, *, mean: float, deviation: float, prior: float) -> Standard:
        """From a sample (n, parts); `mean` and `deviation` of the sum count for `prior` more documents.

        Without that a handful of documents would make any small difference look like a large one.
        """
        number, parts = sample.shape
        share = number / (number + prior)
        means = (sample.mean(axis=0) if number else np.zeros(parts)) * share + (1 - share) * mean / parts
        variance = float(sample.sum(axis=1).var()) if number else 0.0
        blended = variance * share + deviation**2 * (1 - share)
        return cls(means.astype(np.float32), float(np.sqrt(max(blended, 1e-12))))

    def apply(self, values: Floats) -> Floats:
        return np.asarray((values - self.means) / np.float32(self.deviation), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class CentredQuery:
    """A requirement's vectors seen from the centre of the achievements."""

    full: Vectors
    title: Vectors
    sentences: Vectors

    @classmethod
    def of(cls, vectors: RequirementVectors, centre: Vectors) -> CentredQuery:
        return cls(*(centred(part, centre) for part in (vectors.full, vectors.title, vectors.sentences)))

    def compare(self, others: Vectors) -> tuple[Floats, Rows]:
        """Cosines to centred rows (n, d): (n, 3) for full, title and best sentence, and which
        sentence it was.
        """
        by_sentence = others @ self.sentences.T
        best = by_sentence.argmax(axis=1)
        closest = by_sentence[np.arange(len(others)), best]
        parts = np.stack([others @ self.full, others @ self.title, closest], axis=1)
        return np.asarray(parts, dtype=np.float32), best.astype(np.int64)


def view_weights(config: EngineConfig) -> Floats:
    """(3,): how much full text, title and best sentence count within the dense side."""
    return np.array([config.full_view, config.title_view, config.sentence_view], dtype=np.float32)


def candidate_rows(
    view: CollectionView,
    query: CentredQuery,
    terms: WeightedTerms,
    *,
    allowed: Mask,
    limit: int,
    config: EngineConfig,
) -> Rows:
    """Allowed rows worth an exact score: the nearest by vector and the best by terms, ascending.

    Each side gives at least `limit` rows as far as there are any.
    """
    direction = query.full + query.title
    dense, _ = view.vectors.search(direction, max(config.dense_depth, limit), allowed=allowed)
    lexical = view.lexical.search(terms.terms, terms.total, max(config.lexical_depth, limit), allowed=allowed)
    return np.union1d(dense, lexical).astype(np.int64)


def rank(
    view: CollectionView,
    vectors: RequirementVectors,
    terms: WeightedTerms,
    *,
    allowed: Mask,
    limit: int,
    config: EngineConfig,
) -> Ranking:
    """Scores and orders the allowed achievements that are candidates; equal scores go by key."""
    query = CentredQuery.of(vectors, view.centre)
    rows = candidate_rows(view, query, terms, allowed=allowed, limit=limit, config=config)
    pool = int(np.count_nonzero(allowed))
    if not len(rows):
        empty = np.zeros(0, dtype=np.float32)
        return Ranking(rows, empty, np.zeros((0, len(PARTS)), dtype=np.float32), rows, empty, pool)
    found = centred(view.vectors.vectors(rows), view.centre)
    reference = view.reference
    dense, sentences = query.compare(found)
    views = view_weights(config)
    share = float(views.sum()) / len(views)
    dense_standard = Standard.of(
        query.compare(reference.vectors)[0] * views,
        mean=config.dense_mean * share,
        deviation=config.dense_deviation * share,
        prior=config.standard_prior,
    )
    lexical = view.lexical.exact(rows, terms.terms, terms.weights)
    standard = lexical_standard(view, terms, config)
    parts = np.concatenate(
        [
            dense_standard.apply(dense * views) * config.dense_weight,
            standard.apply(lexical) * config.lexical_weight,
            np.zeros((len(rows), 1), dtype=np.float32),
        ],
        axis=1,
    )
    parts[:, -1] = feedback(found, reference.vectors, parts.sum(axis=1), config) * config.feedback_weight
    scores = parts.sum(axis=1, dtype=np.float32)
    keys = np.array([view.key(int(row)) for row in rows])
    order = np.lexsort((keys, -scores))
    return Ranking(rows[order], scores[order], parts[order], sentences[order], dense[order, 2], pool)


def lexical_standard(view: CollectionView, terms: WeightedTerms, config: EngineConfig) -> Standard:
    """How the lexical scores of a query, full text and title, lie over the collection's reference sample."""
    sample = [view.reference.lexical_scores(terms.terms, terms.weights[:, part]) for part in (0, 1)]
    whole = float(terms.weights.sum())
    return Standard.of(
        np.stack(sample, axis=1),
        mean=config.lexical_mean * whole,
        deviation=config.lexical_deviation * whole,
        prior=config.standard_prior,
    )


def feedback(found: Vectors, reference: Vectors, scores: Floats, config: EngineConfig) -> Floats:
    """(n,) float32: standardised likeness of each candidate to the centroid of the best
    `feedback_depth` ones.
    """
    best = np.argsort(-scores, kind="stable")[: config.feedback_depth]
    centroid = found[best].mean(axis=0)
    centroid = centroid / max(float(np.linalg.norm(centroid)), 1e-6)
    standard = Standard.of(
        (reference @ centroid)[:, None],
        mean=0.0,
        deviation=config.feedback_deviation,
        prior=config.standard_prior,
    )
    return standard.apply((found @ centroid)[:, None])[:, 0]


def contributions(parts: Floats) -> tuple[Contribution, ...]:
    """One row of `Ranking.parts` by name."""
    return tuple(
        Contribution(name, float(value))  # type: ignore[arg-type]
        for name, value in zip(PARTS, parts, strict=True)
    )


def by_solver(
    candidates: Sequence[Candidate], *, limit: int, config: EngineConfig
) -> tuple[SolverCandidate, ...]:
    """Solvers of the candidates (best first), ranked by their best achievement plus a small bonus.

    The bonus is `solver_bonus` times the sum of the positive scores of the next `solver_bonus_depth`
    achievements: breadth breaks near-ties and never outweighs a clearly better single achievement.
    Candidates without a solver are passed over.
    """
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.solver is not None:
            groups.setdefault(candidate.solver, []).append(candidate)
    scored = []
    for solver, own in groups.items():
        further = own[1 : 1 + config.solver_bonus_depth]
        bonus = config.solver_bonus * sum(max(one.score, 0.0) for one in further)
        scored.append((own[0].score + bonus, solver, own))
    scored.sort(key=lambda entry: (-entry[0], entry[1]))
    return tuple(
        SolverCandidate(solver, place, score, own[0].grade, own[0], tuple(one.achievement for one in own))
        for place, (score, solver, own) in enumerate(scored[:limit], start=1)
    )
