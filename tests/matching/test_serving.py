"""Cache, micro-batches and the bounded queue before an encoder."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from matching.encode import HashingEncoder
from matching.errors import Overloaded
from matching.serving import ServedEncoder, VectorCache
from matching.types import Vectors


class GatedEncoder(HashingEncoder):
    """Notes its batches and waits at a gate that tests open."""

    def __init__(self) -> None:
        super().__init__(8)
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.gate.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        self.entered.set()
        assert self.gate.wait(10)
        if "bad" in texts:
            raise ValueError("cannot encode")
        return super().encode(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode([f"q:{text}" for text in texts])


@pytest.fixture
def inner() -> GatedEncoder:
    return GatedEncoder()


@pytest.fixture
def served(inner: GatedEncoder) -> Iterator[ServedEncoder]:
    encoder = ServedEncoder(inner, queue_limit=3, batch_limit=4)
    yield encoder
    inner.gate.set()
    encoder.close()


def test_vectors_equal_those_of_the_model_in_order(served: ServedEncoder) -> None:
    texts = ["很长很长的一句话", "短", "中等长度", "短"]
    assert served.encode(texts) == pytest.approx(HashingEncoder(8).encode(texts))
    assert served.encode([]).shape == (0, 8)


def test_a_repeated_text_is_encoded_once(served: ServedEncoder, inner: GatedEncoder) -> None:
    served.encode(["一", "一", "二"])
    served.encode(["二", "一"])
    assert [sorted(batch) for batch in inner.batches] == [["一", "二"]]


def test_queries_and_passages_are_different_texts(served: ServedEncoder, inner: GatedEncoder) -> None:
    assert not np.allclose(served.encode(["一"]), served.encode_queries(["一"]))
    assert inner.batches == [["一"], ["q:一"]]


def test_a_large_call_goes_in_pieces_sorted_by_length(served: ServedEncoder, inner: GatedEncoder) -> None:
    served.encode(["x" * length for length in (6, 1, 5, 2, 4, 3)])
    assert [[len(text) for text in batch] for batch in inner.batches] == [[1, 2, 3, 4], [5, 6]]


def test_long_texts_make_small_pieces(inner: GatedEncoder) -> None:
    served = ServedEncoder(inner, character_limit=10)
    served.encode(["x" * length for length in (4, 5, 6, 30)])
    served.close()
    assert [[len(text) for text in batch] for batch in inner.batches] == [[4, 5], [6], [30]]


def in_thread(served: ServedEncoder, text: str, answers: dict[str, object]) -> threading.Thread:
    def run() -> None:
        try:
            answers[text] = served.encode([text])
        except Exception as error:
            answers[text] = error

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def fill_queue(
    served: ServedEncoder, inner: GatedEncoder, answers: dict[str, object]
) -> list[threading.Thread]:
    """One request at the closed gate, then three that wait."""
    inner.gate.clear()
    threads = [in_thread(served, "first", answers)]
    assert inner.entered.wait(10)
    for number in range(3):
        threads.append(in_thread(served, f"waiting{number}", answers))
        while served.queue_length < number + 1:
            threading.Event().wait(0.001)
    return threads


def test_requests_that_wait_together_are_encoded_together(served: ServedEncoder, inner: GatedEncoder) -> None:
    answers: dict[str, object] = {}
    threads = fill_queue(served, inner, answers)
    inner.gate.set()
    for thread in threads:
        thread.join()
    assert inner.batches == [["first"], ["waiting0", "waiting1", "waiting2"]]
    for text, vector in answers.items():
        assert vector == pytest.approx(HashingEncoder(8).encode([text]))


def test_a_full_queue_refuses_at_once(served: ServedEncoder, inner: GatedEncoder) -> None:
    threads = fill_queue(served, inner, {})
    with pytest.raises(Overloaded) as refusal:
        served.encode(["one too many"])
    assert refusal.value.retry_after > 0
    inner.gate.set()
    for thread in threads:
        thread.join()
    assert served.encode(["again"]).shape == (1, 8)


def test_an_error_of_the_model_reaches_its_caller_and_the_next_call_works(served: ServedEncoder) -> None:
    with pytest.raises(ValueError, match="cannot encode"):
        served.encode(["bad"])
    assert served.encode(["good"]).shape == (1, 8)


def test_after_closing_callers_are_refused(inner: GatedEncoder) -> None:
    served = ServedEncoder(inner)
    served.close()
    with pytest.raises(Overloaded):
        served.encode(["late"])


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache = VectorCache(2)
    keys = [VectorCache.key("m", text, is_query=False) for text in "abc"]
    vectors = np.eye(3, dtype=np.float32)
    cache.put(keys[:2], vectors[:2])
    cache.get(keys[:1])
    cache.put(keys[2:], vectors[2:])
    assert [vector is not None for vector in cache.get(keys)] == [True, False, True]


def test_cache_keys_differ_by_model_and_kind() -> None:
    keys = {VectorCache.key(model, "t", is_query=query) for model in "mn" for query in (True, False)}
    assert len(keys) == 4
