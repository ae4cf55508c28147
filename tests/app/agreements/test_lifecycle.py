"""Every state × every move × every role; what is expected is worked out from the tables and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.auth.permissions import PERMISSIONS
from app.db import Database
from app.models import Agreement, Organization, Requirement, Role, SolverProfile
from app.models.agreement import (
    AGREEMENT_TRANSITIONS,
    PAYABLE_STATUSES,
    AgreementStatus,
)
from app.models.requirement import PUBLIC_STATUSES, RequirementStatus
from tests.app.agreements.agreements_in import WAY, agreement_in, agreement_on, read
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

A = AgreementStatus
S = RequirementStatus
URL = "/api/v1/agreements"
ONLY_DRAFTS = frozenset({A.DRAFT})
OPEN = frozenset({A.DRAFT, A.SIGNED, A.IN_DELIVERY})


@dataclass(frozen=True)
class Act:
    """A route that acts on an agreement: where it leads (None: nowhere), from where, and who may take it."""

    name: str
    permission: str
    path: str
    target: AgreementStatus | None = None
    body: dict[str, Any] | None = None
    states: frozenset[AgreementStatus] = field(default_factory=frozenset)
    method: str = "POST"
    success: int = 200
    refusal: str = "move_not_allowed"

    def is_allowed_from(self, status: AgreementStatus) -> bool:
        if self.target is None:
            return status in self.states
        return self.target in AGREEMENT_TRANSITIONS[status]


ACTS = [
    Act("cancel", "agreements:write", "/cancel", A.CANCELLED),
    Act("sign", "agreements:manage", "/sign", A.SIGNED, {"signed_on": "2026-06-01"}),
    Act("start", "agreements:manage", "/start", A.IN_DELIVERY),
    Act(
        "complete",
        "agreements:manage",
        "/complete",
        A.COMPLETED,
    ),
    Act("terminate", "agreements:manage", "/terminate", A.TERMINATED, {"reason": "停产。"}),
    Act(
        "edit",
        "agreements:write",
        "",
        body={"amount_wan": 90},
        states=ONLY_DRAFTS,
        method="PATCH",
        refusal="agreement_not_editable",
    ),
    Act(
        "milestone",
        "agreements:write",
        "/milestones",
        body={"title": "样品", "due_on": "2027-01-01"},
        states=OPEN,
        success=201,
        refusal="agreement_ended",
    ),
    Act(
        "payment",
        "agreements:manage",
        "/payments",
        body={"amount_wan": 1, "received_on": "2026-06-02"},
        states=PAYABLE_STATUSES,
        success=201,
        refusal="not_payable",
    ),
    Act(
        "report",
        "agreement-reports:write",
        "/reports",
        body={"kind": "midterm", "text": "进展顺利。"},
        states=frozenset({A.IN_DELIVERY}),
        success=201,
        refusal="not_in_delivery",
    ),
]


class Caller:
    """Someone who tries: a role, as a party of the agreement or as a stranger to it."""

    def __init__(self, role: Role, is_party: bool = False) -> None:
        self.role, self.is_party = role, is_party

    def __repr__(self) -> str:
        return f"{'party' if self.is_party else 'other'} {self.role.value}"

    def sees(self, status: AgreementStatus) -> bool:
        if self.role is Role.SOLVER:
            return self.is_party and status not in (A.DRAFT, A.CANCELLED)
        return self.is_party or self.role in (Role.ORGANIZER, Role.ADMIN)

    def expected(self, act: Act, status: AgreementStatus) -> int:
        if self.role not in PERMISSIONS[act.permission]:
            return 403
        if not self.sees(status):
            return 404
        return act.success if act.is_allowed_from(status) else 409


CALLERS = [
    Caller(Role.SEEKER, True),
    Caller(Role.SEEKER),
    Caller(Role.SOLVER, True),
    Caller(Role.SOLVER),
    Caller(Role.REVIEWER),
    Caller(Role.ORGANIZER),
    Caller(Role.ADMIN),
]


def test_the_acts_cover_every_state_of_the_table() -> None:
    reachable = {target for targets in AGREEMENT_TRANSITIONS.values() for target in targets}
    assert {act.target for act in ACTS if act.target} == reachable
    assert set(AGREEMENT_TRANSITIONS) == set(A) == set(WAY)


@pytest.mark.parametrize("status", list(A))
@pytest.mark.parametrize("caller", CALLERS, ids=repr)
def test_an_act_succeeds_exactly_where_the_tables_allow_it(
    db: Database,
    sign_in: Login,
    seeker_organization: Organization,
    other_organization: Organization,
    university: Organization,
    institute: Organization,
    team: SolverProfile,
    status: AgreementStatus,
    caller: Caller,
) -> None:
    own, other = (
        (university, institute)
        if caller.role is Role.SOLVER
        else (
            seeker_organization,
            other_organization,
        )
    )
    client = sign_in(caller.role, own if caller.is_party else other)
    agreement = agreement_in(db, seeker_organization, team, status)
    seen = client.get(f"{URL}/{agreement.id}").status_code
    assert seen == (403 if caller.role is Role.REVIEWER else 200 if caller.sees(status) else 404)
    for act in ACTS:
        if act.name == "complete" and status is A.IN_DELIVERY:
            # What it needs besides the state is told below.
            continue
        url = f"{URL}/{agreement.id}{act.path}"
        response = client.request(act.method, url, json=act.body, headers={"If-Match": "*"})
        expected = caller.expected(act, status)
        assert response.status_code == expected, f"{act.name} answered {response.text}"
        stored = read(db, agreement)
        assert stored.status is (act.target if act.target and expected < 300 else status)
        if expected == 409:
            assert response.json()["code"] == act.refusal
        if expected < 300:
            assert response.json()["version"] == stored.version > agreement.version
            agreement = agreement_in(db, seeker_organization, team, status)


def test_an_agreement_is_completed_when_its_final_report_was_accepted(
    db: Database,
    organizer: TestClient,
    member: TestClient,
    seeker_organization: Organization,
    team: SolverProfile,
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.IN_DELIVERY)
    url = f"{URL}/{agreement.id}"
    assert organizer.post(f"{url}/complete").json()["code"] == "final_report_missing"
    handed_in = member.post(f"{url}/reports", json={"kind": "final", "text": "结题。"}).json()
    assert organizer.post(f"{url}/complete").json()["code"] == "final_report_missing"
    report = handed_in["reports"][0]["id"]
    assert organizer.post(f"{url}/reports/{report}/accept").status_code == 200
    done = organizer.post(f"{url}/complete").json()
    assert (done["status"], done["ended_at"] is not None) == ("completed", True)


@pytest.mark.parametrize("status", list(S))
def test_signing_moves_the_requirement_only_where_its_own_table_allows_it(
    db: Database,
    organizer: TestClient,
    seeker_organization: Organization,
    team: SolverProfile,
    status: RequirementStatus,
) -> None:
    requirement = requirement_in(db, seeker_organization, status)
    body = {"solver_id": str(team.id), "kind": "joint", "title": "合同", "amount_wan": 80}
    filed = organizer.post(URL, json={**body, "requirement_id": str(requirement.id)})
    if status is S.DRAFT:
        # Nobody but its seeker knows of it.
        assert (filed.status_code, filed.json()["code"]) == (422, "invalid_input")
        return
    if status not in PUBLIC_STATUSES:
        assert (filed.status_code, filed.json()["code"]) == (409, "requirement_not_published")
        return
    signed = organizer.post(f"{URL}/{filed.json()['id']}/sign", json={"signed_on": "2026-06-01"})
    can_sign = status in (S.IN_CONTACT, S.AGREED, S.IN_DELIVERY)
    assert signed.status_code == (200 if can_sign else 409), signed.text
    moved = S.AGREED if status is S.IN_CONTACT else status
    assert status_of(db, requirement) is moved
    stored = organizer.get(f"{URL}/{filed.json()['id']}").json()
    assert stored["status"] == ("signed" if can_sign else "draft")
    if can_sign:
        answers = organizer.get(f"/api/v1/requirements/{requirement.id}/responses").json()["items"]
        assert answers[-1]["kind"] == "agreed"
        assert "80 万元" in answers[-1]["text"]


def test_the_work_brings_an_agreed_requirement_into_delivery(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.SIGNED)
    assert organizer.post(f"{URL}/{agreement.id}/start").status_code == 200
    assert status_of(db, agreement.requirement) is S.IN_DELIVERY


def test_a_terminated_agreement_leaves_its_requirement_in_contact_unless_another_stands(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    first = agreement_in(db, seeker_organization, team, A.SIGNED)
    second = agreement_on(db, first.requirement_id, team, A.SIGNED)
    for agreement, left in ((first, S.AGREED), (second, S.IN_CONTACT)):
        ended = organizer.post(f"{URL}/{agreement.id}/terminate", json={"reason": "停产。"})
        assert (ended.json()["status"], ended.json()["termination_reason"]) == ("terminated", "停产。")
        assert status_of(db, first.requirement) is left


def test_a_requirement_that_was_closed_meanwhile_does_not_hold_its_agreement_back(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.SIGNED)
    closed = organizer.post(f"/api/v1/requirements/{agreement.requirement_id}/close", json={"reason": "办结"})
    assert closed.status_code == 200
    assert organizer.post(f"{URL}/{agreement.id}/start").status_code == 200
    assert organizer.post(f"{URL}/{agreement.id}/terminate", json={"reason": "停产。"}).status_code == 200
    assert status_of(db, agreement.requirement) is S.CLOSED


def test_of_two_signatures_one_wins(
    db: Database, organizer: TestClient, seeker_organization: Organization, team: SolverProfile
) -> None:
    agreement: Agreement = agreement_in(db, seeker_organization, team, A.DRAFT)
    answers = [
        organizer.post(f"{URL}/{agreement.id}/sign", json={"signed_on": "2026-06-01"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 409]


def status_of(db: Database, requirement: Requirement) -> RequirementStatus:
    with db.read() as session:
        return session.get_one(Requirement, requirement.id).status
