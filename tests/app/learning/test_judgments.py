"""Judgments are given by organizers and reviewers, and follow from what was done."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.db import Database
from app.kit.clock import now
from app.learning import importing
from app.learning.collecting import COLLECTORS, collect
from app.learning.importing import JudgmentListInvalid
from app.models import (
    Achievement,
    Agreement,
    Candidate,
    Challenge,
    Invitation,
    Judgment,
    MatchRound,
    PairRule,
    Proposal,
    RankerVersion,
    Requirement,
    ReviewAssignment,
    SolverProfile,
)
from app.models.agreement import AgreementKind, AgreementStatus
from app.models.invitation import InvitationStatus
from app.models.learning import JudgmentSource, RankerStatus
from app.models.matching import PairVerdict, RoundStatus
from app.models.proposal import ProposalStatus

PATH = "/api/v1/judgments"
PARTS = {"dense_full": 0.4, "lexical_full": 0.9}


def shown(
    db: Database, requirement: Requirement, achievement: Achievement, *, rank: int = 4, ranker: int = 0
) -> MatchRound:
    """A draft round that shows the achievement's team at `rank`."""
    with db.write() as session:
        found = MatchRound(
            status=RoundStatus.DRAFT,
            requirement_ids=[str(requirement.id)],
            ranker_number=ranker,
            recipe="m/1",
        )
        session.add(found)
        session.flush()
        session.add(
            Candidate(
                round_id=found.id,
                requirement_id=requirement.id,
                solver_id=achievement.solver_id,
                achievement_id=achievement.id,
                rank=rank,
                score=1.3,
                grade="B",
                expected_grade=2.0,
                probability=0.4,
                is_adequate=True,
                contributions={**PARTS, "further_achievements": 0.1},
            )
        )
        return found


def body(requirement: Requirement, achievement: Achievement, **fields: object) -> dict[str, object]:
    return {
        "requirement_id": str(requirement.id),
        "achievement_id": str(achievement.id),
        "grade": 3,
        **fields,
    }


def collected(db: Database) -> dict[JudgmentSource, Judgment]:
    with db.write() as session:
        for source in COLLECTORS:
            collect(session, source)
        return {row.source: row for row in session.scalars(select(Judgment))}


def test_a_reviewer_grades_a_pair_and_its_place_and_parts_are_recorded(
    organizer: TestClient,
    db: Database,
    requirements: list[Requirement],
    achievements: list[Achievement],
) -> None:
    found = shown(db, requirements[0], achievements[0])
    answer = organizer.post(PATH, json=body(requirements[0], achievements[0], reason="路线相同"))
    assert answer.status_code == 201
    given = answer.json()
    assert (given["rank"], given["propensity"], given["round_id"]) == (4, 0.5, str(found.id))
    assert given["parts"] == PARTS
    assert given["recipe"] == "m/1"
    assert (given["grade"], given["trust"], given["source"]) == (3.0, 1.0, "graded")
    assert organizer.get(PATH).json()["items"] == [given]


def test_the_parts_recorded_are_those_before_learned_weights(
    organizer: TestClient,
    db: Database,
    requirements: list[Requirement],
    achievements: list[Achievement],
) -> None:
    with db.write() as session:
        session.add(
            RankerVersion(
                number=3,
                status=RankerStatus.RETIRED,
                recipe="m/1",
                multipliers={"lexical_full": 3.0},
                curves={"intercepts": [0.0] * 3, "slopes": [1.0] * 3},
            )
        )
    shown(db, requirements[0], achievements[0], ranker=3)
    given = organizer.post(PATH, json=body(requirements[0], achievements[0])).json()
    assert given["parts"] == {"dense_full": 0.4, "lexical_full": 0.3}


def test_grading_again_replaces_ones_own_grade_and_not_that_of_others(
    organizer: TestClient,
    admin: TestClient,
    requirements: list[Requirement],
    achievements: list[Achievement],
) -> None:
    assert organizer.post(PATH, json=body(requirements[0], achievements[0])).status_code == 201
    again = organizer.post(PATH, json=body(requirements[0], achievements[0], grade=1))
    assert (again.status_code, again.json()["grade"]) == (200, 1.0)
    assert admin.post(PATH, json=body(requirements[0], achievements[0])).status_code == 201
    assert organizer.get(PATH).json()["total"] == 2


