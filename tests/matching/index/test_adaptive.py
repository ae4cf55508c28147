"""The vector index that goes over from exact to compressed: what it finds, whatever happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index.adaptive import AdaptiveBackend, AdaptiveIndex
from matching.index.faiss_flat import FaissFlatIndex
from matching.types import Mask, Rows, Vectors

DIMENSION = 32
RANDOM = np.random.default_rng(7)
TOPICS = RANDOM.standard_normal((40, DIMENSION)).astype(np.float32)


def vectors(count: int, seed: int = 0) -> Vectors:
    """Unit rows that lie in clusters around a common direction, as sentence vectors do."""
    random = np.random.default_rng(seed)
    mixed = TOPICS[random.integers(0, len(TOPICS), count)] + 1.0
    mixed = mixed + 0.8 * random.standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


ROWS = vectors(6000)
QUERIES = vectors(40, seed=1) - ROWS.mean(axis=0)


def index(scratch: Path, *, exact_below: int = 1000, recall: float = 0.95) -> AdaptiveIndex:
    made = AdaptiveBackend(exact_below=exact_below, recall=recall, scratch=scratch).create("a", DIMENSION)
    assert isinstance(made, AdaptiveIndex)
    return made


def compressed(scratch: Path, rows: Vectors = ROWS) -> AdaptiveIndex:
    made = index(scratch)
    made.append(rows)
    made.wait()
    assert made.facts.kind == "compressed"
    return made


def exact(rows: Vectors, removed: Rows = np.zeros(0, dtype=np.int64)) -> FaissFlatIndex:
    made = FaissFlatIndex(DIMENSION)
    made.append(rows)
    made.remove(removed)
    return made


def share_found(
    found: AdaptiveIndex, truth: FaissFlatIndex, allowed: Mask | None = None, depth: int = 50
) -> float:
    shares = []
    for query in QUERIES:
        wanted = truth.search(query, depth, allowed=allowed)[0]
        rows = found.search(query, depth, allowed=allowed)[0]
        assert len(rows) == len(wanted)
        shares.append(len(np.intersect1d(wanted, rows)) / len(wanted) if len(wanted) else 1.0)
    return float(np.mean(shares))


def test_few_rows_stay_exact(tmp_path: Path) -> None:
    small = index(tmp_path)
    small.append(ROWS[:1000])
    small.wait()
    assert (small.facts.kind, small.facts.rows, small.facts.recall) == ("exact", 1000, 1.0)


def test_many_rows_are_compressed_and_nearly_all_of_the_exact_answer_is_found(tmp_path: Path) -> None:
    large = compressed(tmp_path)
    assert large.facts.recall >= 0.95
    assert large.facts.queries == 64
    assert share_found(large, exact(ROWS)) >= 0.95


def test_the_measured_recall_is_what_other_queries_find(tmp_path: Path) -> None:
    large = compressed(tmp_path)
    assert share_found(large, exact(ROWS)) == pytest.approx(large.facts.recall, abs=0.03)


def test_recall_that_cannot_be_reached_keeps_the_index_exact(tmp_path: Path) -> None:
    strict = index(tmp_path, recall=1.01)
    strict.append(ROWS)
    strict.wait()
    assert strict.facts.kind == "exact"
    assert strict.facts.queries == 64
    assert share_found(strict, exact(ROWS)) == 1.0


def test_more_rows_are_compared_when_recall_asks_for_it(tmp_path: Path) -> None:
    rows = vectors(30_000)
    some = index(tmp_path, recall=0.5)
    more = index(tmp_path, recall=0.999)
    for one in (some, more):
        one.append(rows)
        one.wait()
    assert some.facts.widening < more.facts.widening
    assert some.facts.deep < more.facts.deep


def test_recall_is_measured_with_the_queries_that_are_really_asked(tmp_path: Path) -> None:
    backend = AdaptiveBackend(exact_below=1000, recall=0.9, scratch=tmp_path)
    backend.measure_with(lambda: vectors(20, seed=3))
    made = backend.create("a", DIMENSION)
    made.append(ROWS)
    assert isinstance(made, AdaptiveIndex)
    made.wait()
    assert made.facts.queries == 20


@pytest.mark.parametrize("step", [2, 10, 100, 3000])
def test_a_filter_costs_no_recall_however_narrow(tmp_path: Path, step: int) -> None:
    allowed = np.zeros(len(ROWS), dtype=np.bool_)
    allowed[::step] = True
    assert share_found(compressed(tmp_path), exact(ROWS), allowed) >= 0.95


def test_rows_added_later_are_found_at_once_with_their_products(tmp_path: Path) -> None:
    large = compressed(tmp_path)
    target = QUERIES[0] / np.linalg.norm(QUERIES[0])
    large.append(np.asarray(target[None], dtype=np.float32))
    rows, products = large.search(target, 3)
    assert rows[0] == len(ROWS)
    assert products[0] == pytest.approx(1.0, abs=1e-3)
    assert list(products) == sorted(products, reverse=True)


def test_removed_rows_never_come_back_from_compressed_rows(tmp_path: Path) -> None:
    large = compressed(tmp_path)
    for query in QUERIES[:10]:
        best = large.search(query, 5)[0]
        large.remove(best)
        assert not np.isin(best, large.search(query, 400)[0]).any()


@settings(max_examples=12, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["append", "remove", "take", "reload"]), st.integers(1, 900)), max_size=8
    )
)
def test_any_history_finds_what_an_exact_index_of_the_same_rows_finds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    backend = AdaptiveBackend(exact_below=1000, recall=0.9, scratch=folder)
    made = backend.create("a", DIMENSION)
    held, alive = ROWS[:2000], np.ones(2000, dtype=np.bool_)
    made.append(held)
    for place, (step, number) in enumerate(steps):
        if step == "append":
            more = vectors(number, seed=place)
            made.append(more)
            held, alive = (
                np.concatenate([held, more]),
                np.concatenate([alive, np.ones(number, dtype=np.bool_)]),
            )
        elif step == "remove":
            gone = np.arange(len(held))[:: max(len(held) // number, 1)]
            made.remove(gone)
            alive[gone] = False
        else:
            rows = np.flatnonzero(alive)
            if step == "take":
                made = made.taken(rows)
            else:
                target = folder / f"saved-{place}"
                target.mkdir()
                made.save(target, rows)
                made = backend.load("a", target, DIMENSION)
            held, alive = held[rows], np.ones(len(rows), dtype=np.bool_)
    assert isinstance(made, AdaptiveIndex)
    made.wait()
    assert made.count == len(held)
    assert share_found(made, exact(held, np.flatnonzero(~alive))) >= 0.9


def test_a_saved_index_comes_back_compressed_with_its_facts(tmp_path: Path) -> None:
    large = compressed(tmp_path)
    large.remove(np.array([0, 17]))
    rows = np.setdiff1d(np.arange(len(ROWS)), [0, 17])
    large.save(tmp_path, rows)
    backend = AdaptiveBackend(exact_below=1000, recall=0.95, scratch=tmp_path)
    loaded = backend.load("a", tmp_path, DIMENSION)
    assert isinstance(loaded, AdaptiveIndex)
    assert loaded.facts == large.facts
    assert share_found(loaded, exact(ROWS[rows])) >= 0.95


def test_a_compressed_snapshot_opens_exact_where_the_setting_says_so(tmp_path: Path) -> None:
    compressed(tmp_path).save(tmp_path, np.arange(len(ROWS)))
    loaded = AdaptiveBackend(exact_below=10_000).load("a", tmp_path, DIMENSION)
    assert loaded.facts.kind == "exact"
    assert loaded.vectors(np.arange(5)) == pytest.approx(ROWS[:5], abs=3e-5)


def test_recall_is_measured_again_when_the_rows_have_doubled(tmp_path: Path) -> None:
    large = compressed(tmp_path, ROWS[:2000])
    large.append(ROWS[2000:])
    large.wait()
    assert large.facts.rows == len(ROWS)


def test_readers_get_whole_answers_while_one_writes_and_the_index_is_exchanged(tmp_path: Path) -> None:
    large = index(tmp_path, exact_below=1500, recall=0.9)
    large.append(ROWS[:1000])
    truth = exact(ROWS[:1000]).search(QUERIES[0], 1)[0][0]
    allowed = np.ones(1000, dtype=np.bool_)
    stop = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not stop.is_set():
            rows, products = large.search(QUERIES[0], 20, allowed=allowed)
            if len(rows) != 20 or rows[0] != truth or (np.diff(products) > 0).any() or rows.max() >= 1000:
                wrong.append(rows)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for begin in range(1000, 6000, 100):
        large.append(ROWS[begin : begin + 100])
        large.remove(np.array([begin]))
    large.wait()
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert large.facts.kind == "compressed"
    removed = np.arange(1000, 6000, 100)
    assert share_found(large, exact(ROWS, removed)) >= 0.9


def test_an_index_that_is_closed_while_it_builds_gives_up(tmp_path: Path) -> None:
    closing = index(tmp_path)
    closing.append(ROWS)
    closing.close()
    closing.wait()
    assert share_found(closing, exact(ROWS)) >= 0.9


def test_a_failure_beside_leaves_the_live_index_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("matching.index.row_file.os.pwrite", refuse)
    full = index(tmp_path)
    full.append(ROWS)
    full.wait()
    assert full.facts.kind == "exact"
    assert "beside the live one" in caplog.text
    assert share_found(full, exact(ROWS)) == 1.0


KILLED = """
import signal, sys
from pathlib import Path
from tests.matching.index.test_adaptive import *
from matching import Document, Engine
from matching.encode import HashingEncoder

