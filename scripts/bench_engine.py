"""Times the engine and its peers: filling, hybrid queries, recall, changes and memory at several sizes.

Usage: python scripts/bench_engine.py --cache DIR [--data DIR] [--sizes 10000 100000 1000000] [--models var/models]
           [--peers PYTHON] [--realtime] [--write]
What is searched is described in `bench_corpus`; --data names a folder with achievements.jsonl and requirements.jsonl
(id, title, description). Each size is built by one process, saved, and opened by a second one, as a service opens
it, in which memory and times are taken. --peers names the interpreter of an environment of its own:

    python3.11 -m venv peers && peers/bin/pip install torch txtai lancedb pylance pymilvus milvus-lite bm25s faiss-cpu

--realtime gives the timed stretches priority over other work on the machine (needs the right to do so), --write puts
the tables into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from bench_corpus import PreparedEncoder, asked, corpus
from bench_peers import SYSTEMS, exchange

from matching import Document, Encoder, Engine, Vectors
from matching.config import EngineConfig
from matching.encode import open_encoder
from matching.features import RequirementVectors, requirement_texts, weighted_terms
from matching.index.adaptive import AdaptiveBackend
from matching.index.collection import CollectionView
from matching.index.recall import exact_rows
from matching.rank import CentredQuery
from matching.serving import ServedEncoder

BEGIN, END = "<!-- bench_engine:begin -->", "<!-- bench_engine:end -->"
BENCHMARKS = Path(__file__).parents[1] / "docs" / "benchmarks.md"
WARM, DEPTH, BATCH, UPDATES = 3, 50, 5000, 50
PEER_SIZE = 100_000


class Switched:
    """An encoder that answers from memory, or really encodes once `real` is set."""

    def __init__(self, prepared: PreparedEncoder) -> None:
        self.real: Encoder | None = None
        self._prepared = prepared
        self.model_id, self.dimension = prepared.model_id, prepared.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        return (self.real or self._prepared).encode(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return (self.real or self._prepared).encode_queries(texts)


@contextmanager
def priority(wanted: bool) -> Iterator[None]:
    """All threads of this process before everything else on the machine, for a short while."""
    if not wanted:
        yield
        return
    _schedule(os.SCHED_RR, 10)
    try:
        yield
    finally:
        _schedule(os.SCHED_OTHER, 0)


def _schedule(policy: int, level: int) -> None:
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setscheduler(int(thread.name), policy, os.sched_param(level))


def milliseconds(task: Callable[[int], object], count: int, realtime: bool) -> tuple[float, float]:
    """p50 and p95 of the runs after those that warm up."""
    spent = []
    with priority(realtime):
        for run in range(count):
            begin = time.perf_counter()
            task(run)
            spent.append((time.perf_counter() - begin) * 1000.0)
    return float(np.percentile(spent[WARM:], 50)), float(np.percentile(spent[WARM:], 95))


def resident() -> float:
    """Resident memory of this process in MB (10^6), mapped files included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def opened(options: argparse.Namespace) -> ServedEncoder:
    return open_encoder(options.model, models_dir=options.models, runtime="onnx")


def build(size: int, options: argparse.Namespace) -> dict[str, Any]:
    """Fills an engine and saves it."""
    encoder = opened(options)
    requirements = asked(options.data)
    prepared = PreparedEncoder.of(encoder, requirements, options.cache)
    achievements = corpus(size, encoder, data=options.data, cache=options.cache)
    encoder.close()
    backend = AdaptiveBackend(scratch=options.cache)
    engine = Engine(prepared, backend=backend)
    full = [requirement_texts(one, EngineConfig()).full for one in requirements]
    engine.upsert("requirements", requirements, prepared.encode(full), sequence=1)
    wall, processor = time.perf_counter(), time.process_time()
    for begin in range(0, size, BATCH):
        end = min(begin + BATCH, size)
        documents = [achievements.document(row) for row in range(begin, end)]
        engine.upsert("achievements", documents, achievements.part(begin, end), sequence=begin + 1)
    backend.wait()
    built = time.process_time() - processor, time.perf_counter() - wall
    wall = time.perf_counter()
    engine.save(options.cache / f"snapshot-{size}")
    return {"size": size, "build": built[0], "build_wall": built[1], "save": time.perf_counter() - wall}


def ask(size: int, options: argparse.Namespace) -> dict[str, Any]:
    """Opens what `build` saved and asks it."""
    requirements = asked(options.data)
    encoder = opened(options)
    switched = Switched(PreparedEncoder.of(encoder, requirements, options.cache))
    encoder.close()
    before = resident()
    begin = time.perf_counter()
    engine = Engine.load(
        options.cache / f"snapshot-{size}", switched, backend=AdaptiveBackend(scratch=options.cache)
    )
    loaded = time.perf_counter() - begin

    def match(run: int) -> object:
        return engine.match(requirements[run], explain=False)

    hybrid = milliseconds(match, len(requirements), options.realtime)
    memory = resident()
    view = engine._collections["achievements"].view
    recall, dense = dense_side(view, switched, requirements, options)
    sides = both_sides(engine, switched, requirements, options.realtime)
    update = updates(engine, switched, requirements, size, options.realtime)
    switched.real = encoder = opened(options)
    encoded = milliseconds(match, len(requirements), options.realtime)
    encoder.close()
    return {
        "load": loaded,
        "hybrid": hybrid,
        "memory": memory,
        "memory_before": before,
        "recall": recall,
        "dense": dense,
        "sides": sides,
        "update": update,
        "encoded": encoded,
        "kind": view.vectors.facts.kind,
        "widening": view.vectors.facts.widening,
        "measured": view.vectors.facts.recall,
    }