def test_a_pair_that_no_round_has_shown_has_no_place(
    organizer: TestClient, requirements: list[Requirement], teams: list[SolverProfile]
) -> None:
    asked = {"requirement_id": str(requirements[0].id), "solver_id": str(teams[1].id), "grade": 2}
    given = organizer.post(PATH, json=asked).json()
    assert (given["rank"], given["propensity"], given["parts"]) == (None, 1.0, {})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": "pinned"}, "source"),
        ({"grade": None}, "grade"),
        ({"source": "shortlisted"}, "grade"),
        ({"grade": 5}, "grade"),
        ({"grade": True}, "grade"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    organizer: TestClient,
    requirements: list[Requirement],
    achievements: list[Achievement],
    fields: dict[str, object],
    field: str,
) -> None:
    answer = organizer.post(PATH, json=body(requirements[0], achievements[0], **fields))
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_neither_team_nor_achievement_or_another_teams_achievement_is_refused(
    organizer: TestClient,
    requirements: list[Requirement],
    achievements: list[Achievement],
    teams: list[SolverProfile],
) -> None:
    nobody = organizer.post(PATH, json={"requirement_id": str(requirements[0].id), "grade": 2})
    assert nobody.json()["errors"][0]["field"] == "solver_id"
    other = organizer.post(PATH, json=body(requirements[0], achievements[0], solver_id=str(teams[3].id)))
    assert other.json()["errors"][0]["field"] == "achievement_id"


def test_seekers_and_solvers_neither_give_nor_read_judgments(
    seeker: TestClient,
    solver: TestClient,
    requirements: list[Requirement],
    achievements: list[Achievement],
) -> None:
    for client in (seeker, solver):
        assert client.post(PATH, json=body(requirements[0], achievements[0])).status_code == 403
        assert client.get(PATH).status_code == 403
        assert client.get("/api/v1/rankers").status_code == 403


def test_a_reviewer_reads_only_the_judgments_that_it_gave(
    reviewer: TestClient,
    organizer: TestClient,
    db: Database,
    requirements: list[Requirement],
    achievements: list[Achievement],
) -> None:
    organizer.post(PATH, json=body(requirements[0], achievements[0]))
    assert reviewer.post(PATH, json=body(requirements[0], achievements[0])).status_code == 404
    me = uuid.UUID(reviewer.get("/api/v1/me").json()["id"])
    with db.write() as session:
        session.add(ReviewAssignment(requirement_id=requirements[0].id, reviewer_id=me))
    assert reviewer.get(PATH).json()["total"] == 0
    given = reviewer.post(PATH, json=body(requirements[0], achievements[0], grade=2))
    assert given.status_code == 201
    assert [one["grade"] for one in reviewer.get(PATH).json()["items"]] == [2.0]
    assert organizer.get(PATH).json()["total"] == 2


def test_a_draft_that_staff_cannot_see_cannot_be_judged(
    seeker: TestClient, organizer: TestClient, achievements: list[Achievement]
) -> None:
    draft = seeker.post("/api/v1/requirements", json={"title": "尚未提交的需求"}).json()
    asked = {"requirement_id": draft["id"], "achievement_id": str(achievements[0].id), "grade": 2}
    assert organizer.post(PATH, json=asked).status_code == 404


def test_replies_pins_bans_and_agreements_become_judgments_once(
    db: Database,
    challenge: Challenge,
    requirements: list[Requirement],
    achievements: list[Achievement],
    teams: list[SolverProfile],
) -> None:
    with db.write() as session:
        for team, status, reason in (
            (teams[0], InvitationStatus.ACCEPTED, ""),
            (teams[1], InvitationStatus.DECLINED, "与我们的研究方向不符，不对口。"),
        ):
            session.add(
                Invitation(
                    requirement_id=requirements[0].id,
                    solver_id=team.id,
                    status=status,
                    reason=reason,
                    reply_by=now() + timedelta(days=5),
                    ended_at=now(),
                )
            )
        for team, verdict, reason in (
            (teams[2], PairVerdict.PINNED, "专家推荐"),
            (teams[3], PairVerdict.FORBIDDEN, "单位间存在股权关系"),
        ):
            session.add(
                PairRule(
                    challenge_id=challenge.id,
                    requirement_id=requirements[1].id,
                    solver_id=team.id,
                    verdict=verdict,
                    reason=reason,
                )
            )
        session.add(
            Agreement(
                requirement_id=requirements[2].id,
                solver_id=teams[0].id,
                status=AgreementStatus.SIGNED,
                kind=AgreementKind.JOINT,
                title="合作开发",
                amount_wan=10,
            )
        )
    found = collected(db)
    assert {source: (row.grade, row.trust) for source, row in found.items()} == {
        JudgmentSource.ACCEPTED: (3.0, 0.5),
        JudgmentSource.DECLINED: (1.5, 0.3),
        JudgmentSource.PINNED: (3.5, 0.5),
        JudgmentSource.BANNED: (2.0, 0.0),
        JudgmentSource.AGREEMENT: (4.0, 0.8),
    }
    versions = {row.id: row.version for row in found.values()}
    assert {row.id: row.version for row in collected(db).values()} == versions


