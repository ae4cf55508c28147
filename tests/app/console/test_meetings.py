"""Meetings in a browser: a session prepared, timetabled, moved by hand, told, answered, recorded, taken away."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.context import AppContext
from app.db import Database
from app.jobs.service import run_inline
from app.kit.clock import now
from app.meetings import tasks as _tasks  # noqa: F401 (registers the job)
from app.models import Challenge, Meeting, MeetingSession, Organization, Requirement, Role, SolverProfile
from app.models.invitation import InvitationStatus
from app.models.job import JobStatus
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.invitations.conftest import make_team
from tests.app.invitations.invitations_in import invitation_in
from tests.app.matches.conftest import publish

DAY, NEXT_DAY = "2096-06-11", "2096-06-12"
FORM = {
    "kind": "matching", "name": "纺织专场对接会", "address": "会展中心", "slot_minutes": "30", "pause_minutes": "0",
    "gap_weight": "1", "day_weight": "4", "days.rows": "1",
    "days.0.day": DAY, "days.0.opens": "09:00", "days.0.closes": "11:00",
    "days.0.pause_from": "10:00", "days.0.pause_to": "10:30",
    "days.1.day": NEXT_DAY, "days.1.opens": "09:00", "days.1.closes": "10:00",
}  # fmt: skip


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def requirement(db: Database, challenge: Challenge, seeker_organization: Organization) -> Requirement:
    return publish(db, factories.make_requirement(db, seeker_organization), challenge)


@pytest.fixture
def first(db: Database) -> SolverProfile:
    return make_team(db, "甲").profile


@pytest.fixture
def second(db: Database) -> SolverProfile:
    return make_team(db, "乙").profile


@pytest.fixture
def team_browser(browse: Browse, db: Database, first: SolverProfile) -> TestClient:
    with db.read() as session:
        home = session.get_one(Organization, first.organization_id)
    return browse(Role.SOLVER, home)


@pytest.fixture
def event(organizer_browser: TestClient, challenge: Challenge) -> str:
    """The address of a session with one room."""
    answer = organizer_browser.post(
        "/desk/meeting-sessions", data={**FORM, "challenge_id": str(challenge.id)}
    )
    assert answer.status_code == 303, answer.text
    path = str(answer.headers["location"]).removesuffix("/settings")
    room = {"name": "洽谈室 1", "seats": "8", "equipment": "投影仪、白板", "place": ""}
    assert organizer_browser.post(f"{path}/rooms", data=room).status_code == 303
    return path


def add(browser: TestClient, event: str, requirement: Requirement, team: SolverProfile) -> None:
    pair = {"requirement_id": str(requirement.id), "solver_id": str(team.id), "people": "6"}
    answer = browser.post(f"{event}/pairs", data=pair)
    assert answer.status_code == 303, answer.text


def compute(context: AppContext, browser: TestClient, event: str) -> None:
    answer = browser.post(f"{event}/timetable")
    assert answer.status_code == 303, answer.text
    with context.db.read() as session:
        job_id = session.get_one(MeetingSession, uuid.UUID(event.rsplit("/", 1)[1])).job_id
    assert job_id is not None
    assert "正在计算日程" in browser.get(event).text
    assert run_inline(context, job_id).status is JobStatus.SUCCEEDED


def meetings(db: Database) -> list[Meeting]:
    with db.read() as session:
        return list(session.query(Meeting).order_by(Meeting.id))


def test_a_session_is_prepared_with_days_and_rooms_and_what_is_wrong_is_told_beside_the_field(
    organizer_browser: TestClient, challenge: Challenge, event: str
) -> None:
    shown = organizer_browser.get(f"{event}/settings").text
    assert "投影仪、白板" in shown
    assert f'value="{DAY}"' in shown
    assert "纺织专场对接会" in organizer_browser.get(f"/desk/meeting-sessions?challenge={challenge.id}").text
    wrong = {**FORM, "challenge_id": str(challenge.id), "days.0.closes": "08:00"}
    answer = organizer_browser.post("/desk/meeting-sessions", data=wrong)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert "会展中心" in answer.text
    unchosen = organizer_browser.post("/desk/meeting-sessions", data=FORM)
    assert unchosen.status_code == 422
    assert "请选择赛事" in unchosen.text
    again = organizer_browser.post(f"{event}/rooms", data={"name": "洽谈室 1", "seats": "6"})
    assert again.status_code == 409
    assert "本场次已有同名场地" in again.text


def test_pairs_come_from_accepted_invitations_and_a_pair_that_cannot_meet_is_refused_in_words(
    organizer_browser: TestClient, db: Database, event: str, requirement: Requirement, first: SolverProfile
) -> None:
    invitation_in(db, requirement, first, InvitationStatus.ACCEPTED)
    path = f"{event}/meetings"
    assert organizer_browser.post(f"{event}/gather", data={"source": "invitation"}).status_code == 303
    shown = organizer_browser.get(path).text
    assert first.name in shown
    assert "已接受的邀约" in shown
    pair = {"requirement_id": str(requirement.id), "solver_id": str(first.id)}
    again = organizer_browser.post(f"{event}/pairs", data=pair)
    assert again.status_code == 409
    assert "该需求与解决方在本场次已有会面" in again.text
    unnamed = organizer_browser.post(f"{event}/gather", data={"source": "round"})
    assert unnamed.status_code == 422
    assert "须是本赛事已发布的轮次" in unnamed.text


def test_a_timetable_is_computed_looked_at_as_a_grid_published_and_taken_away(
    organizer_browser: TestClient, team_browser: TestClient, seeker_browser: TestClient, context: AppContext,
    event: str, requirement: Requirement, first: SolverProfile, second: SolverProfile,
) -> None:  # fmt: skip
    for team in (first, second):
        add(organizer_browser, event, requirement, team)
    assert "待安排（2）" in organizer_browser.get(event).text
    compute(context, organizer_browser, event)
    part = organizer_browser.get(event, headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-refresh"]) == (204, "true")
    grid = organizer_browser.get(event).text
    assert "洽谈室 1" in grid
    assert re.search(r"09:00–09:30.*甲课题组|甲课题组.*", grid, re.S)
    assert "还没有会面" in team_browser.get("/desk/meetings").text
    published = organizer_browser.post(f"{event}/publish")
    assert published.status_code == 303
    for party in (team_browser, seeker_browser):
        own = party.get("/desk/meetings").text
        assert requirement.title in own
        assert b"BEGIN:VEVENT" in party.get("/desk/meetings/calendar.ics").content
    assert "乙课题组" not in team_browser.get("/desk/meetings").text
    assert "接下来的对接会" in team_browser.get("/desk").text
    assert organizer_browser.get(f"{event}/timetable.xlsx").content.startswith(b"PK")
    assert organizer_browser.get(f"{event}/calendar.ics").content.count(b"BEGIN:VEVENT") == 2


def test_what_cannot_be_fitted_is_named_and_as_much_as_possible_is_placed_on_demand(
    organizer_browser: TestClient, context: AppContext, db: Database, event: str, requirement: Requirement,
    first: SolverProfile,
) -> None:  # fmt: skip
    add(organizer_browser, event, requirement, first)
    never = {
        "days": DAY,
        "absent.rows": "1",
        "absent.0.starts_at": f"{DAY}T08:00",
        "absent.0.ends_at": f"{DAY}T18:00",
    }
    party = f"{event}/parties/solver/{first.id}"
    assert organizer_browser.post(party, data=never).status_code == 303
    organizer_browser.post(f"{event}/timetable")
    with db.read() as session:
        job_id = session.query(MeetingSession).one().job_id
    assert job_id is not None
    run_inline(context, job_id)
    shown = organizer_browser.get(event).text
    assert "排不出日程" in shown
    assert "可到场的时间" in shown
    assert organizer_browser.post(f"{event}/timetable", data={"partial": "yes"}).status_code == 303


def test_a_clash_is_told_in_words_and_a_free_place_is_taken(
    organizer_browser: TestClient, db: Database, context: AppContext, event: str, requirement: Requirement,
    first: SolverProfile, second: SolverProfile,
) -> None:  # fmt: skip
    for team in (first, second):
        add(organizer_browser, event, requirement, team)
    compute(context, organizer_browser, event)
    one, other = meetings(db)
    path = f"/desk/meetings/{one.id}"
    assert other.starts_at and one.starts_at
    taken = {"starts_at": other.starts_at.isoformat(), "room_id": str(other.room_id)}
    answer = organizer_browser.post(f"{path}/move", data=taken)
    assert answer.status_code == 409
    assert "与已有安排冲突，未作调整" in answer.text
    assert "场地在该时段已被占用" in answer.text
    assert "参会方同一时间已有会面" in answer.text
    assert [row.starts_at for row in meetings(db)] == [one.starts_at, other.starts_at]
    shown = organizer_browser.get(path).text
    free = re.search(r'<option value="([^"|]+\|[^"]+)"', shown)
    assert free is not None
    assert organizer_browser.post(f"{path}/move", data={"place": free.group(1)}).status_code == 303
    assert organizer_browser.post(f"{path}/swap", data={"other_id": str(other.id)}).status_code == 303
    assert "已固定" in organizer_browser.get(path).text
    assert organizer_browser.post(f"{path}/pin", data={"is_pinned": "no"}).status_code == 303
    assert "已固定" not in organizer_browser.get(path).text


def test_parties_answer_the_outcome_is_recorded_and_the_seeker_reads_it(
    organizer_browser: TestClient, team_browser: TestClient, seeker_browser: TestClient, db: Database,
    context: AppContext, event: str, requirement: Requirement, first: SolverProfile, browse: Browse,
    bureau: Organization,
) -> None:  # fmt: skip
    add(organizer_browser, event, requirement, first)
    compute(context, organizer_browser, event)
    organizer_browser.post(f"{event}/publish")
    (meeting,) = meetings(db)
    path = f"/desk/meetings/{meeting.id}"
    assert (
        team_browser.post(f"{path}/reply", data={"side": "solver", "attendance": "confirmed"}).status_code
        == 303
    )
    refused = seeker_browser.post(f"{path}/reply", data={"side": "solver", "attendance": "declined"})
    assert refused.status_code == 403
    assert (
        seeker_browser.post(f"{path}/reply", data={"side": "seeker", "attendance": "declined"}).status_code
        == 303
    )
    shown = organizer_browser.get(path).text
    assert "确认出席" in shown
    assert "需求方不能来" in organizer_browser.get(event).text
    early = organizer_browser.post(f"{path}/outcome", data={"outcome": "agreed"})
    assert early.status_code == 409
    assert "会面尚未开始" in early.text
    assert meeting.starts_at is not None
    with time_machine.travel(meeting.starts_at + timedelta(minutes=1), tick=False):
        late = browse(Role.ORGANIZER, bureau)
        held = late.post(f"{path}/outcome", data={"outcome": "agreed", "note": "月底前签约"})
        assert held.status_code == 303, held.text
    assert "月底前签约" in seeker_browser.get(f"/desk/requirements/{requirement.id}").text


def test_parties_say_when_they_can_come_and_nothing_typed_is_lost(
    organizer_browser: TestClient, team_browser: TestClient, event: str, requirement: Requirement,
    first: SolverProfile,
) -> None:  # fmt: skip
    add(organizer_browser, event, requirement, first)
    until = f"{now() + timedelta(days=3):%Y-%m-%dT18:00}"
    assert organizer_browser.post(f"{event}/ask", data={"until": "2020-01-01T18:00"}).status_code == 422
    assert organizer_browser.post(f"{event}/ask", data={"until": until}).status_code == 303
    shown = team_browser.get("/desk/meetings").text
    assert "请填报到场时间" in shown
    assert "待填报的到场时间" in team_browser.get("/desk").text
    assert requirement.title not in shown
    path = f"/desk/meetings/availability/{event.rsplit('/', 1)[1]}/solver/{first.id}"
    backwards = {
        "days": NEXT_DAY,
        "absent.rows": "1",
        "absent.0.starts_at": f"{NEXT_DAY}T10:00",
        "absent.0.ends_at": f"{NEXT_DAY}T09:00",
    }
    wrong = team_browser.post(path, data=backwards)
    assert wrong.status_code == 422
    assert re.search(rf'value="{NEXT_DAY}" checked', wrong.text)
    assert f'value="{NEXT_DAY}T10:00"' in wrong.text
    assert team_browser.post(path, data={"days": NEXT_DAY, "travel_days": "0"}).status_code == 303
    assert "本方填报" in organizer_browser.get(f"{event}/settings").text


def test_a_calendar_address_is_shown_once_and_can_be_ended(
    team_browser: TestClient, visitor: TestClient
) -> None:
    made = team_browser.post("/desk/meetings/calendar-feed").text
    address = re.search(r'value="http://testserver(/api/v1/public/calendars/[^"]+)"', made)
    assert address is not None
    assert visitor.get(address.group(1)).status_code == 200
    assert address.group(1) not in team_browser.get("/desk/meetings").text
    assert team_browser.post("/desk/meetings/calendar-feed/end").status_code == 303
    assert visitor.get(address.group(1)).status_code == 404


def test_a_cancelled_session_tells_why(
    organizer_browser: TestClient, event: str, requirement: Requirement, first: SolverProfile
) -> None:
    add(organizer_browser, event, requirement, first)
    assert organizer_browser.post(f"{event}/cancel", data={"reason": "场馆停电"}).status_code == 303
    assert "场馆停电" in organizer_browser.get(event).text
