"""Counts of requirements; each is the count of a statement whose rows can be listed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.models.requirement import Requirement, RequirementStatus


def count_by_status(session: Session, statement: Select[Any]) -> list[tuple[RequirementStatus, int]]:
    """How many of these requirements stand in each state, in the order of the lifecycle; empty ones left out."""
    rows = statement.with_only_columns(Requirement.status).order_by(None).subquery()
    counted = session.execute(select(rows.c.status, func.count()).group_by(rows.c.status))
    counts = {RequirementStatus(status): count for status, count in counted}
    return [(status, counts[status]) for status in RequirementStatus if counts.get(status)]
