"""The closing instant, to the second: page and enforcement agree, what comes after is sealed, told and final."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from app.context import AppContext
from app.db import Database
from app.kit.workdays import add_workdays
from app.ledger import service as ledger
from app.models import ChallengeStage, Organization, Requirement, User
from app.models.invitation import InvitationStatus
from app.models.ledger import ObligationKind
from app.models.notification import Event
from app.models.proposal import ProposalStatus
from app.models.requirement import RequirementStatus
from app.operation.housekeeping import Housekeeping
from app.proposals import deadlines
from tests.app.invitations.invitations_in import invitation_in, terms
from tests.app.proposals.conftest import CLOSING, SECOND, START, Clients, Team, called_for
from tests.app.proposals.proposals_in import (
    FORM,
    assess,
    call_of,
    close,
    decide,
    draft,
    read,
    submitted,
    told,
)
from tests.app.requirements.states import requirement_in

P = ProposalStatus
URL = "/api/v1/proposals"
ANY = {"If-Match": "*"}


def call_url(requirement: Requirement) -> str:
    return f"/api/v1/requirements/{requirement.id}/proposal-call"


def test_what_the_page_shows_is_what_is_enforced_to_the_second(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
) -> None:
    in_time, late = draft(db, requirement, first), draft(db, requirement, second)
    clock.move_to(CLOSING - SECOND)
    shown = clients.of(first).get(call_url(requirement)).json()
    assert (datetime.fromisoformat(shown["closes_at"]), shown["is_open"]) == (CLOSING, True)
    assert shown["closes_at_beijing"] == "2026-06-30 18:00:00"
    receipt = clients.of(first).post(f"{URL}/{in_time.id}/submit")
    assert receipt.status_code == 200, receipt.text
    clock.move_to(CLOSING - timedelta(microseconds=1))
    assert clients.of(first).post(f"{URL}/{in_time.id}/submit").status_code == 200
    clock.move_to(CLOSING)
    assert clients.of(first).get(call_url(requirement)).json()["is_open"] is False
    for refused in (
        clients.of(second).post(f"{URL}/{late.id}/submit"),
        clients.of(second).patch(f"{URL}/{late.id}", json={"months": 3}, headers=ANY),
        clients.of(second).post(f"{URL}/{late.id}/attachments", files={"file": ("方案.pdf", b"%PDF-1.7")}),
        clients.of(first).post(f"{URL}/{in_time.id}/submit"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "proposals_closed"), refused.text
        assert "2026-06-30 18:00:00（北京时间）" in refused.json()["detail"]
    assert read(db, late.id).status is P.DRAFT


def test_nothing_is_taken_before_the_stage_begins(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    clock.move_to(START - SECOND)
    refused = clients.of(first).post(URL, json={"requirement_id": str(requirement.id), **FORM})
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_not_open")


def test_the_clock_closes_a_call_once_and_seals_it(
    context: AppContext,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    bureau: Organization,
) -> None:
    db = context.db
    made = submitted(db, requirement, first)
    clock.move_to(CLOSING - SECOND)
    assert deadlines.settle(db) == 0
    clock.move_to(CLOSING + timedelta(days=3))
    for _ in range(2):
        assert "settle_proposals" in Housekeeping(context).do_due(at=0.0)
    assert deadlines.settle(db) == 0
    assert read(db, made.id).status is P.UNDER_EVALUATION
    # However late the clock was heard, the call was closed at its instant.
    assert call_of(db, requirement).closed_at == CLOSING
    assert told(db, Event.PROPOSALS_CLOSED) == [bureau.id]


def test_a_closed_call_stays_closed_even_if_its_stage_is_extended(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
) -> None:
    submitted(db, requirement, first)
    late = draft(db, requirement, second)
    close(db, clock)
    with db.write() as session:
        session.execute(update(ChallengeStage).values(closes_at=CLOSING + timedelta(days=9)))
    refused = clients.of(second).post(f"{URL}/{late.id}/submit")
    assert refused.json()["code"] == "proposals_closed"


def test_an_extended_stage_takes_proposals_until_its_new_end_and_moves_the_answer(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    made = submitted(db, requirement, first)
    assert due(db, requirement) == add_workdays(CLOSING, 10)
    later = CLOSING + timedelta(days=20)
    with db.write() as session:
        session.execute(update(ChallengeStage).values(closes_at=later))
    assert deadlines.settle(db) == 1
    assert due(db, requirement) == add_workdays(later, 10)
    clock.move_to(later - SECOND)
    assert clients.of(first).post(f"{URL}/{made.id}/submit").status_code == 200


def test_the_requirement_may_have_a_closing_instant_of_its_own(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    seeker_organization: Organization,
    first: Team,
) -> None:
    alone = requirement_in(db, seeker_organization, RequirementStatus.MATCHING)
    url = call_url(alone)
    assert clients.organizer.get(url).json()["closes_at"] is None
    body = {"closes_at": "2026-06-20T12:00:00+08:00"}
    assert clients.organizer.put(url, json=body).status_code == 428
    assert clients.organizer.put(url, json=body, headers={"If-Match": '"9"'}).status_code == 412
    set_ = clients.organizer.put(url, json=body, headers={"If-Match": '"0"'})
    assert set_.status_code == 200, set_.text
    made = submitted(db, alone, first)
    for instant, code in (
        ("2026-06-19T12:00:00+08:00", "only_later"),
        (None, "only_later"),
        ("2026-05-01T12:00:00+08:00", "not_in_the_future"),
    ):
        refused = clients.organizer.put(url, json={"closes_at": instant}, headers=ANY)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["code"] == code
    extended = clients.organizer.put(url, json={"closes_at": "2026-06-25T12:00:00+08:00"}, headers=ANY)
    assert extended.status_code == 200, extended.text
    assert sorted(map(str, told(db, Event.PROPOSALS_EXTENDED))) == sorted(
        [str(first.unit.id), str(seeker_organization.id)]
    )
    clock.move_to(datetime.fromisoformat("2026-06-25T11:59:59+08:00"))
    assert clients.of(first).post(f"{URL}/{made.id}/submit").status_code == 200
    clock.move_to(datetime.fromisoformat("2026-06-25T12:00:00+08:00"))
    assert clients.of(first).post(f"{URL}/{made.id}/submit").json()["code"] == "proposals_closed"
    refused = clients.organizer.put(url, json={"closes_at": "2026-07-25T12:00:00+08:00"}, headers=ANY)
    assert refused.json()["code"] == "proposals_closed"


def test_a_team_that_accepted_and_handed_nothing_in_is_reminded_once_and_nobody_else(
    db: Database,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
) -> None:
    silent = invitation_in(db, requirement, first.profile, InvitationStatus.ACCEPTED)
    invitation_in(db, requirement, second.profile, InvitationStatus.ACCEPTED)
    invitation_in(db, requirement, third.profile, given=terms(90))
    draft(db, requirement, first)
    submitted(db, requirement, second)
    clock.move_to(CLOSING - deadlines.REMIND_BEFORE - SECOND)
    deadlines.settle(db)
    assert told(db, Event.PROPOSAL_REMINDER) == []
    clock.move_to(CLOSING - deadlines.REMIND_BEFORE)
    assert [deadlines.settle(db) for _ in range(2)] == [1, 0]
    assert told(db, Event.PROPOSAL_REMINDER) == [first.unit.id]
    assert silent.proposal_reminded_at is None


def test_too_late_for_a_reminder_none_is_sent(
    db: Database, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    invitation_in(db, requirement, first.profile, InvitationStatus.ACCEPTED)
    clock.move_to(CLOSING)
    deadlines.settle(db)
    assert told(db, Event.PROPOSAL_REMINDER) == []


def test_proposals_end_with_their_requirement_and_their_teams_read_why(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
) -> None:
    made, unsent = submitted(db, requirement, first), draft(db, requirement, second)
    url = f"/api/v1/requirements/{requirement.id}/withdraw"
    assert clients.seeker.post(url, json={"reason": "项目终止。"}).status_code == 200
    assert [deadlines.settle(db) for _ in range(2)] == [1, 0]
    ended = clients.of(first).get(f"{URL}/{made.id}").json()
    assert (ended["status"], ended["reason"]) == ("not_selected", "需求已撤回，方案不再评审。")
    assert told(db, Event.PROPOSAL_RESULT) == [first.unit.id]
    assert read(db, unsent.id).status is P.DRAFT
    assert clients.of(second).post(f"{URL}/{unsent.id}/submit").json()["code"] == "not_calling_for_proposals"


def due(db: Database, requirement: Requirement) -> datetime | None:
    with db.read() as session:
        owed = ledger.open_obligation(session, requirement.id)
        assert owed is not None and owed.kind is ObligationKind.PROPOSAL_ANSWER
        return owed.due_at


@pytest.mark.parametrize("status", [RequirementStatus.MATCHING, RequirementStatus.IN_CONTACT])
def test_a_proposal_opens_the_answer_that_its_result_ends(
    db: Database,
    clock: time_machine.Traveller,
    challenge: object,
    seeker_organization: Organization,
    first: Team,
    one: User,
    status: RequirementStatus,
) -> None:
    requirement = called_for(db, challenge, seeker_organization, status)  # type: ignore[arg-type]
    made = submitted(db, requirement, first)
    assert due(db, requirement) == add_workdays(CLOSING, 10)
    clock.move_to(CLOSING)
    deadlines.settle(db)
    with db.write() as session:
        # A word in between answers nothing: the same day stays.
        wanted = session.get_one(Requirement, requirement.id)
        wanted.organization = seeker_organization
        from app.auth.actor import SYSTEM
        from app.requirements import service as requirements

        requirements.answer_in_writing(session, SYSTEM, wanted, "正在评审。")
    assert due(db, requirement) == add_workdays(CLOSING, 10)
    assess(db, requirement, one)
    decide(db, requirement, [(made.id, P.SELECTED)])
    with db.read() as session:
        owed = ledger.open_obligation(session, requirement.id)
        assert owed is not None and owed.kind is ObligationKind.FOLLOW_UP
        texts = [row.text for row in ledger.responses_to(session, requirement.id)]
        assert session.get_one(Requirement, requirement.id).status is RequirementStatus.IN_CONTACT
    assert "收到一份解决方案" in "".join(texts)
    assert first.profile.name not in "".join(texts[:-1])
    assert f"已选中：“{first.profile.name}”的《{FORM['title']}》。综合评审意见。" in texts[-1]


def test_the_first_candidates_stay_owed_beside_a_proposal(
    db: Database,
    clock: time_machine.Traveller,
    challenge: object,
    seeker_organization: Organization,
    first: Team,
    one: User,
) -> None:
    requirement = called_for(db, challenge, seeker_organization, RequirementStatus.PUBLISHED)  # type: ignore[arg-type]
    made = submitted(db, requirement, first)
    with db.read() as session:
        before = ledger.open_obligation(session, requirement.id)
        assert before is not None and before.kind is ObligationKind.FIRST_CANDIDATES
    close(db, clock)
    assess(db, requirement, one)
    decide(db, requirement, [(made.id, P.NOT_SELECTED)])
    with db.read() as session:
        after = ledger.open_obligation(session, requirement.id)
        assert after is not None and (after.id, after.due_at) == (before.id, before.due_at)
        assert "未选中" in ledger.responses_to(session, requirement.id)[-1].text
