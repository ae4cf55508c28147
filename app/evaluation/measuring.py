"""Matches the requirements of an imported folder and compares the answers with its grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.indexing.service import SearchIndex
from app.matches.ranking import match_all
from app.models.requirement import Requirement
from app.models.solver import Achievement
from matching.evaluate import (
    CalibrationQuality,
    Judgments,
    RankingQuality,
    ReliabilityGroup,
    RequirementScores,
    calibration_quality,
    quality_of,
    reliability,
    requirement_scores,
)
from matching.intervals import Interval, difference_interval, grouped_intervals, mean_interval

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A judged pair as the ranking sees it: its score, what was stated of it, and the true grade."""

    requirement: str
    score: float
    p3: float
    expected: float
    grade: int


@dataclass(frozen=True)
class Measured:
    """The answers to a folder's requirements against its grades. `rankings`: the first achievements of each."""

    requirements: int
    achievements: int
    rankings: dict[str, list[str]]
    scores: RequirementScores
    pairs: tuple[Pair, ...]

    @property
    def quality(self) -> RankingQuality:
        return quality_of(self.scores)


@dataclass(frozen=True)
class Calibration:
    """How good the stated probabilities are: the figures, their intervals, the reliability diagram's points,
    and how many pairs have which true and which rounded expected grade."""

    quality: CalibrationQuality | None
    intervals: dict[str, Interval] = field(default_factory=dict)
    reliability: tuple[ReliabilityGroup, ...] = ()
    confusion: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Corpus:
    """The requirements and achievements of a folder; `names` are the achievements' external ids by key."""

    requirements: Sequence[Requirement]
    names: Mapping[str, str]


def read_corpus(session: Session) -> Corpus:
    """Everything that was imported, requirements of one organization side by side."""
    statement = select(Requirement).options(joinedload(Requirement.organization))
    rows = list(session.scalars(statement.order_by(Requirement.organization_id, Requirement.id)))
    ids = session.execute(select(Achievement.id, Achievement.external_id))
    return Corpus(rows, {str(key): name or str(key) for key, name in ids})


def measure(
    index: SearchIndex, corpus: Corpus, judgments: Judgments, *, only_judged: bool = False
) -> Measured:
    """Ranks all achievements for every requirement, or for the judged ones only."""
    asked = [row for row in corpus.requirements if not only_judged or name_of(row) in judgments]
    rankings: dict[str, list[str]] = {}
    pairs: list[Pair] = []
    for requirement, match in match_all(index, asked, limit=max(1, len(corpus.names)), explain=False):
        key = name_of(requirement)
        rankings[key] = [corpus.names[candidate.achievement] for candidate in match.candidates]
        grades = judgments.get(key, {})
        for candidate in match.candidates:
            grade = grades.get(corpus.names[candidate.achievement])
            if grade is not None:
                stated = candidate.grade
                pairs.append(Pair(key, candidate.score, stated.p3, stated.expected, grade))
    return Measured(
        requirements=len(corpus.requirements),
        achievements=len(corpus.names),
        rankings={key: ranking[:SHOWN] for key, ranking in rankings.items()},
        scores=requirement_scores(rankings, judgments),
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.requirement, -pair.score))),
    )


def name_of(requirement: Requirement) -> str:
    """The folder's id of a requirement."""
    return requirement.external_id or str(requirement.id)


def ranking_intervals(scores: RequirementScores) -> dict[str, Interval]:
    """Of each figure of the ranking, where there is one."""
    columns = {"nDCG@10": scores.ndcg, "recall@50": scores.recall, "MRR": scores.mrr}
    found = {name: mean_interval(values) for name, values in columns.items()}
    return {name: interval for name, interval in found.items() if interval is not None}


def differences(scores: RequirementScores, full: RequirementScores) -> dict[str, Interval]:
    """Of each figure to that of the full pipeline, requirement by requirement."""
    columns = {
        "nDCG@10": (scores.ndcg, full.ndcg),
        "recall@50": (scores.recall, full.recall),
        "MRR": (scores.mrr, full.mrr),
    }
    found = {name: difference_interval(*pair) for name, pair in columns.items()}
    return {name: interval for name, interval in found.items() if interval is not None}


def calibration_of(pairs: Sequence[Pair]) -> Calibration:
    """How good the probabilities of these pairs are."""
    if not pairs:
        return Calibration(None)
    by_requirement: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_requirement.setdefault(pair.requirement, []).append(pair)
    intervals = grouped_intervals(by_requirement, _figures)
    return Calibration(
        quality=_quality(pairs),
        intervals=intervals,
        reliability=reliability([pair.p3 for pair in pairs], [float(pair.grade >= 3) for pair in pairs]),
        confusion=dict(
            sorted(Counter(f"{pair.grade}->{int(pair.expected + 0.5)}" for pair in pairs).items())
        ),
    )


def _quality(pairs: Sequence[Pair]) -> CalibrationQuality:
    found = calibration_quality([(pair.p3, pair.expected, pair.grade) for pair in pairs])
    assert found is not None
    return found


def _figures(pairs: Sequence[Pair]) -> dict[str, float]:
    quality = _quality(pairs)
    return {"brier": quality.brier, "ece": quality.ece, "mae_rounded": quality.mae_rounded}
