"""Every state × every move × every role; what is expected is worked out from the tables and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.auth.permissions import PERMISSIONS
from app.models import Organization, Requirement, Role
from app.models.meeting import (
    MEETING_TRANSITIONS,
    MOVABLE_STATUSES,
    SESSION_TRANSITIONS,
    MeetingStatus,
    SessionStatus,
)
from tests.app.meetings.conftest import (
    API,
    HALF_PAST_NINE,
    HALF_PAST_TEN,
    NEXT_DAY,
    NINE,
    Event,
    MakeTeam,
    Team,
)
from tests.conftest import Login

M, S = MeetingStatus, SessionStatus
HELD_ON: dict[str, Any] = {"outcome": "agreed"}


@dataclass(frozen=True)
class Act:
    """A route that acts on a meeting: from where it may be taken, and where it leads (None: nowhere)."""

    name: str
    permission: str
    body: dict[str, Any]
    states: frozenset[MeetingStatus]
    target: MeetingStatus | None = None
    refusal: str = "meeting_not_movable"


def leading_to(target: MeetingStatus) -> frozenset[MeetingStatus]:
    return frozenset(status for status, targets in MEETING_TRANSITIONS.items() if target in targets)


ACTS = [
    Act("move", "meetings:manage", {}, MOVABLE_STATUSES),
    Act("pin", "meetings:manage", {"is_pinned": True}, MOVABLE_STATUSES),
    Act(
        "cancel",
        "meetings:manage",
        {"reason": "停办。"},
        leading_to(M.CANCELLED),
        M.CANCELLED,
        "move_not_allowed",
    ),
    Act("outcome", "meetings:manage", HELD_ON, leading_to(M.HELD), M.HELD, "move_not_allowed"),
    Act(
        "reply",
        "meetings:reply",
        {"attendance": "confirmed"},
        frozenset({M.SCHEDULED}),
    ),
]


SLOTS = (NINE, HALF_PAST_NINE, HALF_PAST_TEN, f"{NEXT_DAY}T09:00:00+08:00", f"{NEXT_DAY}T09:30:00+08:00")


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
@pytest.mark.parametrize("status", list(M))
def test_every_role_takes_a_move_exactly_where_the_tables_let_it(
    event: Event, curtain: Requirement, make_team: MakeTeam, seeker: TestClient, sign_in: Login,
    bureau: Organization, act: Act, status: MeetingStatus,
) -> None:  # fmt: skip
    """Each role acts on a meeting of its own: the same unit with another team, in another slot."""
    teams = {role: make_team(role.value) for role in Role}
    meetings = {role: event.arrange(curtain, team) for role, team in teams.items()}
    for meeting, at in zip(meetings.values(), SLOTS, strict=True):
        event.put(meeting, at, "大")
    if status is not M.PLANNED:
        event.publish()
    for meeting in meetings.values():
        url = f"{API}/meetings/{meeting}"
        if status is M.HELD:
            assert event.organizer.post(f"{url}/outcome", json=HELD_ON).status_code == 200
        if status is M.CANCELLED:
            assert event.organizer.post(f"{url}/cancel", json={"reason": "停办。"}).status_code == 200
    for (role, meeting), at in zip(meetings.items(), SLOTS, strict=True):
        client = {Role.SEEKER: seeker, Role.SOLVER: teams[role].client}.get(role) or sign_in(role, bureau)
        body = dict(act.body)
        if act.name == "move":
            body |= {"starts_at": at, "room_id": event.rooms["小"]}
        if act.name == "reply" and role in (Role.ORGANIZER, Role.ADMIN):
            body["side"] = "solver"
        answer = client.post(f"{API}/meetings/{meeting}/{act.name}", json=body)
        after = event.organizer.get(f"{API}/meetings/{meeting}").json()["status"]
        if role not in PERMISSIONS[act.permission]:
            assert (answer.status_code, after) == (403, status.value), role
        elif role in (Role.SEEKER, Role.SOLVER) and status is M.PLANNED:
            assert (answer.status_code, after) == (404, status.value), role
        elif status not in act.states:
            told = (answer.status_code, answer.json()["code"], after)
            assert told == (409, act.refusal, status.value), role
        else:
            assert answer.status_code == 200, answer.text
            assert after == (act.target or status).value


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("move", ["publish", "close", "cancel"])
def test_a_session_moves_along_its_table(
    event: Event,
    curtain: Requirement,
    gear: Requirement,
    first: Team,
    second: Team,
    status: SessionStatus,
    move: str,
) -> None:
    event.put(event.arrange(curtain, first), NINE, "大")
    bodies: dict[str, dict[str, str]] = {"publish": {}, "close": {}, "cancel": {"reason": "停办。"}}
    if status is not S.DRAFT:
        event.publish()
        event.put(event.arrange(gear, second), NINE, "小")
    if status in (S.CLOSED, S.CANCELLED):
        verb = "close" if status is S.CLOSED else "cancel"
        assert event.organizer.post(event.url(f"/{verb}"), json=bodies[verb]).status_code == 200
    answer = event.organizer.post(event.url(f"/{move}"), json=bodies[move])
    target = {"publish": S.PUBLISHED, "close": S.CLOSED, "cancel": S.CANCELLED}[move]
    # What is arranged after a publication is told by publishing again.
    is_allowed = target in SESSION_TRANSITIONS[status] or (move == "publish" and status is S.PUBLISHED)
    assert (answer.status_code == 200) == is_allowed, answer.text
    assert event.view()["status"] == (target if is_allowed else status).value


def test_rooms_in_use_and_times_that_were_told_stay(event: Event, curtain: Requirement, first: Team) -> None:
    event.put(event.arrange(curtain, first), NINE, "大")
    refused = event.organizer.delete(event.url(f"/rooms/{event.rooms['大']}"))
    assert (refused.status_code, refused.json()["code"]) == (409, "room_in_use")
    assert event.organizer.delete(event.url(f"/rooms/{event.rooms['小']}")).status_code == 200
    event.publish()
    headers = {"If-Match": "*"}
    renamed = event.organizer.patch(event.url(), json={"address": "新馆"}, headers=headers)
    assert renamed.status_code == 200
    refused = event.organizer.patch(event.url(), json={"slot_minutes": 20}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "session_not_editable")


def test_a_changed_grid_leaves_no_meeting_between_its_slots(
    event: Event, curtain: Requirement, first: Team
) -> None:
    meeting = event.arrange(curtain, first)
    event.put(meeting, HALF_PAST_NINE, "大")
    changed = event.organizer.patch(event.url(), json={"slot_minutes": 60}, headers={"If-Match": "*"})
    assert changed.status_code == 200
    refused = event.organizer.post(event.url("/publish"), json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_schedule")
