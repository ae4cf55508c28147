"""Shows on graded data what learning from judgments brings and that it does no harm, also when grades are wrong.

Usage: python scripts/simulate_learning.py --data DIR [--models var/models] [--repeats 20] [--write]
DIR holds requirements.jsonl, achievements.jsonl and judgments.tsv. Only figures are written, no text.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching import CollectionName, Document, Engine
from matching.encode import open_encoder
from matching.learn import Example, Judged, Ranker, fit, gather, judge, shipped, try_out
from matching.learn.measure import Difference, difference, log_loss, ndcg
from matching.text import passage

SIZES = (50, 200, 1000)
NOISE = (0.0, 0.2, 0.4)
PER_REQUIREMENT = 4
"""Judgments drawn of each requirement, at least: people look at the first few."""
TEST_SHARE = 0.4
POOR = {"lexical_full": 0.1, "lexical_title": 0.1, "dense_title": 0.1, "feedback": 5.0}
"""Weights that fit badly: hardly any words, hardly the title, too much likeness to the first five."""
BLINDED = ("dense_full", "dense_title", "dense_sentence", "feedback")
"""The parts that come from the model; exchanged among the pairs by chance they say nothing, as with texts that
the model does not understand."""
BEGIN, END = "<!-- learning: begin -->", "<!-- learning: end -->"


@dataclass(frozen=True)
class Outcome:
    """One line of the table: nDCG@10 and log-loss on unseen requirements, and how often a version went live."""

    case: str
    size: int
    noise: float
    at_once: Difference
    by_rule: Difference
    log_loss: Difference
    worst: float
    promoted: float
    left: float


def documents(path: Path) -> list[Document]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Document(row["id"], row["title"], row.get("description") or "") for row in rows]


def graded(folder: Path, models: Path) -> tuple[Judged, str]:
    """Every judged pair with the parts of its score, and the recipe they were computed with."""
    encoder = open_encoder(models_dir=models)
    engine = Engine(encoder)
    requirements = documents(folder / "requirements.jsonl")
    collections: dict[CollectionName, list[Document]] = {
        "requirements": requirements,
        "achievements": documents(folder / "achievements.jsonl"),
    }
    for name, texts in collections.items():
        engine.upsert(name, texts, encoder.encode([passage(one) for one in texts]), sequence=1)
    grades: dict[str, dict[str, int]] = {}
    for line in (folder / "judgments.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        requirement, achievement, grade = line.split("\t")
        grades.setdefault(requirement, {})[achievement] = int(grade)
    examples = []
    for document in requirements:
        own = grades.get(document.key, {})
        for key, parts in (engine.parts(document, own) if own else {}).items():
            examples.append(Example(document.key, key, parts, float(own[key])))
    recipe = engine.recipe
    encoder.close()
    return gather(examples), recipe


def blinded(judged: Judged) -> Judged:
    """The same pairs with a model that understands nothing."""
    parts = judged.parts.copy()
    order = np.random.default_rng(0).permutation(len(judged))
    columns = [judged.names.index(name) for name in BLINDED]
    parts[:, columns] = parts[order][:, columns]
    return replace(judged, parts=parts)


def draws(judged: Judged, size: int, noise: float, seed: int) -> tuple[Judged, NDArray[np.int64]]:
    """`size` judgments (about), a share of them with the grade turned round (1 ↔ 4, 2 ↔ 3), and the
    requirements that are kept for the test.
    """
    chance = np.random.default_rng(seed)
    order = chance.permutation(judged.comparable())
    cut = round(len(order) * TEST_SHARE)
    test, pool = np.sort(order[:cut]), order[cut:]
    each = max(PER_REQUIREMENT, -(-size // len(pool)))
    rows: list[int] = []
    for group in pool:
        own = chance.permutation(np.flatnonzero(judged.groups == group))
        rows += own[: min(each, size - len(rows))].tolist()
        if len(rows) >= size:
            break
    chosen = np.sort(np.array(rows))
    grades = judged.grades[chosen].copy()
    wrong = chance.random(len(chosen)) < noise
    grades[wrong] = 5.0 - grades[wrong]
    drawn = replace(
        judged,
        parts=judged.parts[chosen],
        grades=grades,
        weights=judged.weights[chosen],
        is_graded=judged.is_graded[chosen],
        groups=judged.groups[chosen],
    )
    return drawn, test


def simulate(case: str, judged: Judged, start: Ranker, size: int, noise: float, repeats: int) -> Outcome:
    at_once: dict[int, list[tuple[float, float]]] = {}
    by_rule: dict[int, list[tuple[float, float]]] = {}
    losses: dict[int, list[tuple[float, float]]] = {}
    means: list[float] = []
    promoted = left = 0
    for seed in range(repeats):
        drawn, test = draws(judged, size, noise, seed)
        trial = try_out(drawn, live=start, start=start) if len(drawn.comparable()) > 1 else None
        verdict = judge(trial)
        promoted += verdict.is_better
        left += verdict.may_be_used and not verdict.is_better
        candidate = fit(drawn, start, name="candidate")
        live = candidate if verdict.is_better else start
        for group in test.tolist():
            own = judged.of(np.array([group]))
            before = ndcg(own, start)
            at_once.setdefault(group, []).append((before, ndcg(own, candidate)))
            by_rule.setdefault(group, []).append((before, ndcg(own, live)))
            losses.setdefault(group, []).append((log_loss(own, start), log_loss(own, live)))
        changes = [by_rule[group][-1] for group in test.tolist()]
        means.append(float(np.mean([after - before for before, after in changes])))
    return Outcome(
        case,
        size,
        noise,
        mean(at_once),
        mean(by_rule),
        mean(losses),
        min(means),
        promoted / repeats,
        left / repeats,
    )


def mean(values: dict[int, list[tuple[float, float]]]) -> Difference:
    """Each requirement's mean over the repeats in which it was tested, compared over requirements."""
    return difference(np.array([np.mean(pairs, axis=0) for _, pairs in sorted(values.items())]))


