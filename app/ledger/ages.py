"""How long a seeker has waited for the answer that is owed, in bands that can be counted and listed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.kit.columns import Labelled
from app.models.ledger import Obligation


class Age(Labelled):
    """Whole days since the answer fell due to be given to somebody: since its obligation was opened."""

    WEEK = "week", "7 天以内"
    FORTNIGHT = "fortnight", "8–14 天"
    MONTH = "month", "15–30 天"
    OLDER = "older", "超过 30 天"


_LONGEST = {Age.WEEK: 7, Age.FORTNIGHT: 14, Age.MONTH: 30}
"""Days that each band reaches to, inclusive; the last has no end."""


def days_waited(obligation: Obligation, at: datetime) -> int:
    """Whole days from the opening of the obligation to `at`."""
    return max(0, (at - obligation.opened_at).days)


def is_of_age(age: Age, at: datetime) -> ColumnElement[bool]:
    """The obligations that are of this age at `at`."""
    bands = list(Age)
    younger = bands[: bands.index(age)]
    conditions = [Obligation.opened_at <= at - timedelta(days=_LONGEST[band] + 1) for band in younger[-1:]]
    if age in _LONGEST:
        conditions.append(Obligation.opened_at > at - timedelta(days=_LONGEST[age] + 1))
    return and_(*conditions)


def count_by_age(session: Session, owed: Select[Any], at: datetime) -> list[tuple[Age, int]]:
    """How many of these obligations are of each age, youngest first; bands without any are counted, too."""
    counts = []
    for age in Age:
        rows = owed.where(is_of_age(age, at)).with_only_columns(Obligation.id).order_by(None).subquery()
        counts.append((age, session.scalar(select(func.count()).select_from(rows)) or 0))
    return counts
