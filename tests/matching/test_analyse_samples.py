"""The analysis against hand labels: agreement may not fall below what has been reached."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from matching.analyse.classes import divisions, fields
from matching.analyse.clauses import plain, sentences

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    place = ROOT / "scripts" / "measure_analysis.py"
    spec = importlib.util.spec_from_file_location("measure_analysis", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure_analysis"] = module
    spec.loader.exec_module(module)
    return module


def test_at_least_sixty_texts_are_labelled_completely(script: ModuleType) -> None:
    samples = script.load()
    assert len(samples) >= 60
    assert len({sample.id for sample in samples}) == len(samples)
    for sample in samples:
        assert sample.labels["field"] in fields().codes
        assert sample.labels["division"] in divisions().codes
        for text in sample.labels["targets"]:
            script.target_label(text)
        if "sentences" in sample.labels:
            assert len(list(sentences(plain(sample.text.description)))) == len(sample.labels["sentences"])


@pytest.mark.parametrize(
    ("item", "least"),
    [
        ("targets: numbers only", 0.93),
        ("targets: whole row", 0.90),
        ("conditions", 0.90),
        ("what is missing", 0.83),
        ("need sentences", 0.90),
        ("budget", 0.95),
        ("field: first", 0.85),
        ("division: first", 0.85),
    ],
)
def test_agreement_on_both_halves_does_not_fall(script: ModuleType, item: str, least: float) -> None:
    samples = script.load()
    for split in ("dev", "held"):
        part = [sample for sample in samples if sample.split == split]
        counts = script.measure(part, show=lambda line: None, vectors=None)
        assert counts[item].row()[2] >= least, split