def test_results_of_proposals_become_judgments_and_pending_ones_do_not(
    db: Database, requirements: list[Requirement], teams: list[SolverProfile]
) -> None:
    statuses = (
        ProposalStatus.SELECTED,
        ProposalStatus.SHORTLISTED,
        ProposalStatus.NOT_SELECTED,
        ProposalStatus.UNDER_EVALUATION,
    )
    with db.write() as session:
        for team, status in zip(teams, statuses, strict=True):
            session.add(
                Proposal(
                    requirement_id=requirements[0].id,
                    solver_id=team.id,
                    status=status,
                    title="方案",
                    reason="报价过高",
                    ended_at=now(),
                )
            )
    collected(db)
    with db.read() as session:
        rows = {row.solver_id: (row.grade, row.trust) for row in session.scalars(select(Judgment))}
    assert rows == {teams[0].id: (4.0, 0.7), teams[1].id: (3.0, 0.5), teams[2].id: (2.0, 0.0)}


def test_a_pin_that_was_taken_back_or_an_agreement_that_ended_no_longer_counts(
    db: Database, challenge: Challenge, requirements: list[Requirement], teams: list[SolverProfile]
) -> None:
    with db.write() as session:
        rule = PairRule(
            challenge_id=challenge.id,
            requirement_id=requirements[0].id,
            solver_id=teams[0].id,
            verdict=PairVerdict.PINNED,
            reason="专家推荐",
        )
        session.add(rule)
        session.flush()
        id = rule.id
    assert set(collected(db)) == {JudgmentSource.PINNED}
    with db.write() as session:
        session.delete(session.get_one(PairRule, id))
    assert collected(db) == {}


def test_a_list_of_grades_is_imported_and_imported_again_adds_nothing(
    db: Database, requirements: list[Requirement], achievements: list[Achievement]
) -> None:
    text = "requirement\tachievement\tgrade\nR0\tA0-0\t4\nR0\tA1-1\t1\nR9x\tA0-0\t2\n"
    for added, replaced in ((2, 0), (0, 2)):
        with db.write() as session:
            done = importing.import_list(session, SYSTEM, text)
        assert (done.added, done.replaced, done.unknown) == (added, replaced, [4])
    with db.read() as session:
        rows = session.scalars(select(Judgment)).all()
    assert sorted((row.grade, row.achievement_id) for row in rows) == sorted(
        [(4.0, achievements[0].id), (1.0, achievements[5].id)]
    )


@pytest.mark.parametrize("line", ["R0\tA0-0\t5", "R0\tA0-0", "R0 A0-0 3", "\tA0-0\t3"])
def test_a_line_of_another_form_stops_the_import_before_anything_is_recorded(
    db: Database, requirements: list[Requirement], achievements: list[Achievement], line: str
) -> None:
    with pytest.raises(JudgmentListInvalid), db.write() as session:
        importing.import_list(session, SYSTEM, f"R0\tA0-0\t4\n{line}\n")
    with db.read() as session:
        assert session.scalars(select(Judgment)).all() == []


def test_a_judgment_goes_with_its_requirement_or_team(
    db: Database, organizer: TestClient, requirements: list[Requirement], achievements: list[Achievement]
) -> None:
    organizer.post(PATH, json=body(requirements[0], achievements[0]))
    assert organizer.get(PATH, params={"solver_id": str(uuid.uuid4())}).json()["total"] == 0
    assert organizer.get(PATH, params={"requirement_id": str(requirements[0].id)}).json()["total"] == 1
    with db.write() as session:
        session.delete(session.get_one(SolverProfile, achievements[0].solver_id))
    assert organizer.get(PATH).json()["total"] == 0
