"""Why a candidate was ranked, as it is stored and told: phrases that meet, stated targets, one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from app.analysis.service import Reading
from app.models.requirement import Requirement
from matching import Candidate as Hit
from matching.analyse.types import Operator
from matching.explain import tell
from matching.spoken import Spoken, Stated
from matching.spoken import Verdict as TargetVerdict

LISTED = 20
"""So many stated targets are looked for in an achievement."""


def evidence_of(hit: Hit) -> list[dict[str, Any]]:
    """Evidence as it is stored and shown: the phrases that meet, strongest first."""
    return [
        {
            "kind": item.kind,
            "requirement": item.requirement.text,
            "achievement": item.achievement.text,
            "strength": round(item.strength, 4),
        }
        for item in hit.evidence
    ]


def targets_of(requirement: Requirement, reading: Reading) -> list[Stated]:
    """The stated targets: what people corrected, else the form's own rows, else what was read in the text."""
    rows = reading.parts["targets"]
    if requirement.targets and "targets" not in reading.edited:
        rows = requirement.targets
    return [
        Stated(
            name=str(row["name"]),
            operator=cast(Operator, row["operator"]),
            value=float(row["value"]),
            upper=None if row.get("upper") is None else float(row["upper"]),
            unit=str(row.get("unit") or ""),
        )
        for row in rows[:LISTED]
    ]


def spoken_json(found: Sequence[Spoken]) -> list[dict[str, Any]]:
    """The verdicts on targets as they are stored and shown."""
    return [
        {
            "name": one.target.name,
            "operator": one.target.operator,
            "value": one.target.value,
            "upper": one.target.upper,
            "unit": one.target.unit,
            "verdict": one.verdict,
            "phrase": one.phrase,
        }
        for one in found
    ]


def summary(
    evidence: Sequence[Mapping[str, Any]],
    targets: Sequence[Mapping[str, Any]],
    *,
    chance: float,
    letter: str,
    language: str = "zh",
) -> str:
    """The sentence on a candidate from what is stored of it."""
    return tell(
        [str(one["achievement"]) for one in evidence if one["kind"] == "lexical"],
        next((str(one["requirement"]) for one in evidence if one["kind"] == "semantic"), ""),
        chance=chance,
        letter=letter,
        targets=[cast(TargetVerdict, one["verdict"]) for one in targets],
        language=language,
    )
