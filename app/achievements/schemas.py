"""Achievements as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field as Limits
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Keywords, Line, Ref, Text, Trl, View, with_example
from app.models.requirement import Field
from app.models.solver import Achievement, AchievementKind, SolverKind

EXAMPLE: dict[str, Any] = {
    "external_id": "A-0001",
    "title": "涤纶遮光织物耐久阻燃整理技术",
    "description": "采用反应型磷氮阻燃剂与泡沫涂层，水洗 50 次后续燃时间不超过 3 s。",
    "kind": "patent",
    "keywords": ["阻燃整理", "泡沫涂层"],
    "ipc": "D06M13/44",
    "field": "新材料及应用",
    "trl": 7,
    "year": 2024,
}


class SolverRef(Body):
    """The team as the import formats name it; `id` is its external id."""

    id: Annotated[str, Line(200, 1)] | None = None
    name: Annotated[str, Line(200, 1)]
    kind: SolverKind | None = None
    region: Annotated[str, Line(200)] | None = None


class AchievementFields(Body):
    description: Annotated[str, Text(20_000)] = ""
    kind: AchievementKind = AchievementKind.ACHIEVEMENT
    keywords: Keywords = Limits(default_factory=list)
    ipc: Annotated[str, Line(200)] = ""
    field: Field | None = None
    trl: Trl | None = None
    year: Annotated[int, Limits(ge=1900, le=2100)] | None = None


class OwnAchievementCreate(AchievementFields):
    """A new achievement of the team in the address."""

    model_config = with_example(EXAMPLE)

    title: Annotated[str, Line(300, 1)]
    external_id: Annotated[str, Line(200, 1)] | None = None


class AchievementCreate(OwnAchievementCreate):
    """A new achievement of the team `solver_id` or, as in the import formats, `solver`.

    Without either it belongs to the caller's only team; one that staff file stands under an unclaimed team of
    its own.
    """

    model_config = with_example(EXAMPLE)

    solver_id: Ref | None = None
    solver: SolverRef | None = None

    @model_validator(mode="after")
    def _one_way_to_name_the_solver(self) -> AchievementCreate:
        if self.solver_id is not None and self.solver is not None:
            raise PydanticCustomError("solver_named_twice", "solver_id and solver exclude each other")
        return self


class AchievementPatch(AchievementFields):
    """The fields to change; what is left out stays. An achievement stays with its team."""

    model_config = with_example({"trl": 8})

    title: Annotated[str, Line(300, 1)] = ""


class SolverNameView(View):
    id: uuid.UUID
    external_id: str | None
    name: str
    kind: SolverKind
    region: str


class AchievementView(View):
    id: uuid.UUID
    external_id: str | None
    solver_id: uuid.UUID
    solver: SolverNameView
    title: str
    description: str
    kind: AchievementKind
    kind_label: str
    keywords: list[str]
    ipc: str
    field: Field | None
    trl: int | None
    year: int | None
    created_at: datetime
    updated_at: datetime
    version: int


_COMPUTED = {"kind_label", "solver"}
_COLUMNS = tuple(name for name in AchievementView.model_fields if name not in _COMPUTED)


def present(achievement: Achievement) -> AchievementView:
    """The achievement with the name of its team."""
    values: dict[str, Any] = {name: getattr(achievement, name) for name in _COLUMNS}
    return AchievementView(
        **values,
        kind_label=achievement.kind.label,
        solver=SolverNameView.model_validate(achievement.solver),
    )
