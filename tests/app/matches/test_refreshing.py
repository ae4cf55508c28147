"""Refreshing the candidates of one requirement: others write meanwhile, and a repetition leaves one draft."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from app.db import Database
from app.matches import router
from app.models import MatchRound
from app.models.matching import RoundStatus
from tests import factories
from tests.app.matches.conftest import Edition


def test_others_write_while_candidates_are_ranked(
    organizer: TestClient, edition: Edition, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = router.rank

    def slow_rank(*arguments: Any, **options: Any) -> Any:
        factories.make_organization(db, "在排序期间登记的单位")
        return ranked(*arguments, **options)

    monkeypatch.setattr(router, "rank", slow_rank)
    for headers in ({}, {"Idempotency-Key": "k1"}):
        url = f"/api/v1/requirements/{edition.gear.id}/candidates/refresh"
        response = organizer.post(url, headers=headers)
        assert response.status_code == 200, response.text
        assert response.json()["items"]
    with db.read() as session:
        assert session.scalar(select(func.count(MatchRound.id))) == 1


def test_a_repetition_that_finds_nobody_leaves_one_draft_and_hides_the_older_one(
    organizer: TestClient, edition: Edition, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"/api/v1/requirements/{edition.gear.id}/candidates"
    assert organizer.post(f"{url}/refresh").json()["items"]
    with db.write() as session:
        session.execute(update(MatchRound).values(status=RoundStatus.PUBLISHED))
    ranked = router.rank

    def rank_nobody(*arguments: Any, **options: Any) -> Any:
        return replace(ranked(*arguments, **options), candidates=())

    monkeypatch.setattr(router, "rank", rank_nobody)
    for _ in range(2):
        assert organizer.post(f"{url}/refresh").json()["items"] == []
    with db.read() as session:
        drafts = session.scalars(select(MatchRound).where(MatchRound.status == RoundStatus.DRAFT)).all()
    assert len(drafts) == 1
    kept = organizer.get(url).json()
    assert (kept["round_id"], kept["items"]) == (str(drafts[0].id), [])


def test_a_requirement_that_is_not_there_leaves_no_round(organizer: TestClient, db: Database) -> None:
    url = "/api/v1/requirements/00000000-0000-7000-8000-000000000000/candidates/refresh"
    assert organizer.post(url).status_code == 404
    with db.read() as session:
        assert session.scalar(select(func.count(MatchRound.id))) == 0
