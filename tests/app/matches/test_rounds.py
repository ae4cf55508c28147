"""Match rounds: computed as a job, published as answers, withdrawn with a reason."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.context import AppContext
from app.db import Database
from app.jobs import service as jobs
from app.ledger import service as ledger
from app.matches import tasks
from app.models import Candidate, MatchRound, Organization, Requirement, SolverProfile
from app.models.job import Job, JobStatus
from app.models.ledger import ObligationKind, ResponseKind
from app.models.matching import RoundStatus
from app.models.requirement import RequirementStatus
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from tests import factories
from tests.app.matches.conftest import Edition, refresh_index

API = "/api/v1"


def start(organizer: TestClient, edition: Edition) -> dict[str, Any]:
    response = organizer.post(f"{API}/challenges/{edition.challenge.id}/rounds", json={"top": 5})
    assert response.status_code == 202, response.text
    body: dict[str, Any] = response.json()
    return body


def run(context: AppContext, job_id: str) -> Job:
    return jobs.run_inline(context, uuid.UUID(job_id))


def computed(organizer: TestClient, context: AppContext, edition: Edition) -> dict[str, Any]:
    body = start(organizer, edition)
    assert run(context, body["job_id"]).status is JobStatus.SUCCEEDED
    found: dict[str, Any] = organizer.get(f"{API}/rounds/{body['id']}").json()
    return found


def judge(db: Database, round_id: str, *, is_adequate: bool) -> None:
    """Fixes the verdict, which in so small a pool would be a matter of luck."""
    with db.write() as session:
        statement = update(Candidate).where(Candidate.round_id == uuid.UUID(round_id))
        session.execute(statement.values(is_adequate=is_adequate))


def answers(db: Database, requirement: Requirement) -> list[Any]:
    with db.read() as session:
        return ledger.responses_to(session, requirement.id)


def status_of(db: Database, requirement: Requirement) -> RequirementStatus:
    with db.read() as session:
        return session.get_one(Requirement, requirement.id).status


def test_a_round_ranks_every_published_requirement(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    assert (found["status"], found["requirements"], found["top"]) == ("draft", 2, 5)
    assert (found["searched_achievements"], found["searched_solvers"]) == (4, 2)
    assert found["candidates"] == 4
    assert found["progress"] == {"done": 2, "total": 2, "status": "succeeded"}
    listed = organizer.get(f"{API}/challenges/{edition.challenge.id}/rounds").json()
    assert [item["id"] for item in listed["items"]] == [found["id"]]
    one = organizer.get(f"{API}/rounds/{found['id']}/requirements/{edition.gear.id}").json()
    assert one["items"][0]["solver"]["id"] == str(edition.drives.id)


def test_what_is_not_approved_is_not_matched(
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    seeker_organization: Organization,
) -> None:
    draft = factories.make_requirement(db, seeker_organization, title="尚未提交的需求")
    with db.write() as session:
        entries.enter(session, edition.challenge.id, draft.id)
    found = computed(organizer, context, edition)
    assert found["requirements"] == 2


def test_a_withdrawn_requirement_is_not_matched(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    with db.write() as session:
        row = requirements.get(session, SYSTEM, edition.gear.id)
        requirement_service.withdraw(session, SYSTEM, row, reason="企业已自行解决")
    assert computed(organizer, context, edition)["requirements"] == 1


def test_a_challenge_without_requirements_has_nothing_to_match(organizer: TestClient, db: Database) -> None:
    empty = factories.make_challenge(db, "EMPTY")
    response = organizer.post(f"{API}/challenges/{empty.id}/rounds", json={})
    assert (response.status_code, response.json()["code"]) == (409, "nothing_to_match")


def test_one_round_at_a_time(organizer: TestClient, edition: Edition) -> None:
    start(organizer, edition)
    again = organizer.post(f"{API}/challenges/{edition.challenge.id}/rounds", json={})
    assert (again.status_code, again.json()["code"]) == (409, "round_in_progress")


def test_a_cancelled_job_leaves_a_failed_round_and_room_for_another(
    organizer: TestClient, edition: Edition
) -> None:
    body = start(organizer, edition)
    assert organizer.post(f"{API}/jobs/{body['job_id']}/cancel").status_code == 200
    assert organizer.get(f"{API}/rounds/{body['id']}").json()["status"] == "failed"
    start(organizer, edition)


def test_a_round_that_was_cut_off_goes_on_without_doing_finished_batches_again(
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "BATCH", 1)
    body = start(organizer, edition)
    ranked: list[uuid.UUID] = []
    rank_all = tasks.rank_all

    def counting(session: Any, index: Any, rows: Any, **named: Any) -> Any:
        if len(ranked) == 1:
            ranked.append(uuid.UUID(int=0))
            raise RuntimeError("power cut")
        ranked.extend(row.id for row in rows)
        return rank_all(session, index, rows, **named)

    monkeypatch.setattr(tasks, "rank_all", counting)
    assert run(context, body["job_id"]).status is JobStatus.FAILED
    assert organizer.post(f"{API}/jobs/{body['job_id']}/retry").status_code == 200
    assert run(context, body["job_id"]).status is JobStatus.SUCCEEDED
    done = [key for key in ranked if key.int]
    assert sorted(done) == sorted({edition.curtain.id, edition.gear.id})
    assert organizer.get(f"{API}/rounds/{body['id']}").json()["candidates"] == 4


def test_publishing_answers_every_requirement_and_moves_it_on(
    organizer: TestClient, other_seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    judge(db, found["id"], is_adequate=True)
    done = organizer.post(f"{API}/rounds/{found['id']}/publish").json()
    assert done["round"]["status"] == "published"
    assert sorted(done["with_candidates"]) == sorted(map(str, (edition.curtain.id, edition.gear.id)))
    assert status_of(db, edition.gear) is RequirementStatus.MATCHING
    answer = answers(db, edition.gear)[-1]
    assert answer.kind is ResponseKind.CANDIDATES
    assert edition.drives.name in answer.text
    assert "4 项科技成果、2 个解决方" in answer.text
    assert answer.detail["candidates"][0]["solver_id"] == str(edition.drives.id)
    with db.read() as session:
        owed = ledger.open_obligation(session, edition.gear.id)
    assert owed is not None
    assert owed.kind is ObligationKind.FOLLOW_UP

    seen = other_seeker.get(f"{API}/requirements/{edition.gear.id}/candidates").json()
    assert seen["source"] == "published"
    assert seen["items"][0]["solver"]["name"] == edition.drives.name


def test_without_an_adequate_solver_the_seeker_hears_what_was_searched_and_what_came_nearest(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    judge(db, found["id"], is_adequate=False)
    done = organizer.post(f"{API}/rounds/{found['id']}/publish").json()
    assert done["with_candidates"] == []
    assert len(done["without_adequate"]) == 2
    answer = answers(db, edition.gear)[-1]
    assert answer.kind is ResponseKind.NO_ADEQUATE_SOLVER
    assert "4 项科技成果" in answer.text
    assert "低噪声行星减速器的齿形修形方法" in answer.text
    assert answer.detail["searched"] == {"achievements": 4, "solvers": 2}
    assert answer.detail["nearest"]


def test_a_requirement_without_any_candidate_is_answered_too(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    with db.write() as session:
        session.query(Candidate).delete()
    organizer.post(f"{API}/rounds/{found['id']}/publish")
    assert answers(db, edition.curtain)[-1].kind is ResponseKind.NO_ADEQUATE_SOLVER


def test_a_requirement_withdrawn_meanwhile_is_passed_over(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    with db.write() as session:
        row = requirements.get(session, SYSTEM, edition.gear.id)
        requirement_service.withdraw(session, SYSTEM, row, reason="企业已自行解决")
    before = len(answers(db, edition.gear))
    done = organizer.post(f"{API}/rounds/{found['id']}/publish").json()
    assert done["passed_over"] == [str(edition.gear.id)]
    assert len(answers(db, edition.gear)) == before


def test_a_round_is_published_once(organizer: TestClient, context: AppContext, edition: Edition) -> None:
    found = computed(organizer, context, edition)
    assert organizer.post(f"{API}/rounds/{found['id']}/publish").status_code == 200
    again = organizer.post(f"{API}/rounds/{found['id']}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "round_not_publishable")


def test_a_running_round_can_neither_be_published_nor_withdrawn(
    organizer: TestClient, edition: Edition
) -> None:
    body = start(organizer, edition)
    assert organizer.post(f"{API}/rounds/{body['id']}/publish").status_code == 409
    response = organizer.post(f"{API}/rounds/{body['id']}/withdraw", json={"reason": "错误"})
    assert (response.status_code, response.json()["code"]) == (409, "round_not_withdrawable")


def test_withdrawing_tells_the_seekers_why_and_owes_them_candidates_again(
    organizer: TestClient, seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    organizer.post(f"{API}/rounds/{found['id']}/publish")
    response = organizer.post(f"{API}/rounds/{found['id']}/withdraw", json={"reason": "回避关系登记有误"})
    assert response.json()["status"] == "withdrawn"
    assert "回避关系登记有误" in answers(db, edition.curtain)[-1].text
    assert status_of(db, edition.curtain) is RequirementStatus.PUBLISHED
    with db.read() as session:
        owed = ledger.open_obligation(session, edition.curtain.id)
    assert owed is not None
    assert owed.kind is ObligationKind.FIRST_CANDIDATES
    assert seeker.get(f"{API}/requirements/{edition.curtain.id}/candidates").json()["items"] == []


def test_withdrawing_a_draft_tells_nobody(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    before = len(answers(db, edition.curtain))
    organizer.post(f"{API}/rounds/{found['id']}/withdraw", json={"reason": "重算"})
    assert len(answers(db, edition.curtain)) == before


def test_an_earlier_rounds_candidates_stand_when_a_later_round_is_withdrawn(
    organizer: TestClient, seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    first = computed(organizer, context, edition)
    organizer.post(f"{API}/rounds/{first['id']}/publish")
    second = computed(organizer, context, edition)
    organizer.post(f"{API}/rounds/{second['id']}/publish")
    organizer.post(f"{API}/rounds/{second['id']}/withdraw", json={"reason": "重复发布"})
    assert status_of(db, edition.curtain) is RequirementStatus.MATCHING
    seen = seeker.get(f"{API}/requirements/{edition.curtain.id}/candidates").json()
    assert seen["round_id"] == first["id"]
    assert "其他轮次发布的匹配结果仍然有效" in answers(db, edition.curtain)[-1].text
    assert "重复发布" in answers(db, edition.curtain)[-1].text


def test_whoever_is_in_contact_learns_of_the_withdrawal_and_keeps_state_and_deadline(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    organizer.post(f"{API}/rounds/{found['id']}/publish")
    with db.write() as session:
        row = requirements.get(session, SYSTEM, edition.curtain.id)
        requirement_service.advance(
            session, SYSTEM, row, to=RequirementStatus.IN_CONTACT, text="已与候选团队对接"
        )
        owed = ledger.open_obligation(session, row.id)
    assert owed is not None
    figures = organizer.get(f"{API}/challenges/{edition.challenge.id}/coverage").json()
    organizer.post(f"{API}/rounds/{found['id']}/withdraw", json={"reason": "回避关系登记有误"})
    last = answers(db, edition.curtain)[-1]
    assert (last.kind, last.detail["round_id"], last.obligation_id) == (
        ResponseKind.WRITTEN,
        found["id"],
        None,
    )
    assert "回避关系登记有误" in last.text
    assert "办理进度不受影响" in last.text
    assert status_of(db, edition.curtain) is RequirementStatus.IN_CONTACT
    with db.read() as session:
        still = ledger.open_obligation(session, edition.curtain.id)
    assert still is not None
    assert (still.id, still.due_at) == (owed.id, owed.due_at)
    after = organizer.get(f"{API}/challenges/{edition.challenge.id}/coverage").json()
    assert {**after, "at": ""} == {**figures, "at": ""}


def test_a_withdrawal_is_not_told_to_a_seeker_whom_the_round_told_nothing(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    with db.write() as session:
        row = requirements.get(session, SYSTEM, edition.gear.id)
        requirement_service.withdraw(session, SYSTEM, row, reason="企业已自行解决")
    organizer.post(f"{API}/rounds/{found['id']}/publish")
    before = len(answers(db, edition.gear))
    organizer.post(f"{API}/rounds/{found['id']}/withdraw", json={"reason": "错误"})
    assert len(answers(db, edition.gear)) == before


def test_rounds_are_for_staff_alone(
    organizer: TestClient,
    seeker: TestClient,
    solver: TestClient,
    reviewer: TestClient,
    context: AppContext,
    edition: Edition,
) -> None:
    found = computed(organizer, context, edition)
    path = f"{API}/rounds/{found['id']}"
    assert seeker.get(path).status_code == 403
    assert solver.get(path).status_code == 403
    assert reviewer.get(path).status_code == 403
    assert reviewer.post(f"{path}/publish").status_code == 403


def test_a_retried_start_with_the_same_key_starts_one_round(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    path = f"{API}/challenges/{edition.challenge.id}/rounds"
    first, second = (organizer.post(path, json={}, headers={"Idempotency-Key": "r-1"}) for _ in range(2))
    assert first.json() == second.json()
    with db.read() as session:
        assert len(session.scalars(select(MatchRound)).all()) == 1


def test_a_solver_deleted_while_the_round_is_computed_is_left_out(
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rank_all = tasks.rank_all

    def deleting(*arguments: Any, **named: Any) -> Any:
        found = rank_all(*arguments, **named)
        with db.write() as session:
            row = session.get(SolverProfile, edition.drives.id)
            if row is not None:
                session.delete(row)
        return found

    monkeypatch.setattr(tasks, "rank_all", deleting)
    found = computed(organizer, context, edition)
    assert (found["status"], found["candidates"]) == (RoundStatus.DRAFT.value, 2)


def test_an_approved_requirement_is_ranked_but_not_answered_before_its_publication(
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    seeker_organization: Organization,
) -> None:
    early = factories.make_requirement(db, seeker_organization, title="待发布的阻燃需求")
    with db.write() as session:
        row = requirements.get(session, SYSTEM, early.id)
        requirement_service.submit(session, SYSTEM, row)
        requirement_service.approve(session, SYSTEM, row)
        entries.enter(session, edition.challenge.id, row.id)
    refresh_index(context)
    found = computed(organizer, context, edition)
    assert found["requirements"] == 3
    done = organizer.post(f"{API}/rounds/{found['id']}/publish").json()
    assert done["passed_over"] == [str(early.id)]
