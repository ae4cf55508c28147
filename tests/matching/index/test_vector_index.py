"""The contract of `VectorIndex`: every implementation passes this suite."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from matching.errors import InvalidVectors
from matching.index.adaptive import AdaptiveBackend
from matching.index.faiss_flat import FaissBackend
from matching.index.milvus import MilvusBackend
from matching.index.vectors import VectorBackend, VectorIndex
from matching.types import Mask, Vectors

MakeIndex = Callable[[int], VectorIndex]


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> VectorBackend:
    pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")
    return MilvusBackend(str(tmp_path_factory.mktemp("milvus") / "vectors.db"))


@pytest.fixture(params=["faiss", "adaptive", "milvus"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> VectorBackend:
    if request.param == "milvus":
        chosen: VectorBackend = request.getfixturevalue("milvus")
        return chosen
    # The adaptive index goes over to compressed rows while the test runs; nothing may change by that.
    return FaissBackend() if request.param == "faiss" else AdaptiveBackend(exact_below=0, scratch=tmp_path)


@pytest.fixture
def make(backend: VectorBackend) -> Iterator[MakeIndex]:
    made: list[VectorIndex] = []

    def create(dimension: int) -> VectorIndex:
        made.append(backend.create("contract", dimension))
        return made[-1]

    yield create
    for index in made:
        index.close()


def unit(*rows: list[float]) -> Vectors:
    matrix = np.array(rows, dtype=np.float32)
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), dtype=np.float32)


AXES = unit([1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0])
QUERY = np.array([1.0, 0.1, 0.0], dtype=np.float32)


def mask(*passing: bool) -> Mask:
    return np.array(passing, dtype=np.bool_)


def test_the_nearest_rows_come_first_with_their_products(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    rows, products = index.search(QUERY, 3)
    assert rows.tolist() == [0, 3, 1]
    assert products == pytest.approx([1.0, 1.1 / np.sqrt(2), 0.1], abs=5e-5)


def test_rows_go_on_where_the_last_append_ended(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES[:2])
    index.append(AXES[2:])
    assert index.count == 4
    assert index.vectors(np.array([3, 0])) == pytest.approx(AXES[[3, 0]], abs=3e-5)


def test_an_empty_index_finds_nothing(make: MakeIndex) -> None:
    rows, products = make(3).search(QUERY, 5)
    assert len(rows) == len(products) == 0


def test_a_depth_beyond_the_rows_gives_all_of_them(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    assert sorted(index.search(QUERY, 100)[0].tolist()) == [0, 1, 2, 3]


def test_a_filter_holds_inside_the_search(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    rows, _ = index.search(QUERY, 2, allowed=mask(False, True, True, False))
    assert rows.tolist() == [1, 2]
    assert len(index.search(QUERY, 2, allowed=mask(False, False, False, False))[0]) == 0


def test_rows_behind_the_filter_are_not_found(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    assert index.search(QUERY, 4, allowed=mask(False, True))[0].tolist() == [1]


def test_a_filter_longer_than_the_index_is_cut(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES[:1])
    assert index.search(QUERY, 4, allowed=mask(True, True, True))[0].tolist() == [0]


def test_a_removed_row_never_comes_back(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    index.remove(np.array([0, 77]))
    index.append(AXES[:1])
    assert index.search(QUERY, 4)[0].tolist() == [4, 3, 1, 2]


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((1, 2), dtype=np.float32) / np.float32(np.sqrt(2)),
        np.ones(3, dtype=np.float32),
        np.array([[1, 0, 0]], dtype=np.float64),
        np.array([[2, 0, 0]], dtype=np.float32),
        np.array([[np.nan, 0, 0]], dtype=np.float32),
        np.array([[np.inf, 0, 0]], dtype=np.float32),
    ],
    ids=["dimension", "one row", "type", "length", "nan", "infinity"],
)
def test_vectors_that_do_not_fit_are_refused_whole(make: MakeIndex, vectors: Vectors) -> None:
    index = make(3)
    with pytest.raises(InvalidVectors):
        index.append(vectors)
    assert index.count == 0


def test_saved_rows_come_back_renumbered(make: MakeIndex, backend: VectorBackend, tmp_path: Path) -> None:
    index = make(3)
    index.append(AXES)
    index.save(tmp_path, np.array([3, 1]))
    loaded = backend.load("contract", tmp_path, 3)
    assert loaded.count == 2
    assert loaded.vectors(np.array([0, 1])) == pytest.approx(AXES[[3, 1]], abs=3e-5)
    loaded.close()


def test_rows_that_are_taken_are_renumbered_and_go_on_from_there(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    index.remove(np.array([1]))
    taken = index.taken(np.array([0, 2, 3]))
    taken.append(AXES[1:2])
    assert taken.search(QUERY, 4)[0].tolist() == [0, 2, 3, 1]
    assert index.count == 4
    taken.close()


def test_searching_while_another_thread_appends_gives_whole_answers(make: MakeIndex) -> None:
    index = make(3)
    index.append(AXES)
    stop = threading.Event()
    wrong: list[object] = []

    def search() -> None:
        while not stop.is_set():
            rows, _ = index.search(QUERY, 2, allowed=mask(True, True, True, True))
            if rows.tolist() != [0, 3]:
                wrong.append(rows)

    readers = [threading.Thread(target=search) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(40):
        index.append(AXES)
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert index.count == 164
