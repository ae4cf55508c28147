"""Invitations in a browser: chosen from a round, sent by hand, followed, reminded, extended, taken back."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from app.db import Database
from app.kit.clock import now
from app.models import Challenge, Invitation, MatchRound, Organization, Requirement, Role, SolverProfile
from app.models.invitation import InvitationStatus
from app.models.matching import RoundResult
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.invitations.conftest import make_team
from tests.app.invitations.invitations_in import invitation_in, invitations_to, published_round, read, terms
from tests.app.requirements.states import requirement_in

TERMS = {"reply_by": "2096-06-10T18:00", "message": "请确认能否参加对接。", "invites_alternates": "yes"}


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.MATCHING)


@pytest.fixture
def first(db: Database) -> SolverProfile:
    return make_team(db, "甲").profile


@pytest.fixture
def second(db: Database) -> SolverProfile:
    return make_team(db, "乙").profile


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def sent(db: Database, requirement: Requirement, first: SolverProfile) -> Invitation:
    return invitation_in(db, requirement, first, InvitationStatus.SENT)


def with_results(db: Database, found: MatchRound, requirement: Requirement) -> str:
    """The address of the round's invitations; the pages list what the round gave to each requirement."""
    with db.write() as session:
        session.add(
            RoundResult(
                round_id=found.id,
                requirement_id=requirement.id,
                number=1,
                level=1,
                best_adequate=0.6,
                assigned=1,
                passed_over_count=0,
            )
        )
    return f"/desk/rounds/{found.id}/invitations"


def test_the_ticked_pairs_of_a_round_are_invited_on_the_terms_of_the_form(
    organizer_browser: TestClient, db: Database, challenge: Challenge, requirement: Requirement,
    first: SolverProfile, second: SolverProfile,
) -> None:  # fmt: skip
    found = published_round(db, challenge, requirement, [first], [second])
    path = with_results(db, found, requirement)
    shown = organizer_browser.get(path).text
    assert re.search(rf'value="{requirement.id}:{first.id}" checked', shown)
    assert not re.search(rf'value="{requirement.id}:{second.id}" checked', shown)
    pair = f"{requirement.id}:{second.id}"
    answer = organizer_browser.post(path, data={**TERMS, "pair": pair, "to": "ticked"})
    assert answer.status_code == 303, answer.text
    invited = invitations_to(db, requirement)
    assert set(invited) == {second.id}
    assert (invited[second.id].message, invited[second.id].invites_alternates) == (TERMS["message"], True)
    assert "已发出" in organizer_browser.get(path).text


def test_whoever_cannot_be_invited_is_named_with_the_reason_and_holds_nobody_up(
    organizer_browser: TestClient, db: Database, challenge: Challenge, requirement: Requirement,
    first: SolverProfile,
) -> None:  # fmt: skip
    unclaimed = factories.make_solver(db, "无人认领课题组")
    found = published_round(db, challenge, requirement, [unclaimed, first])
    path = with_results(db, found, requirement)
    assert "尚未归属任何单位" in organizer_browser.get(path).text
    answer = organizer_browser.post(path, data={**TERMS, "to": "all"})
    assert answer.status_code == 200
    assert "已发出 1 份，1 份没有发出" in answer.text
    assert set(invitations_to(db, requirement)) == {first.id}


def test_a_deadline_that_is_over_is_told_beside_its_field_and_nothing_typed_is_lost(
    organizer_browser: TestClient, db: Database, challenge: Challenge, requirement: Requirement,
    first: SolverProfile,
) -> None:  # fmt: skip
    found = published_round(db, challenge, requirement, [first])
    path = with_results(db, found, requirement)
    data = {**TERMS, "reply_by": "2020-01-01T18:00", "pair": f"{requirement.id}:{first.id}"}
    answer = organizer_browser.post(path, data=data)
    assert answer.status_code == 422
    assert "回复截止时间须晚于现在" in answer.text
    assert TERMS["message"] in answer.text
    assert invitations_to(db, requirement) == {}
    unticked = organizer_browser.post(path, data=TERMS)
    assert unticked.status_code == 422
    assert 'id="pairs-error"' in unticked.text


