"""A process that is killed while it computes or publishes a round: nothing is lost, nothing is there twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.context import AppContext
from app.db import Database
from app.jobs.runner import JobRunner
from app.models import Candidate, MatchRound, Notification, Response
from app.models.job import JobStatus
from app.models.ledger import ResponseKind
from app.models.matching import RoundStatus
from tests.app.killing import Scene, kill_in
from tests.app.matches.conftest import Edition
from tests.app.matches.test_rounds import API, run
from tests.conftest import TEST_SECRET

ROUND_RESULTS = (ResponseKind.CANDIDATES, ResponseKind.NO_ADEQUATE_SOLVER)


def start(organizer: TestClient, edition: Edition) -> dict[str, Any]:
    response = organizer.post(f"{API}/challenges/{edition.challenge.id}/rounds", json={"teams": 1})
    assert response.status_code == 202, response.text
    found: dict[str, Any] = response.json()
    return found


def candidates(db: Database, round_id: str) -> list[tuple[Any, ...]]:
    with db.read() as session:
        rows = session.scalars(select(Candidate).where(Candidate.round_id == UUID(round_id)))
        return sorted(
            (str(row.requirement_id), row.rank, str(row.solver_id), row.role, row.score) for row in rows
        )


def status_of(db: Database, round_id: str) -> RoundStatus:
    with db.read() as session:
        return session.get_one(MatchRound, UUID(round_id)).status


def results_told(db: Database) -> Counter[str]:
    """How many results of a round each seeker reads, by requirement."""
    with db.read() as session:
        rows = session.scalars(select(Response.requirement_id).where(Response.kind.in_(ROUND_RESULTS)))
        return Counter(str(key) for key in rows)


def notifications(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Notification)) or 0


def test_a_round_whose_process_is_killed_is_the_round_that_it_would_have_been(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition, tmp_path: Path
) -> None:
    begun = start(organizer, edition)
    scene = Scene("app.matches.repository:replace", 2, settings={"app.matches.tasks:BATCH": 1})
    kill_in(scene, db, tmp_path, TEST_SECRET)
    assert status_of(db, begun["id"]) is RoundStatus.RUNNING
    assert len({row[0] for row in candidates(db, begun["id"])}) == 1, (
        "the batch that was cut off left a trace"
    )

    assert JobRunner(context, lease=timedelta(0)).run_next()
    assert status_of(db, begun["id"]) is RoundStatus.DRAFT
    undisturbed = start(organizer, edition)
    assert run(context, undisturbed["job_id"]).status is JobStatus.SUCCEEDED
    assert candidates(db, begun["id"]) == candidates(db, undisturbed["id"]) != []


def test_a_publication_whose_process_is_killed_has_told_nobody_and_is_told_once_when_retried(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition, tmp_path: Path
) -> None:
    begun = start(organizer, edition)
    assert run(context, begun["job_id"]).status is JobStatus.SUCCEEDED
    path, told_before = f"{API}/rounds/{begun['id']}/publish", notifications(db)
    headers = {"Idempotency-Key": "publish-once", "Authorization": organizer.headers["Authorization"]}
    scene = Scene("app.ledger.service:answer", 2, path=path, headers=headers)
    kill_in(scene, db, tmp_path, TEST_SECRET)
    assert status_of(db, begun["id"]) is RoundStatus.DRAFT
    assert (results_told(db), notifications(db)) == (Counter(), told_before)

    done = organizer.post(path, headers=headers)
    assert done.status_code == 200, done.text
    once = Counter({str(edition.curtain.id): 1, str(edition.gear.id): 1})
    assert results_told(db) == once
    again = organizer.post(path, headers=headers)
    assert (again.headers["Idempotency-Replayed"], again.json()) == ("true", done.json())
    assert results_told(db) == once
