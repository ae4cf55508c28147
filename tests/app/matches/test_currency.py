"""Year and readiness are parts of a candidate's score that everybody can read."""

from __future__ import annotations

import uuid

import pytest
from fastapi.testclient import TestClient

from app.context import AppContext
from app.db import Database
from app.kit.clock import now
from app.models import Achievement, Requirement
from tests.app.matches.conftest import Edition, refresh_index


def test_year_and_readiness_are_shown_and_add_up(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    with db.write() as session:
        session.get_one(Requirement, edition.curtain.id).trl_wanted = 6
        for row in edition.achievements.values():
            achievement = session.get_one(Achievement, row.id)
            achievement.year, achievement.trl = now().year, 5
    refresh_index(context)
    path = f"/api/v1/requirements/{edition.curtain.id}/candidates?live=true"
    items = organizer.get(path).json()["items"]
    assert items
    for item in items:
        assert item["contributions"]["recency"] == 0.05
        assert item["contributions"]["readiness"] == 0.0375
        assert sum(item["contributions"].values()) == pytest.approx(item["score"], abs=1e-5)
    assert uuid.UUID(items[0]["solver"]["id"]) == edition.textile.id


def test_what_is_not_known_is_no_part(organizer: TestClient, context: AppContext, edition: Edition) -> None:
    refresh_index(context)
    path = f"/api/v1/requirements/{edition.curtain.id}/candidates?live=true"
    for item in organizer.get(path).json()["items"]:
        assert not {"recency", "readiness"} & set(item["contributions"])
