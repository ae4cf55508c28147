"""Makes the achievements, requirements and vectors that the engine is timed with; the same for every engine.

Titles: the real ones of a data folder, else recombined technical terms; beyond them the first half of one title
and the second half of another, some with a word in front or behind. Vectors: `EMBEDDED` titles really encoded;
each further row is a unit mixture w a + (1 - w) b + noise of length 0.25, w in U(.3, .7), of the vectors of the two
titles that its own title was made of. Seed 20191. Mixtures lie more evenly than real embeddings, so recall is, if
anything, harder than on real data; quality of ranking cannot be read from them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matching import Document, Encoder, Vectors
from matching.config import EngineConfig
from matching.features import requirement_texts
from matching.text import technical_terms, text_hash

SEED = 20191
EMBEDDED = 20_000
QUERIES = 203
"""Three of them warm up."""
NOISE = 0.25
_PART = 20_000
_FRONT = ("新型", "高性能", "低成本", "智能", "绿色", "大型", "微型", "高精度")
_BEHIND = ("研究", "关键技术", "产业化", "制备工艺", "装置", "系统", "优化设计", "示范应用")
_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Corpus:
    """`size` titles with their vectors (size, d), float16 beyond `EMBEDDED`."""

    titles: list[str]
    vectors: np.ndarray

    def document(self, row: int) -> Document:
        return Document(
            key=f"a{row:07d}",
            title=self.titles[row],
            owner=f"s{row // 5}",
            attributes={"field": f"f{row % 12}", "region": f"r{row % 40}"},
        )

    def part(self, begin: int, end: int) -> Vectors:
        """Rows begin … end - 1 as float32 of length 1."""
        return unit(np.asarray(self.vectors[begin:end], dtype=np.float32))


class PreparedEncoder:
    """Gives vectors that were encoded before, by text: what an engine does without the encoder can be timed."""

    def __init__(self, model_id: str, vectors: dict[str, Vectors]) -> None:
        self.model_id = model_id
        self.dimension = len(next(iter(vectors.values())))
        self._vectors = vectors

    @classmethod
    def of(cls, encoder: Encoder, requirements: Sequence[Document], cache: Path) -> PreparedEncoder:
        """Every text that a match of these requirements needs, encoded by `encoder` or kept from last time."""
        config = EngineConfig()
        texts = sorted({text for one in requirements for text in requirement_texts(one, config).all})
        vectors = _encoded(texts, encoder, cache)
        return cls(encoder.model_id, dict(zip(texts, vectors, strict=True)))

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vectors[text] for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode(texts)


def unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def asked(data: Path | None) -> list[Document]:
    """The requirements that are asked: 203 real ones, else generated ones."""
    return _real_requirements(data)[:QUERIES] if data else _generated_requirements(QUERIES)


def corpus(size: int, encoder: Encoder, *, data: Path | None, cache: Path) -> Corpus:
    """`size` achievements; encoded vectors are kept in `cache`, so that a second run is cheap."""
    random = np.random.default_rng(SEED)
    base = _real_titles(data) if data else _generated_titles(2_860, random)
    base = (base + _recombined(base, EMBEDDED - len(base), random)[0])[:EMBEDDED]
    encoded = _encoded(base, encoder, cache)
    if size <= EMBEDDED:
        return Corpus(base[:size], encoded[:size])
    more, first, second = _recombined(base, size - EMBEDDED, random)
    path = cache / f"vectors-{size}-{text_hash(Document('', encoder.model_id, base[-1]))[:12]}.npy"
    if not path.exists():
        _write_mixtures(path, encoded, first, second, random)
    return Corpus(base + more, np.load(path, mmap_mode="r"))


def _real_titles(data: Path) -> list[str]:
    rows = (json.loads(line) for line in (data / "achievements.jsonl").read_text("utf-8").splitlines())
    return list(dict.fromkeys(row["title"] for row in rows))


def _real_requirements(data: Path) -> list[Document]:
    rows = [json.loads(line) for line in (data / "requirements.jsonl").read_text("utf-8").splitlines()]
    return [Document(row["id"], row["title"], row["description"]) for row in rows]


def _generated_titles(number: int, random: np.random.Generator) -> list[str]:
    terms = technical_terms()
    picks = random.integers(0, len(terms), (number, 3))
    ends = random.integers(0, len(_BEHIND), number)
    return [
        f"{terms[a]}{terms[b]}用{terms[c]}{_BEHIND[end]}" for (a, b, c), end in zip(picks, ends, strict=True)
    ]


def _generated_requirements(number: int) -> list[Document]:
    random = np.random.default_rng(SEED + 1)
    terms = technical_terms()
    made = []
    for row in range(number):
        picks = random.integers(0, len(terms), (_SENTENCES, 3))
        body = "。".join(f"目前{terms[a]}的{terms[b]}不足，需要提高{terms[c]}水平" for a, b, c in picks)
        made.append(Document(f"r{row}", f"{terms[picks[0][0]]}{terms[picks[0][1]]}难题", body))
    return made


def _recombined(
    base: Sequence[str], number: int, random: np.random.Generator
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Titles of two halves, and which two titles of `base` each was made of."""
    first, second = random.integers(0, len(base), (2, max(number, 0)))
    front = random.integers(0, 3 * len(_FRONT), len(first))
    behind = random.integers(0, 3 * len(_BEHIND), len(first))
    heads = [title[: (len(title) + 1) // 2] for title in base]
    tails = [title[(len(title) + 1) // 2 :] for title in base]
    titles = [
        (_FRONT[f] if f < len(_FRONT) else "")
        + heads[a]
        + tails[b]
        + (_BEHIND[e] if e < len(_BEHIND) else "")
        for a, b, f, e in zip(first.tolist(), second.tolist(), front.tolist(), behind.tolist(), strict=True)
    ]
    return titles, first, second


def _encoded(titles: Sequence[str], encoder: Encoder, cache: Path) -> np.ndarray:
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"encoded-{text_hash(Document('', encoder.model_id, ''.join(titles)))[:16]}.npy"
    if not path.exists():
        np.save(
            path,
            np.concatenate([encoder.encode(titles[at : at + 1000]) for at in range(0, len(titles), 1000)]),
        )
    return np.asarray(np.load(path))


def _write_mixtures(
    path: Path, encoded: np.ndarray, first: np.ndarray, second: np.ndarray, random: np.random.Generator
) -> None:
    size, dimension = len(encoded) + len(first), encoded.shape[1]
    written = np.lib.format.open_memmap(path.with_suffix(".part"), "w+", np.float16, (size, dimension))
    written[: len(encoded)] = encoded
    for begin in range(0, len(first), _PART):
        one, other = encoded[first[begin : begin + _PART]], encoded[second[begin : begin + _PART]]
        share = random.uniform(0.3, 0.7, (len(one), 1)).astype(np.float32)
        noise = random.standard_normal((len(one), dimension)).astype(np.float32)
        mixed = unit(share * one + (1 - share) * other) + NOISE * unit(noise)
        written[len(encoded) + begin : len(encoded) + begin + len(one)] = unit(mixed)
    written.flush()
    path.with_suffix(".part").rename(path)