def test_one_team_is_invited_by_hand_one_question_after_the_other(
    organizer_browser: TestClient, db: Database, requirement: Requirement, first: SolverProfile
) -> None:
    path = "/desk/invitations/new"
    assert requirement.title in organizer_browser.get(path).text
    assert first.name in organizer_browser.get(path, params={"requirement": str(requirement.id)}).text
    chosen = {"requirement": str(requirement.id), "solver": str(first.id)}
    assert "发出邀约" in organizer_browser.get(path, params=chosen).text
    ids = {"requirement_id": str(requirement.id), "solver_id": str(first.id)}
    answer = organizer_browser.post("/desk/invitations", data={**TERMS, **ids})
    assert answer.status_code == 303, answer.text
    again = organizer_browser.post("/desk/invitations", data={**TERMS, **ids})
    assert again.status_code == 409
    assert "该解决方已受邀参与此需求" in again.text
    assert TERMS["message"] in again.text


def test_the_list_is_narrowed_by_state_and_words_and_counts_every_state(
    organizer_browser: TestClient, db: Database, requirement: Requirement, sent: Invitation,
    second: SolverProfile,
) -> None:  # fmt: skip
    invitation_in(db, requirement, second, InvitationStatus.DECLINED)
    everything = organizer_browser.get("/desk/invitations").text
    assert "全部 2" in everything
    assert "已谢绝 1" in everything
    declined = organizer_browser.get("/desk/invitations", params={"status": "declined"}).text
    assert "任务已满" in declined
    assert "甲课题组" not in declined
    found = organizer_browser.get("/desk/invitations", params={"q": "甲"}).text
    assert "甲课题组" in found
    assert "乙课题组" not in found


def test_a_silent_team_is_reminded_once_given_longer_and_the_history_says_so(
    organizer_browser: TestClient, db: Database, sent: Invitation
) -> None:
    path = f"/desk/invitations/{sent.id}"
    assert organizer_browser.post(f"{path}/remind").status_code == 303
    again = organizer_browser.post(f"{path}/remind")
    assert again.status_code == 409
    assert "24 小时内已提醒过" in again.text
    earlier = organizer_browser.post(f"{path}/extend", data={"reply_by": "2020-01-01T18:00"})
    assert earlier.status_code == 422
    assert "新的截止时间须晚于原截止时间" in earlier.text
    assert organizer_browser.post(f"{path}/extend", data={"reply_by": "2096-07-01T18:00"}).status_code == 303
    shown = organizer_browser.get(path).text
    assert "2096-07-01 18:00" in shown
    assert re.search(r"发出邀约.*提醒团队回复.*延长期限", shown, re.S)


def test_a_withdrawn_invitation_tells_its_team_why(
    organizer_browser: TestClient, browse: Browse, db: Database, sent: Invitation
) -> None:
    path = f"/desk/invitations/{sent.id}"
    assert organizer_browser.post(f"{path}/cancel", data={"reason": ""}).status_code == 422
    assert organizer_browser.post(f"{path}/cancel", data={"reason": "需求方另有安排"}).status_code == 303
    with db.read() as session:
        unit = session.get_one(SolverProfile, sent.solver_id).organization_id
        home = session.get_one(Organization, unit)
    team = browse(Role.SOLVER, home)
    shown = team.get(path).text
    assert "需求方另有安排" in shown
    assert "办理记录" not in shown


def test_a_team_that_comes_too_late_still_reads_its_invitation(
    browse: Browse, db: Database, requirement: Requirement, first: SolverProfile
) -> None:
    late = invitation_in(db, requirement, first, InvitationStatus.SENT, terms(days=1))
    with db.write() as session:
        session.get_one(Invitation, late.id).reply_by = now()
    with db.read() as session:
        home = session.get_one(Organization, first.organization_id)
    assert browse(Role.SOLVER, home).get(f"/desk/invitations/{late.id}").status_code == 200
    assert read(db, late.id).status is InvitationStatus.SENT
