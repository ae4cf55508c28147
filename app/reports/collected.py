"""The requirements of a challenge as a report may tell of them, with the classes that it counts them by."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.analysis.reading import read, text_of
from app.analysis.service import readings_of
from app.auth.actor import VISITOR, Actor
from app.models.challenge import Challenge, ChallengeEntry
from app.models.indexing import IndexCollection, IndexDocument
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements.districts import district_of
from app.requirements.presenter import present
from app.requirements.schemas import RequirementView
from matching.analyse.classes import divisions

CHUNK = 100
NOT_STATED = "未填写"
ANONYMOUS = "（匿名）"

BUDGETS: tuple[tuple[int, str], ...] = (
    (10, "10 万元以下"),
    (50, "10～50 万元"),
    (100, "50～100 万元"),
    (500, "100～500 万元"),
    (1000, "500～1000 万元"),
)
"""Upper bounds (not reached) in 万元 with the words of the class; what is more comes after the last."""
LARGEST_BUDGET = "1000 万元及以上"

GOOD, FAIR = 0.8, 0.6
"""Completeness from which a description is complete, and from which it is nearly so."""
QUALITIES = ("完整", "基本完整", "待补充")

GAPS = {
    "problem": "主要问题",
    "targets": "量化指标",
    "evidence": "真实性依据",
    "precision": "表述精确",
    "goal": "预期目标",
    "urgency": "紧迫性",
    "ownership": "成果归属",
    "budget": "拟投入资金",
    "deadline": "完成时限",
    "cooperation": "合作方式",
    "contact": "联系人",
    "place": "所在地区",
    "keywords": "关键词",
}
"""The items of completeness (`matching.analyse.completeness`) in words."""

_DIVISION = re.compile(r"[A-Ta-t]?(\d{2})")
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Collected:
    """A requirement: `view` as the report's readers may read it, `label` its name within the report."""

    id: uuid.UUID
    label: str
    number: int | None
    view: RequirementView
    organization: str
    district: str
    industry: str
    keywords: tuple[str, ...]
    completeness: float
    gaps: tuple[str, ...]

    @property
    def budget_class(self) -> str:
        return budget_class(self.view.budget_wan)

    @property
    def quality(self) -> str:
        return QUALITIES[0 if self.completeness >= GOOD else 1 if self.completeness >= FAIR else 2]


def budget_class(amount: Decimal | None) -> str:
    """The class of a budget in 万元."""
    if amount is None:
        return NOT_STATED
    return next((words for bound, words in BUDGETS if amount < bound), LARGEST_BUDGET)


def collect(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    *,
    is_public: bool,
    tell: Tell = lambda done, total: None,
) -> list[Collected]:
    """What was submitted to the challenge: all that the actor may see, or with `is_public` what any visitor may.

    In the order of the published numbers, the rest by submission. `tell` hears of progress.
    """
    reader = VISITOR if is_public else actor
    found = _rows(session, reader, challenge)
    kept: list[Collected] = []
    for start in range(0, len(found), CHUNK):
        chunk = found[start : start + CHUNK]
        readings = {} if is_public else readings_of(session, [row for row, _ in chunk])
        for place, (row, number) in enumerate(chunk, start=start + 1):
            view = present(reader, row)
            # Strangers' key words come from the text that they may read, never from the full form.
            parts = readings[row.id].parts if row.id in readings else read(text_of(view))
            kept.append(_collected(view, parts, number, f"{place:03d}"))
        tell(len(kept), len(found))
    return kept


def vectors_of(session: Session, rows: Sequence[Collected]) -> tuple[list[str], NDArray[np.float32]]:
    """The stored vectors (n, d) of those that have one of the prevailing model, with their labels (n,)."""
    found: list[tuple[str, str, bytes]] = []
    labels = {row.id: row.label for row in rows}
    ids = list(labels)
    for start in range(0, len(ids), CHUNK):
        statement = select(IndexDocument.key, IndexDocument.model_id, IndexDocument.vector).where(
            IndexDocument.collection == IndexCollection.REQUIREMENTS,
            IndexDocument.key.in_(ids[start : start + CHUNK]),
            IndexDocument.vector.is_not(None),
        )
        found += [(labels[key], model, vector) for key, model, vector in session.execute(statement) if vector]
    if not found:
        return [], np.zeros((0, 0), np.float32)
    prevailing = Counter((model, len(vector)) for _, model, vector in found).most_common(1)[0][0]
    kept = sorted((label, vector) for label, model, vector in found if (model, len(vector)) == prevailing)
    matrix = np.stack([np.frombuffer(vector, "<f4") for _, vector in kept]).astype(np.float32)
    return [label for label, _ in kept], matrix


def without_common_parts(districts: Sequence[str]) -> dict[str, str]:
    """Regions by the parts that tell them apart: 江苏省/通海市/城东街道 → 城东街道 where all are of that city."""
    paths = {name: name.split("/") for name in set(districts) if name != NOT_STATED}
    if not paths:
        return {NOT_STATED: NOT_STATED}
    common = 0
    shortest = min(len(path) for path in paths.values())
    while common < shortest - 1 and len({path[common] for path in paths.values()}) == 1:
        common += 1
    return {NOT_STATED: NOT_STATED, **{name: "/".join(path[common:]) for name, path in paths.items()}}


def _rows(session: Session, reader: Actor, challenge: Challenge) -> list[tuple[Requirement, int | None]]:
    entries = select(ChallengeEntry.requirement_id, ChallengeEntry.number).where(
        ChallengeEntry.challenge_id == challenge.id
    )
    numbers = {row.requirement_id: row.number for row in session.execute(entries)}
    statement = requirements.visible_to(reader).where(
        Requirement.submitted_at.is_not(None),
        Requirement.id.in_(
            select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == challenge.id)
        ),
    )
    rows = [(row, numbers[row.id]) for row in session.scalars(statement)]
    return sorted(
        rows, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0].submitted_at, str(pair[0].id))
    )


def _collected(view: RequirementView, parts: Mapping[str, Any], number: int | None, label: str) -> Collected:
    completeness = parts["completeness"]
    words = view.keywords or [one["word"] for one in parts["keywords"]][:5]
    region = view.region or (view.organization.region if view.organization else "")
    return Collected(
        id=view.id,
        label=label,
        number=number,
        view=view,
        organization=view.organization.name if view.organization else ANONYMOUS,
        district=district_of(region) or NOT_STATED,
        industry=industry_name(view.industry, parts["division"]),
        keywords=tuple(dict.fromkeys(words)),
        completeness=float(completeness["score"]),
        gaps=tuple(GAPS.get(gap["code"], gap["code"]) for gap in completeness["gaps"]),
    )


def industry_name(stated: str, read_as: object = None) -> str:
    """What a form says of the industry, a division of GB/T 4754 by its name; else the division `read_as`."""
    names = dict(zip(divisions().codes, divisions().names, strict=True))
    code = _DIVISION.match(stated.strip())
    if code is not None and code.group(1) in names:
        return f"{code.group(1)} {names[code.group(1)]}"
    if stated.strip():
        return stated.strip()
    return f"{read_as} {names[read_as]}" if isinstance(read_as, str) and read_as in names else NOT_STATED
