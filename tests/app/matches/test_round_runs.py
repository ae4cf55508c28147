"""Running a round again, comparing two, and every move in every state."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.context import AppContext
from app.db import Database
from app.jobs import service as jobs
from app.matches import assignment, tasks
from app.models import MatchRound, SolverProfile
from app.models.job import JobStatus
from app.models.matching import PairVerdict, RoundStatus
from tests import factories
from tests.app.matches.conftest import Edition
from tests.app.matches.rounds_of import add_rule, pairs_of
from tests.app.matches.rounds_over_rest import again, assignments, teams_for
from tests.app.matches.test_rounds import API, computed, run, start


def test_a_run_again_keeps_what_was_assigned_and_states_what_it_costs(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    repeated = again(organizer, context, found, keeping_value=0.5)
    assert (repeated["previous_round_id"], repeated["keeping_value"]) == (found["id"], 0.5)
    figures = repeated["figures"]
    assert figures["fair"]["kept"] + figures["fair"]["dropped"] == found["assigned"]
    assert len(figures["dropped"]) == figures["fair"]["dropped"]
    assert figures["price"]["served"] >= 0
    compared = organizer.get(f"{API}/rounds/{repeated['id']}/compare", params={"with": found["id"]}).json()
    assert (compared["same"], compared["added"], compared["removed"]) == (found["assigned"], 0, 0)
    assert (compared["items"], compared["total"]) == ([], 0)


def test_pairs_that_must_stay_stay_even_when_the_ranking_no_longer_brings_them(
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = computed(organizer, context, edition)
    with db.read() as session:
        row = session.get_one(MatchRound, uuid.UUID(found["id"]))
    kept = sorted(pairs_of(db, row))
    keep = [{"requirement_id": str(pair[0]), "solver_id": str(pair[1])} for pair in kept]
    monkeypatch.setattr(tasks, "rank_all", lambda *arguments, **named: [])
    repeated = again(organizer, context, found, keep=keep, must_stay=True)
    with db.read() as session:
        assert pairs_of(db, session.get_one(MatchRound, uuid.UUID(repeated["id"]))) == set(kept)
    first = next(row["teams"][0] for row in assignments(organizer, repeated) if row["teams"])
    assert (first["rules"], first["is_kept"]) == (["accepted"], True)
    assert "已确认的对接须保留" in first["reason"]
    assert first["probability"] > 0


def test_keeping_what_is_banned_is_refused_at_once(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    team = teams_for(organizer, found, edition.gear)[0]
    path = f"{API}/rounds/{found['id']}/pairs/{edition.gear.id}/{team}"
    assert organizer.put(path, json={"verdict": "forbidden", "reason": "举报核实"}).status_code == 200
    refused = organizer.post(f"{API}/rounds/{found['id']}/rerun", json={"must_stay": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "round_infeasible")
    assert [item["code"] for item in refused.json()["errors"]] == ["accepted", "banned"]
    assert "举报" not in refused.text
    stranger = [{"requirement_id": str(edition.gear.id), "solver_id": str(uuid.uuid4())}]
    refused = organizer.post(f"{API}/rounds/{found['id']}/rerun", json={"keep": stranger})
    assert (refused.status_code, refused.json()["code"]) == (422, "pairs_not_assigned")


def test_a_comparison_names_each_requirement_whose_teams_differ(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    rows = assignments(organizer, found, served=True)
    taken = {(row["requirement_id"], team["solver_id"]) for row in rows for team in row["teams"]}
    assert taken
    for requirement_id, solver_id in taken:
        pair = f"{API}/rounds/{found['id']}/pairs/{requirement_id}/{solver_id}"
        organizer.put(pair, json={"verdict": "forbidden", "reason": "双方已有合作"})
    repeated = again(organizer, context, found, keep=[])
    path = f"{API}/rounds/{repeated['id']}/compare"
    compared = organizer.get(path, params={"with": found["id"]}).json()
    gone = {
        (item["requirement_id"], solver_id) for item in compared["items"] for solver_id in item["removed"]
    }
    assert gone == taken
    first = organizer.get(path, params={"with": found["id"], "limit": 1}).json()
    assert (first["total"], len(first["items"])) == (compared["total"], 1)
    if first["next_cursor"]:
        rest = organizer.get(path, params={"with": found["id"], "cursor": first["next_cursor"]}).json()
        assert first["items"] + rest["items"] == compared["items"]
    refreshed = organizer.post(f"{API}/requirements/{edition.gear.id}/candidates/refresh").json()
    refused = organizer.get(path, params={"with": refreshed["round_id"]})
    assert refused.json()["code"] == "rounds_not_comparable"


def test_a_broken_record_and_incomplete_profiles_are_listed_and_stop_nobody(
    organizer: TestClient,
    context: AppContext,
    db: Database,
    edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = factories.make_solver(db, "没有成果的团队")
    with db.write() as session:
        session.get_one(SolverProfile, edition.textile.id).capacity = 0
    rank_all = tasks.rank_all

    def failing(session: Any, index: Any, rows: Any, **named: Any) -> Any:
        if any(row.id == edition.curtain.id for row in rows):
            raise ValueError("unreadable")
        return rank_all(session, index, rows, **named)

    monkeypatch.setattr(tasks, "rank_all", failing)
    found = computed(organizer, context, edition)
    assert found["status"] == "draft"
    assert {(item["id"], item["code"]) for item in found["skipped"]} == {
        (str(edition.curtain.id), "not_rankable"),
        (str(bare.id), "no_achievements"),
        (str(edition.textile.id), "no_capacity"),
    }
    assert found["skipped_count"] == 3
    assert all(item["reason"] and item["name"] for item in found["skipped"])
    assert [item["requirement_id"] for item in assignments(organizer, found)] == [str(edition.gear.id)]


def test_a_round_can_be_cancelled_while_teams_are_assigned(
    organizer: TestClient, context: AppContext, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = start(organizer, edition)
    seen: list[str] = []
    solve = assignment.solve

    def solving(inputs: Any, *, on_stage: Any) -> Any:
        def note(stage: str) -> None:
            seen.append(stage)
            if len(seen) == 2:
                organizer.post(f"{API}/jobs/{body['job_id']}/cancel")
            on_stage(stage)

        return solve(inputs, on_stage=note)

    monkeypatch.setattr(assignment, "solve", solving)
    assert run(context, body["job_id"]).status is JobStatus.CANCELLED
    assert seen == list(assignment.STAGES.values())[:2]
    shown = organizer.get(f"{API}/rounds/{body['id']}").json()
    assert (shown["status"], shown["assigned"], shown["figures"]) == ("failed", 0, None)
    monkeypatch.undo()
    assert organizer.post(f"{API}/jobs/{body['job_id']}/retry").status_code == 200
    assert jobs.run_inline(context, uuid.UUID(body["job_id"])).status is JobStatus.SUCCEEDED


ALLOWED: dict[str, set[RoundStatus]] = {
    "publish": {RoundStatus.DRAFT},
    "withdraw": {RoundStatus.DRAFT, RoundStatus.PUBLISHED},
    "rerun": {RoundStatus.DRAFT, RoundStatus.PUBLISHED},
    "put": {RoundStatus.DRAFT, RoundStatus.PUBLISHED},
    "delete": {RoundStatus.DRAFT, RoundStatus.PUBLISHED},
}
DONE = {"publish": 200, "withdraw": 200, "rerun": 202, "put": 200, "delete": 204}


@pytest.mark.parametrize("status", list(RoundStatus))
def test_each_move_is_possible_in_its_states_only(
    status: RoundStatus, organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    add_rule(db, edition.challenge, edition.gear, edition.drives, PairVerdict.FORBIDDEN)
    found = computed(organizer, context, edition)
    path = f"{API}/rounds/{found['id']}"
    pair = f"{path}/pairs/{edition.gear.id}/{edition.drives.id}"
    moves = {
        "put": lambda: organizer.put(pair, json={"verdict": "forbidden", "reason": "回避"}),
        "rerun": lambda: organizer.post(f"{path}/rerun", json={}),
        "publish": lambda: organizer.post(f"{path}/publish"),
        "withdraw": lambda: organizer.post(f"{path}/withdraw", json={"reason": "重算"}),
        "delete": lambda: organizer.delete(pair),
    }
    for name, move in moves.items():
        with db.write() as session:
            values = update(MatchRound).where(MatchRound.id == uuid.UUID(found["id"]))
            session.execute(values.values(status=status))
        expected = DONE[name] if status in ALLOWED[name] else 409
        answer = move()
        assert answer.status_code == expected, (name, answer.text)