def table(outcomes: list[Outcome]) -> Iterator[str]:
    names = (
        *("case", "judgments", "wrong", "nDCG@10 before", "fitted, used at once", "what the rule makes live"),
        *("worst repeat", "went live", "left to a person", "log-loss by the rule"),
    )
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    for one in outcomes:
        cells = (
            *(one.case, f"{one.size:,}", f"{one.noise:.0%}", f"{one.by_rule.before:.3f}"),
            *(shown(one.at_once), shown(one.by_rule), f"{one.worst:+.3f}"),
            *(f"{one.promoted:.0%}", f"{one.left:.0%}", shown(one.log_loss)),
        )
        yield f"| {' | '.join(cells)} |"


def shown(value: Difference) -> str:
    return f"{value.mean:+.3f} [{value.low:+.3f}, {value.high:+.3f}]"


def write(lines: list[str]) -> None:
    """Puts the table into `docs/benchmarks.md`, between its marks."""
    path = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    path.write_text(before + "\n".join([BEGIN, *lines, END]) + after, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    judged, recipe = graded(arguments.data, arguments.models)
    print(f"{len(judged)} judged pairs of {len(judged.comparable())} requirements, {recipe}", flush=True)
    outcomes = []
    poor = replace(shipped(), multipliers=POOR)
    cases = (
        ("shipped weights", judged, shipped()),
        ("poor weights", judged, poor),
        ("blind model", blinded(judged), shipped()),
    )
    for case, data, start in cases:
        for noise in NOISE:
            for size in SIZES:
                outcomes.append(simulate(case, data, start, size, noise, arguments.repeats))
                print(list(table(outcomes[-1:]))[-1], flush=True)
    lines = [
        f"{len(judged):,} judged pairs of {len(judged.comparable())} requirements, recipe `{recipe}`, "
        f"{arguments.repeats} repeats.",
        "",
        *table(outcomes),
    ]
    print("\n".join(lines))
    if arguments.write:
        write(lines)


if __name__ == "__main__":
    main()
