"""Compares the analysis with our hand labels and prints precision, recall and F1 per item, split by split.

The rules may be mended by looking at the errors of the split `dev` (`--errors`); those of `held` are never
shown, so its figures are the honest ones. Labels: `tests/matching/data/analyse_samples.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matching.analyse import Analysis, ClassVectors, Condition, RequirementText, Target, analyse

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "tests" / "matching" / "data" / "analyse_samples.jsonl"
SAMPLE = ROOT / "scripts" / "sample" / "requirements.jsonl"
MEASURED_GAPS = (
    "problem",
    "evidence",
    "precision",
    "targets",
    "goal",
    "urgency",
    "ownership",
    "budget",
    "deadline",
)
_SECTIONS = (
    "title",
    "description",
    "problem",
    "key_indicators",
    "goal",
    "existing_work",
    "must_have",
    "nice_to_have",
    "ownership",
)


@dataclass(frozen=True)
class Labelled:
    """A text with what a person read in it; `labels` as in the file."""

    id: str
    split: str
    text: RequirementText
    labels: dict[str, Any]


@dataclass
class Counts:
    """Found and labelled alike, found only, labelled only."""

    both: int = 0
    found: int = 0
    labelled: int = 0

    def add(self, both: int, found: int, labelled: int) -> None:
        self.both, self.found, self.labelled = self.both + both, self.found + found, self.labelled + labelled

    def row(self) -> tuple[float, float, float]:
        precision = self.both / self.found if self.found else float("nan")
        recall = self.both / self.labelled if self.labelled else float("nan")
        total = self.found + self.labelled
        return precision, recall, 2 * self.both / total if total else float("nan")


def requirement_text(row: dict[str, Any], *, is_form: bool) -> RequirementText:
    """A row of the sample file, or the texts of a label row, as the analysis takes it."""
    texts = {name: row.get(name) or "" for name in _SECTIONS}
    if not is_form:
        return RequirementText(**texts)
    return RequirementText(
        **texts,
        keywords=tuple(row.get("keywords", ())),
        has_budget=row.get("budget_wan") is not None,
        has_deadline=bool(row.get("deadline")),
        has_place=bool(row.get("region")),
        has_cooperation=bool(row.get("cooperation")),
        has_contact=bool(row.get("contact")),
    )


def load() -> list[Labelled]:
    """Every labelled text, in file order."""
    forms = {row["id"]: row for row in map(json.loads, SAMPLE.read_text(encoding="utf-8").splitlines())}
    found = []
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        form = forms[row["ref"]] if "ref" in row else None
        text = requirement_text(form or row["text"], is_form=form is not None)
        if form is not None:
            row = {"field": form["field"], "division": form["industry"], "keywords": form["keywords"], **row}
        found.append(Labelled(row["id"], row["split"], text, row))
    return found


def same_name(one: str, other: str) -> bool:
    """Lenient: one holds the other, or they share half of their character pairs."""
    left, right = (re.sub(r"[\W_]", "", name).lower() for name in (one, other))
    if left and right and (left in right or right in left):
        return True
    pairs_left = {left[place : place + 2] for place in range(len(left) - 1)}
    pairs_right = {right[place : place + 2] for place in range(len(right) - 1)}
    return 2 * len(pairs_left & pairs_right) >= len(pairs_left) + len(pairs_right) > 0


def target_label(text: str) -> tuple[str, str, float, float | None, str]:
    name, operator, value, upper, unit = text.split("|")
    return name, operator, float(value), float(upper) if upper else None, unit


def same_numbers(found: Target, label: tuple[str, str, float, float | None, str]) -> bool:
    def unit(text: str) -> str:
        return re.sub(r"\s", "", text).removeprefix("个").replace("天", "d").replace("小时", "h").lower()

    return (found.operator, found.value, found.upper) == label[1:4] and unit(found.unit) == unit(label[4])


def matched(
    found: list[Any], labels: list[Any], same: Callable[[Any, Any], bool]
) -> tuple[int, list[Any], list[Any]]:
    """Greedy one-to-one pairing in order: how many pairs, what was found only, what was labelled only."""
    rest = list(labels)
    surplus = []
    for one in found:
        hit = next((label for label in rest if same(one, label)), None)
        if hit is None:
            surplus.append(one)
        else:
            rest.remove(hit)
    return len(found) - len(surplus), surplus, rest


def same_condition(found: Condition, label: str) -> bool:
    kind, operator, strength, value = label.split("|")
    return (found.kind, found.operator, found.strength) == (kind, operator, strength) and same_name(
        found.value, value
    )


def measure(
    samples: Iterable[Labelled], *, show: Callable[[str], None], vectors: ClassVectors | None
) -> dict[str, Counts]:
    """Counts per item over the samples; `show` gets a line for each disagreement."""
    counts: dict[str, Counts] = defaultdict(Counts)
    for sample in samples:
        analysis = analyse(sample.text, vectors=vectors)
        _count_targets(sample, analysis, counts, show)
        _count_rest(sample, analysis, counts, show)
    return counts


def _count_targets(
    sample: Labelled, analysis: Analysis, counts: dict[str, Counts], show: Callable[[str], None]
) -> None:
    labels = [target_label(text) for text in sample.labels["targets"]]
    found = list(analysis.targets)
    for item, same in (
        ("targets: numbers only", same_numbers),
        ("targets: whole row", lambda one, label: same_numbers(one, label) and same_name(one.name, label[0])),
    ):
        both, surplus, missed = matched(found, labels, same)
        counts[item].add(both, len(found), len(labels))
    for one in surplus:
        show(
            f"{sample.id} target + {one.name}|{one.operator}|{one.value}|{one.upper}|{one.unit}   <{one.place.text}>"
        )
    for label in missed:
        show(f"{sample.id} target - {label}")


def _count_rest(
    sample: Labelled, analysis: Analysis, counts: dict[str, Counts], show: Callable[[str], None]
) -> None:
    both, surplus_conditions, missed_conditions = matched(
        list(analysis.conditions), sample.labels["conditions"], same_condition
    )
    counts["conditions"].add(both, len(analysis.conditions), len(sample.labels["conditions"]))
    for condition in surplus_conditions:
        show(
            f"{sample.id} condition + {condition.kind}|{condition.operator}|{condition.strength}|{condition.value}"
        )
    for text in missed_conditions:
        show(f"{sample.id} condition - {text}")
    gaps = {gap.code for gap in analysis.completeness.gaps if gap.share < 0.5 and gap.code in MEASURED_GAPS}
    wanted = set(sample.labels["missing"])
    counts["what is missing"].add(len(gaps & wanted), len(gaps), len(wanted))
    for code in sorted(gaps ^ wanted):
        show(f"{sample.id} gap {'+' if code in gaps else '-'} {code}")
    for item, classes, label in (
        ("field", analysis.fields, "field"),
        ("division", analysis.divisions, "division"),
    ):
        for top, name in ((1, f"{item}: first"), (3, f"{item}: first three")):
            hit = any(one.code == sample.labels[label] for one in classes[:top])
            counts[name].add(int(hit), 1, 1)
        if not classes or classes[0].code != sample.labels[label]:
            show(
                f"{sample.id} {item} {sample.labels[label]} but {[(one.code, one.probability) for one in classes]}"
            )
    if "keywords" in sample.labels:
        own = list(sample.labels["keywords"])
        words = [keyword.word for keyword in analysis.keywords]
        both, _, missed_words = matched(words, own, lambda one, label: one == label)
        counts["keywords: equal"].add(both, len(words), len(own))
        both, _, _ = matched(words, own, same_name)
        counts["keywords: lenient"].add(both, len(words), len(own))
        show(f"{sample.id} keywords {words} / missed {missed_words}")
    if "sentences" in sample.labels:
        kinds = "".join(
            {"need": "N", "background": "B", "other": "O"}[one.kind] for one in analysis.sentences
        )
        labels = sample.labels["sentences"]
        if len(kinds) != len(labels):
            raise SystemExit(f"{sample.id}: {len(labels)} labels for {len(kinds)} sentences")
        for letter, item in (("N", "need sentences"), ("B", "background sentences")):
            counts[item].add(
                sum(a == b == letter for a, b in zip(kinds, labels, strict=True)),
                kinds.count(letter),
                labels.count(letter),
            )
        if kinds != labels:
            show(f"{sample.id} sentences {labels} but {kinds}")
    if "budget" in sample.labels:
        money = analysis.budget
        read = None if money is None else [money.lower, money.upper]
        label = sample.labels["budget"]
        counts["budget"].add(
            int(read == label and label is not None), int(read is not None), int(label is not None)
        )
        if read != label:
            show(f"{sample.id} budget {label} but {read}")
        places = [f"{one.province}|{one.city or one.county}" for one in analysis.localities]
        both, _, _ = matched(places, sample.labels["place"], lambda one, other: one == other)
        counts["place"].add(both, len(places), len(sample.labels["place"]))
        if places != sample.labels["place"]:
            show(f"{sample.id} place {sample.labels['place']} but {places}")


def table(counts: dict[str, Counts]) -> str:
    """Markdown rows: item, precision, recall, F1, how many labelled."""
    lines = ["| item | precision | recall | F1 | labelled |", "|---|---|---|---|---|"]
    for item, count in counts.items():
        lines.append("| {} | {:.3f} | {:.3f} | {:.3f} | {} |".format(item, *count.row(), count.labelled))
    return "\n".join(lines)


def main() -> None:
    """Prints a table per split and how long an analysis takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="show the disagreements of the dev split")
    parser.add_argument("--models", type=Path, help="models folder: add embeddings to the classes")
    options = parser.parse_args()
    vectors = None
    if options.models is not None:
        from matching.encode import open_encoder

        vectors = ClassVectors.of(open_encoder(models_dir=options.models))
    samples = load()
    for split in ("dev", "held"):
        part = [sample for sample in samples if sample.split == split]
        show = print if options.errors and split == "dev" else _silent
        counts = measure(part, show=show, vectors=vectors)
        print(f"\n{split}: {len(part)} requirements\n\n{table(counts)}")
    _measure_forms(vectors)
    begin = time.perf_counter()
    for sample in samples:
        analyse(sample.text)
    spent = (time.perf_counter() - begin) / len(samples)
    print(f"\n{spent * 1000:.1f} ms per requirement without encoding")


