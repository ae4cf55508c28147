"""Times the two runtimes of the embedding model side by side, and compares their vectors.

Usage: python scripts/bench_encoder.py [--models var/models] [--data DIR] [--rounds 5]
DIR holds requirements.jsonl and achievements.jsonl; without it, texts are recombined from the shipped technical
terms. Short texts are titles, all in one call; a long text is a title with its description, one per call. The
runtimes take turns within each round, so that both see the same neighbours; medians of the rounds are shown.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from matching.encode import Encoder, SentenceTransformerEncoder
from matching.model import default_folder
from matching.onnx.export import open_export
from matching.text import technical_terms
from matching.types import Vectors

SHORT = 320
LONG = 15
SEED = 20191


@dataclass
class Times:
    """Of one runtime, a value per round."""

    short_per_second: list[float] = field(default_factory=list)
    one_short: list[float] = field(default_factory=list)
    one_long: list[float] = field(default_factory=list)


def sample_texts(data: Path | None) -> tuple[list[str], list[str]]:
    """Titles, and texts of 300 to 500 characters."""
    if data is None:
        return made_up_texts()
    achievements, requirements = (
        [json.loads(line) for line in (data / name).read_text(encoding="utf-8").splitlines() if line.strip()]
        for name in ("achievements.jsonl", "requirements.jsonl")
    )
    long = [f"{row['title']}。{row.get('description') or ''}"[:500] for row in requirements]
    return (
        [row["title"] for row in achievements][:SHORT],
        [text for text in long if len(text) >= 300][:LONG],
    )


def made_up_texts() -> tuple[list[str], list[str]]:
    random = np.random.default_rng(SEED)
    terms = technical_terms()
    picks = random.integers(0, len(terms), (SHORT, 2))
    short = [f"{terms[one]}用{terms[two]}制备方法" for one, two in picks]
    long = []
    for _ in range(LONG):
        pairs = random.integers(0, len(terms), (25, 2))
        long.append("。".join(f"目前{terms[one]}的{terms[two]}不足，需要改进" for one, two in pairs)[:400])
    return short, long


def measure(encoder: Encoder, short: Sequence[str], long: Sequence[str], times: Times) -> None:
    encoder.encode(short[:32])
    begin = time.perf_counter()
    encoder.encode(short)
    times.short_per_second.append(len(short) / (time.perf_counter() - begin))
    times.one_short.append(float(np.median([milliseconds(encoder, text) for text in short[:20]])))
    times.one_long.append(float(np.median([milliseconds(encoder, text) for text in long])))


def milliseconds(encoder: Encoder, text: str) -> float:
    begin = time.perf_counter()
    encoder.encode_queries([text])
    return (time.perf_counter() - begin) * 1000.0


def cosines(one: Vectors, other: Vectors) -> str:
    values = (one * other).sum(axis=1)
    return f"{values.mean():.4f} (least {values.min():.4f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    short, long = sample_texts(arguments.data)
    source = str(default_folder(arguments.models))
    encoders: dict[str, Encoder] = {
        "torch": SentenceTransformerEncoder(source),
        "onnx": open_export(source, models_dir=arguments.models),
    }
    times = {name: Times() for name in encoders}
    for _ in range(arguments.rounds):
        for name, encoder in encoders.items():
            measure(encoder, short, long, times[name])
    rows = [
        ("short texts/s", *(float(np.median(times[name].short_per_second)) for name in ("torch", "onnx"))),
        ("one short text, ms", *(float(np.median(times[name].one_short)) for name in ("torch", "onnx"))),
        ("one long text, ms", *(float(np.median(times[name].one_long)) for name in ("torch", "onnx"))),
    ]
    characters = np.mean([len(text) for text in long])
    print(f"{len(short)} short texts, {len(long)} long ones of {characters:.0f} characters")
    print("| | torch float32 | ONNX int8 | times as fast |\n|---|---:|---:|---:|")
    for label, torch, onnx in rows:
        ratio = onnx / torch if label.endswith("/s") else torch / onnx
        print(f"| {label} | {torch:,.1f} | {onnx:,.1f} | {ratio:.1f} |")
    for label, texts in (("short", short), ("long", long)):
        vectors = [encoders[name].encode(texts) for name in ("torch", "onnx")]
        print(f"cosine of the two, {label} texts: {cosines(vectors[0], vectors[1])}")
    alone = np.vstack([encoders["onnx"].encode([text]) for text in short[:64]])
    print(
        f"cosine of the onnx vectors alone and in a batch: {cosines(encoders['onnx'].encode(short[:64]), alone)}"
    )


if __name__ == "__main__":
    main()
