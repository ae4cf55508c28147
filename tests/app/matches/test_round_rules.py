"""Pins and bans over REST: what they contradict, and what is published."""

from __future__ import annotations

import uuid

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.context import AppContext
from app.db import Database
from app.ledger import service as ledger
from app.models import AuditEntry, Candidate, Notification, PairRule, SolverProfile
from app.models.job import JobStatus
from app.models.matching import CandidateRole, PairVerdict
from app.models.notification import Event
from tests import factories
from tests.app.matches.conftest import Edition
from tests.app.matches.rounds_of import add_rule
from tests.app.matches.rounds_over_rest import again, assignments, both, put, teams_for
from tests.app.matches.test_rounds import API, computed, judge, run, start


def test_a_computed_round_shows_teams_figures_and_how_it_compares(
    organizer: TestClient, seeker: TestClient, context: AppContext, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    items = assignments(organizer, found)
    assert [item["number"] for item in items] == [1, 2]
    for item in items:
        for place, team in enumerate(item["teams"], 1):
            assert (team["place"], team["role"]) == (place, "assigned")
            assert team["reason"].endswith("。")
    assert found["assigned"] == sum(len(item["teams"]) for item in items)
    assert set(found["figures"]) == {"fair", "greedy_top", "greedy", "greatest_total", "price", "dropped"}
    assert found["figures"]["fair"]["requirements"] == 2
    assert found["stage"] == "完成"
    by_team = organizer.get(f"{API}/rounds/{found['id']}/teams").json()["items"]
    assert {item["solver_id"]: item["assigned"] for item in by_team} == {
        str(team.id): sum(str(team.id) in teams_for(organizer, found, row) for row in both(edition))
        for team in (edition.textile, edition.drives)
    }
    assert seeker.get(f"{API}/rounds/{found['id']}/assignments").status_code == 403
    assert seeker.get(f"{API}/rounds/{found['id']}/teams").status_code == 403


def test_assignments_are_narrowed_by_team_and_by_service(
    organizer: TestClient, context: AppContext, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    served = assignments(organizer, found, served=True)
    unserved = assignments(organizer, found, served=False)
    assert len(served) + len(unserved) == 2
    assert all(item["unserved"] is None for item in served)
    assert all(item["unserved_label"] for item in unserved)
    for item in assignments(organizer, found, solver_id=str(edition.drives.id)):
        shown = item["teams"] + item["alternates"]
        assert str(edition.drives.id) in [team["solver_id"] for team in shown]
    assert assignments(organizer, found, solver_id=str(uuid.uuid4())) == []


def test_a_banned_pair_disappears_from_the_next_round_and_from_what_the_seeker_sees(
    organizer: TestClient, other_seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    assert put(organizer, found, edition.gear, edition.drives, "forbidden").status_code == 200
    repeated = again(organizer, context, found)
    judge(db, repeated["id"], is_adequate=True)
    assert str(edition.drives.id) not in teams_for(organizer, repeated, edition.gear)
    shown = organizer.get(f"{API}/rounds/{repeated['id']}/requirements/{edition.gear.id}").json()["items"]
    (barred,) = [item for item in shown if item["is_forbidden"]]
    assert (barred["solver"]["id"], barred["rules"]) == (str(edition.drives.id), ["banned"])
    assert barred["reason"] == "不得分配：承办单位禁止该组合。"
    organizer.post(f"{API}/rounds/{repeated['id']}/publish")
    seen = other_seeker.get(f"{API}/requirements/{edition.gear.id}/candidates").json()["items"]
    assert [item["solver"]["id"] for item in seen] == [str(edition.textile.id)]
    assert [(item["reason"], item["rules"]) for item in seen] == [("", [])]
    with db.read() as session:
        answer = ledger.responses_to(session, edition.gear.id)[-1]
    assert edition.drives.name not in answer.text
    assert str(edition.drives.id) not in str(answer.detail)


def test_pinned_teams_come_first_in_the_answer(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    newcomer = factories.make_solver(db, "尚无成果的团队")
    found = computed(organizer, context, edition)
    assert put(organizer, found, edition.gear, newcomer, "pinned").status_code == 200
    repeated = again(organizer, context, found, keep=[])
    assert str(newcomer.id) in teams_for(organizer, repeated, edition.gear)
    assert repeated["figures"]["price"] is not None
    with db.write() as session:
        statement = update(Candidate).where(Candidate.round_id == uuid.UUID(repeated["id"]))
        session.execute(statement.values(is_adequate=True, role=CandidateRole.CANDIDATE, place=None))
        chosen = statement.where(Candidate.solver_id == newcomer.id)
        session.execute(chosen.values(role=CandidateRole.ASSIGNED, place=1))
    organizer.post(f"{API}/rounds/{repeated['id']}/publish")
    with db.read() as session:
        answer = ledger.responses_to(session, edition.gear.id)[-1]
    assert "1. 【拟对接】尚无成果的团队" in answer.text
    assert [item["rank"] for item in answer.detail["candidates"]] == [1, 2, 3]
    assert answer.detail["candidates"][0]["role"] == "assigned"


@pytest.mark.parametrize(("language", "words"), [("zh", "声明回避该需求方"), ("en", "excludes this seeker")])
def test_a_pin_against_a_rule_is_refused_and_names_both(
    language: str, words: str, organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    with db.write() as session:
        row = session.get_one(SolverProfile, edition.drives.id)
        row.exclusions = ["通海市恒力机械制造有限公司"]
    organizer.headers["Accept-Language"] = language
    refused = put(organizer, found, edition.gear, edition.drives, "pinned")
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "round_infeasible")
    assert words in problem["detail"]
    assert [item["code"] for item in problem["errors"]] == ["pinned", "excluded_by_solver"]
    assert {item["field"] for item in problem["errors"]} == {f"pairs.{edition.gear.id}.{edition.drives.id}"}
    with db.read() as session:
        assert session.scalars(select(PairRule)).all() == []


def test_a_contradiction_found_in_the_job_fails_it_with_the_same_words(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    with db.write() as session:
        session.get_one(SolverProfile, edition.drives.id).is_active = False
    body = start(organizer, edition)
    add_rule(db, edition.challenge, edition.gear, edition.drives, PairVerdict.PINNED)
    job = run(context, body["job_id"])
    assert (job.status, job.error_code) == (JobStatus.FAILED, "round_infeasible")
    assert job.error is not None
    assert "承办单位指定该组合" in job.error
    assert "解决方档案已停用" in job.error
    shown = organizer.get(f"{API}/rounds/{body['id']}").json()
    assert (shown["status"], shown["error"]) == ("failed", job.error)


def test_rules_are_listed_replaced_lifted_and_recorded(
    organizer: TestClient, reviewer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    put(organizer, found, edition.gear, edition.drives, "forbidden")
    put(organizer, found, edition.gear, edition.drives, "pinned")
    listed = organizer.get(f"{API}/rounds/{found['id']}/pairs").json()
    assert [(item["verdict"], item["reason"]) for item in listed["items"]] == [("pinned", "双方已签署意向书")]
    path = f"{API}/rounds/{found['id']}/pairs/{edition.gear.id}/{edition.drives.id}"
    assert reviewer.put(path, json={"verdict": "pinned", "reason": "x"}).status_code == 403
    assert reviewer.delete(path).status_code == 403
    assert organizer.delete(path).status_code == 204
    assert organizer.delete(path).status_code == 404
    with db.read() as session:
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("pair.")))
        assert list(acts) == ["pair.forbidden", "pair.pinned", "pair.lifted"]


def test_rules_on_strangers_are_not_found(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    other = factories.make_requirement(db, factories.make_organization(db, "他人企业"))
    assert put(organizer, found, other, edition.drives, "pinned").status_code == 404
    assert put(organizer, found, edition.gear, other, "pinned").status_code == 404


def test_a_ranking_of_one_requirement_takes_no_rules_and_is_not_run_again(
    organizer: TestClient, edition: Edition
) -> None:
    refreshed = organizer.post(f"{API}/requirements/{edition.gear.id}/candidates/refresh").json()
    found = {"id": refreshed["round_id"]}
    assert put(organizer, found, edition.gear, edition.drives, "pinned").json()["code"] == (
        "round_without_challenge"
    )
    repeated = organizer.post(f"{API}/rounds/{found['id']}/rerun", json={})
    assert repeated.json()["code"] == "round_not_repeatable"
    assert assignments(organizer, found) == []


def test_a_ban_holds_for_the_ranking_of_one_requirement_too(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    put(organizer, found, edition.gear, edition.drives, "forbidden")
    refreshed = organizer.post(f"{API}/requirements/{edition.gear.id}/candidates/refresh").json()
    organizer.post(f"{API}/rounds/{refreshed['round_id']}/publish")
    with db.read() as session:
        answer = ledger.responses_to(session, edition.gear.id)[-1]
    assert str(edition.drives.id) not in str(answer.detail)


def test_a_round_whose_rules_have_changed_is_run_again_before_it_is_published(
    organizer: TestClient, context: AppContext, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    put(organizer, found, edition.gear, edition.drives, "forbidden")
    refused = organizer.post(f"{API}/rounds/{found['id']}/publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "round_outdated")
    repeated = again(organizer, context, found)
    assert organizer.post(f"{API}/rounds/{repeated['id']}/publish").status_code == 200


def test_a_team_switched_off_since_is_struck_out_and_nobody_is_told_of_it(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    judge(db, found["id"], is_adequate=True)
    pair = {"requirement_id": str(edition.gear.id), "solver_id": str(edition.drives.id)}
    with db.write() as session:
        chosen = update(Candidate).where(
            Candidate.requirement_id == edition.gear.id, Candidate.solver_id == edition.drives.id
        )
        session.execute(chosen.values(role=CandidateRole.ASSIGNED, place=1))
        session.get_one(SolverProfile, edition.drives.id).is_active = False
    done = organizer.post(f"{API}/rounds/{found['id']}/publish").json()
    assert pair in done["struck_out"]
    with db.read() as session:
        answer = ledger.responses_to(session, edition.gear.id)[-1]
    assert str(edition.drives.id) not in str(answer.detail)


def test_seekers_are_notified_once_of_a_published_round(
    organizer: TestClient, other_seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    judge(db, found["id"], is_adequate=True)
    organizer.post(f"{API}/rounds/{found['id']}/publish")
    with db.read() as session:
        chosen = select(Notification).where(Notification.requirement_id == edition.gear.id)
        told = list(session.scalars(chosen.where(Notification.event == Event.CANDIDATES_PUBLISHED)))
    assert [row.parameters for row in told] == [{"count": 2}]
