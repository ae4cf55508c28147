"""Solver profiles as clients send them and as each kind of reader gets them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from app.auth.actor import Actor
from app.kit.schemas import Body, Day, Keywords, Line, Ref, Text, View, with_example
from app.models.solver import SolverKind, SolverProfile
from app.solvers.places import Places, today
from app.solvers.repository import is_insider

EXAMPLE: dict[str, Any] = {
    "external_id": "S-001",
    "name": "江东理工大学功能纺织品课题组",
    "kind": "university",
    "region": "江苏省/江东市",
    "profile": "从事阻燃、遮光、抗菌等功能整理研究，有中试线一条。",
    "keywords": ["功能整理", "阻燃", "涂层"],
    "capacity": 3,
    "contact": "陈立",
}


class SolverFields(Body):
    region: Annotated[str, Line(200)] = ""
    profile: Annotated[str, Text(20_000)] = ""
    keywords: Keywords = Field(default_factory=list)
    interests: Keywords = Field(default_factory=list)
    exclusions: Annotated[list[Annotated[str, Line(200, 1)]], Field(max_length=200)] = Field(
        default_factory=list
    )
    capacity: Annotated[int, Field(ge=0, le=1000)] = 2
    contact: Annotated[str, Line(100)] = ""
    phone: Annotated[str, Line(50)] = ""
    email: Annotated[str, Line(254)] = ""
    is_active: bool = True
    paused_until: Day | None = None
    """Takes on no further problem until this day has passed (Beijing time); null: available."""

    organization_id: Ref | None = None


class SolverCreate(SolverFields):
    """A new team. `exclusions` names units it must not be matched with, `capacity` its number of problems.

    Without `organization_id` a solver's team belongs to its own unit, and one that staff file to nobody yet.
    """

    model_config = with_example(EXAMPLE)

    name: Annotated[str, Line(200, 1)]
    kind: SolverKind = SolverKind.OTHER
    external_id: Annotated[str, Line(200, 1)] | None = None


class SolverPatch(SolverFields):
    """The fields to change; what is left out stays. Only staff change `organization_id`."""

    model_config = with_example({"capacity": 1, "interests": ["智能纺织"]})

    name: Annotated[str, Line(200, 1)] = ""
    kind: SolverKind = SolverKind.OTHER


class SolverView(View):
    """A team. `contact`, `phone`, `email`, `exclusions` and the places are for staff, reviewers and itself only.

    `taken` counts problems that have not ended and that it was invited to, assigned by a published round or has
    an agreement on; `free` is what is left of `capacity`, 0 while it is paused.
    """

    id: uuid.UUID
    external_id: str | None
    organization_id: uuid.UUID | None
    name: str
    kind: SolverKind
    kind_label: str
    region: str
    profile: str
    keywords: list[str]
    interests: list[str]
    exclusions: list[str] | None
    capacity: int
    taken: int | None
    free: int | None
    paused_until: date | None
    is_paused: bool
    merged_into_id: uuid.UUID | None
    contact: str | None
    phone: str | None
    email: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime
    version: int


_INSIDER_FIELDS = ("contact", "phone", "email", "exclusions", "taken", "free", "merged_into_id")
_COMPUTED = {"kind_label", "taken", "free", "is_paused"}
_COLUMNS = tuple(name for name in SolverView.model_fields if name not in _COMPUTED)


def present(actor: Actor, solver: SolverProfile, found: Places | None = None) -> SolverView:
    """The team as `actor` may read it, with its places where they were counted."""
    values: dict[str, Any] = {name: getattr(solver, name) for name in _COLUMNS}
    values |= {"taken": found.taken if found else None, "free": found.free if found else None}
    if not is_insider(actor, solver):
        values |= dict.fromkeys(_INSIDER_FIELDS)
    is_paused = solver.is_paused_on(today())
    return SolverView(**values, kind_label=solver.kind.label, is_paused=is_paused)