def directions(view: CollectionView, encoder: Switched, requirements: list[Document]) -> Vectors:
    """(q, d): what the ranking searches vectors by."""
    found = []
    for one in requirements:
        texts = requirement_texts(one, EngineConfig())
        query = CentredQuery.of(RequirementVectors.of(encoder.encode_queries(texts.all)), view.centre)
        found.append(query.full + query.title)
    return np.stack(found)


def dense_side(
    view: CollectionView, encoder: Switched, requirements: list[Document], options: argparse.Namespace
) -> tuple[float, tuple[float, float]]:
    """recall@50 of the vector side against exact float32 products, and its own p50 and p95."""
    queries = directions(view, encoder, requirements)
    stored = corpus_vectors(view.count, options)
    truth = exact_rows(stored, queries, DEPTH, view.alive[: view.count], stopped=lambda: False)
    found = [view.vectors.search(query, DEPTH)[0] for query in queries]
    shares = [len(np.intersect1d(one, other)) / DEPTH for one, other in zip(truth, found, strict=True)]
    spent = milliseconds(lambda run: view.vectors.search(queries[run], 400), len(queries), options.realtime)
    return float(np.mean(shares)), spent


def both_sides(
    engine: Engine, encoder: Switched, requirements: list[Document], realtime: bool
) -> tuple[float, float]:
    """The peers' work: 50 rows by vector, 50 by words, fused by reciprocal rank; without our ranking."""
    view = engine._collections["achievements"].view
    queries = directions(view, encoder, requirements)
    everything = np.ones(view.count, dtype=np.bool_)

    def query(run: int) -> list[int]:
        texts = requirement_texts(requirements[run], EngineConfig())
        terms = weighted_terms(
            texts.full,
            texts.title,
            documents=view.lexical,
            requirements=engine._collections["requirements"].view.lexical,
            background=engine._background,
            config=EngineConfig(),
        )
        near = view.vectors.search(queries[run], DEPTH, allowed=everything)[0]
        best = view.lexical.search(terms.terms, terms.total, DEPTH, allowed=everything)
        fused: dict[int, float] = {}
        for found in (near, best):
            for place, row in enumerate(found.tolist()):
                fused[row] = fused.get(row, 0.0) + 1.0 / (60 + place)
        return sorted(fused, key=fused.__getitem__, reverse=True)[:DEPTH]

    return milliseconds(query, len(requirements), realtime)


def corpus_vectors(size: int, options: argparse.Namespace) -> Iterator[Vectors]:
    encoder = opened(options)
    whole = corpus(size, encoder, data=options.data, cache=options.cache)
    encoder.close()
    for begin in range(0, size, BATCH):
        yield whole.part(begin, min(begin + BATCH, size))


def updates(
    engine: Engine, encoder: Switched, requirements: list[Document], size: int, realtime: bool
) -> tuple[float, float]:
    """One new achievement until a match has found it: p50 and the slowest."""
    spent = []
    with priority(realtime):
        for run in range(UPDATES):
            one = requirements[run]
            text = requirement_texts(one, EngineConfig()).title
            begin = time.perf_counter()
            engine.upsert(
                "achievements", [Document(f"n{run}", one.title)], encoder.encode([text]), sequence=size + run
            )
            found = engine.match(one, explain=False)
            spent.append((time.perf_counter() - begin) * 1000.0)
            assert f"n{run}" in {candidate.achievement for candidate in found.candidates}
    return float(np.percentile(spent, 50)), max(spent)


def own_process(step: str, size: int, options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, "--cache", str(options.cache), "--models", str(options.models)]
    command += ["--data", str(options.data)] if options.data else []
    command += ["--model", options.model] if options.model else []
    command += ["--realtime"] if options.realtime else []
    result = subprocess.run(
        [*command, "--step", step, str(size)], stdout=subprocess.PIPE, check=True, text=True
    )
    return dict(json.loads(result.stdout.splitlines()[-1]))


def measured(size: int, options: argparse.Namespace) -> dict[str, Any]:
    kept = options.cache / f"built-{size}.json"
    if not kept.exists():
        kept.write_text(json.dumps(own_process("build", size, options)), encoding="utf-8")
    return dict(json.loads(kept.read_text(encoding="utf-8"))) | own_process("ask", size, options)


