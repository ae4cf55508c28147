"""Gates over REST: who is kept out and why, in candidates, in rounds, by pins, and from the solver's side."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from app.context import AppContext
from app.db import Database
from app.indexing.documents import region_levels
from app.indexing.outbox import note
from app.matches.gates import none_of
from app.models import Achievement, Candidate, Requirement, SolverProfile
from app.models.indexing import IndexCollection
from app.models.matching import CandidateRole
from app.models.solver import SolverKind
from matching.gates import Asked, Team, broken, read_gates
from tests.app.matches.conftest import Edition, refresh_index
from tests.app.matches.rounds_over_rest import assignments, put, teams_for
from tests.app.matches.test_candidates import candidates, names
from tests.app.matches.test_rounds import API, computed, judge

ONLY_JIANGSU = "仅限江苏省内的单位；具备CMA资质"


def state(db: Database, requirement: Requirement, **fields: str) -> None:
    """Puts conditions into the form as if they had been there before."""
    with db.write() as session:
        session.execute(update(Requirement).where(Requirement.id == requirement.id).values(**fields))


def correct(client: TestClient, requirement: Requirement, *conditions: dict[str, str]) -> None:
    path = f"{API}/requirements/{requirement.id}/analysis"
    headers = {"If-Match": client.get(path).headers["ETag"]}
    response = client.patch(path, json={"conditions": list(conditions)}, headers=headers)
    assert response.status_code == 200, response.text


def in_jiangsu(strength: str = "must") -> dict[str, str]:
    return {"kind": "place", "operator": "is", "value": "江苏省", "strength": strength}


def test_a_team_that_breaks_a_condition_is_filtered_and_listed_with_the_reason(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    state(db, edition.gear, must_have=ONLY_JIANGSU)
    body = candidates(organizer, edition.gear.id)
    assert names(body) == [edition.textile.name]
    assert body["searched_achievements"] == 2
    (kept_out,) = body["excluded"]
    assert (kept_out["rank"], kept_out["solver"]["id"]) == (1, str(edition.drives.id))
    assert kept_out["rules"] == [
        {"code": "must_place", "label": "所在地须在江苏省", "text": "仅限江苏省内的单位"}
    ]
    gates = {gate["code"]: gate for gate in body["items"][0]["gates"]}
    assert gates["must_place"]["passed"] is True
    assert (gates["open_qualification"]["passed"], gates["open_qualification"]["text"]) == (
        None,
        "具备CMA资质",
    )


def test_reasons_are_told_in_english_to_whoever_reads_it(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    state(db, edition.gear, must_have=ONLY_JIANGSU)
    path = f"{API}/requirements/{edition.gear.id}/candidates"
    body = organizer.get(path, headers={"Accept-Language": "en"}).json()
    assert body["excluded"][0]["rules"][0]["label"] == "must be in 江苏省"


@pytest.mark.parametrize("region", ["", "江苏省"])
def test_what_a_team_does_not_state_is_shown_as_not_verified(
    region: str, organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    state(db, edition.gear, must_have="限南京市的单位")
    with db.write() as session:
        statement = update(SolverProfile).where(SolverProfile.id == edition.drives.id)
        session.execute(statement.values(region=region, version=2))
        note(session, IndexCollection.SOLVERS, edition.drives.id)
    refresh_index(context)
    first = candidates(organizer, edition.gear.id)["items"][0]
    assert first["solver"]["id"] == str(edition.drives.id)
    assert next(gate["passed"] for gate in first["gates"] if gate["code"] == "must_place") is None


def test_a_condition_that_is_not_clear_filters_once_a_person_has_confirmed_it(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    state(db, edition.gear, must_have="须在江苏省内完成安装调试")
    assert edition.drives.name in names(candidates(organizer, edition.gear.id))
    correct(organizer, edition.gear, in_jiangsu())
    assert names(candidates(organizer, edition.gear.id)) == [edition.textile.name]
    correct(organizer, edition.gear)
    assert edition.drives.name in names(candidates(organizer, edition.gear.id))


def test_a_team_that_moves_away_is_left_out_while_the_index_lags(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    correct(organizer, edition.gear, in_jiangsu())
    with db.write() as session:
        session.execute(update(SolverProfile).values(region="浙江省/宁波市"))
    assert candidates(organizer, edition.gear.id)["items"] == []


def test_a_preference_weighs_what_it_is_said_to_and_filters_nobody(
    organizer: TestClient, edition: Edition
) -> None:
    before = {item["solver"]["id"]: item for item in candidates(organizer, edition.gear.id)["items"]}
    correct(organizer, edition.gear, in_jiangsu("nice"))
    after = {item["solver"]["id"]: item for item in candidates(organizer, edition.gear.id)["items"]}
    textile, drives = str(edition.textile.id), str(edition.drives.id)
    assert after[textile]["contributions"]["preferences"] == 0.1
    assert "preferences" not in after[drives]["contributions"]
    assert after[textile]["score"] == pytest.approx(before[textile]["score"] + 0.1)
    assert after[textile]["probability"] == before[textile]["probability"]
    for item in after.values():
        assert sum(item["contributions"].values()) == pytest.approx(item["score"], abs=1e-9)


def test_a_round_keeps_who_was_kept_out_and_shows_it_to_staff_only(
    organizer: TestClient, other_seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    state(db, edition.gear, must_have=ONLY_JIANGSU)
    found = computed(organizer, context, edition)
    assert teams_for(organizer, found, edition.gear) in ([], [str(edition.textile.id)])
    (item,) = assignments(organizer, found, requirement_id=str(edition.gear.id))
    assert [(one["solver_id"], one["rules"]) for one in item["excluded"]] == [
        (str(edition.drives.id), ["所在地须在江苏省（仅限江苏省内的单位）"])
    ]
    stored = organizer.get(f"{API}/rounds/{found['id']}/requirements/{edition.gear.id}").json()
    assert [one["solver"]["name"] for one in stored["excluded"]] == [edition.drives.name]
    judge(db, found["id"], is_adequate=True)
    assert organizer.post(f"{API}/rounds/{found['id']}/publish").status_code == 200
    seen = other_seeker.get(f"{API}/requirements/{edition.gear.id}/candidates").json()
    assert (names(seen), seen["excluded"]) == ([edition.textile.name], [])


def test_a_pin_against_a_condition_is_refused_with_the_rule(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    state(db, edition.gear, must_have=ONLY_JIANGSU)
    found = computed(organizer, context, edition)
    refused = put(organizer, found, edition.gear, edition.drives, "pinned")
    assert (refused.status_code, refused.json()["code"]) == (409, "round_infeasible")
    assert {error["code"] for error in refused.json()["errors"]} == {"pinned", "must_place"}
    assert "不符合需求必备条件中的所在地要求" in refused.json()["detail"]


def test_a_condition_stated_after_the_round_strikes_the_team_out_at_publication(
    organizer: TestClient, other_seeker: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    found = computed(organizer, context, edition)
    with db.write() as session:
        statement = update(Candidate).where(Candidate.requirement_id == edition.gear.id)
        session.execute(statement.values(role=CandidateRole.ASSIGNED, is_adequate=True))
    correct(organizer, edition.gear, in_jiangsu())
    done = organizer.post(f"{API}/rounds/{found['id']}/publish").json()
    assert {"requirement_id": str(edition.gear.id), "solver_id": str(edition.drives.id)} in done["struck_out"]
    seen = other_seeker.get(f"{API}/requirements/{edition.gear.id}/candidates").json()
    assert names(seen) == [edition.textile.name]


def test_a_solver_is_not_offered_what_it_may_not_take_on(
    organizer: TestClient, db: Database, edition: Edition
) -> None:
    def offered() -> list[str]:
        response = organizer.get(f"{API}/solvers/{edition.drives.id}/requirements", params={"limit": 1})
        items: list[dict[str, Any]] = response.json()["items"]
        return [item["id"] for item in items]

    assert offered() == [str(edition.gear.id)]
    state(db, edition.gear, must_have=ONLY_JIANGSU)
    assert offered() == [str(edition.curtain.id)]


def test_a_candidate_says_which_stated_targets_it_speaks_to(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    best = edition.achievements["低噪声行星减速器的齿形修形方法"]
    with db.write() as session:
        values = {"description": "整机噪声 ≤ 58 dB。", "version": 2}
        session.execute(update(Achievement).where(Achievement.id == best.id).values(**values))
        note(session, IndexCollection.ACHIEVEMENTS, best.id)
    refresh_index(context)
    found = computed(organizer, context, edition)
    path = f"{API}/rounds/{found['id']}/requirements/{edition.gear.id}"
    first = organizer.get(path, headers={"Accept-Language": "en"}).json()["items"][0]
    verdicts = {target["name"]: (target["verdict"], target["phrase"]) for target in first["targets"]}
    assert verdicts == {"噪声": ("met", "整机噪声 ≤ 58 dB"), "温升": ("silent", "")}
    assert "of the 2 stated targets it speaks to 1, and its figures reach 1" in first["summary"]
    assert "需求所列 2 项指标中提及 1 项" in candidates(organizer, edition.gear.id)["items"][0]["summary"]


VALUES = ("江苏省", "南京市", "市内", "university", "institute", "foreign", "domestic")
MUSTS = st.builds(
    Asked,
    kind=st.sampled_from(["place", "solver_kind"]),
    operator=st.sampled_from(["is", "is_not"]),
    value=st.sampled_from(VALUES),
    strength=st.just("must"),
)
REGIONS = (
    "江苏省",
    "江苏省/南京市",
    "江苏省/南京市/玄武区",
    "江苏省/通海市",
    "浙江省/杭州市",
    "德国",
    "某地",
)


@given(st.lists(MUSTS, max_size=4), st.sampled_from(["", *REGIONS]), st.sampled_from(SolverKind))
def test_the_search_leaves_out_only_teams_that_break_a_rule_and_all_that_break_an_unmixed_one(
    asked: list[Asked], region: str, kind: SolverKind
) -> None:
    gates = read_gates(asked, seeker_region="江苏省/通海市", is_confirmed=True)
    left_out = none_of(gates, REGIONS)
    is_left_out = kind.value in left_out.get("solver_kind", ()) or any(
        level in left_out.get("region", ()) for level in region_levels(region)
    )
    rules = broken(gates.rules, Team.of(region, kind.value))
    by_region = {"domestic", "foreign"}
    unmixed = [
        rule
        for rule in rules
        if rule.subject == "place" or len({one in by_region for one in rule.values}) == 1
    ]
    assert bool(unmixed) <= is_left_out <= bool(rules)


def test_no_team_that_breaks_a_rule_is_ever_among_the_candidates(
    organizer: TestClient, context: AppContext, db: Database, edition: Edition
) -> None:
    """Every pair of a condition and a team's place, over REST; the score of the kept-out team is always the best."""
    for condition in ({"value": "江苏省"}, {"value": "浙江省", "operator": "is_not"}, {"value": "省内"}):
        correct(organizer, edition.gear, {**in_jiangsu(), **condition})
        for region in REGIONS:
            with db.write() as session:
                statement = update(SolverProfile).where(SolverProfile.id == edition.drives.id)
                session.execute(statement.values(region=region, version=SolverProfile.version + 1))
                note(session, IndexCollection.SOLVERS, edition.drives.id)
            refresh_index(context)
            body = candidates(organizer, edition.gear.id)
            shown = {uuid.UUID(item["solver"]["id"]) for item in body["items"]}
            kept_out = {uuid.UUID(item["solver"]["id"]) for item in body["excluded"]}
            is_broken = region in ("浙江省/杭州市", "德国") and not (
                region == "德国" and condition.get("operator") == "is_not"
            )
            assert (edition.drives.id in kept_out) == is_broken, (condition, region)
            assert (edition.drives.id in shown) != is_broken, (condition, region)
