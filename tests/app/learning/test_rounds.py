"""A round keeps to the version of the ranking with which it was started, and answers name it."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.jobs import service as jobs
from app.learning import service
from app.matches import rounds, tasks
from app.models import Candidate, MatchRound, Requirement
from app.models.learning import RankerStatus
from tests.app.learning.test_training import add_version

__all__ = ["tasks"]


def start(db: Database, requirements: list[Requirement]) -> tuple[uuid.UUID, uuid.UUID]:
    with db.write() as session:
        ids = [row.id for row in requirements]
        found, job = rounds.start_round_over(session, SYSTEM, ids, settings=rounds.Settings(top=5))
        return found.id, job.id


def result(db: Database, round_id: uuid.UUID) -> tuple[MatchRound, list[tuple[Any, ...]]]:
    with db.read() as session:
        found = session.get_one(MatchRound, round_id)
        rows = session.scalars(
            select(Candidate)
            .where(Candidate.round_id == round_id)
            .order_by(Candidate.requirement_id, Candidate.rank)
        ).all()
        return found, [(row.requirement_id, row.solver_id, row.score, row.contributions) for row in rows]


def test_a_round_keeps_the_version_it_was_started_with_and_gives_the_same_result_again(
    indexed: AppContext, db: Database, requirements: list[Requirement]
) -> None:
    version = add_version(db, indexed.index.recipe, RankerStatus.LIVE)
    indexed.index.catch_up()
    first, first_job = start(db, requirements[:3])
    second, second_job = start(db, requirements[:3])
    jobs.run_inline(indexed, first_job)
    with db.write() as session:
        service.use_shipped(session, SYSTEM)
    indexed.index.catch_up()
    jobs.run_inline(indexed, second_job)
    third, third_job = start(db, requirements[:3])
    jobs.run_inline(indexed, third_job)
    (before, of_first), (after, of_second), (plain, of_third) = (
        result(db, key) for key in (first, second, third)
    )
    assert before.ranker_number == after.ranker_number == version.number
    assert before.recipe == indexed.index.recipe
    assert of_first == of_second
    assert plain.ranker_number == 0
    assert [row[2] for row in of_third] != [row[2] for row in of_first]


def test_candidates_and_rounds_name_their_version(
    indexed: AppContext, db: Database, requirements: list[Requirement], organizer: TestClient
) -> None:
    path = f"/api/v1/requirements/{requirements[0].id}/candidates"
    assert organizer.get(path, params={"live": True}).json()["ranker"] == "shipped"
    add_version(db, indexed.index.recipe, RankerStatus.LIVE)
    indexed.index.catch_up()
    assert organizer.get(path, params={"live": True}).json()["ranker"] == "v1"
    kept = organizer.post(f"{path}/refresh").json()
    assert kept["ranker"] == "v1"
    assert organizer.get(path).json()["ranker"] == "v1"
    assert organizer.get(f"/api/v1/rounds/{kept['round_id']}").json()["ranker"] == "v1"


def test_a_version_that_no_longer_fits_leaves_the_round_to_the_shipped_weights_and_says_so(
    indexed: AppContext, db: Database, requirements: list[Requirement]
) -> None:
    add_version(db, "another-model/12345678", RankerStatus.LIVE)
    round_id, job_id = start(db, requirements[:1])
    jobs.run_inline(indexed, job_id)
    assert result(db, round_id)[0].ranker_number == 0
