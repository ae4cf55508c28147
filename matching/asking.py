"""Puts a requirement to the achievements, or a solver to the requirements, for the engine.

How what is found is scored is left to `rank` and `reverse`, how it is told to `answers`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matching.answers import Asked, answer_fit
from matching.config import EngineConfig
from matching.errors import UnknownKey
from matching.features import RequirementTexts, RequirementVectors, weighted_terms
from matching.frequencies import Background
from matching.index.collection import CollectionView
from matching.learn.ranker import Ranker, reweighted_fits
from matching.rank import PARTS, Ranking, rank
from matching.reverse import Offer, fits
from matching.types import COLLECTIONS, Candidate, CollectionName, Document, Filters


def ask(
    document: Document,
    texts: RequirementTexts,
    vectors: RequirementVectors,
    *,
    achievements: CollectionView,
    requirements: CollectionView,
    background: Background,
    limit: int,
    filter: Filters,
    config: EngineConfig,
) -> tuple[Asked, Ranking]:
    """The requirement as it was asked, and its ranking; `requirements` tell how common its terms are there."""
    query = weighted_terms(
        texts.full,
        texts.title,
        documents=achievements.lexical,
        requirements=requirements.lexical,
        background=background,
        config=config,
    )
    ranking = rank(
        achievements, vectors, query, allowed=achievements.allowed(filter), limit=limit, config=config
    )
    return Asked(document, texts, query), ranking


def parts_of(
    ranking: Ranking, wanted: frozenset[str], *, view: CollectionView
) -> dict[str, dict[str, float]]:
    """The parts, by name, of the ranked rows whose keys are `wanted`."""
    keyed = zip(map(view.key, ranking.rows.tolist()), ranking.parts.tolist(), strict=True)
    return {key: dict(zip(PARTS, parts, strict=True)) for key, parts in keyed if key in wanted}


def suitable(
    solver: str,
    *,
    views: Mapping[CollectionName, CollectionView],
    background: Background,
    limit: int,
    filter: Filters,
    explain: bool,
    ranker: Ranker,
    config: EngineConfig,
) -> tuple[Candidate, ...]:
    """The best `limit` requirements for a solver; see `Engine.requirements_for`. Raises UnknownKey."""
    requirements, achievements, solvers = (views[name] for name in COLLECTIONS)
    own = achievements.rows_owned_by(solver)
    profile = solvers.row(solver)
    offers = [Offer(achievements, own)] if len(own) else []
    if profile is not None:
        offers.append(Offer(solvers, np.array([profile], dtype=np.int64)))
    if not offers:
        raise UnknownKey("neither the solver nor an achievement of it is indexed")
    found = fits(
        requirements,
        offers,
        reference=achievements if achievements.size else solvers,
        allowed=requirements.allowed(filter),
        background=background,
        config=config,
    )
    found = reweighted_fits(found, ranker, requirements.key)
    return tuple(
        answer_fit(
            fit,
            solver=solver,
            rank=place,
            offered=offers[fit.offer].view,
            requirements=requirements,
            explain=explain,
            curves=ranker.curves,
            config=config,
        )
        for place, fit in enumerate(found[:limit], start=1)
    )
