"""Counts of requirements; each is the count of a statement whose rows can be listed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Select, func, null, select
from sqlalchemy.orm import Session

from app.models.requirement import Field, Requirement, RequirementStatus
from app.requirements.districts import district_of


def count_by_status(session: Session, statement: Select[Any]) -> list[tuple[RequirementStatus, int]]:
    """How many of these requirements stand in each state, in the order of the lifecycle; empty ones left out."""
    rows = statement.with_only_columns(Requirement.status).order_by(None).subquery()
    counted = session.execute(select(rows.c.status, func.count()).group_by(rows.c.status))
    counts = {RequirementStatus(status): count for status, count in counted}
    return [(status, counts[status]) for status in RequirementStatus if counts.get(status)]


def count_by_district(session: Session, statement: Select[Any]) -> list[tuple[str, int]]:
    """How many of these requirements belong to each district, the most first; "" for those that state none."""
    rows = statement.with_only_columns(Requirement.region).order_by(None).subquery()
    counts: Counter[str] = Counter()
    for region, count in session.execute(select(rows.c.region, func.count()).group_by(rows.c.region)):
        counts[district_of(region)] += count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def count_by_field(session: Session, statement: Select[Any]) -> list[tuple[Field | None, int]]:
    """How many of these requirements are of each field, in the order of the list; None for those of none.

    The field is that of the refined statement, else that of the form.
    """
    refined = Requirement.refined["field"].as_string()
    columns = (Requirement.refined.is_(null()).label("plain"), refined.label("refined"), Requirement.field)
    rows = statement.with_only_columns(*columns).order_by(None).subquery()
    grouped = select(rows.c.plain, rows.c.refined, rows.c.field, func.count())
    counts: Counter[Field | None] = Counter()
    for is_plain, restated, stated, count in session.execute(
        grouped.group_by(rows.c.plain, rows.c.refined, rows.c.field)
    ):
        code = stated if is_plain else restated
        counts[Field(code) if code else None] += count
    return [(field, counts[field]) for field in (*Field, None) if counts[field]]
