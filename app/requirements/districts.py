"""Districts: a region is written 省/市/区县/镇街, and its first three parts are the district it belongs to."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from app.models.requirement import Requirement

DISTRICT_PARTS = 3


def district_of(region: str) -> str:
    """The district of a region; a shorter region is one of its own, "" where none is stated."""
    return "/".join(region.split("/")[:DISTRICT_PARTS])


def in_district(key: str) -> ColumnElement[bool]:
    """The requirements whose region `district_of` puts under `key`."""
    exact = Requirement.region == key
    if key.count("/") != DISTRICT_PARTS - 1:
        return exact
    return or_(exact, Requirement.region.startswith(f"{key}/", autoescape=True))
