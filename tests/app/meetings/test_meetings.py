"""Meetings from plan to outcome: computed in a job, moved by hand, told to those concerned, held."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.auth.actor import SYSTEM
from app.db import Database
from app.jobs import service as jobs
from app.ledger import service as ledger
from app.meetings import inputs as inputs_of
from app.meetings import service, tasks
from app.models import Meeting, Notification, Requirement, SolverProfile
from app.models.invitation import Invitation, InvitationStatus
from app.models.job import JobStatus
from app.models.matching import Candidate, CandidateRole, MatchRound, RoundStatus
from app.models.notification import Event as Told
from app.models.requirement import Confidentiality, RequirementStatus
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from tests.app.meetings.conftest import API, DAY, HALF_PAST_NINE, HALF_PAST_TEN, NEXT_DAY, NINE, Event, Team


def told(db: Database, event: Told) -> int:
    with db.read() as session:
        return session.scalar(select(func.count(Notification.id)).where(Notification.event == event)) or 0


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["code"] for error in answer["errors"]}


def test_slots_leave_out_breaks_and_what_is_too_short(event: Event) -> None:
    assert event.view()["slots"] == 5


def test_a_timetable_is_computed_and_only_the_parties_are_told(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, seeker: TestClient,
    other_seeker: TestClient, db: Database,
) -> None:  # fmt: skip
    for requirement, team in ((curtain, first), (curtain, second), (gear, first)):
        event.arrange(requirement, team)
    assert seeker.get(f"{API}/meetings").json()["total"] == 0
    assert event.compute().status is JobStatus.SUCCEEDED
    result = event.view()["result"]
    assert (result["status"], result["unplaced"], result["is_optimal"]) == ("planned", [], True)
    assert told(db, Told.MEETING_SCHEDULED) == 0
    assert event.publish() == 3
    # Each meeting is told to one person of the unit and one of the team.
    assert told(db, Told.MEETING_SCHEDULED) == 6
    seen = {name: client.get(f"{API}/meetings").json()["total"] for name, client in (
        ("seeker", seeker), ("other", other_seeker), ("first", first.client), ("second", second.client))}  # fmt: skip
    assert seen == {"seeker": 2, "other": 1, "first": 2, "second": 1}
    places = [(row["starts_at"], row["room_id"]) for row in event.meetings()]
    assert len(set(places)) == 3
    theirs = {row["starts_at"] for row in event.meetings() if row["solver"]["id"] == str(first.profile.id)}
    assert len(theirs) == 2


def test_the_same_inputs_give_the_same_timetable(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team
) -> None:
    for requirement, team in ((curtain, first), (curtain, second), (gear, first), (gear, second)):
        event.arrange(requirement, team)
    found = []
    for _ in range(2):
        event.compute()
        found.append([(row["id"], row["starts_at"], row["room_id"]) for row in event.meetings()])
    assert found[0] == found[1]


def test_a_move_that_clashes_is_refused_and_every_clash_named(
    event: Event, curtain: Requirement, blind: Requirement, gear: Requirement, first: Team, second: Team
) -> None:
    one, two = event.arrange(curtain, first), event.arrange(blind, second, people=9)
    event.put(one, NINE, "小")
    refused = event.put(two, NINE, "小", success=409)
    assert refused["code"] == "timetable_clash"
    assert codes(refused) == {"participant_busy", "room_taken", "seats"}
    assert event.meetings()[1]["starts_at"] is None
    event.put(two, HALF_PAST_NINE, "大")
    unknown = event.put(two, f"{DAY}T09:10:00+08:00", "大", success=422)
    assert codes(unknown) == {"no_slot"}


def test_openings_are_exactly_the_places_that_a_move_accepts(
    event: Event, curtain: Requirement, blind: Requirement, first: Team, second: Team
) -> None:
    one, two = event.arrange(curtain, first), event.arrange(blind, second, people=9)
    event.put(one, NINE, "小")
    items = event.organizer.get(f"{API}/meetings/{two}/openings").json()["items"]
    assert {item["room_id"] for item in items} == {event.rooms["大"]}
    assert len(items) == 4
    assert items[0]["change"] == min(item["change"] for item in items)
    for item in items:
        body = {"starts_at": item["starts_at"], "room_id": item["room_id"]}
        assert event.organizer.post(f"{API}/meetings/{two}/move", json=body).status_code == 200


def test_two_meetings_exchange_their_places_unless_that_clashes(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team
) -> None:
    one, two = event.arrange(curtain, first, people=9), event.arrange(gear, second)
    event.put(one, NINE, "大")
    event.put(two, HALF_PAST_NINE, "小")
    url = f"{API}/meetings/{one}/swap"
    refused = event.organizer.post(url, json={"other_id": two})
    assert (refused.status_code, codes(refused.json())) == (409, {"seats"})
    event.put(two, HALF_PAST_NINE, "大")
    swapped = event.organizer.post(url, json={"other_id": two})
    assert swapped.json()["starts_at"] == "2024-06-10T01:30:00Z"
    assert event.organizer.post(url, json={"other_id": one}).status_code == 422


def test_what_was_moved_by_hand_stays_there_until_it_is_let_go(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team
) -> None:
    one = event.arrange(curtain, first)
    event.arrange(gear, second)
    event.put(one, f"{NEXT_DAY}T09:30:00+08:00", "小")
    event.compute()
    row = event.meetings()[0]
    assert (row["starts_at"], row["room"], row["is_pinned"]) == ("2024-06-11T01:30:00Z", "小", True)
    event.organizer.post(f"{API}/meetings/{one}/pin", json={"is_pinned": False})
    assert event.meetings()[0]["is_pinned"] is False


def test_an_impossible_timetable_names_what_is_in_the_way(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, db: Database
) -> None:
    one = event.arrange(curtain, first, people=9)
    event.arrange(gear, second)
    party = {"solver_id": str(first.profile.id), "days": ["2026-06-20"]}
    assert event.organizer.put(event.url("/parties"), json=party).status_code == 200
    job = event.compute()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "no_timetable")
    result = event.view()["result"]
    assert (result["status"], result["is_irreducible"], result["unplaced"]) == ("impossible", True, [one])
    facts = {(fact["kind"], fact["key"]) for fact in result["facts"]}
    assert facts == {("meeting", one), ("availability", f"solver:{first.profile.id}")}
    assert any("甲课题组" in fact["text"] for fact in result["facts"])
    assert event.compute(partial=True).status is JobStatus.SUCCEEDED
    unplaced = event.organizer.get(f"{API}/meetings", params={"unplaced": "true"}).json()["items"]
    assert [row["id"] for row in unplaced] == [one]
    refused = event.organizer.post(event.url("/publish"), json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "meetings_unplaced")
    assert event.publish(without_unplaced=True) == 1
    assert told(db, Told.MEETING_SCHEDULED) == 1


def test_days_absences_and_closed_rooms_bind(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, seeker_organization: Any
) -> None:
    one, two = event.arrange(curtain, first), event.arrange(gear, second)
    parties: list[dict[str, Any]] = [
        {"solver_id": str(first.profile.id), "days": [NEXT_DAY]},
        {"organization_id": str(seeker_organization.id), "absent": [
            {"starts_at": f"{NEXT_DAY}T09:00:00+08:00", "ends_at": f"{NEXT_DAY}T09:30:00+08:00"}]},
    ]  # fmt: skip
    for party in parties:
        assert event.organizer.put(event.url("/parties"), json=party).status_code == 200
    event.compute()
    assert event.meetings()[0]["starts_at"] == "2024-06-11T01:30:00Z"
    assert "participant_absent" in codes(event.put(one, NINE, "大", success=409))
    window = {"starts_at": f"{DAY}T00:00:00+08:00", "ends_at": f"{DAY}T23:00:00+08:00"}
    closed = {"name": "厅", "seats": 50, "closed": [window]}
    view = event.organizer.post(event.url("/rooms"), json=closed).json()
    event.rooms["厅"] = next(room["id"] for room in view["rooms"] if room["name"] == "厅")
    assert codes(event.put(two, NINE, "厅", success=409)) == {"room_closed"}


def test_travel_between_two_places_takes_its_days(
    event: Event, curtain: Requirement, gear: Requirement, first: Team
) -> None:
    far = event.organizer.post(event.url("/rooms"), json={"name": "远", "place": "开发区"}).json()
    event.rooms["远"] = next(room["id"] for room in far["rooms"] if room["name"] == "远")
    one, two = event.arrange(curtain, first), event.arrange(gear, first)
    party = {"solver_id": str(first.profile.id), "travel_days": 1}
    event.organizer.put(event.url("/parties"), json=party)
    event.put(one, NINE, "大")
    assert codes(event.put(two, HALF_PAST_TEN, "远", success=409)) == {"travel"}
    event.put(two, f"{NEXT_DAY}T09:00:00+08:00", "远")


def test_a_team_is_in_one_place_across_sessions(
    event: Event, organizer: TestClient, curtain: Requirement, gear: Requirement, first: Team
) -> None:
    event.put(event.arrange(curtain, first), NINE, "大")
    event.publish()
    body = {
        "name": "现场赛",
        "kind": "finals",
        "days": [{"day": DAY, "opens": "09:00", "closes": "09:30"}],
        "slot_minutes": 15,
    }
    made = organizer.post(f"{API}/challenges/{event.challenge.id}/meeting-sessions", json=body).json()
    finals = Event(organizer, event.context, event.challenge, made["id"], {})
    view = organizer.post(finals.url("/rooms"), json={"name": "舞台"}).json()
    finals.rooms = {"舞台": view["rooms"][0]["id"]}
    meeting = finals.arrange(gear, first)
    assert codes(finals.put(meeting, NINE, "舞台", success=409)) == {"participant_absent"}


def test_a_change_after_publication_is_told_and_asks_again_who_comes(
    event: Event, curtain: Requirement, first: Team, seeker: TestClient, db: Database
) -> None:
    one = event.arrange(curtain, first)
    event.put(one, NINE, "大")
    event.publish()
    said = first.client.post(f"{API}/meetings/{one}/reply", json={"attendance": "confirmed"})
    assert (said.json()["team_reply"], said.json()["seeker_reply"]) == ("confirmed", "unanswered")
    event.put(one, NINE, "小")
    assert seeker.get(f"{API}/meetings/{one}").json()["team_reply"] == "confirmed"
    event.put(one, HALF_PAST_NINE, "小")
    assert seeker.get(f"{API}/meetings/{one}").json()["team_reply"] == "unanswered"
    assert told(db, Told.MEETING_CHANGED) == 4
    event.put(one, HALF_PAST_NINE, "小")
    assert told(db, Told.MEETING_CHANGED) == 4, "what stays as it is, is told to nobody"


def test_parties_answer_for_themselves_only(
    event: Event, curtain: Requirement, first: Team, second: Team, seeker: TestClient
) -> None:
    one = event.arrange(curtain, first)
    event.put(one, NINE, "大")
    event.publish()
    url = f"{API}/meetings/{one}/reply"
    other_side = {"attendance": "declined", "side": "solver"}
    assert seeker.post(url, json=other_side).status_code == 403
    assert second.client.post(url, json={"attendance": "declined"}).status_code == 404
    assert seeker.post(url, json={"attendance": "declined"}).json()["seeker_reply"] == "declined"
    assert event.organizer.post(url, json={"attendance": "confirmed"}).status_code == 422
    assert event.organizer.post(url, json={**other_side, "attendance": "confirmed"}).status_code == 200
    declined = event.organizer.get(f"{API}/meetings", params={"declined": "true"}).json()
    assert [row["id"] for row in declined["items"]] == [one]


@pytest.mark.parametrize(
    ("outcome", "at", "state"),
    [
        ("agreed", RequirementStatus.PUBLISHED, RequirementStatus.IN_CONTACT),
        ("continue", RequirementStatus.MATCHING, RequirementStatus.IN_CONTACT),
        ("unsuitable", RequirementStatus.PUBLISHED, RequirementStatus.PUBLISHED),
        ("agreed", RequirementStatus.IN_CONTACT, RequirementStatus.IN_CONTACT),
    ],
)
def test_an_outcome_is_an_answer_and_moves_the_requirement_where_that_fits(
    event: Event, curtain: Requirement, first: Team, db: Database, outcome: str, at: RequirementStatus,
    state: RequirementStatus,
) -> None:  # fmt: skip
    one = event.arrange(curtain, first)
    event.put(one, NINE, "大")
    event.publish()
    if at is not RequirementStatus.PUBLISHED:
        with db.write() as session:
            row = requirements.get(session, SYSTEM, curtain.id)
            requirement_service.advance(session, SYSTEM, row, to=at, text="下一步。")
    with db.read() as session:
        before = len(ledger.responses_to(session, curtain.id))
    url = f"{API}/meetings/{one}/outcome"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "now", lambda: datetime(2024, 6, 10, 0, 59, 59, tzinfo=UTC))
        early = event.organizer.post(url, json={"outcome": outcome})
        assert (early.status_code, early.json()["code"]) == (409, "meeting_not_begun")
        patch.setattr(service, "now", lambda: datetime(2024, 6, 10, 1, 0, tzinfo=UTC))
        held = event.organizer.post(url, json={"outcome": outcome, "note": "月底前再谈。"})
    assert (held.status_code, held.json()["status"]) == (200, "held"), held.text
    with db.read() as session:
        assert requirements.get(session, SYSTEM, curtain.id).status is state
        answers = ledger.responses_to(session, curtain.id)
    assert len(answers) == before + 1
    assert "月底前再谈。" in answers[-1].text
    assert event.organizer.post(url, json={"outcome": outcome}).json()["code"] == "move_not_allowed"


def test_a_cancelled_session_tells_those_who_knew(
    event: Event,
    curtain: Requirement,
    gear: Requirement,
    first: Team,
    second: Team,
    seeker: TestClient,
    db: Database,
) -> None:
    event.put(event.arrange(curtain, first), NINE, "大")
    event.publish()
    event.arrange(gear, second)
    answer = event.organizer.post(event.url("/cancel"), json={"reason": "台风。"})
    assert answer.json()["status"] == "cancelled"
    assert told(db, Told.MEETING_CANCELLED) == 2
    assert seeker.get(f"{API}/meetings").json()["items"][0]["status"] == "cancelled"
    assert first.client.get(f"{API}/meetings").json()["items"][0]["reason"] == "台风。"
    assert second.client.get(f"{API}/meetings").json()["total"] == 0


def test_an_anonymous_seeker_is_not_named_to_the_team(
    event: Event, db: Database, curtain: Requirement, first: Team, seeker: TestClient
) -> None:
    with db.write() as session:
        requirements.get(session, SYSTEM, curtain.id).confidentiality = Confidentiality.ANONYMOUS
    event.put(event.arrange(curtain, first), NINE, "大")
    event.publish()
    theirs = first.client.get(f"{API}/meetings")
    assert theirs.json()["items"][0]["organization"] is None
    assert "锦绣" not in theirs.text
    assert "锦绣" not in first.client.get(f"{API}/meetings/calendar.ics").text
    assert (
        seeker.get(f"{API}/meetings").json()["items"][0]["organization"]["name"] == "通海市锦绣家纺有限公司"
    )


def test_those_who_must_not_meet_do_not(
    event: Event, curtain: Requirement, first: Team, second: Team, db: Database, seeker_organization: Any
) -> None:
    with db.write() as session:
        session.get_one(SolverProfile, first.profile.id).exclusions = [seeker_organization.name]
        session.get_one(SolverProfile, second.profile.id).is_active = False
    for team, code in ((first, "pair_barred"), (second, "pair_not_eligible")):
        pair = {"requirement_id": str(curtain.id), "solver_id": str(team.profile.id)}
        refused = event.organizer.post(event.url("/meetings"), json={"pairs": [pair]})
        assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_pairs_come_from_invitations_and_rounds_once(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team, db: Database
) -> None:
    with db.write() as session:
        session.add(
            Invitation(
                requirement_id=curtain.id,
                solver_id=first.profile.id,
                status=InvitationStatus.ACCEPTED,
                reply_by=curtain.created_at,
            )
        )
        draft, published = (
            MatchRound(challenge_id=event.challenge.id, status=status)
            for status in (RoundStatus.DRAFT, RoundStatus.PUBLISHED)
        )
        session.add_all([draft, published])
        session.flush()
        for requirement, role in ((gear, CandidateRole.ASSIGNED), (curtain, CandidateRole.ALTERNATE)):
            session.add(
                Candidate(
                    round_id=published.id, requirement_id=requirement.id, solver_id=second.profile.id, rank=1,
                    score=0.5, grade="A", expected_grade=3.5, probability=0.8, is_adequate=True, role=role,
                )
            )  # fmt: skip
    made = event.organizer.post(event.url("/gather"), json={"source": "invitation"}).json()
    assert [row["source"] for row in made["made"]] == ["invitation"]
    again = event.organizer.post(event.url("/gather"), json={"source": "invitation"}).json()
    assert (again["made"], [row["code"] for row in again["passed"]]) == ([], ["already_meeting"])
    wrong = {"source": "round", "round_id": str(draft.id)}
    assert event.organizer.post(event.url("/gather"), json=wrong).status_code == 422
    right = {"source": "round", "round_id": str(published.id)}
    made = event.organizer.post(event.url("/gather"), json=right).json()
    assert [row["requirement_id"] for row in made["made"]] == [str(gear.id)]


def test_nothing_changes_while_a_timetable_is_computed(
    event: Event, curtain: Requirement, first: Team
) -> None:
    one = event.arrange(curtain, first)
    started = event.organizer.post(event.url("/timetable"), json={})
    assert started.status_code == 202
    assert started.json()["is_computing"] is True
    for path, body in (("/timetable", {}), ("/publish", {}), ("/rooms", {"name": "新"})):
        refused = event.organizer.post(event.url(path), json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "timetable_in_progress")
    assert event.put(one, NINE, "大", success=409)["code"] == "timetable_in_progress"
    assert jobs.run_inline(event.context, uuid.UUID(started.json()["job_id"])).status is JobStatus.SUCCEEDED


def test_a_timetable_of_what_has_changed_is_not_stored(
    event: Event, curtain: Requirement, first: Team, db: Database
) -> None:
    one = event.arrange(curtain, first)
    started = event.organizer.post(event.url("/timetable"), json={}).json()
    gathered = inputs_of.gather
    calls: list[int] = []

    def gather_and_change(session: Any, found: Any) -> Any:
        inputs = gathered(session, found)
        if not calls:
            calls.append(1)
            with db.write() as other:
                other.get_one(Meeting, uuid.UUID(one)).people = 25
        return inputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "gather", gather_and_change)
        job = jobs.run_inline(event.context, uuid.UUID(started["job_id"]))
    assert (job.status, job.error_code) == (JobStatus.FAILED, "timetable_outdated")
    assert event.meetings()[0]["starts_at"] is None