def _measure_forms(vectors: ClassVectors | None) -> None:
    """Classes and key words on every form of the sample, most of which nobody read while writing the rules."""
    counts: dict[str, Counts] = defaultdict(Counts)
    surprise: dict[str, float] = defaultdict(float)
    forms = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    for form in forms:
        analysis = analyse(requirement_text(form, is_form=True), vectors=vectors)
        for item, classes, label in (
            ("field", analysis.fields, form["field"]),
            ("division", analysis.divisions, form["industry"]),
        ):
            for top in (1, 3):
                counts[f"{item}: first {top}"].add(int(any(one.code == label for one in classes[:top])), 1, 1)
            sure = classes[0].probability if classes else 0.0
            surprise[item] += sure - float(bool(classes) and classes[0].code == label)
        words = [keyword.word for keyword in analysis.keywords]
        both, _, _ = matched(words, list(form["keywords"]), same_name)
        counts["keywords: lenient"].add(both, len(words), len(form["keywords"]))
    print(f"\nall {len(forms)} forms of the sample\n\n{table(counts)}")
    for item, total in surprise.items():
        print(f"{item}: mean probability of the first minus its accuracy {total / len(forms):+.3f}")


def _silent(_line: str) -> None:
    return None


if __name__ == "__main__":
    main()
