"""The assignment of a round: within every rule, fair, the same for the same inputs, and always explained."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.db import Database
from app.matches.gates import bars
from app.matches.wording import RULES, RoundInfeasible
from app.models import Challenge, MatchRound, Organization, Requirement, RoundResult, RoundTeam, SolverProfile
from app.models.matching import CandidateRole, PairVerdict, RoundStatus, Unserved
from app.models.requirement import RequirementStatus
from matching.assign import UnservedReason
from tests import factories
from tests.app.matches.conftest import publish
from tests.app.matches.rounds_of import (
    add_rule,
    candidates_of,
    make_round,
    pairs_of,
    set_status,
    settle,
)


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def problems(db: Database, challenge: Challenge, seeker_organization: Organization) -> list[Requirement]:
    return [
        publish(db, factories.make_requirement(db, seeker_organization, title=f"第{n}项需求"), challenge)
        for n in range(3)
    ]


def team(db: Database, name: str, capacity: int = 1, **fields: Any) -> SolverProfile:
    return factories.make_solver(db, name, capacity=capacity, **fields)


def test_a_team_that_two_problems_want_goes_where_the_other_problem_still_finds_one(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    first, second = problems[:2]
    wanted, spare = team(db, "热门团队"), team(db, "次选团队")
    chances = {(first, wanted): 0.9, (first, spare): 0.6, (second, wanted): 0.8}
    found = settle(db, make_round(db, challenge, [first, second], chances))
    assert pairs_of(db, found) == {(first.id, spare.id), (second.id, wanted.id)}
    assert found.figures["fair"]["served"] == 2
    assert found.figures["greedy"]["served"] == 1
    assert found.figures["greedy_top"]["over_capacity"] == 1
    taken = next(
        row for row in candidates_of(db, found) if row.role is CandidateRole.ASSIGNED and row.displaced
    )
    assert taken.displaced == [str(first.id)]


def test_places_held_by_a_published_round_are_not_given_again(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    first, second = problems[:2]
    only = team(db, "唯一团队")
    earlier = settle(db, make_round(db, challenge, [first], {(first, only): 0.9}))
    set_status(db, earlier, RoundStatus.PUBLISHED)
    found = settle(db, make_round(db, challenge, [second], {(second, only): 0.9}))
    assert pairs_of(db, found) == set()
    with db.read() as session:
        result = session.query(RoundResult).filter_by(round_id=found.id).one()
        held = session.query(RoundTeam).filter_by(round_id=found.id).one()
    assert result.unserved is Unserved.CAPACITY_EXHAUSTED
    assert (held.capacity, held.taken, held.assigned) == (1, 1, 0)
    assert "名额已被此前的对接占满" in candidates_of(db, found)[0].reason


@pytest.mark.parametrize("how", ["withdrawn", "draft", "ended", "assigned anew", "same requirement"])
def test_places_come_back_when_an_assignment_no_longer_stands(
    how: str, db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    first, second = problems[:2]
    only, other = team(db, "唯一团队"), team(db, "另一团队")
    earlier = settle(db, make_round(db, challenge, [first], {(first, only): 0.9}))
    set_status(db, earlier, RoundStatus.PUBLISHED)
    chances = {(second, only): 0.9}
    asked = [second]
    if how in ("withdrawn", "draft"):
        set_status(db, earlier, RoundStatus(how))
    elif how == "ended":
        with db.write() as session:
            session.get_one(Requirement, first.id).status = RequirementStatus.CLOSED
    elif how == "assigned anew":
        later = settle(db, make_round(db, challenge, [first], {(first, other): 0.9}))
        set_status(db, later, RoundStatus.PUBLISHED)
    else:
        asked, chances = [first], {(first, only): 0.9}
    found = settle(db, make_round(db, challenge, asked, chances))
    assert pairs_of(db, found) == {(asked[0].id, only.id)}


def test_a_team_that_is_not_adequate_is_neither_assigned_nor_in_reserve_and_the_pair_says_why(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    first, second = problems[:2]
    only = team(db, "唯一团队")
    earlier = settle(db, make_round(db, challenge, [first], {(first, only): 0.2}))
    assert pairs_of(db, earlier) == pairs_of(db, earlier, CandidateRole.ALTERNATE) == set()
    (row,) = candidates_of(db, earlier)
    assert (row.role, row.is_forbidden) == (CandidateRole.CANDIDATE, False)
    assert "未达到合适标准" in row.reason
    set_status(db, earlier, RoundStatus.PUBLISHED)
    found = settle(db, make_round(db, challenge, [second], {(second, only): 0.9}))
    assert pairs_of(db, found) == {(second.id, only.id)}


def test_only_a_hand_assigns_a_team_that_is_not_adequate(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    first, second = problems[:2]
    only = team(db, "唯一团队")
    add_rule(db, challenge, first, only, PairVerdict.PINNED)
    chances = {(first, only): 0.2, (second, only): 0.2}
    found = settle(db, make_round(db, challenge, [first, second], chances))
    assert pairs_of(db, found) == {(first.id, only.id)}


def test_a_requirement_withdrawn_while_the_round_is_computed_takes_no_place(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    first, second = problems[:2]
    only = team(db, "唯一团队")
    draft = make_round(db, challenge, [first, second], {(first, only): 0.9, (second, only): 0.6})
    with db.write() as session:
        session.get_one(Requirement, first.id).status = RequirementStatus.WITHDRAWN
    assert pairs_of(db, settle(db, draft)) == {(second.id, only.id)}


def told(db: Database, found: MatchRound) -> list[tuple[Any, ...]]:
    return [
        (row.requirement_id, row.solver_id, row.role, row.place, row.reason, row.rules)
        for row in candidates_of(db, found)
    ]


def test_the_same_inputs_give_the_same_round(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    teams = [team(db, f"团队{n}", capacity=2) for n in range(4)]
    chances = {(row, one): 0.7 for row in problems for one in teams}
    rounds = [
        settle(db, make_round(db, challenge, problems, chances, teams=2)),
        settle(db, make_round(db, challenge, problems, dict(reversed(chances.items())), teams=2)),
    ]
    assert told(db, rounds[0]) == told(db, rounds[1])
    assert rounds[0].figures == rounds[1].figures


def test_settling_a_round_again_leaves_one_result_per_requirement_and_team(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    only = team(db, "唯一团队")
    found = make_round(db, challenge, problems, {(problems[0], only): 0.9})
    before = told(db, settle(db, found))
    assert told(db, settle(db, found)) == before
    with db.read() as session:
        assert session.query(RoundResult).filter_by(round_id=found.id).count() == 3
        assert session.query(RoundTeam).filter_by(round_id=found.id).count() == 1


def test_every_candidate_says_why(db: Database, challenge: Challenge, problems: list[Requirement]) -> None:
    teams = [team(db, f"团队{n}") for n in range(4)]
    chances = {(row, one): 0.9 - n / 10 for row in problems for n, one in enumerate(teams)}
    found = settle(db, make_round(db, challenge, problems, chances))
    for row in candidates_of(db, found):
        assert row.reason.endswith("。")
        assert row.reason.count("。") == 1
    roles = {row.role for row in candidates_of(db, found)}
    assert roles == set(CandidateRole)


def test_a_pinned_team_that_the_ranking_did_not_bring_takes_part(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    best, pinned = team(db, "最佳团队"), team(db, "指定团队")
    found = make_round(db, challenge, problems[:1], {(problems[0], best): 0.9})
    add_rule(db, challenge, problems[0], pinned, PairVerdict.PINNED)
    settle(db, found)
    assert pairs_of(db, found) == {(problems[0].id, pinned.id)}
    row = next(row for row in candidates_of(db, found) if row.solver_id == pinned.id)
    assert row.rules == ["pinned"]
    assert "承办单位指定" in row.reason
    assert (row.probability, row.is_adequate) == (0.0, False)


def test_too_many_pins_for_one_team_are_refused_with_the_few_rules_in_the_way(
    db: Database, challenge: Challenge, problems: list[Requirement]
) -> None:
    only = team(db, "唯一团队", external_id="T-1", source="import")
    chances = {(row, only): 0.9 for row in problems}
    for row in problems:
        add_rule(db, challenge, row, only, PairVerdict.PINNED)
    with pytest.raises(RoundInfeasible) as refused:
        settle(db, make_round(db, challenge, problems, chances))
    codes = [item.code for item in refused.value.fields]
    assert codes == ["capacity", "pinned", "pinned"]
    assert "解决方 T-1 剩余名额为 1 项" in refused.value.detail("zh")
    assert "team T-1 has 1 places left" in refused.value.detail("en")


@pytest.mark.parametrize("seed", range(15))
def test_no_rule_is_ever_broken(seed: int, db: Database, challenge: Challenge) -> None:
    """Random seekers, teams, exclusions, bans and pins: kept to the letter, or refused as a whole."""
    chance = random.Random(seed)
    seekers = [factories.make_organization(db, f"第{n}家企业") for n in range(3)]
    problems = [
        publish(db, factories.make_requirement(db, chance.choice(seekers), title=f"需求{n}"), challenge)
        for n in range(5)
    ]
    teams = [
        team(
            db,
            f"团队{n}",
            capacity=chance.randint(0, 2),
            is_active=chance.random() > 0.1,
            organization_id=chance.choice(seekers).id if chance.random() < 0.2 else None,
            exclusions=[chance.choice(seekers).name] if chance.random() < 0.3 else [],
        )
        for n in range(6)
    ]
    chances = {
        (row, one): round(chance.random(), 3) for row in problems for one in teams if chance.random() < 0.7
    }
    pins: set[Any] = set()
    bans: set[Any] = set()
    for row in problems:
        for one in teams:
            draw = chance.random()
            if draw < 0.1:
                add_rule(db, challenge, row, one, PairVerdict.FORBIDDEN)
                bans.add((row.id, one.id))
            elif draw > 0.97:
                add_rule(db, challenge, row, one, PairVerdict.PINNED)
                pins.add((row.id, one.id))
    found = make_round(db, challenge, problems, chances, teams=2, alternates=2)
    try:
        settle(db, found)
    except RoundInfeasible as refused:
        assert pins
        assert any(item.code in ("pinned", "accepted") for item in refused.fields)
        return
    assigned = pairs_of(db, found)
    shown = assigned | pairs_of(db, found, CandidateRole.ALTERNATE)
    organizations = {row.id: row.organization_id for row in problems}
    by_id = {one.id: one for one in teams}
    units = {unit.id: unit for unit in seekers}
    assert pins <= assigned
    assert not bans & shown
    assert not [pair for pair in shown if bars(by_id[pair[1]], units[organizations[pair[0]]])]
    for one in teams:
        assert sum(pair[1] == one.id for pair in assigned) <= one.capacity
    for row in problems:
        assert sum(pair[0] == row.id for pair in assigned) <= 2
    for item in candidates_of(db, found):
        assert item.is_forbidden == bool(set(item.rules) - {"pinned"})


def test_reasons_have_words_for_everything_the_solver_says() -> None:
    assert {item.value for item in Unserved} == {item.value for item in UnservedReason}
    assert all(zh and en for zh, en in RULES.values())
