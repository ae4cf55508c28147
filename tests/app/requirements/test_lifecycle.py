"""Every state × every move × every role; what is expected is worked out from the tables and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.permissions import PERMISSIONS
from app.db import Database
from app.ledger.service import OWED
from app.models import Obligation, Organization, Requirement, Response, Role
from app.models.requirement import ALLOWED_TRANSITIONS, END_STATUSES, PUBLIC_STATUSES, RequirementStatus
from app.requirements.service import REVIEW_STEPS
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

S = RequirementStatus
URL = "/api/v1/requirements"


@dataclass(frozen=True)
class Move:
    """A route that moves a requirement: where it leads, who may take it, and what it is sent."""

    verb: str
    target: RequirementStatus
    permission: str
    body: dict[str, Any] | None = None
    from_any_review_step: bool = field(default=False)

    def is_allowed_from(self, status: RequirementStatus) -> bool:
        if self.from_any_review_step:
            return status in REVIEW_STEPS[:-1]
        return self.target in ALLOWED_TRANSITIONS[status]


REASON = {"reason": "说明理由。"}
MOVES = [
    Move("submit", S.SUBMITTED, "requirements:submit"),
    Move("accept", S.TECHNICAL_REVIEW, "requirements:review"),
    Move("refine", S.REFINED, "requirements:review"),
    Move("approve", S.APPROVED, "requirements:review", from_any_review_step=True),
    Move("return", S.RETURNED, "requirements:review", {"reason": "format", "text": "请补充指标。"}),
    Move("reject", S.REJECTED, "requirements:review", REASON),
    Move("publish", S.PUBLISHED, "requirements:publish"),
    *(
        Move("advance", S(target), "requirements:close", {"to": target, "text": "进展。"})
        for target in ("matching", "in_contact", "agreed", "in_delivery")
    ),
    Move("withdraw", S.WITHDRAWN, "requirements:withdraw", REASON),
    Move("close", S.CLOSED, "requirements:close", REASON),
]


class Caller:
    """Someone who tries the moves: a role, in the seeker's own unit or in another."""

    def __init__(self, role: Role, is_own: bool) -> None:
        self.role, self.is_own = role, is_own

    def __repr__(self) -> str:
        return f"{'own' if self.is_own else 'other'} {self.role.value}"

    def sees(self, status: RequirementStatus) -> bool:
        if self.role is Role.SEEKER:
            return self.is_own
        if self.role is Role.SOLVER:
            return status in PUBLIC_STATUSES
        return status is not S.DRAFT

    def expected(self, move: Move, status: RequirementStatus) -> int:
        if self.role not in PERMISSIONS[move.permission]:
            return 403
        if not self.sees(status):
            return 404
        # Only the seeker hands in its own form; staff may do everything else that their permissions name.
        if move.verb == "submit" and not (self.role is Role.SEEKER and self.is_own):
            return 403
        return 200 if move.is_allowed_from(status) else 409


CALLERS = [
    Caller(Role.SEEKER, True),
    Caller(Role.SEEKER, False),
    Caller(Role.SOLVER, False),
    Caller(Role.REVIEWER, False),
    Caller(Role.ORGANIZER, False),
    Caller(Role.ADMIN, False),
]


def check_ledger(db: Database, requirement: Requirement, status: RequirementStatus) -> None:
    """What is owed follows from the state, and never more than one answer at a time."""
    with db.read() as session:
        owed = session.scalars(
            select(Obligation).where(
                Obligation.requirement_id == requirement.id, Obligation.closed_at.is_(None)
            )
        ).all()
        closed = session.scalars(
            select(Obligation.id).where(
                Obligation.requirement_id == requirement.id, Obligation.closed_at.is_not(None)
            )
        ).all()
        answered = session.scalars(
            select(Response.obligation_id).where(Response.requirement_id == requirement.id)
        ).all()
    expected = OWED[status]
    assert [row.kind for row in owed] == ([expected] if expected else [])
    assert [row.due_at is None for row in owed] == ([status is S.RETURNED] if expected else [])
    assert set(closed) <= set(answered), "an obligation ended without an answer"


def test_the_moves_cover_every_state_of_the_table() -> None:
    reachable = {target for targets in ALLOWED_TRANSITIONS.values() for target in targets}
    assert {move.target for move in MOVES} == reachable
    assert set(ALLOWED_TRANSITIONS) == set(RequirementStatus)
    assert all(not ALLOWED_TRANSITIONS[status] for status in END_STATUSES)


@pytest.mark.parametrize("status", list(RequirementStatus))
@pytest.mark.parametrize("caller", CALLERS, ids=repr)
def test_a_move_succeeds_exactly_where_the_tables_allow_it(
    db: Database,
    sign_in: Login,
    seeker_organization: Organization,
    other_organization: Organization,
    status: RequirementStatus,
    caller: Caller,
) -> None:
    client = sign_in(caller.role, seeker_organization if caller.is_own else other_organization)

    def given() -> Requirement:
        made = requirement_in(db, seeker_organization, status)
        if caller.role is Role.REVIEWER:
            factories.assign_reviewer(db, made, client)
        return made

    requirement = given()
    for move in MOVES:
        response = client.post(f"{URL}/{requirement.id}/{move.verb}", json=move.body)
        expected = caller.expected(move, status)
        assert response.status_code == expected, f"{move.verb} answered {response.text}"
        with db.read() as session:
            stored = session.scalars(select(Requirement.status).where(Requirement.id == requirement.id)).one()
        assert stored == (move.target if expected == 200 else status)
        if expected == 409:
            assert response.json()["code"] == "move_not_allowed"
        if expected == 200:
            assert response.json()["status"] == move.target
            check_ledger(db, requirement, move.target)
            requirement = given()
    check_ledger(db, requirement, status)


