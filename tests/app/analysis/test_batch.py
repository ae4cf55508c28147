"""Reading many requirements again: as a job over REST and from the command line."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select
from typer.testing import CliRunner

from app.analysis import service, tasks
from app.auth.actor import SYSTEM
from app.cli import commands
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.jobs.context import Progress
from app.jobs.service import cancel_job, run_inline
from app.models import Challenge, Organization, Requirement, RequirementAnalysis
from app.models.challenge import ChallengeEntry
from app.models.job import JobStatus
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in

S = RequirementStatus


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def entered(db: Database, challenge: Challenge, seeker_organization: Organization) -> list[Requirement]:
    made = [requirement_in(db, seeker_organization, S.PUBLISHED) for _ in range(3)]
    with db.write() as session:
        session.add_all(
            ChallengeEntry(challenge_id=challenge.id, requirement_id=requirement.id) for requirement in made
        )
    forget(db)
    return made


def forget(db: Database) -> None:
    with db.write() as session:
        session.execute(delete(RequirementAnalysis))


def analysed(db: Database) -> set[UUID]:
    with db.read() as session:
        return set(session.scalars(select(RequirementAnalysis.requirement_id)))


def test_a_job_analyses_the_requirements_of_a_challenge_and_no_others(
    db: Database,
    context: AppContext,
    organizer: TestClient,
    challenge: Challenge,
    entered: list[Requirement],
    seeker_organization: Organization,
) -> None:
    requirement_in(db, seeker_organization, S.PUBLISHED)
    with db.write() as session:
        session.execute(delete(RequirementAnalysis))
    answer = organizer.post(f"/api/v1/challenges/{challenge.id}/analyses")
    assert answer.status_code == 202
    job = run_inline(context, UUID(answer.json()["job_id"]))
    assert (job.status, job.done, job.total) == (JobStatus.SUCCEEDED, 3, 3)
    assert job.result == {"requirements": 3, "unreadable": []}
    assert analysed(db) == {requirement.id for requirement in entered}


def test_only_staff_start_the_job(seeker: TestClient, reviewer: TestClient, challenge: Challenge) -> None:
    for other in (seeker, reviewer):
        assert other.post(f"/api/v1/challenges/{challenge.id}/analyses").status_code == 403


def test_a_job_that_was_cancelled_goes_on_where_it_was_and_keeps_corrections(
    db: Database,
    context: AppContext,
    organizer: TestClient,
    entered: list[Requirement],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "BATCH", 1)
    path = f"/api/v1/requirements/{entered[0].id}/analysis"
    assert organizer.patch(path, json={"field": "其他"}, headers={"If-Match": "*"}).status_code == 200
    with db.write() as session:
        job_id = service.start_batch(session, SYSTEM).id

    def cancel(progress: Progress) -> None:
        if progress.done == 2:
            with db.write() as session:
                cancel_job(session, job_id, actor=SYSTEM)

    assert run_inline(context, job_id, cancel).status is JobStatus.CANCELLED
    assert len(analysed(db)) == 2
    assert organizer.post(f"/api/v1/jobs/{job_id}/retry").status_code == 200
    job = run_inline(context, job_id)
    assert job.result == {"requirements": 3, "unreadable": []}
    assert len(analysed(db)) == 3
    assert organizer.get(path).json()["edited"] == ["field"]


def test_a_second_run_changes_nothing(db: Database, context: AppContext, entered: list[Requirement]) -> None:
    for _ in range(2):
        with db.write() as session:
            job_id = service.start_batch(session, SYSTEM).id
        run_inline(context, job_id)
    with db.read() as session:
        assert set(session.scalars(select(RequirementAnalysis.version))) == {1}


def test_one_unreadable_requirement_stops_nobody_else(
    db: Database, context: AppContext, entered: list[Requirement], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.bring_up_to_date

    def fail_for_the_second(session: object, requirement: Requirement) -> object:
        if requirement.id == entered[1].id:
            raise ValueError("unreadable")
        return real(session, requirement)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "bring_up_to_date", fail_for_the_second)
    with db.write() as session:
        job_id = service.start_batch(session, SYSTEM).id
    job = run_inline(context, job_id)
    assert job.result == {"requirements": 3, "unreadable": [str(entered[1].id)]}
    assert analysed(db) == {entered[0].id, entered[2].id}


def test_the_command_line_analyses_everything_under_way(
    db: Database, settings: Settings, entered: list[Requirement], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.context.get_settings", lambda: settings)
    done = CliRunner().invoke(commands, ["analyse", "--challenge", "TH2026", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["requirements"] == 3
    assert analysed(db) == {requirement.id for requirement in entered}
