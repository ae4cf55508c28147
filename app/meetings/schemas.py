"""Meetings and what becomes of them, as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field as Limits

from app.kit.schemas import Body, Instant, Ref, Text, View, with_example
from app.meetings.session_schemas import Equipment, SessionView
from app.models.meeting import Attendance, MeetingSource, MeetingStatus, Outcome, SessionKind

MOST_PAIRS = 500


class PairBody(Body):
    requirement_id: Ref
    solver_id: Ref


class MeetingNeeds(Body):
    people: Annotated[int, Limits(ge=1, le=100_000)] = 6
    equipment: Equipment = Limits(default_factory=list)


class PairsBody(MeetingNeeds):
    """Pairs that meet, by hand: all of them, or none."""

    model_config = with_example(
        {
            "pairs": [
                {
                    "requirement_id": "01990000-0000-7000-8000-000000000000",
                    "solver_id": "01990000-0000-7000-8000-000000000001",
                }
            ],
            "people": 6,
        }
    )

    pairs: Annotated[list[PairBody], Limits(min_length=1, max_length=MOST_PAIRS)]


class GatherBody(MeetingNeeds):
    """Where pairs come from: a published `round`, accepted invitations, or shortlisted and selected proposals."""

    model_config = with_example({"source": "invitation"})

    source: Literal["round", "invitation", "proposal"]
    round_id: Ref | None = None


class ComputeBody(Body):
    """`partial`: place as many meetings as possible instead of all or none."""

    model_config = with_example({"partial": False})

    partial: bool = False


class PublishBody(Body):
    """`without_unplaced`: tell those that have a place, although others have none."""

    model_config = with_example({"without_unplaced": False})

    without_unplaced: bool = False


class MoveBody(Body):
    """`pin`: a new timetable keeps it there."""

    model_config = with_example(
        {"starts_at": "2026-12-08T09:30:00+08:00", "room_id": "01990000-0000-7000-8000-000000000002"}
    )

    starts_at: Instant
    room_id: Ref
    pin: bool = True


class SwapBody(Body):
    model_config = with_example({"other_id": "01990000-0000-7000-8000-000000000003"})

    other_id: Ref


class PinBody(Body):
    model_config = with_example({"is_pinned": True})

    is_pinned: bool


class CancelBody(Body):
    """Why; both parties read it."""

    model_config = with_example({"reason": "团队负责人临时出差。"})

    reason: Annotated[str, Text(2_000, 1)]


class OutcomeBody(Body):
    """What came of the meeting. `moves_requirement`: a requirement that was published or in matching is in contact
    from now on, unless the two do not suit each other."""

    model_config = with_example({"outcome": "agreed", "note": "双方约定月底前签订合作协议。"})

    outcome: Outcome
    note: Annotated[str, Text(4_000)] = ""
    moves_requirement: bool = True


class ReplyBody(Body):
    """`side` is for those who can answer for both: `seeker` or `solver`."""

    model_config = with_example({"attendance": "confirmed"})

    attendance: Attendance
    side: Literal["seeker", "solver"] | None = None


class PartyNameView(View):
    id: uuid.UUID
    name: str


class MeetingView(View):
    """A meeting. `organization` is null where the seeker stays anonymous; `source` and `is_pinned` are for staff."""

    id: uuid.UUID
    session_id: uuid.UUID
    session: str
    challenge_id: uuid.UUID
    kind: SessionKind
    kind_label: str
    address: str
    status: MeetingStatus
    status_label: str
    source: MeetingSource | None
    requirement_id: uuid.UUID
    requirement: str
    organization: PartyNameView | None
    solver: PartyNameView
    people: int
    equipment: list[str]
    room_id: uuid.UUID | None
    room: str | None
    place: str
    starts_at: datetime | None
    ends_at: datetime | None
    is_pinned: bool | None
    seeker_reply: Attendance
    team_reply: Attendance
    outcome: Outcome | None
    outcome_label: str | None
    note: str
    reason: str
    created_at: datetime
    updated_at: datetime
    version: int


class PassedView(View):
    """A pair that was passed over, with the code of the reason."""

    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    code: str


class GatheredView(View):
    made: list[MeetingView]
    passed: list[PassedView]


class OpeningView(View):
    """A place without a clash; `change` is what it adds to the cost of the timetable (below 0: it gets better)."""

    starts_at: datetime
    ends_at: datetime
    room_id: uuid.UUID
    change: int


class OpeningsView(View):
    items: list[OpeningView]


class PublishedView(View):
    """How many meetings were told to their parties now."""

    published: int
    session: SessionView


class FeedView(View):
    """The secret address of the calendar, shown this once."""

    path: str
