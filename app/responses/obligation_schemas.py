"""What is owed, by whom and by when, as clients see it; and the working calendar."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.kit.schemas import Body, Day, Line, Ref, Text, View, with_example
from app.ledger.obligations import LONGEST_PAUSE_DAYS, Standing
from app.models.access import Role
from app.models.ledger import ObligationKind


class PauseView(View):
    """A question to the seeker. `ended_at` without a `reply`: the time for it was over."""

    question: str
    asked_at: datetime
    asked_by_id: uuid.UUID | None
    reply_by: datetime
    ended_at: datetime | None
    reply: str


class ObligationView(View):
    """An answer that is or was owed. `standing` and `standing_label` are null once it was given.

    `due_at` is null while the seeker is to act; `remaining_days` are left then. `uncounted_year` is a year on the
    way to the day whose holidays nobody has entered: the day may still move.
    """

    id: uuid.UUID
    requirement_id: uuid.UUID
    title: str
    organization: str
    kind: ObligationKind
    kind_label: str
    owner_role: Role
    owner_id: uuid.UUID | None
    owner_name: str | None
    opened_at: datetime
    due_at: datetime | None
    remaining_days: int | None
    uncounted_year: int | None
    closed_at: datetime | None
    standing: Standing | None
    standing_label: str | None
    overdue_at: datetime | None
    escalated_at: datetime | None
    escalated_to_id: uuid.UUID | None
    escalated_to_name: str | None
    pauses: list[PauseView]
    version: int


class AssignBody(Body):
    """`owner_id` null leaves the answer to whoever holds the role."""

    model_config = with_example({"owner_id": "01890a5d-ac96-774b-bcce-b302099a8057"})

    owner_id: Ref | None


class AskBody(Body):
    """What the seeker must say before an answer is possible, and how many working days it has for that."""

    model_config = with_example({"question": "请补充现有定型机型号与最高工作温度。", "days": 5})

    question: Annotated[str, Text(2000, 1)]
    days: Annotated[int, Field(ge=1, le=LONGEST_PAUSE_DAYS)] = 10


class ReplyBody(Body):
    """The seeker's reply; staff enter what came by telephone."""

    model_config = with_example({"text": "定型机为 LK-828，最高工作温度 220 ℃。"})

    text: Annotated[str, Text(4000, 1)]


class NamedDay(Body):
    day: Day
    name: Annotated[str, Line(40)] = ""


Days = Annotated[list[NamedDay], Field(max_length=100)]


class CalendarYearBody(Body):
    """A whole year as announced: days off on Monday to Friday, and weekend days that are worked."""

    model_config = with_example(
        {
            "days_off": [{"day": "2027-01-01", "name": "元旦"}],
            "days_worked": [{"day": "2027-02-06", "name": "春节调休"}],
        }
    )

    days_off: Days
    days_worked: Days = Field(default_factory=list)


class NamedDayView(View):
    day: date
    name: str


class CalendarYearView(View):
    """A year that was entered; `moved` open deadlines were moved by this call."""

    year: int
    days_off: list[NamedDayView]
    days_worked: list[NamedDayView]
    moved: int
    updated_at: datetime
    version: int


class CalendarView(View):
    """`library` are the years that are known without entering, `unknown` those that open deadlines reach into
    although nobody has entered them."""

    library: list[int]
    entered: list[int]
    unknown: list[int]
