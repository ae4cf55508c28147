"""From ranked rows to the values that are handed out: candidates with grades, explanations and solvers.

What is ranked and how is decided in `rank` and `reverse`, what is evidence in `explain`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from matching.calibrate import Curves
from matching.config import EngineConfig
from matching.explain import evidence, sentence
from matching.features import RequirementTexts, WeightedTerms
from matching.index.collection import CollectionView
from matching.rank import Ranking, by_solver, contributions
from matching.reverse import Fit
from matching.types import Candidate, Document, SolverCandidate, Span

SOLVER_DEPTH = 100
"""Achievements looked at, at least, when solvers are ranked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A requirement as it was asked: its document, its texts and its weighted terms."""

    document: Document
    texts: RequirementTexts
    query: WeightedTerms


def answer(
    asked: Asked, ranking: Ranking, *, view: CollectionView, limit: int, curves: Curves, config: EngineConfig
) -> tuple[tuple[Candidate, ...], tuple[SolverCandidate, ...]]:
    """The best `limit` candidates and the best `limit` solvers of a ranking, without explanations."""
    depth = max(limit, SOLVER_DEPTH)
    candidates = []
    for place, row in enumerate(ranking.rows[:depth].tolist()):
        score = float(ranking.scores[place])
        candidates.append(
            Candidate(
                requirement=asked.document.key,
                achievement=view.key(row),
                solver=view.owner(row),
                rank=place + 1,
                score=score,
                grade=curves.grade(score),
            )
        )
    return tuple(candidates[:limit]), by_solver(candidates, limit=limit, config=config)


def explained(
    asked: Asked, ranking: Ranking, candidate: Candidate, *, view: CollectionView, config: EngineConfig
) -> Candidate:
    """A candidate of a ranking with contributions, evidence and sentence."""
    place = candidate.rank - 1
    found = evidence(
        asked.document,
        view.document(int(ranking.rows[place])),
        query=asked.query,
        closest=asked.texts.spans[int(ranking.sentences[place])],
        likeness=float(ranking.likeness[place]),
        length=config.indexed_text_length,
        limit=config.evidence_limit,
    )
    return replace(
        candidate,
        contributions=contributions(ranking.parts[place]),
        evidence=found,
        sentence=sentence(found, candidate.grade),
    )


def answer_fit(
    fit: Fit,
    *,
    solver: str,
    rank: int,
    offered: CollectionView,
    requirements: CollectionView,
    explain: bool,
    curves: Curves,
    config: EngineConfig,
) -> Candidate:
    """A requirement that fits a solver, as a candidate that names the row of `offered` it rests on."""
    requirement = requirements.document(fit.requirement)
    candidate = Candidate(
        requirement=requirement.key,
        achievement=offered.key(fit.row),
        solver=solver,
        rank=rank,
        score=fit.score,
        grade=curves.grade(fit.score),
    )
    if not explain:
        return candidate
    found = evidence(
        requirement,
        offered.document(fit.row),
        query=fit.query,
        closest=Span("title", 0, len(requirement.title), requirement.title),
        likeness=fit.likeness,
        length=config.indexed_text_length,
        limit=config.evidence_limit,
    )
    return replace(
        candidate,
        contributions=contributions(fit.parts),
        evidence=found,
        sentence=sentence(found, candidate.grade),
    )
