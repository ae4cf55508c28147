"""Who may propose, who reads what, versions with receipts, and attachments with permission."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from app.db import Database
from app.models import Attachment, Challenge, Organization, Proposal, ProposalVersion, Requirement, User
from app.models.invitation import InvitationStatus
from app.models.notification import Event
from app.models.proposal import ProposalStatus
from app.models.requirement import Confidentiality
from tests.app.attachments.files import PDF, PNG
from tests.app.invitations.invitations_in import invitation_in
from tests.app.proposals.conftest import Clients, Team, called_for
from tests.app.proposals.proposals_in import FORM, assess, close, draft, read, submitted, told

P = ProposalStatus
URL = "/api/v1/proposals"
ANY = {"If-Match": "*"}


def body(requirement: Requirement, **fields: Any) -> dict[str, Any]:
    return {"requirement_id": str(requirement.id), **FORM, **fields}


def upload(clients: Clients, team: Team, proposal: Proposal, name: str, content: bytes) -> Any:
    return clients.of(team).post(f"{URL}/{proposal.id}/attachments", files={"file": (name, content)})


def test_a_proposal_is_linked_to_the_invitation_that_was_accepted(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    invitation = invitation_in(db, requirement, first.profile, InvitationStatus.ACCEPTED)
    made = clients.of(first).post(URL, json=body(requirement))
    assert made.status_code == 201, made.text
    assert made.json()["invitation_id"] == str(invitation.id)
    assert made.headers["Location"] == f"{URL}/{made.json()['id']}"


def test_a_team_has_one_proposal_per_requirement_until_it_withdraws(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    made = submitted(db, requirement, first)
    again = clients.of(first).post(URL, json=body(requirement))
    assert (again.status_code, again.json()["code"]) == (409, "already_proposed")
    withdrawn = clients.of(first).post(f"{URL}/{made.id}/withdraw", json={"reason": "重写。"})
    assert (withdrawn.json()["status"], withdrawn.json()["reason"]) == ("withdrawn", "重写。")
    assert clients.of(first).post(URL, json=body(requirement)).status_code == 201


def test_nobody_proposes_for_another_team_or_to_its_own_unit(
    db: Database,
    clients: Clients,
    requirement: Requirement,
    first: Team,
    second: Team,
    seeker_organization: Organization,
) -> None:
    foreign = clients.of(first).post(URL, json=body(requirement, solver_id=str(second.profile.id)))
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_permitted")
    with db.write() as session:
        session.merge(first.profile).exclusions = [seeker_organization.name]
    barred = clients.of(first).post(URL, json=body(requirement))
    assert (barred.status_code, barred.json()["code"]) == (409, "pair_barred")


@pytest.mark.parametrize("is_restricted", [True, False])
def test_a_call_by_invitation_takes_proposals_of_teams_that_accepted(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    seeker_organization: Organization,
    first: Team,
    second: Team,
    is_restricted: bool,
) -> None:
    tier = Confidentiality.RESTRICTED if is_restricted else Confidentiality.PUBLIC
    requirement = called_for(db, challenge, seeker_organization, confidentiality=tier)
    url = f"/api/v1/requirements/{requirement.id}/proposal-call"
    if not is_restricted:
        set_ = clients.organizer.put(url, json={"admission": "by_invitation"}, headers=ANY)
        assert set_.status_code == 200, set_.text
    invitation_in(db, requirement, first.profile, InvitationStatus.ACCEPTED)
    assert clients.of(first).get(url).json()["admission"] == "by_invitation"
    assert clients.of(first).post(URL, json=body(requirement)).status_code == 201
    refused = clients.of(second).post(URL, json=body(requirement))
    if is_restricted:
        assert clients.of(second).get(url).status_code == 404
        assert refused.json()["errors"][0]["code"] == "unknown_requirement"
    else:
        assert (refused.status_code, refused.json()["code"]) == (409, "proposal_needs_invitation")


def test_every_submission_is_a_version_with_a_receipt_that_anybody_can_check(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    team = clients.of(first)
    made = team.post(URL, json=body(requirement, approach="")).json()
    url = f"{URL}/{made['id']}"
    lacking = team.post(f"{url}/submit")
    assert (lacking.status_code, lacking.json()["errors"][0]["field"]) == (422, "approach")
    assert team.patch(url, json={"approach": "接枝。", "price_wan": 68.5}).status_code == 428
    edited = team.patch(url, json={"approach": "接枝。", "price_wan": 68.5}, headers=ANY)
    stale = {"If-Match": '"1"'}
    assert team.patch(url, json={"months": 3}, headers=stale).status_code == 412
    assert team.post(f"{url}/submit", headers=stale).status_code == 412
    one = team.post(f"{url}/submit", headers={"If-Match": edited.headers["ETag"]}).json()
    assert team.post(f"{url}/submit").json() == one
    clock.shift(3600)
    team = clients.of(first)
    assert team.patch(url, json={"months": 10}, headers=ANY).json()["has_unsubmitted_changes"] is True
    two = team.post(f"{url}/submit").json()
    assert (one["number"], two["number"]) == (1, 2)
    assert one["sha256"] != two["sha256"]
    assert [row["number"] for row in team.get(f"{url}/versions").json()["items"]] == [1, 2]
    for receipt, months in ((one, 12), (two, 10)):
        version = team.get(f"{url}/versions/{receipt['number']}").json()
        content = version["content"]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == receipt["sha256"] == version["sha256"]
        assert (content["months"], version["received_at"]) == (months, receipt["received_at"])
    assert told(db, Event.PROPOSAL_RECEIVED) == [first.unit.id] * 2
    assert team.get(url).json()["has_unsubmitted_changes"] is False


def test_two_who_hand_in_at_once_make_one_version(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    made = draft(db, requirement, first)
    barrier = threading.Barrier(2)
    answers: list[Any] = []

    def hand_in() -> None:
        client = clients.of(first)
        barrier.wait()
        answers.append(client.post(f"{URL}/{made.id}/submit"))

    threads = [threading.Thread(target=hand_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    with db.read() as session:
        assert session.scalar(select(func.count(ProposalVersion.id))) == 1


def test_teams_never_see_each_other_and_the_seeker_only_what_is_closed(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
    third: Team,
    one: User,
    other_seeker: Any,
) -> None:
    made = submitted(db, requirement, first)
    submitted(db, requirement, second)
    draft(db, requirement, third)

    def seen() -> dict[str, int]:
        readers = {
            "first": clients.of(first),
            "third": clients.of(third),
            "seeker": clients.seeker,
            "organizer": clients.organizer,
            "reviewer": clients.by(one),
        }
        return {name: client.get(URL).json()["total"] for name, client in readers.items()}

    open_ = {"first": 1, "third": 1, "seeker": 0, "organizer": 2, "reviewer": 0}
    assert seen() == open_
    assert clients.of(second).get(f"{URL}/{made.id}").status_code == 404
    assert (
        clients.seeker.get(f"/api/v1/requirements/{requirement.id}/proposal-call").json()["proposals"] is None
    )
    close(db, clock)
    assert seen() == open_ | {"seeker": 2}
    assess(db, requirement, one)
    assert seen() == open_ | {"seeker": 2, "reviewer": 2}


def test_everyone_but_the_team_reads_what_was_handed_in(
    db: Database, clients: Clients, clock: time_machine.Traveller, requirement: Requirement, first: Team
) -> None:
    made = submitted(db, requirement, first)
    changed = {"title": "另一个题目", "approach": "未提交的改动。"}
    assert clients.of(first).patch(f"{URL}/{made.id}", json=changed, headers=ANY).status_code == 200
    assert upload(clients, first, made, "未提交.pdf", PDF).status_code == 201
    close(db, clock)
    shown = clients.seeker.get(f"{URL}/{made.id}").json()
    assert (shown["title"], shown["approach"], shown["attachments"]) == (FORM["title"], FORM["approach"], [])
    assert shown["has_unsubmitted_changes"] is None
    assert clients.of(first).get(f"{URL}/{made.id}").json()["title"] == "另一个题目"


def test_an_attachment_is_read_by_whoever_reads_the_version_that_names_it(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    requirement: Requirement,
    first: Team,
    second: Team,
) -> None:
    made = draft(db, requirement, first)
    url = f"{URL}/{made.id}/attachments"
    old = upload(clients, first, made, "方案.pdf", PDF).json()
    assert upload(clients, first, made, "方案.pdf", PDF).json()["id"] == old["id"]
    assert clients.of(first).post(f"{URL}/{made.id}/submit").status_code == 200
    new = upload(clients, first, made, "照片.png", PNG).json()
    assert clients.of(first).delete(f"{url}/{old['id']}").status_code == 204
    assert clients.of(first).delete(f"{url}/{old['id']}").status_code == 404
    # A version names the old one, so the team still has it; organizers read the last version.
    assert clients.of(first).get(f"{url}/{old['id']}").content == PDF
    assert clients.organizer.get(f"{url}/{old['id']}").content == PDF
    assert clients.organizer.get(f"{url}/{new['id']}").status_code == 404
    assert clients.of(second).get(f"{url}/{old['id']}").status_code == 404
    assert clients.seeker.get(f"{url}/{old['id']}").status_code == 404
    assert clients.of(first).post(f"{URL}/{made.id}/submit").json()["number"] == 2
    close(db, clock)
    answer = clients.seeker.get(f"{url}/{new['id']}")
    assert answer.content == PNG
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert clients.seeker.get(f"{url}/{old['id']}").status_code == 404


def test_a_file_that_no_version_names_is_deleted_with_its_removal(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    made = draft(db, requirement, first)
    kept = upload(clients, first, made, "方案.pdf", PDF).json()
    assert clients.of(first).delete(f"{URL}/{made.id}/attachments/{kept['id']}").status_code == 204
    refused = upload(clients, first, made, "方案.exe", b"MZ")
    assert (refused.status_code, refused.json()["code"]) == (415, "attachment_type_unsupported")
    with db.read() as session:
        assert session.scalar(select(func.count(Attachment.id))) == 0


def test_a_withdrawal_is_told_to_organizers_and_the_seeker_and_names_nobody_too_early(
    db: Database, clients: Clients, requirement: Requirement, first: Team, bureau: Organization
) -> None:
    made = submitted(db, requirement, first)
    clients.of(first).post(f"{URL}/{made.id}/withdraw", json={"reason": "合作单位退出。"})
    assert told(db, Event.PROPOSAL_WITHDRAWN) == [bureau.id]
    url = f"/api/v1/requirements/{requirement.id}/responses"
    texts = [row["text"] for row in clients.seeker.get(url).json()["items"]]
    assert texts[-1] == "一份解决方案已由团队撤回。"
    assert first.profile.name not in "".join(texts)
    assert read(db, made.id).status is P.WITHDRAWN


def test_a_team_that_has_proposed_is_switched_off_instead_of_deleted(
    db: Database, clients: Clients, requirement: Requirement, first: Team
) -> None:
    submitted(db, requirement, first)
    url = f"/api/v1/solvers/{first.profile.id}"
    assert clients.organizer.delete(url, headers=ANY).status_code == 204
    assert clients.organizer.get(url).json()["is_active"] is False


def test_a_repeated_post_with_its_key_makes_one_draft(
    clients: Clients, requirement: Requirement, first: Team
) -> None:
    once = {"Idempotency-Key": "proposal-1"}
    answers = [clients.of(first).post(URL, json=body(requirement), headers=once) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_reader_who_lists_by_requirement_gets_what_the_filter_says(
    db: Database, clients: Clients, requirement: Requirement, first: Team, second: Team
) -> None:
    submitted(db, requirement, first)
    submitted(db, requirement, second)
    query = {"requirement_id": str(requirement.id), "solver_id": str(first.profile.id), "status": "submitted"}
    assert clients.organizer.get(URL, params=query).json()["total"] == 1
    assert clients.organizer.get(URL, params=query | {"status": "selected"}).json()["total"] == 0
