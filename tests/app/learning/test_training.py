"""A job learns a version from judgments; it goes live only when it is better, and there is a way back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.indexing.documents import requirement_document
from app.indexing.service import SearchIndex
from app.jobs import service as jobs
from app.learning import service, tasks
from app.learning.service import Opinion
from app.models import (
    Achievement,
    AuditEntry,
    Judgment,
    Organization,
    RankerVersion,
    Requirement,
    SolverProfile,
)
from app.models.job import Job, JobStatus
from app.models.learning import JudgmentSource, RankerStatus
from matching.encode import HashingEncoder

PATH = "/api/v1/rankers"
BACKWARDS = {
    "dense_full": 0.1,
    "dense_title": 0.1,
    "dense_sentence": 0.1,
    "lexical_full": 0.1,
    "lexical_title": 0.1,
    "feedback": -5.0,
}
__all__ = ["tasks"]


def add_version(
    db: Database, recipe: str, status: RankerStatus, number: int = 1, **fields: Any
) -> RankerVersion:
    """A version that ranks the wrong way round, as no training would make it."""
    values: dict[str, Any] = {
        "multipliers": BACKWARDS,
        "curves": {"intercepts": [0.0, -1.0, -2.0], "slopes": [0.5, 0.5, 0.5]},
        "data": {
            "judgments": 1,
            "left_out": 0,
            "pairs": 1,
            "requirements": 1,
            "comparable_requirements": 1,
            "by_source": {"graded": 1},
            "first_at": "2026-01-01T00:00:00+00:00",
            "last_at": "2026-01-01T00:00:00+00:00",
        },
        "figures": {
            "against": "shipped",
            "ndcg": DIFFERENCE,
            "log_loss": None,
            "level": None,
            "concordance": DIFFERENCE,
        },
    }
    with db.write() as session:
        version = RankerVersion(number=number, status=status, recipe=recipe, **{**values, **fields})
        session.add(version)
    return version


DAY = datetime(2026, 5, 1, tzinfo=UTC)
DIFFERENCE = {"before": 0.5, "after": 0.6, "mean": 0.1, "low": 0.05, "high": 0.15, "number": 20}


def grade_by_shipped_scores(context: AppContext, requirements: list[Requirement]) -> int:
    """Grades, for each requirement, six achievements spread over the shipped ranking: best 4, worst 1."""
    given = 0
    with context.db.write() as session:
        for row in requirements:
            requirement = session.get_one(Requirement, row.id)
            owner = session.get_one(Organization, requirement.organization_id)
            found = context.index.match(requirement_document(requirement, owner), limit=30, explain=False)
            for place, candidate in enumerate(found.candidates[::5][:6]):
                achievement = session.get_one(Achievement, uuid.UUID(candidate.achievement))
                service.give(
                    session,
                    SYSTEM,
                    requirement,
                    session.get_one(SolverProfile, achievement.solver_id),
                    achievement=achievement,
                    opinion=Opinion(JudgmentSource.GRADED, (4, 3, 2, 2, 1, 1)[place]),
                )
                given += 1
    return given


def train(context: AppContext, *, promote: bool = False) -> Job:
    with context.db.write() as session:
        job_id = service.start_training(session, SYSTEM, promote=promote).id
    return jobs.run_inline(context, job_id)


def versions(db: Database) -> dict[int, RankerVersion]:
    with db.read() as session:
        return {row.number: row for row in session.scalars(select(RankerVersion))}


def test_a_version_that_is_better_beyond_noise_goes_live_by_itself_and_every_process_follows(
    indexed: AppContext, db: Database, requirements: list[Requirement]
) -> None:
    given = grade_by_shipped_scores(indexed, requirements)
    add_version(db, indexed.index.recipe, RankerStatus.LIVE, used_at=None)
    indexed.index.catch_up()
    other = SearchIndex(indexed.settings, db, encoder=lambda: HashingEncoder(dimension=64))
    other.load()
    job = train(indexed, promote=True)
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, None)
    assert job.result is not None
    assert (job.result["ranker"], job.result["status"], job.result["judgments"]) == ("v2", "live", given)
    found = versions(db)
    assert (found[1].status, found[2].status) == (RankerStatus.RETIRED, RankerStatus.LIVE)
    assert found[2].figures["against"] == "v1"
    assert found[2].figures["ndcg"]["low"] > 0
    assert found[2].data["by_source"] == {"graded": given}
    with db.read() as session:
        asked = session.get_one(Requirement, requirements[0].id)
        document = requirement_document(asked, session.get_one(Organization, asked.organization_id))
    assert other.match(document).ranker == "v1"
    for index in (indexed.index, other):
        index.catch_up()
        assert index.match(document).ranker == "v2"
    other.close()
    third = SearchIndex(indexed.settings, db, encoder=lambda: HashingEncoder(dimension=64))
    third.load()
    assert third.match(document).ranker == "v2"
    third.close()


def test_a_better_version_waits_for_a_person_unless_it_was_to_be_promoted(
    indexed: AppContext, db: Database, requirements: list[Requirement], organizer: TestClient
) -> None:
    grade_by_shipped_scores(indexed, requirements)
    add_version(db, indexed.index.recipe, RankerStatus.LIVE)
    job = train(indexed)
    assert job.result is not None
    assert (job.result["status"], job.result["is_better"]) == ("candidate", True)
    used = organizer.post(f"{PATH}/{job.result['ranker_id']}/use")
    assert (used.status_code, used.json()["status"]) == (200, "live")
    assert organizer.get(PATH).json()["live"] == "v2"


def test_what_is_not_better_does_not_go_live_and_cannot_be_used(
    indexed: AppContext, db: Database, requirements: list[Requirement], organizer: TestClient
) -> None:
    grade_by_shipped_scores(indexed, requirements)
    job = train(indexed, promote=True)
    assert job.result is not None
    assert (job.result["status"], job.result["is_better"]) == ("candidate", False)
    assert organizer.get(PATH).json()["live"] == "shipped"
    if not job.result["may_be_used"]:
        refused = organizer.post(f"{PATH}/{job.result['ranker_id']}/use")
        assert (refused.status_code, refused.json()["code"]) == (409, "ranker_not_better")


def test_too_few_judgments_make_no_version(indexed: AppContext, db: Database) -> None:
    job = train(indexed, promote=True)
    assert job.result == {"ranker": None, "judgments": 0, "reasons": ["too_few_requirements"]}
    assert versions(db) == {}


def test_one_click_leads_back_to_an_earlier_version_and_to_the_shipped_weights(
    indexed: AppContext, db: Database, organizer: TestClient
) -> None:
    recipe = indexed.index.recipe
    first = add_version(db, recipe, RankerStatus.RETIRED, 1, used_at=DAY)
    add_version(db, recipe, RankerStatus.LIVE, 2, used_at=DAY)
    assert organizer.post(f"{PATH}/{first.id}/use").json()["status"] == "live"
    assert {number: row.status.value for number, row in versions(db).items()} == {1: "live", 2: "retired"}
    for _ in range(2):
        assert organizer.post(f"{PATH}/shipped/use").json() == {"live": "shipped"}
    assert {row.status.value for row in versions(db).values()} == {"retired"}
    with db.read() as session:
        acts = session.scalars(
            select(AuditEntry).where(AuditEntry.object_kind == "ranker").order_by(AuditEntry.seq)
        ).all()
    assert [(act.action, act.detail["number"], act.detail["instead_of"]) for act in acts] == [
        ("ranker.used", 1, 2),
        ("ranker.used", 0, 1),
    ]


def test_a_version_of_another_recipe_neither_answers_nor_can_be_used(
    indexed: AppContext, db: Database, requirements: list[Requirement], organizer: TestClient
) -> None:
    add_version(db, "another-model/12345678", RankerStatus.LIVE, 1)
    other = add_version(db, "another-model/12345678", RankerStatus.CANDIDATE, 2, may_be_used=True)
    indexed.index.catch_up()
    with db.read() as session:
        asked = session.get_one(Requirement, requirements[0].id)
        document = requirement_document(asked, session.get_one(Organization, asked.organization_id))
    assert indexed.index.match(document).ranker == "shipped"
    refused = organizer.post(f"{PATH}/{other.id}/use")
    assert (refused.status_code, refused.json()["code"]) == (409, "ranker_outdated")


def test_training_is_started_over_rest_once_at_a_time_and_by_staff_only(
    organizer: TestClient, reviewer: TestClient, db: Database
) -> None:
    started = organizer.post(PATH, json={"promote": True})
    assert started.status_code == 202
    assert started.headers["Location"] == f"/api/v1/jobs/{started.json()['job_id']}"
    second = organizer.post(PATH, json={})
    assert (second.status_code, second.json()["code"]) == (409, "training_in_progress")
    assert reviewer.post(PATH, json={}).status_code == 403
    assert reviewer.get(PATH).json() == {"items": [], "next_cursor": None, "total": 0, "live": "shipped"}
    assert organizer.get(f"{PATH}/{uuid.uuid4()}").status_code == 404


def test_a_cancelled_training_leaves_no_version(
    indexed: AppContext, db: Database, requirements: list[Requirement]
) -> None:
    grade_by_shipped_scores(indexed, requirements)
    with db.write() as session:
        job_id = service.start_training(session, SYSTEM, promote=True).id

    def cancel(_seen: object) -> None:
        with db.write() as session:
            session.get_one(Job, job_id).cancel_requested = True

    job = jobs.run_inline(indexed, job_id, cancel)
    assert job.status is JobStatus.CANCELLED
    assert versions(db) == {}


def test_judgments_of_a_team_rest_on_its_best_achievement_and_lost_ones_are_left_out(
    indexed: AppContext, db: Database, requirements: list[Requirement], teams: list[SolverProfile]
) -> None:
    with db.write() as session:
        for row in requirements:
            for place, team in enumerate(teams):
                service.give(
                    session,
                    SYSTEM,
                    session.get_one(Requirement, row.id),
                    session.get_one(SolverProfile, team.id),
                    achievement=None,
                    opinion=Opinion(JudgmentSource.GRADED, 4 - place),
                )
        lonely = SolverProfile(name="没有成果的课题组")
        session.add(lonely)
        session.flush()
        service.give(
            session,
            SYSTEM,
            session.get_one(Requirement, requirements[0].id),
            lonely,
            achievement=None,
            opinion=Opinion(JudgmentSource.GRADED, 1),
        )
    job = train(indexed)
    assert job.result is not None
    assert job.result["judgments"] == len(requirements) * len(teams)
    with db.read() as session:
        assert len(session.scalars(select(Judgment)).all()) == len(requirements) * len(teams) + 1


def test_a_version_shows_what_it_was_learned_from(
    indexed: AppContext, db: Database, organizer: TestClient
) -> None:
    version = add_version(db, indexed.index.recipe, RankerStatus.CANDIDATE)
    shown = organizer.get(f"{PATH}/{version.id}").json()
    assert (shown["name"], shown["data"]["judgments"]) == ("v1", 1)
    assert shown["figures"]["ndcg"] == DIFFERENCE
    assert shown["multipliers"] == BACKWARDS
