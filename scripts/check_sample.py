"""Checks the sample challenge in scripts/sample: references, enumerations, lengths, codes and repetition.

Prints what is wrong, one line each, and ends with 1; or prints the make-up and ends with 0.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from app.exchange.cell_error import CellError
from app.exchange.targets import parse_targets
from app.kit.uscc import is_uscc
from app.models.requirement import ActivityType, Confidentiality, Cooperation, Field
from app.models.solver import AchievementKind, SolverKind

SAMPLE = Path(__file__).parent / "sample"
PARTS = ("description", "problem", "key_indicators", "goal")
TEXTS = (*PARTS, "title", "existing_work", "must_have", "nice_to_have")
CHOICES = {
    "field": Field,
    "cooperation": Cooperation,
    "activity_type": ActivityType,
    "confidentiality": Confidentiality,
}
REGION = re.compile(r"江苏省/通海市/\S+")
FICTITIOUS_EMAIL = re.compile(r"[\w-]+@[\w-]+\.example\.(com|org|jp)")
FICTITIOUS_PHONE = re.compile(r"1\d\d\*{4}\d{4}|\+\d\d-\*+-\d{4}")
IPC = re.compile(r"[A-H]\d\d[A-Z] \d{1,4}/\d{2,6}")

Row = dict[str, Any]


def read(kind: str) -> list[Row]:
    """The objects of one file, in order."""
    lines = (SAMPLE / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def read_truth() -> list[tuple[str, str, int]]:
    """Pairs that were written for each other: requirement, achievement, grade 1 to 4."""
    lines = (SAMPLE / "truth.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(a, b, int(grade)) for a, b, grade in (line.split("\t") for line in lines)]


def repeated(values: Iterable[str]) -> list[str]:
    """The values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def faults_of_requirement(row: Row) -> Iterable[str]:
    """What is wrong with one requirement."""
    length = sum(len(row.get(part, "")) for part in TEXTS)
    if not 80 <= length <= 1000:
        yield f"{length} characters"
    if not row.get("description") and not all(row.get(part) for part in PARTS[1:]):
        yield "neither a description nor the three parts"
    for name, labels in CHOICES.items():
        if row[name] not in {label.value for label in labels}:
            yield f"{name} {row[name]}"
    organization = row["organization"]
    if not is_uscc(organization["uscc"]) or organization["uscc"][2:8] != "320699":
        yield f"uscc {organization['uscc']}"
    if not REGION.fullmatch(row["region"]) or row["region"] != organization["region"]:
        yield f"region {row['region']}"
    if not re.fullmatch(r"\d\d", row["industry"]):
        yield f"industry {row['industry']}"
    if not 1 <= len(row["keywords"]) <= 5:
        yield f"{len(row['keywords'])} keywords"
    if date.fromisoformat(row["start_date"]) >= date.fromisoformat(row["deadline"]):
        yield "ends before it starts"
    if not 1 <= row.get("trl_now", 1) < row.get("trl_wanted", 9) <= 9:
        yield "technology readiness"
    try:
        parse_targets(row.get("targets", []))
    except CellError as error:
        yield str(error)
    yield from faults_of_contact(row)


def faults_of_contact(row: Row) -> Iterable[str]:
    """Contacts must be recognisable as invented."""
    if not FICTITIOUS_EMAIL.fullmatch(row["email"]):
        yield f"e-mail {row['email']}"
    if not FICTITIOUS_PHONE.fullmatch(row["phone"]):
        yield f"phone {row['phone']}"


def faults_of_solver(row: Row) -> Iterable[str]:
    """What is wrong with one solver."""
    if row["kind"] not in {label.value for label in SolverKind}:
        yield f"kind {row['kind']}"
    if not 60 <= len(row["profile"]) <= 200:
        yield f"profile of {len(row['profile'])} characters"
    if not 1 <= row["capacity"] <= 4:
        yield f"capacity {row['capacity']}"
    yield from faults_of_contact(row)


