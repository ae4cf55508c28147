"""The small parts that keep rows: growing arrays, texts, the read-write lock."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from matching.index.growing import Growing
from matching.index.locks import ReadWriteLock
from matching.index.texts import TextStore


def test_an_older_view_of_a_growing_array_never_changes() -> None:
    array = Growing(np.int64)
    array.extend(np.arange(3))
    older = array.view()
    array.extend(np.arange(1000))
    assert older.tolist() == [0, 1, 2]
    assert len(array) == 1003
    assert array.view(4).tolist() == [0, 1, 2, 0]
    with pytest.raises(ValueError, match="read-only"):
        older[0] = 7


def test_texts_come_back_and_can_be_taken_and_saved(tmp_path: Path) -> None:
    store = TextStore()
    store.append([("标题", "内容"), ("", ""), ("t\ud800", "é")])
    assert [store.get(row) for row in range(3)] == [("标题", "内容"), ("", ""), ("t\ud800", "é")]
    store.taken(np.array([2, 0])).save(tmp_path)
    loaded = TextStore.load(tmp_path)
    assert len(loaded) == 2
    assert (loaded.get(0), loaded.get(1)) == (("t\ud800", "é"), ("标题", "内容"))


def test_readers_share_and_a_writer_is_alone() -> None:
    lock = ReadWriteLock()
    inside = threading.Barrier(2, timeout=5)
    with lock.read():
        other = threading.Thread(target=lambda: _with_read(lock, inside))
        other.start()
        inside.wait()
    other.join()
    order: list[str] = []
    with lock.write():
        reader = threading.Thread(target=lambda: _note(lock, order))
        reader.start()
        order.append("writer")
    reader.join()
    assert order == ["writer", "reader"]


def _with_read(lock: ReadWriteLock, inside: threading.Barrier) -> None:
    with lock.read():
        inside.wait()


def _note(lock: ReadWriteLock, order: list[str]) -> None:
    with lock.read():
        order.append("reader")
