"""Keeps subscriptions, and finds what fits one: by its conditions, and by its words and their sense."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.context import AppContext
from app.errors import Conflict, FieldError, InvalidInput
from app.indexing.replica import name_of
from app.indexing.visibility import PUBLISHED
from app.models.access import Role
from app.models.indexing import IndexCollection
from app.models.requirement import Requirement
from app.models.subscription import Subscription
from app.subscriptions import repository

MOST = 50
"""So many subscriptions a person may have."""

DEEPEST = 100
"""So many requirements are shown of what fits now."""

COLUMNS = ("name", "words", "fields", "region", "budget_min_wan", "budget_max_wan", "pace", "is_active")


class TooManySubscriptions(Conflict):
    code = "too_many_subscriptions"
    zh, en = "每人最多保存 {most} 项订阅", "At most {most} subscriptions per person"


@dataclass(frozen=True, slots=True)
class Fit:
    """A requirement that fits; `score` in [0, 1] and `snippet` are those of the search, None without words."""

    requirement: Requirement
    score: float | None = None
    snippet: str = ""


def create(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Subscription:
    """A new subscription of the actor's. Raises `InvalidInput` or `TooManySubscriptions`."""
    assert actor.user_id is not None
    if repository.count_of(session, actor.user_id) >= MOST:
        raise TooManySubscriptions(most=MOST)
    units = actor.organizations(Role.SOLVER)
    subscription = Subscription(
        user_id=actor.user_id, organization_id=next(iter(units)) if len(units) == 1 else None, **fields
    )
    _check(subscription)
    session.add(subscription)
    session.flush()
    _audit(session, actor, subscription, "subscription.created")
    return subscription


def edit(
    session: Session, actor: Actor, subscription: Subscription, changes: Mapping[str, Any]
) -> Subscription:
    """Changes it, pauses it (`is_active` false) or lets it go on. Raises `InvalidInput`."""
    for name, value in changes.items():
        setattr(subscription, name, value)
    _check(subscription)
    session.flush()
    _audit(session, actor, subscription, "subscription.edited", fields=",".join(sorted(changes)))
    return subscription


def remove(session: Session, actor: Actor, subscription: Subscription) -> None:
    """Deletes it with what it has found."""
    _audit(session, actor, subscription, "subscription.deleted")
    session.delete(subscription)
    session.flush()


def fitting(
    context: AppContext,
    session: Session,
    actor: Actor,
    subscription: Subscription,
    *,
    among: Collection[uuid.UUID] | None = None,
    limit: int = DEEPEST,
) -> list[Fit]:
    """Published requirements that fit now, best first by words, else the newest first.

    With words a requirement must be a hit of the hybrid search: it holds 40% of their weight, or lies at least
    0.45 near in sense (`search_coverage` and `search_likeness` of the engine). Restricted ones never appear.
    """
    statement = repository.published(actor, subscription)
    if among is not None:
        statement = statement.where(Requirement.id.in_(among))
    if not subscription.words.strip():
        newest = repository.with_parties(statement).order_by(Requirement.published_at.desc(), Requirement.id)
        return [Fit(row) for row in session.scalars(newest.limit(limit))]
    keys = frozenset(map(str, session.scalars(statement.with_only_columns(Requirement.id))))
    if not keys:
        return []
    page = context.index.search(
        name_of(IndexCollection.REQUIREMENTS),
        subscription.words,
        limit=limit,
        filter=replace(PUBLISHED, keys=keys),
    )
    wanted = [uuid.UUID(hit.key) for hit in page.hits]
    found = repository.with_parties(statement).where(Requirement.id.in_(wanted))
    rows = {row.id: row for row in session.scalars(found)}
    return [
        Fit(rows[key], round(hit.score, 4), hit.snippet)
        for key, hit in zip(wanted, page.hits, strict=True)
        if key in rows
    ]


def _check(subscription: Subscription) -> None:
    low, high = subscription.budget_min_wan, subscription.budget_max_wan
    if low is not None and high is not None and low > high:
        zh, en = "最低预算不能高于最高预算", "The lowest budget must not exceed the highest"
        raise InvalidInput(fields=(FieldError("budget_min_wan", "above_maximum", zh, en),))
    has_condition = subscription.fields or subscription.region or low is not None or high is not None
    if not subscription.words.strip() and not has_condition:
        zh, en = "请至少填写关键词或一项条件", "Give words or at least one condition"
        raise InvalidInput(fields=(FieldError("words", "missing", zh, en),))


def _audit(session: Session, actor: Actor, subscription: Subscription, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="subscription",
        object_id=subscription.id,
        **detail,
    )
