"""The vector index on Milvus (or Milvus Lite), for collections that outgrow one machine's memory.

Needs the optional extra `milvus`. Every index is a Milvus collection of its own, named after the engine's
collection and a random suffix, since row numbers belong to one process; `Engine.close` drops it, after a
kill it stays behind.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from matching.errors import IndexUnavailable
from matching.index.vectors import VECTORS_FILE, VectorIndex, passing_rows, require_vectors, saved_vectors
from matching.types import Mask, Rows, VectorFacts, Vectors

_BATCH = 1000
_DEEPEST = 16_384
"""Milvus refuses a search for more results than this."""


class MilvusIndex:
    """`VectorIndex` over one Milvus collection with an exact inner-product index."""

    kind = "milvus"

    def __init__(self, client: Any, name: str, dimension: int) -> None:
        from pymilvus import DataType

        self._client = client
        self._kept_for = name
        self._dimension = dimension
        self._count = 0
        self._removed: set[int] = set()
        self._name = f"jiebang_{name}_{uuid.uuid4().hex}"
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        parameters = client.prepare_index_params()
        parameters.add_index("vector", index_type="FLAT", metric_type="IP")
        client.create_collection(
            self._name, schema=schema, index_params=parameters, consistency_level="Strong"
        )
        client.load_collection(self._name)

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def count(self) -> int:
        return self._count

    def append(self, vectors: Vectors) -> None:
        checked = require_vectors(vectors, self._dimension)
        for begin in range(0, len(checked), _BATCH):
            part = checked[begin : begin + _BATCH]
            first = self._count
            rows = [{"row": first + place, "vector": vector.tolist()} for place, vector in enumerate(part)]
            self._client.insert(self._name, rows)
            self._count = first + len(part)

    def remove(self, rows: Rows) -> None:
        gone = [row for row in rows.tolist() if 0 <= row < self._count]
        if gone:
            self._client.delete(self._name, ids=gone)
            self._removed.update(gone)

    def search(self, query: Vectors, depth: int, *, allowed: Mask | None = None) -> tuple[Rows, Vectors]:
        removed = np.zeros(self._count, dtype=np.bool_)
        removed[list(self._removed)] = True
        passing = passing_rows(removed, allowed)
        depth = min(depth, int(np.count_nonzero(passing)), _DEEPEST)
        if depth <= 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        found = self._client.search(
            self._name,
            data=[np.asarray(query, dtype=np.float32).tolist()],
            anns_field="vector",
            filter=_expression(passing),
            limit=depth,
            search_params={"metric_type": "IP"},
        )[0]
        rows = np.array([hit["row"] for hit in found], dtype=np.int64)
        return rows, np.array([hit["distance"] for hit in found], dtype=np.float32)

    def vectors(self, rows: Rows) -> Vectors:
        wanted = np.zeros((len(rows), self._dimension), dtype=np.float32)
        for part in _parts(rows):
            found = self._client.get(
                self._name,
                ids=np.unique(rows[part.start : part.stop]).tolist(),
                output_fields=["row", "vector"],
            )
            by_row = {int(one["row"]): one["vector"] for one in found}
            for place in range(part.start, part.stop):
                vector = by_row.get(int(rows[place]))
                # A row that was removed meanwhile has no vector any more; zero is near to nothing.
                if vector is not None:
                    wanted[place] = vector
        return wanted

    @property
    def facts(self) -> VectorFacts:
        return VectorFacts("milvus", self._count)

    def taken(self, rows: Rows) -> MilvusIndex:
        made = MilvusIndex(self._client, self._kept_for, self._dimension)
        for part in _parts(rows):
            made.append(self.vectors(rows[part.start : part.stop]))
        return made

    def save(self, folder: Path, rows: Rows) -> None:
        np.save(folder / VECTORS_FILE, self.vectors(rows))

    def close(self) -> None:
        self._client.drop_collection(self._name)


class MilvusBackend:
    """Makes indexes on one Milvus server, or in one file of Milvus Lite."""

    def __init__(self, uri: str) -> None:
        """`uri` is a server's address or a path that ends in .db. Raises IndexUnavailable."""
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise IndexUnavailable("pymilvus is missing; install the extra `milvus`") from error
        try:
            self._client: Any = MilvusClient(uri)
        except Exception as error:  # The client raises whatever its transport raises.
            raise IndexUnavailable(f"Milvus does not answer ({type(error).__name__})") from error

    def create(self, name: str, dimension: int) -> VectorIndex:
        return MilvusIndex(self._client, name, dimension)

    def load(self, name: str, folder: Path, dimension: int) -> VectorIndex:
        index = MilvusIndex(self._client, name, dimension)
        index.append(saved_vectors(folder))
        return index


def _expression(passing: Mask) -> str:
    """The rows that pass as a Milvus filter; whichever of the two lists is shorter is spelled out."""
    refused = np.flatnonzero(~passing)
    if not len(refused):
        return f"row < {len(passing)}"
    allowed = np.flatnonzero(passing)
    if len(allowed) <= len(refused):
        return f"row in {allowed.tolist()}"
    return f"row < {len(passing)} and row not in {refused.tolist()}"


def _parts(rows: Rows) -> Iterator[range]:
    for begin in range(0, len(rows), _BATCH):
        yield range(begin, min(begin + _BATCH, len(rows)))
