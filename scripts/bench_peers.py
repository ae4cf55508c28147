"""Times one other system on the titles, vectors and queries that `bench_engine` gives; runs in the peers' environment.

Usage: python scripts/bench_peers.py SYSTEM FOLDER [--realtime]
Each system is set up as its own documentation suggests for vectors and words together; what it returns is not judged,
only how long a query takes and how much of the exact vector answer its vector side finds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

SYSTEMS = ("faiss flat + bm25s", "txtai", "LanceDB", "Milvus Lite")
DEPTH, WARM, POOL = 50, 3, 400
Query = Callable[[int], object]
Rows = Callable[[int], Sequence[int]]


def exchange(
    folder: Path,
    *,
    titles: list[str],
    vectors: np.ndarray,
    queries: np.ndarray,
    texts: list[str],
    truth: np.ndarray,
) -> None:
    """Writes what the peers are asked, in files that need nothing of ours to be read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "titles.json").write_text(json.dumps(titles, ensure_ascii=False), encoding="utf-8")
    (folder / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    directions = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    for name, values in (("vectors", vectors), ("queries", directions.astype(np.float32)), ("truth", truth)):
        np.save(folder / f"{name}.npy", values)


class Given:
    """What `exchange` wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.titles: list[str] = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
        self.texts: list[str] = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        self.vectors = np.load(folder / "vectors.npy")
        self.queries = np.load(folder / "queries.npy")
        self.truth = np.load(folder / "truth.npy")

    def scratch(self, name: str) -> Path:
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path


def grams(text: str) -> list[str]:
    """Characters and bigrams, the terms that our own lexical side counts."""
    plain = [character for character in text.lower() if character.isalnum()]
    return plain + [one + other for one, other in pairwise(plain)]


def faiss_and_bm25s(given: Given) -> tuple[Query, Rows]:
    import bm25s
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(given.vectors.shape[1])
    index.add(given.vectors)
    words = bm25s.BM25(backend="numba")
    words.index([grams(title) for title in given.titles], show_progress=False)

    def query(run: int) -> object:
        near = index.search(given.queries[run : run + 1], POOL)[1][0]
        tokens = [grams(given.texts[run])]
        best = words.retrieve(tokens, k=POOL, show_progress=False, n_threads=1).documents[0]
        fused: dict[int, float] = {}
        for found in (near, best):
            for place, row in enumerate(found.tolist()):
                fused[row] = fused.get(row, 0.0) + 1.0 / (60 + place)
        return sorted(fused, key=fused.__getitem__, reverse=True)[:DEPTH]

    return query, lambda run: index.search(given.queries[run : run + 1], DEPTH)[1][0].tolist()


def txtai(given: Given) -> tuple[Query, Rows]:
    from txtai import Embeddings

    known = dict(zip(given.titles, given.vectors, strict=True)) | dict(
        zip(given.texts, given.queries, strict=True)
    )
    embeddings = Embeddings(
        {
            "method": "external",
            "transform": lambda texts: np.stack([known[text] for text in texts]),
            "hybrid": True,
        }
    )
    embeddings.index((row, title, None) for row, title in enumerate(given.titles))
    return (
        lambda run: embeddings.search(given.texts[run], DEPTH),
        lambda run: [row for row, _ in embeddings.search(given.texts[run], DEPTH, weights=1.0)],
    )


def lancedb(given: Given) -> tuple[Query, Rows]:
    import lancedb
    from lancedb.rerankers import RRFReranker

    base = lancedb.connect(str(given.scratch("lancedb")))
    rows = [
        {"id": row, "text": title, "vector": vector}
        for row, (title, vector) in enumerate(zip(given.titles, given.vectors, strict=True))
    ]
    table = base.create_table("achievements", rows)
    table.create_index(metric="cosine", index_type="IVF_HNSW_SQ", vector_column_name="vector")
    table.create_fts_index("text", base_tokenizer="ngram", ngram_min_length=2, ngram_max_length=2)
    reranker = RRFReranker()

    def query(run: int) -> object:
        search = table.search(query_type="hybrid").vector(given.queries[run]).text(given.texts[run])
        return search.rerank(reranker).limit(DEPTH).to_list()

    def near(run: int) -> list[int]:
        found = table.search(given.queries[run]).limit(DEPTH).select(["id"]).to_list()
        return [one["id"] for one in found]

    return query, near


def milvus(given: Given) -> tuple[Query, Rows]:
    from pymilvus import AnnSearchRequest, DataType, Function, FunctionType, MilvusClient, RRFRanker

    path = str(given.scratch("milvus") / "milvus.db")
    client = MilvusClient(path)
    schema = client.create_schema(auto_id=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field(
        "text", DataType.VARCHAR, max_length=600, enable_analyzer=True, analyzer_params={"tokenizer": "jieba"}
    )
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=given.vectors.shape[1])
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(
            name="bm25",
            function_type=FunctionType.BM25,
            input_field_names=["text"],
            output_field_names=["words"],
        )
    )
    indexes = client.prepare_index_params()
    indexes.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 16, "efConstruction": 100})
    indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
    client.create_collection("achievements", schema=schema, index_params=indexes)
    for begin in range(0, len(given.titles), 1000):
        end = min(begin + 1000, len(given.titles))
        client.insert(
            "achievements",
            [
                {"id": row, "text": given.titles[row], "vector": given.vectors[row].tolist()}
                for row in range(begin, end)
            ],
        )
    client.flush("achievements")
    # Asked straight after the last insert it still scans; opened again it uses its index.
    client.close()
    client = MilvusClient(path)
    client.load_collection("achievements")
    time.sleep(10)
    searched = {"metric_type": "IP", "params": {"ef": 200}}

    def query(run: int) -> object:
        vector = [given.queries[run].tolist()]
        parts = [
            AnnSearchRequest(vector, "vector", searched, limit=DEPTH),
            AnnSearchRequest([given.texts[run]], "words", {"metric_type": "BM25"}, limit=DEPTH),
        ]
        return client.hybrid_search("achievements", parts, RRFRanker(), limit=DEPTH)

    def near(run: int) -> list[int]:
        vector = [given.queries[run].tolist()]
        found = client.search(
            "achievements", vector, anns_field="vector", limit=DEPTH, search_params=searched
        )
        return [hit["id"] for hit in found[0]]

    return query, near


MAKERS = dict(zip(SYSTEMS, (faiss_and_bm25s, txtai, lancedb, milvus), strict=True))


def schedule(policy: int, level: int) -> None:
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setscheduler(int(thread.name), policy, os.sched_param(level))


def measure(system: str, given: Given, realtime: bool) -> dict[str, Any]:
    processor = time.process_time()
    query, near = MAKERS[system](given)
    built = time.process_time() - processor
    spent: list[float] = []
    if realtime:
        schedule(os.SCHED_RR, 10)
    for run in range(len(given.texts)):
        begin = time.perf_counter()
        query(run)
        spent.append((time.perf_counter() - begin) * 1000.0)
        if sum(spent) > 60_000.0:
            break
    if realtime:
        schedule(os.SCHED_OTHER, 0)
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    shares = [len({*near(run)} & {*given.truth[run].tolist()}) / DEPTH for run in range(len(given.texts))]
    return {
        "system": system,
        "build": built,
        "memory": memory,
        "hybrid": (float(np.percentile(spent[WARM:], 50)), float(np.percentile(spent[WARM:], 95))),
        "queries": len(spent) - WARM,
        "recall": float(np.mean(shares)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--realtime", action="store_true")
    options = parser.parse_args()
    print(json.dumps(measure(options.system, Given(options.folder), options.realtime)))


if __name__ == "__main__":
    main()
