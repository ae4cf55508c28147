"""Reads a requirement's form with the engine and gives the reading as plain values, fit for a table.

Nothing is stored here, and who may see a reading is left to the policy.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Protocol

from app.models.requirement import Cooperation
from matching.analyse import VERSION, Analysis, Condition, Locality, Place, RequirementText, analyse
from matching.analyse import vague_words as vague_words_of
from matching.analyse.conditions import find_conditions

ANALYSER = f"rules-{VERSION}"
"""Who reads, with its version: a reading by another one is out of date."""

EDITABLE = ("keywords", "targets", "field", "division", "budget", "places", "conditions")
"""The parts of a reading that people may replace by values of their own."""

_TEXTS = ("description", "problem", "key_indicators", "goal", "existing_work")
_SHORT_TEXTS = ("must_have", "nice_to_have", "ownership")


class Form(Protocol):
    """The fields of a requirement that are read; the row has them, and so has what a reader is shown of it."""

    @property
    def title(self) -> str: ...
    @property
    def keywords(self) -> list[str]: ...
    @property
    def budget_wan(self) -> Decimal | None: ...
    @property
    def deadline(self) -> Any: ...
    @property
    def region(self) -> str: ...
    @property
    def cooperation(self) -> Cooperation | None: ...


def text_of(form: Form) -> RequirementText:
    """The form as the engine reads it."""
    texts = {name: getattr(form, name) or "" for name in (*_TEXTS, *_SHORT_TEXTS)}
    contact = (getattr(form, name) for name in ("contact", "phone", "email"))
    return RequirementText(
        title=form.title,
        **texts,
        keywords=tuple(form.keywords or ()),
        target_count=len(getattr(form, "targets", None) or ()),
        has_budget=form.budget_wan is not None,
        has_deadline=form.deadline is not None,
        has_place=bool(form.region),
        has_cooperation=form.cooperation is not None,
        has_contact=any(contact),
    )


def vague_words(form: Form) -> list[str]:
    """Words of the form that nobody can check ("效果好"), each once."""
    return vague_words_of("\n".join(getattr(form, name) or "" for name in ("title", *_TEXTS)))


def hash_of(text: RequirementText) -> str:
    """64 hexadecimal digits that change when anything changes that the analysis depends on."""
    plain = json.dumps(asdict(text), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def read(text: RequirementText) -> dict[str, Any]:
    """The reading by part: those of `EDITABLE`, and sentences, fields, divisions, completeness beside them."""
    return as_parts(analyse(text))


def read_conditions(text: RequirementText) -> list[dict[str, Any]]:
    """The part `conditions` of a reading alone."""
    return [_condition(one) for one in find_conditions(text)]


def as_parts(found: Analysis) -> dict[str, Any]:
    """A reading as JSON values. A figure beyond every number (four hundred nines) is left out: JSON has none."""
    budget = found.budget
    if budget is not None and not _are_finite(budget.lower, budget.upper):
        budget = None
    return {
        "keywords": [{"word": one.word, "weight": one.weight} for one in found.keywords],
        "targets": [
            {
                "name": one.name,
                "operator": one.operator,
                "value": one.value,
                "upper": one.upper,
                "unit": one.unit,
                "source": _source(one.place),
            }
            for one in found.targets
            if _are_finite(one.value, one.upper)
        ],
        "field": found.fields[0].code if found.fields else None,
        "division": found.divisions[0].code if found.divisions else None,
        "budget": (
            {"lower_wan": budget.lower, "upper_wan": budget.upper, "source": _source(budget.place)}
            if budget
            else None
        ),
        "places": [{"region": _region(one), "source": _source(one.place)} for one in found.localities],
        "conditions": [_condition(one) for one in found.conditions],
        "sentences": [
            {"kind": one.kind, "score": one.score, "source": _source(one.place)} for one in found.sentences
        ],
        "fields": [asdict(one) for one in found.fields],
        "divisions": [asdict(one) for one in found.divisions],
        "completeness": {
            "score": found.completeness.score,
            "gaps": [
                {"code": gap.code, "weight": gap.weight, "share": gap.share, "text": gap.zh}
                for gap in found.completeness.gaps
            ],
        },
    }


def with_edits(computed: Mapping[str, Any], edits: Mapping[str, Any]) -> dict[str, Any]:
    """The reading as it counts: what people wrote stands in the place of what was computed."""
    return {**computed, **{name: edits[name] for name in EDITABLE if name in edits}}


def _condition(one: Condition) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "operator": one.operator,
        "value": one.value,
        "strength": one.strength,
        "source": _source(one.place),
    }


def _are_finite(*values: float | None) -> bool:
    return all(value is None or math.isfinite(value) for value in values)


def _region(where: Locality) -> str:
    return "/".join(part for part in (where.province, where.city, where.county) if part)


def _source(place: Place) -> dict[str, Any]:
    return {"section": place.section, "start": place.start, "end": place.end, "text": place.text}
