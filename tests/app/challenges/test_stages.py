"""The schedule over REST: exact instants, what may still be changed, extensions on record, and the collection."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.challenges import stages
from app.db import Database
from app.models import Challenge, Organization, Role, StageExtension
from app.models.challenge import ChallengeStatus
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from app.models.stage import StageKind
from tests import factories
from tests.app.challenges.conftest import START, Clients
from tests.app.challenges.stages_in import SECOND, dated, entered, told
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

URL = "/api/v1/challenges"
CLOSING = START + timedelta(days=29, hours=9)
MATCH = {"If-Match": "*"}


def stage(
    kind: str = "collection", opens_at: datetime = START, closes_at: datetime = CLOSING
) -> dict[str, Any]:
    return {"kind": kind, "opens_at": opens_at.isoformat(), "closes_at": closes_at.isoformat()}


def put(client: TestClient, challenge: Challenge, *planned: dict[str, Any]) -> Any:
    return client.put(f"{URL}/{challenge.id}/stages", json={"stages": list(planned)}, headers=MATCH)


def test_page_and_list_show_the_instants_that_are_enforced(
    clients: Clients, clock: time_machine.Traveller, challenge: Challenge
) -> None:
    answer = put(clients.organizer, challenge, stage())
    assert answer.status_code == 200, answer.text
    for seen in (
        answer.json(),
        clients.seeker.get(f"{URL}/{challenge.id}").json(),
        clients.seeker.get(URL).json()["items"][0],
    ):
        (shown,) = seen["stages"]
        assert shown["closes_at"] == "2026-09-30T10:00:00Z"
        assert shown["closes_at_text"] == "2026-09-30 18:00:00"
        assert (shown["label"], shown["state"]) == ("需求征集", "running")


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (START - SECOND, "upcoming"),
        (START, "running"),
        (CLOSING - SECOND, "running"),
        (CLOSING, "over"),
    ],
)
def test_a_stage_runs_from_its_opening_to_just_before_its_closing(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    challenge: Challenge,
    moment: datetime,
    state: str,
) -> None:
    dated(db, challenge, StageKind.COLLECTION, START, CLOSING)
    clock.move_to(moment)
    (shown,) = clients.seeker.get(f"{URL}/{challenge.id}/stages").json()["stages"]
    assert shown["state"] == state


@pytest.mark.parametrize(
    ("planned", "field"),
    [
        ([stage(), stage()], "stages.1.kind"),
        ([stage(closes_at=START)], "stages.0.closes_at"),
        ([stage(), stage("finals", CLOSING, START)], "stages.1.closes_at"),
        ([{**stage(), "closes_at": "2026-09-30T18:00:00"}], "stages.0.closes_at"),
        ([{**stage(), "kind": "party"}], "stages.0.kind"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_whole(
    clients: Clients, clock: object, challenge: Challenge, planned: list[dict[str, Any]], field: str
) -> None:
    answer = put(clients.organizer, challenge, *planned)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert clients.organizer.get(f"{URL}/{challenge.id}/stages").json()["stages"] == []


def test_what_has_begun_is_kept_as_it_is_once_announced(
    clients: Clients, clock: object, challenge: Challenge
) -> None:
    later = stage("proposals", CLOSING, CLOSING + timedelta(days=30))
    assert put(clients.organizer, challenge, stage(), later).status_code == 200
    for changed in ([later], [stage(closes_at=CLOSING + SECOND), later], [stage(opens_at=START - SECOND)]):
        answer = put(clients.organizer, challenge, *changed)
        assert (answer.status_code, answer.json()["code"]) == (409, "stage_has_begun")
    moved = stage("proposals", CLOSING, CLOSING + timedelta(days=40))
    assert put(clients.organizer, challenge, stage(), moved).status_code == 200
    assert put(clients.organizer, challenge, stage()).status_code == 200


def test_a_challenge_in_preparation_is_dated_freely_and_one_that_is_over_not_at_all(
    db: Database, clients: Clients, clock: object
) -> None:
    draft = factories.make_challenge(db, "D", ChallengeStatus.DRAFT)
    assert put(clients.organizer, draft, stage()).status_code == 200
    assert put(clients.organizer, draft).json()["stages"] == []
    over = factories.make_challenge(db, "O", ChallengeStatus.CLOSED)
    assert put(clients.organizer, over, stage()).json()["code"] == "challenge_is_over"


def test_a_schedule_needs_the_version_of_the_challenge_and_changes_it(
    clients: Clients, clock: object, challenge: Challenge
) -> None:
    url = f"{URL}/{challenge.id}/stages"
    body = {"stages": [stage()]}
    assert clients.organizer.put(url, json=body).status_code == 428
    etag = clients.organizer.get(url).headers["etag"]
    assert clients.organizer.put(url, json=body, headers={"If-Match": etag}).status_code == 200
    assert clients.organizer.put(url, json=body, headers={"If-Match": etag}).status_code == 412


@pytest.mark.parametrize("role", [Role.SEEKER, Role.SOLVER, Role.REVIEWER])
def test_only_staff_date_extend_and_invite(
    sign_in: Login, bureau: Organization, challenge: Challenge, role: Role
) -> None:
    client = sign_in(role, bureau)
    url = f"{URL}/{challenge.id}"
    extension = {"closes_at": "2030-01-01T00:00:00Z", "reason": "延期。"}
    assert put(client, challenge, stage()).status_code == 403
    assert client.post(f"{url}/stages/collection/extend", json=extension).status_code == 403
    assert client.post(f"{url}/invitees", json={"organization_ids": [str(bureau.id)]}).status_code == 403
    assert client.get(f"{url}/invitees").status_code == 403


def test_an_extension_is_recorded_and_told_to_those_concerned_only(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    challenge: Challenge,
    seeker_organization: Organization,
    other_organization: Organization,
    bureau: Organization,
) -> None:
    dated(db, challenge, StageKind.COLLECTION, START, CLOSING)
    waiting = requirement_in(db, seeker_organization, RequirementStatus.DRAFT)
    handed_in = requirement_in(db, other_organization, RequirementStatus.SUBMITTED)
    done = factories.make_user(db, Role.SEEKER, other_organization)
    colleague = factories.make_user(db, Role.ORGANIZER, bureau)
    for requirement in (waiting, handed_in):
        entered(db, challenge, requirement)
    url = f"{URL}/{challenge.id}/stages/collection/extend"
    body = {"closes_at": (CLOSING + timedelta(days=7)).isoformat(), "reason": "国庆假期。"}
    answer = clients.organizer.post(url, json=body)
    (recorded,) = answer.json()["stages"][0]["extensions"]
    assert recorded["closed_before_at"] == "2026-09-30T10:00:00Z"
    assert recorded["closes_at"] == answer.json()["stages"][0]["closes_at"] == "2026-10-07T10:00:00Z"
    assert recorded["author_id"] == str(clients.organizer_user.id)
    assert told(db, Event.DEADLINE_EXTENDED) == {clients.seeker_user.id, colleague.id}
    assert done.id not in told(db, Event.DEADLINE_EXTENDED)
    read = clients.seeker.get(f"{URL}/{challenge.id}/stages").json()["stages"][0]["extensions"][0]
    assert (read["reason"], read["author_id"]) == ("国庆假期。", None)


@pytest.mark.parametrize("closes_at", [CLOSING, CLOSING - SECOND, START])
def test_an_extension_only_moves_a_deadline_back(
    db: Database, clients: Clients, clock: object, challenge: Challenge, closes_at: datetime
) -> None:
    dated(db, challenge, StageKind.COLLECTION, START, CLOSING)
    url = f"{URL}/{challenge.id}/stages/collection/extend"
    answer = clients.organizer.post(url, json={"closes_at": closes_at.isoformat(), "reason": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_later")
    absent = clients.organizer.post(
        url.replace("collection", "finals"), json={"closes_at": "2030-01-01T00:00:00Z", "reason": "x"}
    )
    assert absent.status_code == 404
    with db.read() as session:
        assert session.scalars(select(StageExtension)).all() == []


def test_a_requirement_is_submitted_until_the_collection_closes_and_not_from_it_on(
    db: Database,
    clients: Clients,
    clock: time_machine.Traveller,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    dated(db, challenge, StageKind.COLLECTION, START, CLOSING)
    in_time, late = (requirement_in(db, seeker_organization, RequirementStatus.DRAFT) for _ in range(2))
    for requirement in (in_time, late):
        entered(db, challenge, requirement)
    clock.move_to(START - SECOND)
    early = clients.seeker.post(f"/api/v1/requirements/{in_time.id}/submit")
    assert (early.status_code, early.json()["code"]) == (409, "stage_not_open")
    clock.move_to(CLOSING - SECOND)
    assert clients.seeker.post(f"/api/v1/requirements/{in_time.id}/submit").status_code == 200
    clock.move_to(CLOSING)
    refused = clients.seeker.post(f"/api/v1/requirements/{late.id}/submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_over")
    assert "2026-09-30 18:00:00" in refused.json()["detail"]
    # What came in time may be corrected later.
    clients.organizer.post(f"/api/v1/requirements/{in_time.id}/return", json={"reason": "format"})
    assert clients.seeker.post(f"/api/v1/requirements/{in_time.id}/submit").status_code == 200
    # Out of the challenge, the other one may be handed in as well; an extension opens it again.
    url = f"{URL}/{challenge.id}/entries/{late.id}"
    assert clients.seeker.delete(url).status_code == 204
    assert clients.seeker.post(f"/api/v1/requirements/{late.id}/submit").status_code == 200
    body = {"requirement_id": str(late.id)}
    assert clients.seeker.post(f"{URL}/{challenge.id}/entries", json=body).json()["code"] == "stage_over"
    extension = {"closes_at": (CLOSING + SECOND).isoformat(), "reason": "补交。"}
    clients.organizer.post(f"{URL}/{challenge.id}/stages/collection/extend", json=extension)
    assert clients.seeker.post(f"{URL}/{challenge.id}/entries", json=body).status_code == 201


def test_the_last_of_the_announced_challenges_closes_a_stage_for_a_requirement(
    db: Database, clock: time_machine.Traveller, challenge: Challenge, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED)
    second = factories.make_challenge(db, "TH2027")
    draft = factories.make_challenge(db, "TH2028", ChallengeStatus.DRAFT)
    with db.read() as session:
        assert stages.closes_at(session, requirement.id, StageKind.PROPOSALS) is None
        stages.check_is_open(session, requirement.id, StageKind.PROPOSALS, START)
    for days, one in ((1, challenge), (2, second), (3, draft)):
        dated(db, one, StageKind.PROPOSALS, START, START + timedelta(days=days))
        entered(db, one, requirement)
    with db.read() as session:
        closing = stages.closes_at(session, requirement.id, StageKind.PROPOSALS)
        assert closing == START + timedelta(days=2)
        stages.check_is_open(session, requirement.id, StageKind.PROPOSALS, closing - SECOND)
        with pytest.raises(stages.StageOver) as refused:
            stages.check_is_open(session, requirement.id, StageKind.PROPOSALS, closing)
        assert "TH2027" in refused.value.detail("zh")
        with pytest.raises(stages.StageNotOpen):
            stages.check_is_open(session, requirement.id, StageKind.PROPOSALS, START - SECOND)


def test_a_challenge_by_invitation_is_there_for_the_invited_only(
    db: Database,
    organizer: TestClient,
    seeker: TestClient,
    other_seeker: TestClient,
    reviewer: TestClient,
    seeker_organization: Organization,
) -> None:
    body = {"code": "ZC2026", "name": "专场", "status": "open", "access": "定向邀请", "kind": "themed"}
    url = f"{URL}/{organizer.post(URL, json=body).json()['id']}"
    invitation = {"organization_ids": [str(seeker_organization.id)] * 2}
    for _ in range(2):
        assert organizer.post(f"{url}/invitees", json=invitation).status_code == 204
    assert [item["name"] for item in organizer.get(f"{url}/invitees").json()["items"]] == [
        seeker_organization.name
    ]
    assert seeker.get(url).json()["access"] == "by_invitation"
    assert reviewer.get(url).status_code == 200
    assert other_seeker.get(url).status_code == 404
    assert other_seeker.get(URL).json()["total"] == 0
    named = {"title": "甲", "challenge": "ZC2026"}
    assert other_seeker.post("/api/v1/requirements", json=named).json()["errors"][0]["code"] == (
        "unknown_challenge"
    )
    assert seeker.post("/api/v1/requirements", json=named).status_code == 201
    assert organizer.delete(f"{url}/invitees/{seeker_organization.id}").status_code == 204
    assert organizer.delete(f"{url}/invitees/{seeker_organization.id}").status_code == 404
    assert seeker.get(url).status_code == 404
