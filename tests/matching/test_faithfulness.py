"""Evidence is what a score rests on: deleting it costs more than deleting as much random text (repo's sample)."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from matching import Document, Engine, EngineConfig
from matching.encode import HashingEncoder
from matching.text import passage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    place = ROOT / "scripts" / "measure_faithfulness.py"
    spec = importlib.util.spec_from_file_location("measure_faithfulness", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure_faithfulness"] = module
    spec.loader.exec_module(module)
    return module


def sample(name: str) -> list[Document]:
    lines = (ROOT / "scripts" / "sample" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return [
        Document(row["id"], row["title"], row.get("problem") or row.get("description") or "") for row in rows
    ]


def test_deleting_evidence_costs_more_than_deleting_random_text(script: ModuleType) -> None:
    asked, pool = sample("requirements"), sample("achievements")
    encoder = HashingEncoder()
    engine = Engine(encoder, config=EngineConfig(dense_depth=len(pool), lexical_depth=len(pool)))
    engine.upsert("requirements", asked, encoder.encode([passage(row) for row in asked]), sequence=1)
    engine.upsert("achievements", pool, encoder.encode([passage(row) for row in pool]), sequence=1)
    found = list(script.drops(engine, asked[:15], best=2, draws=2))
    told = script.Summary.of(found)
    assert told.number >= 20
    assert told.evidence > told.random
    assert told.lower > 0
    assert told.share > 0.8


def test_deletion_keeps_title_and_description_apart(script: ModuleType) -> None:
    document = Document("r", "行星减速器", "降低减速器的噪声")
    assert script.without(document, [(2, 8)]) == Document("r", "行星", "减速器的噪声")
