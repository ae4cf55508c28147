"""Times the engine without the encoder: filling, searching, updating, saving and loading at given sizes.

Usage: python scripts/bench_engine.py [--sizes 20000] [--queries 200] [--markdown OUT.md]
Titles are recombined from the shipped technical terms (seed 20191); vectors are unit mixtures of 2,000 random
directions around a common one, as anisotropic as real sentence vectors. Speed depends on neither being real
text; quality cannot be read from this and is measured by `jiebang evaluate`.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from matching import Document, Engine, Vectors
from matching.text import technical_terms

DIMENSION = 512
SEED = 20191
SUFFIXES = (
    "关键技术研究",
    "制备方法",
    "在线检测装置",
    "产业化",
    "节能控制系统",
    "工艺优化",
    "成套设备",
    "数值模拟",
)
SENTENCES_PER_REQUIREMENT = 12


class PreparedEncoder:
    """Gives random unit vectors: encoding is not what is measured here."""

    model_id = "prepared"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)
        self._directions = self._random.standard_normal((2000, DIMENSION)).astype(np.float32)
        self._common = self._random.standard_normal(DIMENSION).astype(np.float32) * 1.4

    def encode(self, texts: Sequence[str]) -> Vectors:
        number = len(texts)
        picks = self._random.integers(0, len(self._directions), (number, 3))
        shares = self._random.dirichlet((1.0, 1.0, 1.0), number).astype(np.float32)
        mixed = np.einsum("nk,nkd->nd", shares, self._directions[picks]) + self._common
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode(texts)


def achievements(number: int) -> list[Document]:
    random = np.random.default_rng(SEED)
    terms = technical_terms()
    picks = random.integers(0, len(terms), (number, 3))
    ends = random.integers(0, len(SUFFIXES), number)
    return [
        Document(
            key=f"a{row}",
            title=f"{terms[one]}{terms[two]}用{terms[three]}{SUFFIXES[end]}",
            owner=f"s{row // 5}",
            attributes={"field": f"f{row % 12}", "region": f"r{row % 40}"},
        )
        for row, ((one, two, three), end) in enumerate(zip(picks, ends, strict=True))
    ]


def requirements(number: int) -> list[Document]:
    random = np.random.default_rng(SEED + 1)
    terms = technical_terms()
    made = []
    for row in range(number):
        picks = random.integers(0, len(terms), (SENTENCES_PER_REQUIREMENT, 3))
        body = "。".join(f"目前{terms[a]}的{terms[b]}不足，需要提高{terms[c]}水平" for a, b, c in picks)
        made.append(Document(f"r{row}", f"{terms[picks[0][0]]}{terms[picks[0][1]]}难题", body))
    return made


def milliseconds(task: Callable[[int], object], count: int) -> tuple[float, float]:
    """p50 and p95 of `count` runs, after three that do not count."""
    spent = []
    for run in range(count + 3):
        begin = time.perf_counter()
        task(run)
        spent.append((time.perf_counter() - begin) * 1000.0)
    return float(np.percentile(spent[3:], 50)), float(np.percentile(spent[3:], 95))


def measure(size: int, queries: int) -> dict[str, str]:
    encoder = PreparedEncoder()
    engine = Engine(encoder)
    documents = achievements(size)
    vectors = encoder.encode([document.title for document in documents])
    asked = requirements(queries + 3)
    begin = time.perf_counter()
    for start in range(0, size, 5000):
        part = documents[start : start + 5000]
        engine.upsert("achievements", part, vectors[start : start + 5000], sequence=start + 1)
    filled = time.perf_counter() - begin
    engine.upsert("requirements", asked, encoder.encode([one.title for one in asked]), sequence=1)
    match = milliseconds(lambda run: engine.match(asked[run], explain=False), queries)
    explained = milliseconds(lambda run: engine.match(asked[run]), queries)
    found = milliseconds(lambda run: engine.search("achievements", asked[run].title), queries)
    reverse = milliseconds(lambda run: engine.requirements_for(f"s{run}"), min(queries, 50))
    update = milliseconds(
        lambda run: engine.upsert(
            "achievements", documents[run : run + 1], vectors[run : run + 1], sequence=size + run
        ),
        100,
    )
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        engine.save(Path(folder))
        saved = time.perf_counter() - begin
        begin = time.perf_counter()
        Engine.load(Path(folder), encoder)
        loaded = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0

    def pair(value: tuple[float, float]) -> str:
        return f"{value[0]:.1f} / {value[1]:.1f}"

    return {
        "achievements": f"{size:,}",
        "fill s": f"{filled:.2f}",
        "match p50/p95 ms": pair(match),
        "match with evidence": pair(explained),
        "search": pair(found),
        "requirements for a solver": pair(reverse),
        "one update": pair(update),
        "save s": f"{saved:.2f}",
        "load s": f"{loaded:.2f}",
        "peak RSS MB": f"{memory:.0f}",
    }


def table(rows: Sequence[dict[str, str]]) -> str:
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row[head] for head in heads) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--markdown", type=Path, help="write the table to this file as well")
    arguments = parser.parse_args()
    text = table([measure(size, arguments.queries) for size in arguments.sizes])
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
