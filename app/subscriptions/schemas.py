"""Subscriptions as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import Field as Limits

from app.auth.actor import Actor
from app.kit.schemas import Body, Line, View, Wan, WanView, with_example
from app.models.requirement import Confidentiality, Field, Requirement, RequirementStatus
from app.models.subscription import Pace, Subscription, SubscriptionHit
from app.requirements.presenter import present as present_requirement
from app.subscriptions.service import Fit


class SubscriptionCreate(Body):
    """Words or at least one condition; every part that is given must fit. `fields` are alternatives."""

    model_config = with_example(
        {"name": "阻燃整理", "words": "耐水洗的阻燃面料", "fields": ["新材料及应用"], "pace": "daily"}
    )

    name: Annotated[str, Line(100, 1)]
    words: Annotated[str, Line(500)] = ""
    fields: Annotated[list[Field], Limits(max_length=12)] = Limits(default_factory=list)
    region: Annotated[str, Line(200)] = ""
    budget_min_wan: Wan | None = None
    budget_max_wan: Wan | None = None
    pace: Pace = Pace.IMMEDIATE
    is_active: bool = True


class SubscriptionPatch(SubscriptionCreate):
    """The fields to change; what is left out stays. `is_active` false pauses it."""

    model_config = with_example({"pace": "immediate", "is_active": False})

    name: Annotated[str, Line(100, 1)] = "-"


class SubscriptionView(View):
    id: uuid.UUID
    name: str
    words: str
    fields: list[str]
    region: str
    budget_min_wan: WanView | None
    budget_max_wan: WanView | None
    pace: Pace
    is_active: bool
    created_at: datetime
    updated_at: datetime
    version: int


class FitView(View):
    """A published requirement as solvers read it. `score` in [0, 1] is the search's, null without words."""

    id: uuid.UUID
    title: str
    status: RequirementStatus
    confidentiality: Confidentiality
    field: Field | None
    region: str
    budget_wan: WanView | None
    deadline: date | None
    organization: str | None
    published_at: datetime | None
    score: float | None = None
    snippet: str = ""


class FitsView(View):
    items: list[FitView]
    total: int


class HitView(FitView):
    """What the subscription has told of; `told_at` is null while it waits for the day's digest."""

    found_at: datetime
    told_at: datetime | None


def present(subscription: Subscription) -> SubscriptionView:
    return SubscriptionView.model_validate(subscription)


def present_fit(actor: Actor, fit: Fit) -> FitView:
    """The requirement as the actor may read it."""
    return FitView(**_values(actor, fit.requirement), score=fit.score, snippet=fit.snippet)


def present_hit(actor: Actor, hit: SubscriptionHit) -> HitView:
    """What was found when, as the actor may read it now."""
    return HitView(**_values(actor, hit.requirement), found_at=hit.created_at, told_at=hit.told_at)


def _values(actor: Actor, requirement: Requirement) -> dict[str, object]:
    shown = present_requirement(actor, requirement)
    names = set(FitView.model_fields) - {"score", "snippet", "organization"}
    organization = shown.organization.name if shown.organization else None
    return {**{name: getattr(shown, name) for name in names}, "organization": organization}
