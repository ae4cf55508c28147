"""The engine as its callers see it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching import (
    Document,
    Engine,
    EngineConfig,
    Filter,
    InvalidVectors,
    ModelChanged,
    SnapshotDamaged,
    SnapshotMissing,
    StaleSequence,
    UnknownCollection,
)
from matching.encode import HashingEncoder
from matching.index.faiss_flat import FaissBackend, FaissFlatIndex
from matching.index.vectors import VectorIndex
from matching.text import text_hash
from tests.matching.conftest import ACHIEVEMENTS, REQUIREMENTS, fill

KILN = REQUIREMENTS[0]


def test_the_achievement_that_answers_comes_first_with_its_solver(engine: Engine) -> None:
    match = engine.match(KILN)
    assert [candidate.rank for candidate in match.candidates] == [1, 2, 3, 4]
    assert match.candidates[0].achievement == "a-kiln"
    assert match.solvers[0].solver == "s-two"
    assert match.solvers[0].best == match.candidates[0]
    assert match.pool == 4
    assert match.adequate == match.candidates[0].grade.adequate


def test_scores_fall_and_are_the_sum_of_their_contributions(engine: Engine) -> None:
    candidates = engine.match(KILN).candidates
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    for candidate in candidates:
        assert sum(part.value for part in candidate.contributions) == pytest.approx(candidate.score, abs=1e-4)


def test_a_requirement_need_not_be_in_the_collection(engine: Engine) -> None:
    assert (
        engine.match(Document("elsewhere", "面料起毛", "莱赛尔面料起毛")).candidates[0].achievement
        == "a-cloth"
    )


def test_a_filter_holds_inside_the_search_and_leaves_scores_alone(engine: Engine) -> None:
    config = replace(EngineConfig(), feedback_weight=0.0)
    plain = Engine(HashingEncoder(64), config=config)
    fill(plain, "achievements", ACHIEVEMENTS)
    everything = {one.achievement: one.score for one in plain.match(KILN).candidates}
    some = plain.match(KILN, filter=Filter(any_of={"region": ["甲市"]}))
    assert {one.achievement for one in some.candidates} == {"a-gear", "a-film"}
    assert some.pool == 2
    for one in some.candidates:
        assert one.score == pytest.approx(everything[one.achievement], abs=1e-4)


def test_an_excluded_owner_never_appears(engine: Engine) -> None:
    match = engine.match(KILN, filter=Filter(excluded_owners=frozenset({"s-two"})))
    assert "a-kiln" not in [one.achievement for one in match.candidates]
    assert "s-two" not in [one.solver for one in match.solvers]


def test_without_achievements_the_answer_is_empty_and_not_adequate() -> None:
    match = Engine(HashingEncoder(64)).match(KILN)
    assert (match.candidates, match.solvers, match.adequate, match.pool) == ((), (), False, 0)


def test_a_single_achievement_gets_finite_scores() -> None:
    engine = Engine(HashingEncoder(64))
    fill(engine, "achievements", ACHIEVEMENTS[:1])
    assert np.isfinite(engine.match(KILN).candidates[0].score)


@pytest.mark.parametrize("title", ["", "   ", "？！", "a", "\ud800", "窑" * 5000])
def test_odd_requirements_get_an_answer(engine: Engine, title: str) -> None:
    match = engine.match(Document("odd", title, title))
    assert all(np.isfinite(candidate.score) for candidate in match.candidates)


def test_many_requirements_are_matched_as_one_by_one(engine: Engine) -> None:
    together = list(engine.match_many(REQUIREMENTS, limit=2))
    assert together == [engine.match(requirement, limit=2) for requirement in REQUIREMENTS]


def test_explanations_are_left_out_when_nobody_asks(engine: Engine) -> None:
    match = engine.match(KILN, explain=False)
    assert all(not (one.evidence or one.sentence or one.contributions) for one in match.candidates)


def test_the_best_achievement_of_a_solver_beyond_the_limit_is_explained_too(engine: Engine) -> None:
    match = engine.match(KILN, limit=3)
    assert all(solver.best.sentence for solver in match.solvers)


def test_a_deleted_achievement_is_not_found(engine: Engine) -> None:
    assert engine.delete("achievements", ["a-kiln"], sequence=2) == 1
    assert "a-kiln" not in [one.achievement for one in engine.match(KILN).candidates]


def test_status_tells_counts_sequences_and_generation(engine: Engine) -> None:
    status = engine.status()
    assert [(one.name, one.count, one.sequence) for one in status.collections] == [
        ("requirements", 3, 1),
        ("achievements", 4, 1),
        ("solvers", 1, 1),
    ]
    engine.delete("solvers", ["s-four"], sequence=4)
    assert engine.status().generation == status.generation + 1
    assert engine.sequence("solvers") == 4


def test_verify_names_every_difference(engine: Engine) -> None:
    expected = {document.key: text_hash(document) for document in ACHIEVEMENTS}
    assert engine.verify("achievements", expected).is_equal
    expected["a-new"] = "x"
    expected["a-film"] = "changed"
    del expected["a-gear"]
    difference = engine.verify("achievements", expected)
    assert (difference.missing, difference.surplus, difference.changed) == (
        ("a-new",),
        ("a-gear",),
        ("a-film",),
    )


def test_wrong_changes_are_refused_by_name(engine: Engine) -> None:
    vectors = HashingEncoder(64).encode(["x"])
    with pytest.raises(UnknownCollection):
        engine.upsert("people", [Document("k", "x")], vectors, sequence=9)  # type: ignore[arg-type]
    with pytest.raises(StaleSequence):
        engine.upsert("solvers", [Document("k", "x")], vectors, sequence=0)
    with pytest.raises(InvalidVectors):
        engine.upsert("solvers", [Document("k", "x")], vectors * 2, sequence=9)
    assert engine.status().generation == 3


def test_a_loaded_engine_answers_as_the_saved_one(engine: Engine, tmp_path: Path) -> None:
    engine.delete("achievements", ["a-film"], sequence=8)
    engine.save(tmp_path)
    loaded = Engine.load(tmp_path, HashingEncoder(64))
    assert loaded.sequence("achievements") == 8
    assert loaded.status().generation == engine.status().generation
    before, after = engine.match(KILN), loaded.match(KILN)
    assert [one.achievement for one in after.candidates] == [one.achievement for one in before.candidates]
    fill(loaded, "achievements", ACHIEVEMENTS, sequence=9)
    assert loaded.match(KILN).pool == 4


def test_a_snapshot_of_another_model_is_not_opened(engine: Engine, tmp_path: Path) -> None:
    engine.save(tmp_path)
    with pytest.raises(ModelChanged):
        Engine.load(tmp_path, HashingEncoder(32))
    with pytest.raises(ModelChanged):
        Engine.load(tmp_path, HashingEncoder(64), config=replace(EngineConfig(), indexed_text_length=5))


def test_a_missing_or_damaged_snapshot_is_named(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing):
        Engine.load(tmp_path, HashingEncoder(64))
    folder = engine.save(tmp_path)
    (folder / "achievements" / "vectors.npy").write_bytes(b"")
    with pytest.raises(SnapshotDamaged):
        Engine.load(tmp_path, HashingEncoder(64))


def test_readers_never_see_half_a_change() -> None:
    engine = Engine(HashingEncoder(16), config=replace(EngineConfig(), compaction_floor=8))
    encoder = HashingEncoder(16)
    texts = ("窑炉供风", "齿轮噪声", "面料起毛")
    vectors = encoder.encode(texts)

    def documents(turn: int) -> list[Document]:
        return [Document(f"k{place}", text, owner=f"turn{turn}") for place, text in enumerate(texts)]

    engine.upsert("achievements", documents(0), vectors, sequence=0)
    stop = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not stop.is_set():
            match = engine.match(Document("r", "窑炉"), explain=True)
            if match.pool != 3 or len({one.solver for one in match.candidates}) != 1:
                wrong.append(match)
            if engine.search("achievements", "齿轮").total != 1:
                wrong.append("search")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(1, 120):
        engine.upsert("achievements", documents(turn), vectors, sequence=turn)
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert engine.match(Document("r", "窑炉")).candidates[0].solver == "turn119"


def test_a_snapshot_can_be_written_while_changes_go_on(tmp_path: Path, engine: Engine) -> None:
    stop = threading.Event()

    def change() -> None:
        sequence = 2
        while not stop.is_set():
            fill(engine, "achievements", ACHIEVEMENTS, sequence=sequence)
            sequence += 1

    writer = threading.Thread(target=change)
    writer.start()
    for _ in range(3):
        engine.save(tmp_path)
        assert Engine.load(tmp_path, HashingEncoder(64)).match(KILN).pool == 4
    stop.set()
    writer.join()


def test_the_vector_store_is_freed_when_the_engine_closes() -> None:
    closed: list[str] = []

    class NotedIndex(FaissFlatIndex):
        def close(self) -> None:
            closed.append("closed")

    class NotedBackend(FaissBackend):
        def create(self, name: str, dimension: int) -> VectorIndex:
            return NotedIndex(dimension)

    engine = Engine(HashingEncoder(64), backend=NotedBackend())
    fill(engine, "achievements", ACHIEVEMENTS)
    assert engine.match(KILN).pool == 4
    engine.close()
    engine.close()
    assert len(closed) == 3


@pytest.mark.model
def test_the_real_model_finds_what_words_alone_do_not(model: HashingEncoder) -> None:
    engine = Engine(model)
    engine.upsert("achievements", ACHIEVEMENTS, model.encode([one.title for one in ACHIEVEMENTS]), sequence=1)
    match = engine.match(Document("r", "变速箱的传动噪声"))
    assert match.candidates[0].achievement == "a-gear"
    assert match.candidates[0].evidence[0].kind == "semantic"
