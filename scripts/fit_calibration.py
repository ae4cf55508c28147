"""Fits the three curves of `matching/data/calibration.json` on graded pairs and reports their quality
honestly.

Usage: python scripts/fit_calibration.py --data DIR [--models var/models] [--runtime onnx] [--write]
DIR holds requirements.jsonl, achievements.jsonl and judgments.tsv. Only coefficients are written, no text.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from matching import Document, Engine
from matching.calibration_fit import fit_curves
from matching.encode import open_encoder
from matching.evaluate import CalibrationQuality, calibration_quality
from matching.folds import folds_of, held_out_grades
from matching.text import normalise, passage
from matching.types import Vectors

FOLDS = 5
REPEATS = 4


def documents(path: Path) -> list[Document]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Document(row["id"], row["title"], row.get("description") or "") for row in rows]


def judgments(path: Path) -> list[tuple[str, str, int]]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(requirement, achievement, int(grade)) for requirement, achievement, grade in rows]


def cross_validated(
    pairs: list[tuple[str, float, int]], keys: list[str], titles: Vectors, *, seed: int
) -> CalibrationQuality | None:
    """Quality on pairs whose requirement, and whose near-duplicates, were not fitted on."""
    folds = folds_of(keys, titles, number=FOLDS, seed=seed)
    stated = held_out_grades(pairs, folds)
    rows = [(one.p3, one.expected, grade) for one, (_, _, grade) in zip(stated, pairs, strict=True)]
    return calibration_quality(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--runtime", choices=("torch", "onnx"), default="onnx")
    parser.add_argument("--write", action="store_true", help="replace matching/data/calibration.json")
    arguments = parser.parse_args()

    encoder = open_encoder(models_dir=arguments.models, runtime=arguments.runtime)
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
    scored = [(pair[0], score_of[pair[:2]], pair[2]) for pair in pairs]
    keys = [requirement.key for requirement in asked]
    titles = encoder.encode([normalise(requirement.title) for requirement in asked])
    for seed in range(REPEATS):
        found = cross_validated(scored, keys, titles, seed=seed)
        print(f"{FOLDS}-fold by requirement, seed {seed}:", found)
    fitted = fit_curves(scores, grades)
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
