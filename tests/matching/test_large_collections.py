"""The engine with compressed vectors and two-step words, on a small collection with the limits lowered."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching import Document, Engine, EngineConfig, Filter
from matching.encode import HashingEncoder
from matching.index.adaptive import AdaptiveBackend
from matching.index.snapshot import read_newest
from matching.text import passage

ENCODER = HashingEncoder(64)
WORDS = ("石灰窑", "减速器", "石墨烯", "隔膜", "轴承", "涂层", "供风", "齿形", "导热", "噪声", "电池", "面料")
OWN = Document("own", "回转窑烟气脱硝催化剂再生")
LOWERED = replace(EngineConfig(), lexical_postings=0, dense_depth=100, lexical_depth=100)


def documents(count: int, *, prefix: str = "a") -> list[Document]:
    random = np.random.default_rng(11)
    picks = random.integers(0, len(WORDS), (count, 3))
    return [
        Document(
            f"{prefix}{row}",
            f"{WORDS[a]}{WORDS[b]}用{WORDS[c]}{row % 97}型",
            owner=f"s{row // 5}",
            attributes={"field": f"f{row % 12}"},
        )
        for row, (a, b, c) in enumerate(picks)
    ]


def put(engine: Engine, collection: str, rows: list[Document], *, sequence: int = 1) -> None:
    vectors = ENCODER.encode([passage(one) for one in rows])
    engine.upsert(collection, rows, vectors, sequence=sequence)  # type: ignore[arg-type]


ACHIEVEMENTS = documents(1500)
REQUIREMENTS = [replace(one, owner=None) for one in documents(40, prefix="r")]


def filled(scratch: Path, *, exact_below: int = 500) -> tuple[Engine, AdaptiveBackend]:
    backend = AdaptiveBackend(exact_below=exact_below, recall=0.8, scratch=scratch)
    engine = Engine(ENCODER, config=LOWERED, backend=backend)
    put(engine, "requirements", REQUIREMENTS)
    put(engine, "achievements", ACHIEVEMENTS)
    backend.wait()
    return engine, backend


def firsts(engine: Engine) -> list[str]:
    return [found.candidates[0].achievement for found in engine.match_many(REQUIREMENTS, explain=False)]


@pytest.fixture
def large(tmp_path: Path) -> Engine:
    return filled(tmp_path)[0]


def kind(engine: Engine) -> str:
    return {one.name: one.vectors.kind for one in engine.status().collections}["achievements"]


def test_matches_are_those_of_an_exact_engine(large: Engine, tmp_path: Path) -> None:
    exact = Engine(ENCODER, backend=AdaptiveBackend(exact_below=10_000))
    put(exact, "requirements", REQUIREMENTS)
    put(exact, "achievements", ACHIEVEMENTS)
    assert (kind(large), kind(exact)) == ("compressed", "exact")
    same = [one == other for one, other in zip(firsts(large), firsts(exact), strict=True)]
    assert sum(same) >= 39


def test_a_filter_holds_and_finds_all_it_lets_pass(large: Engine) -> None:
    found = large.match(REQUIREMENTS[0], limit=2000, filter=Filter(any_of={"field": ["f3"]}), explain=False)
    assert len(found.candidates) == found.pool == 125
    one = large.match(REQUIREMENTS[0], filter=Filter(keys=frozenset({"a77"})), explain=False)
    assert [candidate.achievement for candidate in one.candidates] == ["a77"]


def test_a_change_is_found_by_the_next_question(large: Engine) -> None:
    put(large, "achievements", [Document("new", OWN.title)], sequence=2)
    assert large.match(OWN, explain=False).candidates[0].achievement == "new"
    large.delete("achievements", ["new"], sequence=3)
    found = large.match(OWN, limit=50, explain=False)
    assert "new" not in {candidate.achievement for candidate in found.candidates}


def test_compaction_keeps_every_answer(large: Engine, tmp_path: Path) -> None:
    before = firsts(large)
    for sequence in range(2, 5):
        put(large, "achievements", ACHIEVEMENTS[:400], sequence=sequence)
    assert firsts(large) == before
    assert kind(large) == "compressed"


def test_the_manifest_tells_how_vectors_are_searched_and_the_snapshot_comes_back(
    large: Engine, tmp_path: Path
) -> None:
    large.save(tmp_path / "index")
    folder, manifest = read_newest(tmp_path / "index")
    assert manifest.vectors["achievements"]["kind"] == "compressed"
    assert 0.8 <= manifest.vectors["achievements"]["recall"] <= 1.0
    assert manifest.vectors["achievements"]["queries"] == 40
    assert manifest.vectors["requirements"]["kind"] == "exact"
    assert json.loads((folder / "manifest.json").read_text())["vectors"] == manifest.vectors
    backend = AdaptiveBackend(exact_below=500, recall=0.8, scratch=tmp_path)
    loaded = Engine.load(tmp_path / "index", ENCODER, config=LOWERED, backend=backend)
    assert firsts(loaded) == firsts(large)
    assert kind(loaded) == "compressed"
    put(loaded, "achievements", [Document("new", OWN.title)], sequence=2)
    assert loaded.match(OWN, explain=False).candidates[0].achievement == "new"


def test_questions_are_answered_while_one_writes_and_the_index_goes_over(tmp_path: Path) -> None:
    backend = AdaptiveBackend(exact_below=700, recall=0.8, scratch=tmp_path)
    engine = Engine(ENCODER, config=LOWERED, backend=backend)
    put(engine, "requirements", REQUIREMENTS)
    put(engine, "achievements", [*ACHIEVEMENTS[:300], Document("kept", OWN.title)])
    stop = threading.Event()
    wrong: list[object] = []

    def ask() -> None:
        while not stop.is_set():
            found = engine.match(OWN, explain=False)
            if found.candidates[0].achievement != "kept" or len(found.candidates) != 10:
                wrong.append(found)

    readers = [threading.Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    for begin in range(300, len(ACHIEVEMENTS), 50):
        put(engine, "achievements", ACHIEVEMENTS[begin : begin + 50], sequence=begin)
        engine.delete("achievements", [ACHIEVEMENTS[begin].key], sequence=begin)
    backend.wait()
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert kind(engine) == "compressed"
