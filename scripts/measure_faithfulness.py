"""Measures whether evidence is what a score rests on: deleting it must cost more than deleting random text.

Usage: python scripts/measure_faithfulness.py --data DIR [--models var/models] [--runtime torch|onnx]
DIR holds requirements.jsonl and achievements.jsonl, and judgments.tsv if only judged requirements are to count.
For the best achievements of each requirement, the strongest evidence is deleted from the requirement (every
place where its phrase stands), and as often as `--draws` says a random stretch of the same length that does not
touch it. The achievement is scored again each time by the same index. A title is never deleted whole.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from matching import Document, Engine, EngineConfig, Evidence
from matching.encode import open_encoder
from matching.text import passage

SEED = 20191


@dataclass(frozen=True)
class Drop:
    """What a score lost: by the deletion of the evidence, and on average by that of random text as long."""

    requirement: str
    kind: str
    length: int
    evidence: float
    random: float


@dataclass(frozen=True)
class Summary:
    """Means over drops, the share of drops in which the evidence cost more, and a 95 % interval (by requirement)."""

    number: int
    evidence: float
    random: float
    share: float
    lower: float
    upper: float

    @classmethod
    def of(cls, drops: Sequence[Drop]) -> Summary:
        keys = sorted({drop.requirement for drop in drops})
        by_key = {key: [one.evidence - one.random for one in drops if one.requirement == key] for key in keys}
        generator = np.random.default_rng(SEED)
        means = []
        for _ in range(2000):
            chosen = generator.integers(len(keys), size=len(keys))
            means.append(np.mean([value for place in chosen for value in by_key[keys[place]]]))
        lower, upper = np.quantile(means, [0.025, 0.975])
        return cls(
            number=len(drops),
            evidence=float(np.mean([one.evidence for one in drops])),
            random=float(np.mean([one.random for one in drops])),
            share=float(np.mean([one.evidence > one.random for one in drops])),
            lower=float(lower),
            upper=float(upper),
        )


def whole(document: Document) -> str:
    return f"{document.title}\n{document.description}"


def places_of(document: Document, evidence: Evidence) -> list[tuple[int, int]]:
    """Where the evidence stands in title and description joined by a line break: its phrase, every time."""
    text = whole(document)
    if evidence.kind == "semantic":
        begin = evidence.requirement.start
        begin += len(document.title) + 1 if evidence.requirement.field == "description" else 0
        return [(begin, begin + len(evidence.requirement.text))]
    phrase = evidence.requirement.text
    found, place = [], text.find(phrase)
    while place >= 0:
        found.append((place, place + len(phrase)))
        place = text.find(phrase, place + len(phrase))
    return found


def without(document: Document, places: Iterable[tuple[int, int]]) -> Document:
    """The document without some stretches of its text; the break between title and description stays."""
    kept = list(whole(document))
    for start, end in places:
        for place in range(start, end):
            if place != len(document.title):
                kept[place] = ""
    cut = len(document.title)
    return replace(document, title="".join(kept[:cut]), description="".join(kept[cut + 1 :]))


def random_places(
    document: Document,
    taken: Sequence[tuple[int, int]],
    generator: np.random.Generator,
    *,
    same_part: bool = False,
) -> list[tuple[int, int]] | None:
    """A stretch as long as those taken together that touches none of them; None where there is no room.

    `same_part`: in the title when the first of them is, else in the description.
    """
    length = sum(end - start for start, end in taken)
    text = whole(document)
    cut = len(document.title)
    in_title = taken[0][0] < cut
    free = [
        start
        for start in range(len(text) - length + 1)
        if all(start + length <= begin or start >= end for begin, end in taken)
        and text[start : start + length].strip()
        and not (start == 0 and length >= cut)
        and (not same_part or (start + length <= cut if in_title else start > cut))
    ]
    if not free:
        return None
    start = int(generator.choice(free))
    return [(start, start + length)]


def drops(
    engine: Engine,
    requirements: Iterable[Document],
    *,
    best: int,
    draws: int,
    seed: int = SEED,
    same_part: bool = False,
) -> Iterator[Drop]:
    """For each requirement, what its `best` achievements lose. Pairs without evidence or room are passed over."""
    generator = np.random.default_rng(seed)
    for document in requirements:
        for candidate in engine.match(document, limit=best).candidates:
            if not candidate.evidence:
                continue
            strongest = candidate.evidence[0]
            taken = places_of(document, strongest)
            cut = without(document, taken)
            others = [random_places(document, taken, generator, same_part=same_part) for _ in range(draws)]
            controls = [without(document, places) for places in others if places is not None]
            if not cut.title.strip() or not controls:
                continue
            key = candidate.achievement
            full = _score(engine, document, key)
            yield Drop(
                requirement=document.key,
                kind=strongest.kind,
                length=sum(end - start for start, end in taken),
                evidence=full - _score(engine, cut, key),
                random=full - float(np.mean([_score(engine, one, key) for one in controls])),
            )


def _score(engine: Engine, document: Document, achievement: str) -> float:
    found = engine.parts(document, [achievement])
    # Nothing in common any more: a score of 0 is that of an achievement picked at random.
    return sum(found[achievement].values()) if achievement in found else 0.0


def documents(path: Path) -> list[Document]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Document(row["id"], row["title"], row.get("description") or "") for row in rows]


def main() -> None:
    """Prints a table: all evidence, and lexical and semantic evidence apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--runtime", choices=("torch", "onnx"), default="torch")
    parser.add_argument("--best", type=int, default=3, help="achievements per requirement")
    parser.add_argument("--draws", type=int, default=3, help="random deletions per piece of evidence")
    parser.add_argument(
        "--same-part", action="store_true", help="random text from title or description alike"
    )
    parser.add_argument("--limit", type=int, default=None, help="only so many requirements")
    options = parser.parse_args()
    encoder = open_encoder(models_dir=options.models, runtime=options.runtime)
    pool = documents(options.data / "achievements.jsonl")
    # Every achievement is scored, so that none drops out of sight when its evidence is gone.
    engine = Engine(encoder, config=EngineConfig(dense_depth=len(pool), lexical_depth=len(pool)))
    asked = documents(options.data / "requirements.jsonl")
    engine.upsert("requirements", asked, encoder.encode([passage(row) for row in asked]), sequence=1)
    engine.upsert("achievements", pool, encoder.encode([passage(row) for row in pool]), sequence=1)
    judged = options.data / "judgments.tsv"
    if judged.exists():
        keys = {line.split("\t")[0] for line in judged.read_text(encoding="utf-8").splitlines()[1:]}
        asked = [row for row in asked if row.key in keys]
    begin = time.perf_counter()
    found = list(
        drops(
            engine,
            asked[: options.limit],
            best=options.best,
            draws=options.draws,
            same_part=options.same_part,
        )
    )
    print(f"{len(asked[: options.limit])} requirements, {time.perf_counter() - begin:.0f} s\n")
    print(
        "| strongest evidence | pairs | length | lost by it | lost by random text | difference [95 %] | costs more |"
    )
    print("|---|---|---|---|---|---|---|")
    for kind in ("all", "lexical", "semantic"):
        chosen = [drop for drop in found if kind in ("all", drop.kind)]
        if not chosen:
            continue
        told = Summary.of(chosen)
        length = float(np.mean([drop.length for drop in chosen]))
        print(
            f"| {kind} | {told.number} | {length:.1f} | {told.evidence:.3f} | {told.random:.3f} | "
            f"{told.evidence - told.random:+.3f} [{told.lower:+.3f}, {told.upper:+.3f}] | {told.share:.0%} |"
        )
    encoder.close()


if __name__ == "__main__":
    main()
