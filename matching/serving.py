"""Shares one encoder among many threads: repeated texts come from a cache, concurrent ones go in one batch.

The queue is bounded: when it is full a caller is refused at once instead of waiting without end.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matching.errors import Overloaded
from matching.types import Vectors


class _Model(Protocol):
    @property
    def model_id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class _Request:
    texts: Sequence[str]
    is_query: bool
    answer: Future[Vectors]


class VectorCache:
    """The most recently used vectors by model id, kind and text hash; safe for many threads."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def key(model_id: str, text: str, *, is_query: bool) -> bytes:
        content = f"{model_id}\x00{int(is_query)}\x00{text}"
        return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def get(self, keys: Sequence[bytes]) -> list[Vectors | None]:
        with self._lock:
            found = []
            for key in keys:
                vector = self._vectors.get(key)
                if vector is not None:
                    self._vectors.move_to_end(key)
                found.append(vector)
            return found

    def put(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._lock:
            for key, vector in zip(keys, vectors, strict=True):
                self._vectors[key] = vector.copy()
                self._vectors.move_to_end(key)
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)


class ServedEncoder:
    """An `Encoder` before another one: bounded queue, one thread at the model, micro-batches, cache.

    A large call (an import, a rebuild) goes in pieces, one at a time, so that a short one waits for at
    most the running piece: under a second on two cores.
    """

    def __init__(
        self,
        model: _Model,
        *,
        queue_limit: int = 256,
        batch_limit: int = 256,
        character_limit: int = 4096,
        cache_capacity: int = 20_000,
    ) -> None:
        """`queue_limit`: waiting requests before Overloaded is raised.

        `batch_limit` texts and about `character_limit` characters make one batch; a single longer text
        is a batch of its own.
        """
        self._model = model
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._character_limit = character_limit
        self._cache = VectorCache(cache_capacity)
        self._waiting: deque[_Request] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._worker = threading.Thread(target=self._serve, name="encoder", daemon=True)
        self._worker.start()

    @property
    def model_id(self) -> str:
        return self._model.model_id

    @property
    def dimension(self) -> int:
        return self._model.dimension

    @property
    def queue_length(self) -> int:
        """Requests that wait for the model; a figure for metrics."""
        return len(self._waiting)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As `Encoder.encode`. Raises Overloaded when the queue is full."""
        return self._encode(texts, is_query=False)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `Encoder.encode_queries`. Raises Overloaded when the queue is full."""
        return self._encode(texts, is_query=True)

    def close(self) -> None:
        """Ends the worker after the running batch; waiting and later calls raise Overloaded."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
        self._worker.join()
        while self._waiting:
            self._waiting.popleft().answer.set_exception(Overloaded("the encoder was closed"))

    def _encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        keys = [VectorCache.key(self.model_id, text, is_query=is_query) for text in texts]
        missing: dict[bytes, list[int]] = {}
        for place, (key, cached) in enumerate(zip(keys, self._cache.get(keys), strict=True)):
            if cached is None:
                missing.setdefault(key, []).append(place)
            else:
                vectors[place] = cached
        # Sorting over the whole call, not only within a batch, is what keeps padding small in large imports.
        order = sorted(missing, key=lambda key: len(texts[missing[key][0]]))
        for piece in self._pieces(order, [len(texts[missing[key][0]]) for key in order]):
            encoded = self._submit([texts[missing[key][0]] for key in piece], is_query=is_query).result()
            self._cache.put(piece, encoded)
            for key, vector in zip(piece, encoded, strict=True):
                vectors[missing[key]] = vector
        return vectors

    def _pieces(self, keys: Sequence[bytes], lengths: Sequence[int]) -> Iterator[Sequence[bytes]]:
        begin = characters = 0
        for place, length in enumerate(lengths):
            if place > begin and not self._fits(place - begin + 1, characters + length):
                yield keys[begin:place]
                begin, characters = place, 0
            characters += length
        if begin < len(keys):
            yield keys[begin:]

    def _fits(self, texts: int, characters: int) -> bool:
        return texts <= self._batch_limit and characters <= self._character_limit

    def _submit(self, texts: Sequence[str], *, is_query: bool) -> Future[Vectors]:
        request = _Request(texts, is_query, Future())
        with self._arrived:
            if self._closed or len(self._waiting) >= self._queue_limit:
                raise Overloaded(f"{len(self._waiting)} requests are waiting")
            self._waiting.append(request)
            self._arrived.notify()
        return request.answer

    def _serve(self) -> None:
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                batch = self._next_batch()
            self._answer(batch)

    def _next_batch(self) -> list[_Request]:
        """The oldest request and those behind it of the same kind that fit into one batch."""
        batch = [self._waiting.popleft()]
        texts, characters = len(batch[0].texts), _characters(batch[0])
        while self._waiting:
            following = self._waiting[0]
            texts, characters = texts + len(following.texts), characters + _characters(following)
            if following.is_query != batch[0].is_query or not self._fits(texts, characters):
                break
            batch.append(self._waiting.popleft())
        return batch

    def _answer(self, batch: list[_Request]) -> None:
        texts = [text for request in batch for text in request.texts]
        try:
            encoded = self._model.encode_queries(texts) if batch[0].is_query else self._model.encode(texts)
        except (
            BaseException
        ) as error:  # The worker must survive whatever the model raises; the callers get it.
            for request in batch:
                request.answer.set_exception(error)
            return
        begin = 0
        for request in batch:
            request.answer.set_result(encoded[begin : begin + len(request.texts)])
            begin += len(request.texts)


def _characters(request: _Request) -> int:
    return sum(len(text) for text in request.texts)
