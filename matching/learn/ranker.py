"""A version of the last step of the ranking: what each part of a score counts, and what the score means.

The parts themselves, and the candidates, are those of `rank` whatever the version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from matching.calibrate import Curves, shipped_curves
from matching.config import EngineConfig
from matching.index.lexical import Floats
from matching.rank import PARTS, Ranking
from matching.reverse import Fit

SHIPPED = "shipped"
"""The name of the version that comes with the program."""

_BESIDE = ("compaction_", "duplicate_", "evidence_", "index_", "reverse_", "search_")
"""Settings that begin like this change no part of a score."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """score = sum of `multipliers[name]` * part; a part that is not named counts once, as shipped.

    `curves` read the score that comes out.
    """

    name: str
    curves: Curves
    multipliers: Mapping[str, float] = field(default_factory=dict)

    def factors(self, names: Sequence[str] = PARTS) -> Floats:
        """(len(names),) float32: what each of these parts counts."""
        return np.array([self.multipliers.get(name, 1.0) for name in names], dtype=np.float32)

    @property
    def is_as_shipped(self) -> bool:
        """Does every part count once?"""
        return all(value == 1.0 for value in self.multipliers.values())


@lru_cache(maxsize=1)
def shipped() -> Ranker:
    """The version that comes with the program: every part counts once, the shipped curves."""
    return Ranker(SHIPPED, shipped_curves())


def recipe(model_id: str, config: EngineConfig) -> str:
    """What the parts of a score mean: the model and eight digits that change with the settings behind them.

    Versions learned, and parts recorded, under another recipe do not fit this one.
    """
    settings = {name: value for name, value in sorted(asdict(config).items()) if not name.startswith(_BESIDE)}
    plain = json.dumps([list(PARTS), settings], sort_keys=True)
    return f"{model_id}/{hashlib.sha256(plain.encode()).hexdigest()[:8]}"


def reweighted(ranking: Ranking, ranker: Ranker, key: Callable[[int], str]) -> Ranking:
    """The ranking with its parts as they count in this version, in the order of the new scores.

    `key` names a row; equal scores go by it.
    """
    number = len(ranking.rows)
    if ranker.is_as_shipped or not number:
        return ranking
    parts = np.asarray(ranking.parts * ranker.factors(), dtype=np.float32)
    scores = parts.sum(axis=1, dtype=np.float32)
    keys = np.array([key(int(row)) for row in ranking.rows])
    order = np.lexsort((keys, -scores))
    changed = replace(ranking, parts=parts, scores=scores)
    per_row: dict[str, Any] = {
        one.name: value[order]
        for one in fields(Ranking)
        if isinstance(value := getattr(changed, one.name), np.ndarray) and len(value) == number
    }
    return replace(changed, **per_row)


def reweighted_fits(found: Sequence[Fit], ranker: Ranker, key: Callable[[int], str]) -> list[Fit]:
    """As `reweighted`, for the requirements that fit a solver; `key` names a requirement's row."""
    if ranker.is_as_shipped:
        return list(found)
    factors = ranker.factors()
    changed = [
        replace(fit, parts=fit.parts * factors, score=float((fit.parts * factors).sum())) for fit in found
    ]
    return sorted(changed, key=lambda fit: (-fit.score, key(fit.requirement)))