encoder, folder = HashingEncoder(DIMENSION), Path(sys.argv[1])
engine = Engine(encoder, backend=AdaptiveBackend(exact_below=500, recall=0.5, scratch=folder / "scratch"))
documents = [Document(f"k{row}", f"第{row}号减速器") for row in range(600)]
engine.upsert("achievements", documents, encoder.encode([one.title for one in documents]), sequence=1)
engine.save(folder / "index")
print("saved", flush=True)
AdaptiveIndex._measured = lambda self, built: signal.pause()
more = [Document(f"m{row}", f"第{row}号轴承") for row in range(2000)]
engine.upsert("achievements", more, encoder.encode([one.title for one in more]), sequence=2)
print("building", flush=True)
signal.pause()
"""


def test_a_process_killed_between_snapshot_and_merge_leaves_the_snapshot_whole(tmp_path: Path) -> None:
    from matching import Engine
    from matching.encode import HashingEncoder

    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    assert [process.stdout.readline().strip() for _ in range(2)] == [b"saved", b"building"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    backend = AdaptiveBackend(exact_below=500, recall=0.5, scratch=tmp_path / "scratch")
    engine = Engine.load(tmp_path / "index", HashingEncoder(DIMENSION), backend=backend)
    assert engine.sequence("achievements") == 1
    assert engine.search("achievements", "第77号减速器").hits[0].key == "k77"
    assert list((tmp_path / "scratch").iterdir()) == []
    engine.close()
