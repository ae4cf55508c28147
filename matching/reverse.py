"""From a solver to the requirements that fit it: the recipe of `rank`, asked in the other direction.

A requirement on file has one stored vector (its full text), so the dense side has one view here instead of
three; it is standardised per requirement over the same reference sample, which keeps scores of both
directions comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.config import EngineConfig
from matching.features import WeightedTerms, weighted_terms
from matching.frequencies import Background
from matching.index.collection import CollectionView
from matching.index.lexical import Floats
from matching.index.reference import centred
from matching.rank import PARTS, Standard, lexical_standard
from matching.terms import extract
from matching.text import normalise, passage
from matching.types import Mask, Rows


@dataclass(frozen=True, slots=True)
class Offer:
    """What a solver brings: rows of a collection (its achievements, or its own profile)."""

    view: CollectionView
    rows: Rows


@dataclass(frozen=True, slots=True)
class Fit:
    """A requirement's row with the offer that suits it best: which offer, which of its rows, parts as
    in `rank`.
    """

    requirement: int
    offer: int
    row: int
    score: float
    parts: Floats
    likeness: float
    query: WeightedTerms


def candidate_requirements(
    requirements: CollectionView, offers: list[Offer], *, allowed: Mask, config: EngineConfig
) -> Rows:
    """Allowed rows worth an exact score: near to any offered vector, or sharing words with the offered texts.

    At most `reverse_depth` rows (the first of both lists in turn), ascending.
    """
    depth = config.reverse_depth
    vectors = np.concatenate([offer.view.vectors.vectors(offer.rows) for offer in offers])
    lists = []
    best: dict[int, float] = {}
    for vector in centred(vectors, requirements.centre):
        rows, products = requirements.vectors.search(vector, depth, allowed=allowed)
        for row, product in zip(rows.tolist(), products.tolist(), strict=True):
            best[row] = max(best.get(row, -np.inf), product)
    lists.append(sorted(best, key=lambda row: (-best[row], row)))
    texts = [passage(offer.view.document(int(row))) for offer in offers for row in offer.rows]
    terms = np.unique(extract(texts).terms)
    weights = requirements.lexical.inverse_frequencies(terms)
    lists.append(requirements.lexical.search(terms, weights, depth, allowed=allowed).tolist())
    chosen: dict[int, None] = {}
    for place in range(max(len(one) for one in lists)):
        for one in lists:
            if place < len(one) and len(chosen) < depth:
                chosen[one[place]] = None
    return np.array(sorted(chosen), dtype=np.int64)


def fits(
    requirements: CollectionView,
    offers: list[Offer],
    *,
    reference: CollectionView,
    allowed: Mask,
    background: Background,
    config: EngineConfig,
) -> list[Fit]:
    """Candidate requirements with their best offer, best first; `reference` is the collection scores
    refer to.
    """
    rows = candidate_requirements(requirements, offers, allowed=allowed, config=config)
    if not len(rows):
        return []
    stored = centred(requirements.vectors.vectors(rows), reference.centre)
    offered = [centred(offer.view.vectors.vectors(offer.rows), reference.centre) for offer in offers]
    found = []
    for row, vector in zip(rows.tolist(), stored, strict=True):
        document = requirements.document(row)
        query = weighted_terms(
            passage(document, length=config.full_text_length),
            normalise(document.title),
            documents=reference.lexical,
            requirements=requirements.lexical,
            background=background,
            config=config,
        )
        dense_standard = Standard.of(
            (reference.reference.vectors @ vector)[:, None],
            mean=config.dense_mean / 3.0,
            deviation=config.dense_deviation / 3.0,
            prior=config.standard_prior,
        )
        words_standard = lexical_standard(reference, query, config)
        fit: Fit | None = None
        for place, (offer, vectors) in enumerate(zip(offers, offered, strict=True)):
            likeness = vectors @ vector
            parts = np.zeros((len(offer.rows), len(PARTS)), dtype=np.float32)
            parts[:, :1] = dense_standard.apply(likeness[:, None]) * config.dense_weight
            lexical = offer.view.lexical.exact(offer.rows, query.terms, query.weights)
            parts[:, 3:5] = words_standard.apply(lexical) * config.lexical_weight
            scores = parts.sum(axis=1)
            best = int(np.argmax(scores))
            if fit is None or float(scores[best]) > fit.score:
                score = float(scores[best])
                fit = Fit(row, place, int(offer.rows[best]), score, parts[best], float(likeness[best]), query)
        if fit is not None:
            found.append(fit)
    found.sort(key=lambda one: (-one.score, requirements.key(one.requirement)))
    return found