def peers(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Every peer in a process of its own, with the same titles, vectors and queries."""
    requirements = asked(options.data)
    encoder = opened(options)
    switched = Switched(PreparedEncoder.of(encoder, requirements, options.cache))
    achievements = corpus(PEER_SIZE, encoder, data=options.data, cache=options.cache)
    encoder.close()
    engine = Engine.load(options.cache / f"snapshot-{PEER_SIZE}", switched)
    queries = directions(engine._collections["achievements"].view, switched, requirements)
    engine.close()
    vectors = achievements.part(0, PEER_SIZE)
    living = np.ones(PEER_SIZE, dtype=np.bool_)
    truth = exact_rows(iter([vectors]), queries, DEPTH, living, stopped=lambda: False)
    folder = options.cache / "peers"
    texts = [requirement_texts(one, EngineConfig()).full for one in requirements]
    exchange(
        folder,
        titles=achievements.titles,
        vectors=vectors,
        queries=queries,
        texts=texts,
        truth=np.stack(truth),
    )
    found = []
    for system in SYSTEMS:
        script = Path(__file__).with_name("bench_peers.py")
        command = [str(options.peers), str(script), system, str(folder), *(["--realtime"] * options.realtime)]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if result.returncode == 0:
            found.append(dict(json.loads(result.stdout.splitlines()[-1])))
        else:
            print(f"{system}: failed with {result.returncode}", file=sys.stderr)
    return found


def pair(value: tuple[float, float]) -> str:
    return f"{value[0]:.1f} / {value[1]:.1f}"


def times(one: dict[str, Any], own: dict[str, Any]) -> str:
    return " / ".join(f"{other / ours:.1f}" for other, ours in zip(one["hybrid"], own["sides"], strict=True))


def report(rows: list[dict[str, Any]], others: list[dict[str, Any]], options: argparse.Namespace) -> str:
    titles = "real titles and halves of them recombined" if options.data else "generated technical titles"
    kind = "real requirements" if options.data else "generated requirements"
    lines = [
        f"`scripts/bench_engine.py`: {titles}; 20,000 titles really encoded, the other vectors mixtures of two of "
        f"them with noise (see `scripts/bench_corpus.py`); 200 {kind}, one at a time, single run, Python "
        f"{platform.python_version()}. A hybrid query is a whole match: candidates by vectors and words, exact "
        "scores, ranking, teams. Build: processor seconds without encoding. Memory: the whole process after 200 "
        "queries, mapped files included.",
        "",
        "| achievements | build s | opening s | memory MB | hybrid query ms, p50 / p95 | … encoding included | vector "
        "side alone | recall@50 | one change until found ms, p50 / slowest | vectors |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['size']:,} | {row['build']:.1f} | {row['load']:.1f} | {row['memory']:,.0f} "
            f"| **{pair(row['hybrid'])}** | {pair(row['encoded'])} | {pair(row['dense'])} "
            f"| {row['recall']:.4f} | {pair(row['update'])} | {row['kind']} |"
        )
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        span = math.log(last["size"] / first["size"])
        grown = [math.log(last["hybrid"][place] / first["hybrid"][place]) / span for place in (0, 1)]
        lines += [
            "",
            f"Growth from {first['size']:,} to {last['size']:,}: the time of a hybrid query grows with the number of "
            f"achievements to the power of **{grown[0]:.2f}** (p50), {grown[1]:.2f} (p95).",
        ]
    if others:
        own = next(row for row in rows if row["size"] == PEER_SIZE)
        lines += [
            "",
            f"The same {PEER_SIZE:,} titles, vectors and queries with other systems, each in a process of its own in "
            "the same run; hybrid is whatever the system offers for vectors and words together, 50 results:",
            "",
            "| system | build s | memory MB | query ms, p50 / p95 | times ours, p50 / p95 | recall@50, vectors |",
            "|---|---:|---:|---:|---:|---:|",
            f"| **this engine**, the same work: vectors and words, fused by rank | {own['build']:.1f} "
            f"| {own['memory']:,.0f} | **{pair(own['sides'])}** | 1 | {own['recall']:.4f} |",
            f"| this engine, the whole match: four views, exact scores, calibration, teams | {own['build']:.1f} "
            f"| {own['memory']:,.0f} | {pair(own['hybrid'])} | {times(own, own)} | {own['recall']:.4f} |",
        ]
        lines += [
            f"| {one['system']} | {one['build']:.1f} | {one['memory']:,.0f} | {pair(one['hybrid'])} "
            f"| {times(one, own)} | {one['recall']:.4f} |"
            for one in others
        ]
    return "\n".join(lines)


def write(text: str) -> None:
    page = BENCHMARKS.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    BENCHMARKS.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--cache", type=Path, required=True, help="keeps vectors and snapshots for a second run"
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--model", help="another model than the one in use: a folder or hub id")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--peers", type=Path, help="the Python of an environment that has them")
    parser.add_argument("--realtime", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, size = options.step
        print(json.dumps((build if step == "build" else ask)(int(size), options)))
        return
    rows = [measured(size, options) for size in options.sizes]
    text = report(rows, peers(options) if options.peers else [], options)
    print(text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()
