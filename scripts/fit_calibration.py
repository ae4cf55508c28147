"""Fits the three curves of `matching/data/calibration.json` on graded pairs and reports their quality
honestly.

Usage: python scripts/fit_calibration.py --data DIR [--models var/models] [--write]
DIR holds requirements.jsonl, achievements.jsonl and judgments.tsv. Only coefficients are written, no text.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching import Document, Engine
from matching.calibrate import Curves
from matching.encode import open_encoder
from matching.evaluate import CalibrationQuality, calibration_quality
from matching.text import passage

Floats = NDArray[np.float64]

RIDGE = 10.0
"""Penalty on the standardised slope; it hardly matters with thousands of pairs."""
FOLDS = 5
REPEATS = 4


def documents(path: Path) -> list[Document]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Document(row["id"], row["title"], row.get("description") or "") for row in rows]


def judgments(path: Path) -> list[tuple[str, str, int]]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(requirement, achievement, int(grade)) for requirement, achievement, grade in rows]


def logistic(scores: Floats, outcomes: Floats) -> tuple[float, float]:
    """Intercept and slope of P = 1 / (1 + exp(-(a + b score))) by Newton's method with a ridge on the
    slope.
    """
    mean, deviation = float(scores.mean()), float(scores.std())
    design = np.stack([np.ones_like(scores), (scores - mean) / deviation], axis=1)
    weights = np.zeros(2)
    for _ in range(50):
        chances = 1.0 / (1.0 + np.exp(-design @ weights))
        gradient = design.T @ (outcomes - chances) - np.array([0.0, RIDGE * weights[1]])
        curvature = (design * (chances * (1.0 - chances))[:, None]).T @ design + np.diag([0.0, RIDGE])
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    slope = weights[1] / deviation
    return float(weights[0] - slope * mean), float(slope)


def curves(scores: Floats, grades: NDArray[np.int64]) -> Curves:
    fitted = [logistic(scores, (grades >= least).astype(np.float64)) for least in (2, 3, 4)]
    (a2, b2), (a3, b3), (a4, b4) = fitted
    return Curves((a2, a3, a4), (b2, b3, b4))


def cross_validated(
    scores: Floats, grades: NDArray[np.int64], groups: list[str], *, seed: int
) -> CalibrationQuality | None:
    """Quality on pairs whose requirement was not fitted on."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[index]: place % FOLDS for place, index in enumerate(order)}
    folds = np.array([fold_of[group] for group in groups])
    rows = []
    for fold in range(FOLDS):
        held = folds == fold
        fitted = curves(scores[~held], grades[~held])
        for score, grade in zip(scores[held], grades[held], strict=True):
            stated = fitted.grade(float(score))
            rows.append((stated.p3, stated.expected, int(grade)))
    return calibration_quality(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--write", action="store_true", help="replace matching/data/calibration.json")
    arguments = parser.parse_args()

    encoder = open_encoder(models_dir=arguments.models)
    engine = Engine(encoder)
    requirements = documents(arguments.data / "requirements.jsonl")
    achievements = documents(arguments.data / "achievements.jsonl")
    engine.upsert(
        "requirements", requirements, encoder.encode([passage(one) for one in requirements]), sequence=1
    )
    engine.upsert(
        "achievements", achievements, encoder.encode([passage(one) for one in achievements]), sequence=1
    )
    pairs = judgments(arguments.data / "judgments.tsv")
    judged = {requirement for requirement, _, _ in pairs}
    score_of = {}
    asked = [requirement for requirement in requirements if requirement.key in judged]
    for match in engine.match_many(asked, limit=len(achievements), explain=False):
        score_of.update({(match.requirement, one.achievement): one.score for one in match.candidates})
    pairs = [pair for pair in pairs if pair[:2] in score_of]
    scores = np.array([score_of[pair[:2]] for pair in pairs], dtype=np.float64)
    grades = np.array([grade for _, _, grade in pairs], dtype=np.int64)
    groups = [requirement for requirement, _, _ in pairs]

    for seed in range(REPEATS):
        print(
            f"{FOLDS}-fold by requirement, seed {seed}:", cross_validated(scores, grades, groups, seed=seed)
        )
    fitted = curves(scores, grades)
    rows = [
        (stated.p3, stated.expected, int(grade))
        for stated, grade in zip((fitted.grade(float(score)) for score in scores), grades, strict=True)
    ]
    print("fitted on all:", calibration_quality(rows))
    content = {
        "intercepts": [round(value, 4) for value in fitted.intercepts],
        "slopes": [round(value, 4) for value in fitted.slopes],
        "pairs": len(pairs),
        "requirements": len(judged),
    }
    print(json.dumps(content))
    if arguments.write:
        target = Path(__file__).resolve().parent.parent / "matching" / "data" / "calibration.json"
        target.write_text(json.dumps(content) + "\n", encoding="utf-8")
    encoder.close()


if __name__ == "__main__":
    main()
