"""The analysis as clients get it, and the parts of it that they may correct."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, model_validator
from pydantic import Field as Limits
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Keywords, Line, View, Wan, with_example
from app.models.requirement import Cooperation, Field, RequirementStatus
from app.requirements.schemas import Target
from matching.analyse.classes import divisions
from matching.analyse.types import ConditionKind, ConditionOperator, Strength

SOLVER_KINDS = ("university", "institute", "enterprise", "domestic", "foreign")
"""The words that a condition on the kind of solver may use."""


def _known_division(code: str) -> str:
    if code not in divisions().codes:
        raise PydanticCustomError("unknown_division", "must be a division 01 to 97 of GB/T 4754")
    return code


def _clean_region(region: str) -> str:
    parts = [part.strip() for part in region.split("/")]
    if not all(parts) or len(parts) > 5:
        raise PydanticCustomError("region_format", "must read like 江苏省/南京市")
    return "/".join(parts)


class TargetEdit(Target):
    """As in the form; `upper` belongs to the operator `~` only and lies above `value`."""

    @model_validator(mode="after")
    def _is_range_or_value(self) -> TargetEdit:
        if (self.operator == "~") != (self.upper is not None):
            raise PydanticCustomError("target_range", "the operator ~, and only it, needs `upper`")
        if self.upper is not None and self.upper <= self.value:
            raise PydanticCustomError("target_range", "`upper` must be above `value`")
        return self


class BudgetEdit(Body):
    """What the seeker means to spend, in 万元; a bound that is null is open (both: 面议)."""

    lower_wan: Wan | None = None
    upper_wan: Wan | None = None

    @model_validator(mode="after")
    def _is_in_order(self) -> BudgetEdit:
        if self.lower_wan is not None and self.upper_wan is not None and self.upper_wan < self.lower_wan:
            raise PydanticCustomError("budget_range", "`upper_wan` must not be below `lower_wan`")
        return self


class PlaceEdit(Body):
    """A place like 江苏省/南京市."""

    region: Annotated[Annotated[str, Line(200, 1)], AfterValidator(_clean_region)]


class ConditionEdit(Body):
    """What is asked of a solver. `must` filters, `nice` only weighs.

    `value` is a region for `place`, one of university, institute, enterprise, domestic, foreign for
    `solver_kind`, the form's word for `cooperation`, and a clause for everything else.
    """

    kind: ConditionKind
    operator: ConditionOperator = "is"
    value: Annotated[str, Line(300, 1)]
    strength: Strength

    @model_validator(mode="after")
    def _has_a_word_of_its_list(self) -> ConditionEdit:
        allowed: tuple[str, ...] = ()
        if self.kind == "solver_kind":
            allowed = SOLVER_KINDS
        if self.kind == "cooperation":
            allowed = tuple(word.value for word in Cooperation)
        if allowed and self.value not in allowed:
            raise PydanticCustomError(
                "condition_value", "must be one of {allowed}", {"allowed": "、".join(allowed)}
            )
        return self


class AnalysisPatch(Body):
    """The parts to correct. A list replaces the whole part; null takes the correction back."""

    model_config = with_example(
        {
            "keywords": ["阻燃整理", "耐水洗"],
            "division": "17",
            "conditions": [{"kind": "place", "operator": "is", "value": "江苏省", "strength": "must"}],
        }
    )

    keywords: Keywords | None = None
    targets: Annotated[list[TargetEdit], Limits(max_length=50)] | None = None
    field: Field | None = None
    division: Annotated[Annotated[str, Line(2, 2)], AfterValidator(_known_division)] | None = None
    budget: BudgetEdit | None = None
    places: Annotated[list[PlaceEdit], Limits(max_length=20)] | None = None
    conditions: Annotated[list[ConditionEdit], Limits(max_length=50)] | None = None

    def as_changes(self) -> dict[str, Any]:
        """The parts that were sent, as JSON values of the shape that a reading has."""
        changes: dict[str, Any] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if isinstance(value, list):
                value = [_as_part(name, item) for item in value]
            elif isinstance(value, BudgetEdit):
                value = {**_amounts(value), "source": None}
            elif isinstance(value, Field):
                value = value.value
            changes[name] = value
        return changes


def _as_part(name: str, item: Any) -> dict[str, Any]:
    if name == "keywords":
        return {"word": item, "weight": None}
    return {**item.model_dump(mode="json"), "source": None}


def _amounts(budget: BudgetEdit) -> dict[str, float | None]:
    amounts: dict[str, Decimal | None] = {"lower_wan": budget.lower_wan, "upper_wan": budget.upper_wan}
    return {name: None if amount is None else float(amount) for name, amount in amounts.items()}


class SourceView(View):
    """Where it was read: characters `start` to `end` of the form's field `section`."""

    section: str
    start: int
    end: int
    text: str


class KeywordView(View):
    """`weight` in (0, 1], null for a word that a person set."""

    word: str
    weight: float | None


class AnalysedTargetView(View):
    """`source` is null for a target that a person set."""

    name: str
    operator: str
    value: float
    upper: float | None
    unit: str
    source: SourceView | None


class BudgetView(View):
    lower_wan: float | None
    upper_wan: float | None
    source: SourceView | None


class PlaceView(View):
    region: str
    source: SourceView | None


class ConditionView(View):
    kind: str
    operator: str
    value: str
    strength: Literal["must", "nice"]
    source: SourceView | None


class SentenceView(View):
    """`need` states the problem, `background` the company's history; `score` in [-1, 1]."""

    kind: Literal["need", "background", "other"]
    score: float
    source: SourceView


class ClassView(View):
    code: str
    name: str
    probability: float


class GapView(View):
    """What is missing: `weight` of the whole score, of which `share` is there; `text` says what to add."""

    code: str
    weight: float
    share: float
    text: str


class CompletenessView(View):
    """`score` in [0, 1]; gaps heaviest first."""

    score: float
    gaps: list[GapView]


class PartsView(View):
    """The parts that people may correct."""

    keywords: list[KeywordView]
    targets: list[AnalysedTargetView]
    field: str | None
    division: str | None
    budget: BudgetView | None
    places: list[PlaceView]
    conditions: list[ConditionView]


class AnalysisView(PartsView):
    """What was read from a requirement, with people's corrections in it.

    `edited` names the corrected parts; `computed` holds the reading without corrections. `fields` and
    `divisions` are the likeliest classes with their probabilities.
    """

    requirement_id: uuid.UUID
    requirement_version: int
    analyser: str
    division_name: str | None
    sentences: list[SentenceView]
    fields: list[ClassView]
    divisions: list[ClassView]
    completeness: CompletenessView
    edited: list[str]
    edited_by_id: uuid.UUID | None
    edited_at: datetime | None
    computed: PartsView
    is_stored: bool
    analysed_at: datetime | None
    version: int


class BatchView(View):
    """The job that analyses; its progress is under `/jobs/{job_id}`."""

    job_id: uuid.UUID


class NeighbourView(View):
    """Another requirement: a `duplicate`, the `same_bottleneck`, or merely `related`; `shared` key words.

    `is_public`: read as any visitor reads it, because it is published; the caller has no other right to it.
    """

    id: uuid.UUID
    external_id: str | None
    title: str
    status: RequirementStatus
    field: Field | None
    organization: str | None
    relation: Literal["duplicate", "same_bottleneck", "related"]
    relation_label: str
    similarity: float
    shared: list[str]
    is_public: bool


class NeighboursView(View):
    items: list[NeighbourView]
    next_cursor: str | None = None
    total: int
