"""Adapting the model to the requirements on file: the job, the rule of promotion, choosing and going back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from typer.testing import CliRunner

from app.adaptation import service, tasks, training
from app.adaptation.grades import compare_on_grades
from app.adaptation.training import TooFewRequirements, adapt, read_sources
from app.auth.actor import SYSTEM
from app.cli import commands
from app.config import Settings, get_settings
from app.context import AppContext
from app.db import Database
from app.indexing.service import SearchIndex
from app.jobs.runner import run_inline
from app.kit.clock import now
from app.models import Organization, Requirement
from app.models.job import Job, JobStatus
from app.models.learning import Judgment, JudgmentSource
from app.models.requirement import RequirementStatus
from matching.adapt import store
from matching.adapt.compare import Comparison
from matching.encode import HashingEncoder
from matching.intervals import Interval
from tests import factories
from tests.matching.onnx.conftest import CHARACTERS, write_model

__all__ = ["tasks"]
NUMBER = 70


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings whose model is a tiny one."""
    return settings.model_copy(update={"model": str(write_model(tmp_path / "tiny"))})


@pytest.fixture
def filed(db: Database, seeker_organization: Organization) -> None:
    """Requirements with a title and a sentence each."""
    for number in range(NUMBER):
        title = CHARACTERS[number % 40 : number % 40 + 5] + f"{number}"
        factories.make_requirement(
            db,
            seeker_organization,
            title=title,
            description=f"{title[:3]}不均匀需要整理方法{number}。",
        )


@pytest.fixture
def app(own: Settings, db: Database) -> Iterator[AppContext]:
    index = SearchIndex(own, db, encoder=lambda: HashingEncoder(dimension=64))
    yield AppContext(settings=own, db=db, index=index)
    index.close()


def run_job(app: AppContext) -> Job:
    with app.db.write() as session:
        job_id = service.start(session, SYSTEM).id
    return run_inline(app, job_id)


def verdict(monkeypatch: pytest.MonkeyPatch, *, is_better: bool) -> None:
    difference = Interval(0.1, 0.05 if is_better else -0.05, 0.2)
    found = Comparison(20, 0.4, 0.5, difference)
    monkeypatch.setattr(training, "compare", lambda *_: found)


def test_a_model_that_wins_is_put_to_use_and_the_original_stays(
    app: AppContext, filed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict(monkeypatch, is_better=True)
    job = run_job(app)
    assert job.status is JobStatus.SUCCEEDED, job.error
    assert job.result is not None
    assert job.result["is_promoted"] is True
    original, adapted = service.listed(app.settings)
    assert (original.model.name, original.is_current) == (store.ORIGINAL, False)
    assert (adapted.model.name, adapted.is_current) == (job.result["name"], True)
    assert adapted.model.requirements == NUMBER - 20
    with app.db.write() as session:
        service.use(session, app.settings, SYSTEM, store.ORIGINAL)
    assert [one.is_current for one in service.listed(app.settings)] == [True, False]


def test_a_model_that_does_not_win_is_kept_and_not_used(
    app: AppContext, filed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict(monkeypatch, is_better=False)
    job = run_job(app)
    assert job.status is JobStatus.SUCCEEDED, job.error
    assert [one.is_current for one in service.listed(app.settings)] == [True, False]


def test_grades_that_speak_against_it_keep_a_model_from_being_used(
    app: AppContext, filed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict(monkeypatch, is_better=True)
    worse = Interval(-0.1, -0.2, -0.01)
    monkeypatch.setattr(training, "compare_on_grades", lambda *_: worse)
    assert run_job(app).status is JobStatus.SUCCEEDED
    assert [one.is_current for one in service.listed(app.settings)] == [True, False]


def test_too_few_requirements_are_refused_with_how_many_are_needed(app: AppContext) -> None:
    job = run_job(app)
    assert (job.status, job.error_code) == (JobStatus.FAILED, TooFewRequirements.code)
    assert len(service.listed(app.settings)) == 1


def test_cancelling_in_the_middle_leaves_no_model_behind(own: Settings, db: Database, filed: None) -> None:
    class Cancelled(Exception):
        pass

    def cancel(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    models = own.data_dir / "models"
    with pytest.raises(Cancelled):
        adapt(own, db, models_dir=models, progress=cancel)
    assert list((models / "adapted").iterdir()) == []


def test_what_was_filed_is_learned_from_and_a_seekers_own_draft_is_not(
    db: Database, seeker_organization: Organization
) -> None:
    text = {"title": "窑炉供风", "description": "窑内供风总是不均匀，影响质量。"}
    row = factories.make_requirement(db, seeker_organization, **text)
    assert len(read_sources(db)) == 1
    own = update(Requirement).where(Requirement.id == row.id).values(is_filed_by_staff=False)
    with db.write() as session:
        session.execute(own)
    assert read_sources(db) == []
    with db.write() as session:
        session.execute(own.values(status=RequirementStatus.SUBMITTED))
    assert len(read_sources(db)) == 1


def test_graded_pairs_decide_only_when_there_are_enough(
    db: Database, seeker_organization: Organization
) -> None:
    solver = factories.make_solver(db)
    good = factories.make_achievement(db, solver, "低噪声行星减速器")
    bad = factories.make_achievement(db, solver, "莱赛尔面料")
    encoder, blind = HashingEncoder(64), HashingEncoder(64)
    for number in range(30):
        row = factories.make_requirement(db, seeker_organization, title=f"行星减速器{number}")
        with db.write() as session:
            for achievement, grade in ((good, 4.0), (bad, 1.0)):
                session.add(
                    Judgment(
                        requirement_id=row.id,
                        solver_id=solver.id,
                        achievement_id=achievement.id,
                        source=JudgmentSource.GRADED,
                        origin=f"{row.id}/{achievement.id}",
                        grade=grade,
                        trust=1.0,
                        judged_at=now(),
                    )
                )
        if number == 28:
            assert compare_on_grades(db, encoder.encode, encoder.encode) is None
    found = compare_on_grades(
        db, lambda texts: -blind.encode(texts) if "莱" in texts[0] else encoder.encode(texts), encoder.encode
    )
    assert found is not None
    same = compare_on_grades(db, encoder.encode, encoder.encode)
    assert same is not None
    assert same.value == 0.0


def test_staff_start_an_adaptation_and_choose_a_model_over_rest(
    organizer: TestClient, reviewer: TestClient
) -> None:
    assert reviewer.get("/api/v1/models").status_code == 403
    started = organizer.post("/api/v1/models/adaptations")
    assert started.status_code == 202
    job = organizer.get(f"/api/v1/jobs/{started.json()['job_id']}").json()
    assert job["name"] == service.TASK
    again = organizer.post("/api/v1/models/adaptations")
    assert (again.status_code, again.json()["code"]) == (409, "adaptation_running")
    (original,) = organizer.get("/api/v1/models").json()["items"]
    assert (original["name"], original["is_current"], original["is_research_only"]) == (
        "original",
        True,
        True,
    )
    assert organizer.put("/api/v1/models/current", json={"name": "unknown"}).status_code == 404
    assert organizer.put("/api/v1/models/current", json={"name": "original"}).status_code == 200


def test_the_command_lists_the_models(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBANG_DATA_DIR", str(own.data_dir))
    monkeypatch.setenv("JIEBANG_MODEL", own.model)
    get_settings.cache_clear()
    try:
        done = CliRunner().invoke(commands, ["model", "list", "--json"])
    finally:
        get_settings.cache_clear()
    assert done.exit_code == 0, done.output
    assert '"original"' in done.output