def faults_of_achievement(row: Row, solvers: dict[str, Row]) -> Iterable[str]:
    """What is wrong with one achievement."""
    solver = row["solver"]
    known = solvers.get(solver["id"])
    if known is None or any(known[name] != value for name, value in solver.items()):
        yield f"solver {solver}"
    if row["kind"] not in {label.value for label in AchievementKind}:
        yield f"kind {row['kind']}"
    if ("ipc" in row and not IPC.fullmatch(row["ipc"])) or ("ipc" in row) != (row["kind"] == "patent"):
        yield f"ipc {row.get('ipc')}"
    if not 40 <= len(row["description"]) <= 160:
        yield f"description of {len(row['description'])} characters"
    if not (2017 <= row["year"] <= 2026 and 1 <= row["trl"] <= 9):
        yield f"year {row['year']}, readiness {row['trl']}"


def all_faults(
    requirements: list[Row], solvers: list[Row], achievements: list[Row], truth: list[tuple[str, str, int]]
) -> Iterable[str]:
    """Every fault, each with the id of the object."""
    by_id = {row["id"]: row for row in solvers}
    for row in requirements:
        yield from (f"{row['id']}: {fault}" for fault in faults_of_requirement(row))
    for row in solvers:
        yield from (f"{row['id']}: {fault}" for fault in faults_of_solver(row))
    for row in achievements:
        yield from (f"{row['id']}: {fault}" for fault in faults_of_achievement(row, by_id))
    everything = [*requirements, *solvers, *achievements]
    texts = [row[part] for row in everything for part in (*PARTS, "profile") if len(row.get(part, "")) > 20]
    names = {(row["organization"]["name"], row["organization"]["uscc"]) for row in requirements}
    for label, values in {
        "id": [row["id"] for row in everything],
        "title": [row.get("title") or row["name"] for row in everything],
        "text": texts,
        "pair": [f"{requirement} {achievement}" for requirement, achievement, _ in truth],
        "organization": [name for name, _ in names],
        "code": [code for _, code in names],
    }.items():
        yield from (f"{label} repeated: {value}" for value in repeated(values))
    yield from faults_of_truth(requirements, achievements, truth)


def faults_of_truth(
    requirements: list[Row], achievements: list[Row], truth: list[tuple[str, str, int]]
) -> Iterable[str]:
    """Pairs must name objects of the sample, and every requirement must have pairs."""
    wanted, offered = {row["id"] for row in requirements}, {row["id"] for row in achievements}
    for requirement, achievement, grade in truth:
        if requirement not in wanted or achievement not in offered or not 1 <= grade <= 4:
            yield f"truth: {requirement} {achievement} {grade}"
    yield from (f"{name}: no pair" for name in sorted(wanted - {name for name, _, _ in truth}))
    yield from (f"{row['id']}: no achievements" for row in read("solvers")
                if row["id"] not in {found["solver"]["id"] for found in achievements})  # fmt: skip


def main() -> int:
    """Exit status: 0 when the sample holds what it should."""
    requirements, solvers, achievements = read("requirements"), read("solvers"), read("achievements")
    truth = read_truth()
    faults = list(all_faults(requirements, solvers, achievements, truth))
    for fault in faults:
        print(fault)
    if faults:
        return 1
    firms = {row["organization"]["name"] for row in requirements}
    best = {name: max(grade for other, _, grade in truth if other == name) for name, _, _ in truth}
    print(f"{len(requirements)} requirements of {len(firms)} enterprises, {len(solvers)} solvers")
    print(f"{len(achievements)} achievements, {len(truth)} pairs")
    print("fields:", dict(Counter(row["field"] for row in requirements)))
    print("tiers:", dict(Counter(row["confidentiality"] for row in requirements)))
    print("kinds:", dict(Counter(row["kind"] for row in achievements)))
    print("grades:", dict(sorted(Counter(grade for _, _, grade in truth).items())))
    print("without an adequate achievement:", sorted(name for name, grade in best.items() if grade < 3))
    return 0


if __name__ == "__main__":
    sys.exit(main())
