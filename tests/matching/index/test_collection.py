"""One collection: changes, filters, views and compaction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching.config import EngineConfig
from matching.encode import HashingEncoder
from matching.errors import InvalidVectors, StaleSequence
from matching.index.collection import Collection, CollectionView
from matching.index.reference import centred
from matching.text import passage
from matching.types import Document, Filter

ENCODER = HashingEncoder(16)


def collection(config: EngineConfig = EngineConfig()) -> Collection:
    return Collection("achievements", 16, config)


def put(target: Collection, *documents: Document, sequence: int = 1) -> None:
    target.upsert(documents, ENCODER.encode([passage(one) for one in documents]), sequence=sequence)


def keys(view: CollectionView, chosen: Filter | list[Filter]) -> list[str]:
    return sorted(view.key(int(row)) for row in np.flatnonzero(view.allowed(chosen)))


DOCUMENTS = (
    Document("a", "窑", owner="s1", attributes={"field": "机械"}),
    Document("b", "炉", owner="s2", attributes={"field": ("机械", "环境")}),
    Document("c", "风"),
)


def test_a_replaced_document_is_found_once_with_its_new_text() -> None:
    target = collection()
    put(target, *DOCUMENTS)
    put(target, Document("a", "新窑", attributes={"field": "纺织"}), sequence=2)
    view = target.view
    row = view.row("a")
    assert row is not None
    assert view.document(row) == Document("a", "新窑", attributes={"field": "纺织"})
    assert (view.size, view.count, view.sequence) == (3, 4, 2)
    assert keys(view, Filter(any_of={"field": ["机械"]})) == ["b"]


def test_the_later_of_two_documents_with_one_key_wins() -> None:
    target = collection()
    put(target, Document("a", "一"), Document("a", "二"))
    row = target.view.row("a")
    assert row is not None
    assert target.view.size == 1
    assert target.view.document(row).title == "二"


def test_applying_a_change_twice_changes_nothing_a_reader_sees() -> None:
    once, twice = collection(), collection()
    put(once, *DOCUMENTS)
    for _ in range(2):
        put(twice, *DOCUMENTS)
    assert twice.view.size == once.view.size
    assert keys(twice.view, Filter()) == keys(once.view, Filter())
    assert twice.view.centre == pytest.approx(once.view.centre, abs=1e-6)


def test_a_deleted_document_is_gone_and_may_come_back() -> None:
    target = collection()
    put(target, *DOCUMENTS)
    assert target.delete(["a", "unknown", "a"], sequence=2) == 1
    assert target.view.row("a") is None
    assert target.view.allowed(Filter()).sum() == 2
    put(target, DOCUMENTS[0], sequence=3)
    assert target.view.row("a") == 3


def test_an_older_view_still_answers_as_before() -> None:
    target = collection()
    put(target, *DOCUMENTS)
    older = target.view
    put(target, Document("a", "新"), sequence=2)
    target.delete(["b"], sequence=3)
    assert older.row("a") == 0
    assert older.document(0).title == "窑"
    assert keys(older, Filter()) == ["a", "b", "c"]
    assert keys(older, Filter(keys=frozenset({"a"}))) == ["a"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(), ["a", "b", "c"]),
        (Filter(any_of={"field": ["环境"]}), ["b"]),
        (Filter(none_of={"field": ["环境"]}), ["a", "c"]),
        (Filter(any_of={"field": ["机械"]}, none_of={"field": ["环境"]}), ["a"]),
        (Filter(keys=frozenset({"a", "zzz"})), ["a"]),
        (Filter(keys=frozenset()), []),
        (Filter(excluded_keys=frozenset({"a"})), ["b", "c"]),
        (Filter(owners=frozenset({"s1", "s2"})), ["a", "b"]),
        (Filter(excluded_owners=frozenset({"s1"})), ["b", "c"]),
        ([Filter(keys=frozenset({"c"})), Filter(owners=frozenset({"s1"}))], ["a", "c"]),
        ([], []),
    ],
)
def test_a_filter_lets_pass_what_it_says(chosen: Filter | list[Filter], expected: list[str]) -> None:
    target = collection()
    put(target, *DOCUMENTS)
    assert keys(target.view, chosen) == expected


def test_a_sequence_that_falls_is_refused_and_nothing_changes() -> None:
    target = collection()
    put(target, *DOCUMENTS, sequence=5)
    with pytest.raises(StaleSequence):
        put(target, Document("d", "x"), sequence=4)
    with pytest.raises(StaleSequence):
        target.delete(["a"], sequence=4)
    assert (target.view.size, target.view.sequence) == (3, 5)


def test_vectors_must_be_as_many_as_documents() -> None:
    target = collection()
    with pytest.raises(InvalidVectors):
        target.upsert(DOCUMENTS, ENCODER.encode(["x"]), sequence=1)
    assert target.view.size == 0


def test_compaction_drops_tombstones_and_keeps_every_answer() -> None:
    target = collection()
    put(target, *DOCUMENTS)
    put(target, Document("a", "新窑", owner="s9"), sequence=2)
    before = target.view
    target.compact()
    after = target.view
    assert (after.count, after.size, after.sequence) == (3, 3, 2)
    assert keys(after, Filter(owners=frozenset({"s9"}))) == ["a"]
    assert after.centre == pytest.approx(before.centre)
    row = after.row("a")
    assert row is not None
    assert after.document(row).title == "新窑"


def test_many_tombstones_lead_to_compaction_by_themselves() -> None:
    target = collection(replace(EngineConfig(), compaction_floor=4))
    for sequence in range(20):
        put(target, *DOCUMENTS, sequence=sequence)
    assert target.view.count < 12


def test_a_collection_comes_back_from_its_files(tmp_path: Path) -> None:
    target = collection()
    put(target, *DOCUMENTS)
    target.delete(["b"], sequence=7)
    Collection.save(target.view, tmp_path)
    loaded = Collection.load("achievements", tmp_path, 16, EngineConfig()).view
    assert (loaded.size, loaded.sequence) == (2, 7)
    assert keys(loaded, Filter(any_of={"field": ["机械"]})) == ["a"]
    assert loaded.document(loaded.row("c") or 0) == DOCUMENTS[2]
    assert loaded.centre == pytest.approx(target.view.centre, abs=1e-6)


def test_the_reference_sample_depends_on_the_texts_and_not_on_keys_or_order(tmp_path: Path) -> None:
    config = replace(EngineConfig(), reference_size=5)
    texts = [f"窑{row}" for row in range(30)]
    one, other = collection(config), collection(config)
    put(one, *(Document(f"k{row}", text) for row, text in enumerate(texts)))
    put(other, *(Document(f"x{row}", text) for row, text in enumerate(reversed(texts))))
    first, second = one.view.reference, other.view.reference
    assert first.size == 5
    assert np.allclose(first.vectors, second.vectors, atol=1e-6)
    Collection.save(one.view, tmp_path)
    loaded = Collection.load("achievements", tmp_path, 16, config).view.reference
    assert np.allclose(first.vectors, loaded.vectors, atol=1e-6)


def test_a_text_that_is_on_file_many_times_is_sampled_once() -> None:
    target = collection(replace(EngineConfig(), reference_size=5))
    put(target, *(Document(f"k{row}", "窑") for row in range(30)))
    assert target.view.reference.size == 1


def test_centring_moves_rows_to_length_one_and_the_centre_itself_to_zero() -> None:
    moved = centred(
        np.array([[3.0, 0.0], [1.0, 0.0]], dtype=np.float32), np.array([1.0, 0.0], dtype=np.float32)
    )
    assert moved.tolist() == [[1.0, 0.0], [0.0, 0.0]]