@pytest.mark.parametrize("caller", CALLERS, ids=repr)
def test_the_form_is_edited_by_the_seeker_before_and_by_reviewers_during_the_review(
    db: Database,
    sign_in: Login,
    seeker_organization: Organization,
    other_organization: Organization,
    caller: Caller,
) -> None:
    client = sign_in(caller.role, seeker_organization if caller.is_own else other_organization)
    during_review = {S.SUBMITTED, S.TECHNICAL_REVIEW, S.REFINED, S.APPROVED}
    for status in RequirementStatus:
        requirement = requirement_in(db, seeker_organization, status)
        if caller.role is Role.REVIEWER:
            factories.assign_reviewer(db, requirement, client)
        response = client.patch(
            f"{URL}/{requirement.id}", json={"goal": "新的目标"}, headers={"If-Match": "*"}
        )
        if caller.role is Role.SOLVER:
            expected = 403
        elif not caller.sees(status):
            expected = 404
        else:
            editable = {S.DRAFT, S.RETURNED} if caller.role is Role.SEEKER else during_review
            expected = 200 if status in editable else 409
        assert response.status_code == expected, f"{status} answered {response.text}"
        if expected == 409:
            assert response.json()["code"] == "not_editable"


def test_what_staff_filed_is_edited_and_submitted_by_staff(
    organizer: TestClient, seeker_organization: Organization
) -> None:
    body = {"title": "甲", "problem": "问题", "organization_id": str(seeker_organization.id)}
    created = organizer.post(URL, json=body).json()
    url = f"{URL}/{created['id']}"
    assert organizer.patch(url, json={"goal": "目标"}, headers={"If-Match": "*"}).status_code == 200
    assert organizer.post(f"{url}/submit").json()["status"] == "submitted"


def test_a_form_without_a_problem_is_not_submitted(seeker: TestClient) -> None:
    created = seeker.post(URL, json={"title": "只有标题"}).json()
    response = seeker.post(f"{URL}/{created['id']}/submit")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "problem"
    assert seeker.get(f"{URL}/{created['id']}").json()["status"] == "draft"


def test_approval_records_every_step_that_it_passes(
    db: Database, reviewer: TestClient, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    factories.assign_reviewer(db, requirement, reviewer)
    assert reviewer.post(f"{URL}/{requirement.id}/approve").json()["status"] == "approved"
    entries = reviewer.get(f"{URL}/{requirement.id}/history").json()["items"]
    moves = [entry["detail"]["to"] for entry in entries if entry["action"] == "requirement.moved"]
    assert moves == ["submitted", "technical_review", "refined", "approved"]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("return", None),
        ("return", {"reason": "other"}),
        ("return", {"reason": "bad mood", "text": "x"}),
        ("withdraw", None),
        ("withdraw", {"reason": ""}),
        ("withdraw", {"reason": " \u200b "}),
        ("reject", {}),
        ("close", {"reason": None}),
        ("advance", {"to": "closed", "text": "x"}),
        ("advance", {"to": "matching", "text": ""}),
    ],
)
def test_a_move_that_owes_a_reason_is_refused_without_one(
    db: Database, admin: TestClient, seeker_organization: Organization, verb: str, body: Any
) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    assert admin.post(f"{URL}/{requirement.id}/{verb}", json=body).status_code == 422
    check_ledger(db, requirement, S.SUBMITTED)


def test_the_reason_of_a_withdrawal_is_an_answer_on_record(
    db: Database, seeker: TestClient, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.PUBLISHED)
    seeker.post(f"{URL}/{requirement.id}/withdraw", json={"reason": "已自行解决"})
    answers = seeker.get(f"{URL}/{requirement.id}/responses").json()["items"]
    assert answers[-1]["kind"] == "withdrawn"
    assert "已自行解决" in answers[-1]["text"]


def test_a_stale_version_stops_a_move_that_names_it(
    db: Database, reviewer: TestClient, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    factories.assign_reviewer(db, requirement, reviewer)
    url = f"{URL}/{requirement.id}/accept"
    assert reviewer.post(url, headers={"If-Match": '"1"'}).status_code == 412
    assert reviewer.post(url, headers={"If-Match": f'"{requirement.version}"'}).status_code == 200


def test_publication_numbers_the_requirement_in_its_challenge(
    db: Database, organizer: TestClient, seeker_organization: Organization
) -> None:
    organizer.post("/api/v1/challenges", json={"code": "TH2026", "name": "赛事", "status": "open"})
    requirement = requirement_in(db, seeker_organization, S.APPROVED)
    url = f"{URL}/{requirement.id}/publish"
    unknown = organizer.post(url, json={"challenge": "NONE"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_challenge")
    assert organizer.post(url, json={"challenge": "TH2026"}).json()["challenges"] == ["TH2026"]


def test_a_challenge_that_is_over_takes_neither_a_new_requirement_nor_a_publication(
    db: Database, organizer: TestClient, seeker: TestClient, seeker_organization: Organization
) -> None:
    challenge = organizer.post(
        "/api/v1/challenges", json={"code": "TH2026", "name": "赛事", "status": "open"}
    )
    url = f"/api/v1/challenges/{challenge.json()['id']}"
    headers = {"If-Match": challenge.headers["ETag"]}
    assert organizer.patch(url, json={"status": "closed"}, headers=headers).status_code == 200
    requirement = requirement_in(db, seeker_organization, S.APPROVED)
    for answer in (
        seeker.post(URL, json={"title": "甲", "challenge": "TH2026"}),
        organizer.post(f"{URL}/{requirement.id}/publish", json={"challenge": "TH2026"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "challenge_not_open")
    assert organizer.get(f"{URL}/{requirement.id}").json()["status"] == "approved"
    assert seeker.get(URL).json()["total"] == 1
