"""Sessions with their days, rooms and parties, and how a computation ended, as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field as Limits
from pydantic import field_serializer, model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Day, Instant, Line, Ref, View, with_example
from app.meetings.times import minutes
from app.models.meeting import SessionKind, SessionStatus

Clock = Annotated[str, Limits(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Equipment = Annotated[list[Annotated[str, Line(40, 1)]], Limits(max_length=20)]
MOST_DAYS = 30


class BreakBody(Body):
    """A pause of the day, such as lunch."""

    starts: Clock
    ends: Clock

    @model_validator(mode="after")
    def _in_order(self) -> BreakBody:
        _check_order(self.starts, self.ends)
        return self


class DayBody(Body):
    """A day with its opening hours in Asia/Shanghai."""

    day: Day
    opens: Clock
    closes: Clock
    breaks: Annotated[list[BreakBody], Limits(max_length=10)] = Limits(default_factory=list)

    @model_validator(mode="after")
    def _in_order(self) -> DayBody:
        _check_order(self.opens, self.closes)
        return self

    @field_serializer("day")
    def _iso(self, value: date) -> str:
        return value.isoformat()


class WindowBody(Body):
    """A time from one instant to another."""

    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _in_order(self) -> WindowBody:
        if self.starts_at >= self.ends_at:
            raise PydanticCustomError("ends_before_it_starts", "must end after it starts")
        return self

    @field_serializer("starts_at", "ends_at")
    def _iso(self, value: datetime) -> str:
        return value.isoformat()


class SessionFields(Body):
    """`gap_weight` per idle slot between a participant's meetings of a day, `day_weight` per day on which a
    participant must come: what a timetable keeps low."""

    kind: SessionKind = SessionKind.MATCHING
    name: Annotated[str, Line(200, 1)] = ""
    address: Annotated[str, Line(300)] = ""
    days: Annotated[list[DayBody], Limits(max_length=MOST_DAYS)] = Limits(default_factory=list)
    slot_minutes: Annotated[int, Limits(ge=5, le=480)] = 30
    pause_minutes: Annotated[int, Limits(ge=0, le=240)] = 0
    gap_weight: Annotated[int, Limits(ge=0, le=100)] = 1
    day_weight: Annotated[int, Limits(ge=0, le=100)] = 4

    @model_validator(mode="after")
    def _every_day_once(self) -> SessionFields:
        if len({row.day for row in self.days}) < len(self.days):
            raise PydanticCustomError("day_twice", "a day comes twice")
        return self


class SessionCreate(SessionFields):
    """A session in preparation."""

    model_config = with_example(
        {
            "kind": "matching",
            "name": "纺织新材料专场对接会",
            "address": "通海市会展中心",
            "days": [
                {
                    "day": "2026-12-08",
                    "opens": "09:00",
                    "closes": "17:00",
                    "breaks": [{"starts": "12:00", "ends": "13:30"}],
                }
            ],
            "slot_minutes": 30,
            "pause_minutes": 5,
        }
    )

    name: Annotated[str, Line(200, 1)]


class SessionPatch(SessionFields):
    """The fields to change; what is left out stays."""

    model_config = with_example({"address": "通海市会展中心二号馆"})


class RoomCreate(Body):
    """`place` is the site it stands on: travel is between places. `closed` is when it is not open."""

    model_config = with_example({"name": "洽谈室 1", "seats": 8, "equipment": ["投影仪"]})

    name: Annotated[str, Line(100, 1)]
    place: Annotated[str, Line(200)] = ""
    seats: Annotated[int, Limits(ge=1, le=100_000)] = 20
    equipment: Equipment = Limits(default_factory=list)
    closed: Annotated[list[WindowBody], Limits(max_length=50)] = Limits(default_factory=list)


class PartyBody(Body):
    """When a unit or a team can come: on which days (none: all), when not, and how many calendar days lie at
    least between its meetings at two places (0: both on one day, 1: the next day)."""

    model_config = with_example({"solver_id": "01990000-0000-7000-8000-000000000001", "days": ["2026-12-08"]})

    organization_id: Ref | None = None
    solver_id: Ref | None = None
    days: Annotated[list[Day], Limits(max_length=MOST_DAYS)] = Limits(default_factory=list)
    absent: Annotated[list[WindowBody], Limits(max_length=50)] = Limits(default_factory=list)
    travel_days: Annotated[int, Limits(ge=0, le=30)] = 0

    @model_validator(mode="after")
    def _one_of_two(self) -> PartyBody:
        if (self.organization_id is None) == (self.solver_id is None):
            raise PydanticCustomError("one_party", "name either a unit or a team")
        return self

    @field_serializer("days")
    def _iso(self, value: list[date]) -> list[str]:
        return sorted({day.isoformat() for day in value})


class AskBody(Body):
    """Until when the parties can say when they come."""

    model_config = with_example({"until": "2026-12-01T18:00:00+08:00"})

    until: Instant


class RoomView(View):
    id: uuid.UUID
    name: str
    place: str
    seats: int
    equipment: list[str]
    closed: list[dict[str, str]]


class PartyView(View):
    organization_id: uuid.UUID | None
    solver_id: uuid.UUID | None
    days: list[str]
    absent: list[dict[str, str]]
    travel_days: int
    stated_at: datetime | None


class AskedView(View):
    """A session that asks when one's own unit or team can come; `said` is what it has said, or was said for it."""

    session_id: uuid.UUID
    session: str
    kind: SessionKind
    kind_label: str
    address: str
    days: list[dict[str, Any]]
    asks_until: datetime
    organization_id: uuid.UUID | None
    solver_id: uuid.UUID | None
    name: str
    said: PartyView | None


class AskedListView(View):
    items: list[AskedView]


class FactView(View):
    """Something in the way: of the set that is listed, none can stay if all others do."""

    kind: str
    key: str
    text: str


class ResultView(View):
    """How the last computation ended: `planned` with what it costs (idle slots, days of attendance, weighted sum;
    no timetable of these meetings costs less than `bound`), or `impossible` with the facts in the way.
    `unplaced` are the meetings that a largest timetable leaves out."""

    status: Literal["planned", "impossible"]
    unplaced: list[uuid.UUID]
    facts: list[FactView] = Limits(default_factory=list)
    is_irreducible: bool | None = None
    gaps: int | None = None
    days: int | None = None
    cost: int | None = None
    bound: int | None = None
    is_optimal: bool | None = None


class SessionView(View):
    """A session; `slots` is how many slots its days hold."""

    id: uuid.UUID
    challenge_id: uuid.UUID
    kind: SessionKind
    kind_label: str
    status: SessionStatus
    status_label: str
    name: str
    address: str
    days: list[dict[str, Any]]
    slot_minutes: int
    pause_minutes: int
    slots: int
    gap_weight: int
    day_weight: int
    rooms: list[RoomView]
    parties: list[PartyView]
    job_id: uuid.UUID | None
    is_computing: bool
    result: ResultView | None
    asks_until: datetime | None
    published_at: datetime | None
    ended_at: datetime | None
    reason: str
    created_at: datetime
    updated_at: datetime
    version: int


def _check_order(starts: str, ends: str) -> None:
    if minutes(starts) >= minutes(ends):
        raise PydanticCustomError("ends_before_it_starts", "must end after it starts")
