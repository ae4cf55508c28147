"""Coverage: every figure equals the list behind it, in every state and at every time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.config import Settings
from app.db import Database
from app.kit.clock import SHANGHAI, now
from app.models import Challenge, Organization, Requirement, Role, User
from app.models.requirement import END_STATUSES, RequirementStatus
from app.requirements import service as requirements
from app.responses.coverage import Figure, measure, rows_behind
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import client_of

S = RequirementStatus
START = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def organizing_user(db: Database, bureau: Organization) -> User:
    return factories.make_user(db, Role.ORGANIZER, bureau)


def enter(db: Database, challenge: Challenge, requirement: Requirement) -> None:
    with db.write() as session:
        entries.enter(session, challenge.id, requirement.id)


def figures(client: TestClient, challenge: Challenge) -> dict[str, Any]:
    """The figures, after each was compared with its list."""
    url = f"/api/v1/challenges/{challenge.id}/coverage"
    body: dict[str, Any] = client.get(url).json()
    for figure in Figure:
        page = client.get(f"{url}/{figure.value}", params={"limit": 200}).json()
        assert page["total"] == len(page["items"]) == body[figure.value], figure
    return body


def test_without_a_submission_the_coverage_is_whole(reviewer: TestClient, challenge: Challenge) -> None:
    body = figures(reviewer, challenge)
    assert (body["submitted"], body["coverage"]) == (0, 1.0)


@pytest.mark.parametrize("days", [0, 400])
def test_the_figures_equal_their_lists_in_every_state(
    db: Database,
    client: TestClient,
    settings: Settings,
    organizing_user: User,
    challenge: Challenge,
    seeker_organization: Organization,
    days: int,
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for status in RequirementStatus:
            enter(db, challenge, requirement_in(db, seeker_organization, status))
        clock.move_to(START + timedelta(days=days))
        body = figures(client_of(client, settings, organizing_user), challenge)
    submitted = len(RequirementStatus) - 1
    ended = len(END_STATUSES)
    running = submitted - ended - 1
    assert body["submitted"] == submitted
    assert body["ended"] == ended
    # The returned form waits for its seeker: nothing is due, so it never becomes overdue.
    assert (body["due"], body["overdue"]) == ((running, 0) if days == 0 else (0, running))
    assert body["answered"] == submitted - body["overdue"]
    assert body["coverage"] == pytest.approx(body["answered"] / submitted)
    # What was only just submitted has no answer yet.
    assert body["responded"] == submitted - 1


def test_an_answer_in_time_keeps_and_a_late_one_restores_the_coverage(
    db: Database,
    client: TestClient,
    settings: Settings,
    organizing_user: User,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
        enter(db, challenge, requirement)
        due = datetime(2026, 6, 9, 0, 0, tzinfo=SHANGHAI)
        for moment, overdue in ((due - timedelta(seconds=1), 0), (due, 1)):
            clock.move_to(moment)
            own = client_of(client, settings, organizing_user)
            body = figures(own, challenge)
            assert (body["overdue"], body["due"], body["coverage"]) == (overdue, 1 - overdue, 1.0 - overdue)
        row = own.get(f"/api/v1/challenges/{challenge.id}/coverage/overdue").json()["items"][0]
        assert (row["owed"], row["owner_role"], row["is_overdue"]) == ("formal_review", "organizer", True)
        assert datetime.fromisoformat(row["due_at"]) == due
        with db.write() as session:
            requirements.accept(session, SYSTEM, session.merge(requirement))
        body = figures(own, challenge)
        assert (body["overdue"], body["due"], body["responded"], body["coverage"]) == (0, 1, 1, 1.0)


def test_only_the_requirements_of_the_challenge_are_counted(
    db: Database,
    organizer: TestClient,
    reviewer: TestClient,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    inside = requirement_in(db, seeker_organization, S.SUBMITTED)
    requirement_in(db, seeker_organization, S.SUBMITTED)
    enter(db, challenge, inside)
    assert figures(organizer, challenge)["submitted"] == 1
    # A reviewer counts what is assigned to it.
    assert figures(reviewer, challenge)["submitted"] == 0
    factories.assign_reviewer(db, inside, reviewer)
    assert figures(reviewer, challenge)["submitted"] == 1


def test_without_a_challenge_everything_is_counted_once(
    db: Database, challenge: Challenge, seeker_organization: Organization
) -> None:
    inside = requirement_in(db, seeker_organization, S.SUBMITTED)
    requirement_in(db, seeker_organization, S.SUBMITTED)
    requirement_in(db, seeker_organization, S.DRAFT)
    enter(db, challenge, inside)
    enter(db, factories.make_challenge(db, "TH2027"), inside)
    with db.read() as session:
        found = measure(session, actor=SYSTEM, at=now())
        listed = session.scalars(rows_behind(Figure.SUBMITTED, actor=SYSTEM, at=now())).all()
    assert found.counts[Figure.SUBMITTED] == len(listed) == 2


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER])
def test_participants_do_not_read_the_ledger_of_others(
    sign_in: Any, challenge: Challenge, seeker_organization: Organization, role: Role
) -> None:
    client = sign_in(role, seeker_organization)
    assert client.get(f"/api/v1/challenges/{challenge.id}/coverage").status_code == 403


def test_an_unknown_figure_is_refused(reviewer: TestClient, challenge: Challenge) -> None:
    assert reviewer.get(f"/api/v1/challenges/{challenge.id}/coverage/guessed").status_code == 422


class TestWrittenAnswers:
    """`/requirements/{id}/responses`."""

    def test_a_reviewer_answers_and_the_seeker_reads_it(
        self, db: Database, reviewer: TestClient, seeker: TestClient, seeker_organization: Organization
    ) -> None:
        requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
        factories.assign_reviewer(db, requirement, reviewer)
        url = f"/api/v1/requirements/{requirement.id}/responses"
        response = reviewer.post(url, json={"text": "已收到，正在审核。"})
        assert (response.status_code, response.json()["kind_label"]) == (201, "书面答复")
        page = seeker.get(url).json()
        assert [item["text"] for item in page["items"]] == ["已收到，正在审核。"]

    def test_a_seeker_does_not_answer_itself(
        self, db: Database, seeker: TestClient, seeker_organization: Organization
    ) -> None:
        requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
        url = f"/api/v1/requirements/{requirement.id}/responses"
        assert seeker.post(url, json={"text": "谢谢"}).status_code == 403

    def test_a_draft_gets_no_answer(
        self, db: Database, organizer: TestClient, seeker_organization: Organization
    ) -> None:
        requirement = factories.make_requirement(db, seeker_organization)
        url = f"/api/v1/requirements/{requirement.id}/responses"
        assert organizer.post(url, json={"text": "已收到"}).status_code == 409

    @pytest.mark.parametrize(
        "body", [{}, {"text": ""}, {"text": " \u200b"}, {"text": 5}, {"text": "x" * 10_001}]
    )
    def test_an_answer_has_words(
        self, db: Database, reviewer: TestClient, seeker_organization: Organization, body: dict[str, Any]
    ) -> None:
        requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
        factories.assign_reviewer(db, requirement, reviewer)
        url = f"/api/v1/requirements/{requirement.id}/responses"
        assert reviewer.post(url, json=body).status_code == 422
        assert reviewer.get(url).json()["total"] == 0
