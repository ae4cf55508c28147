"""Answers and coverage as clients see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.ledger import ObligationKind, ResponseKind
from app.models.requirement import RequirementStatus

MOST_AT_ONCE = 500


class ResponseCreate(Body):
    """A written answer to the seeker."""

    model_config = with_example({"text": "已联系两家高校团队，预计下周给出对接时间。"})

    text: Annotated[str, Text(10_000, 1)]


class ResponseView(View):
    """An answer, and what its seeker said of it. `reopen_until` is null where the answer cannot be called none."""

    id: uuid.UUID
    requirement_id: uuid.UUID
    kind: ResponseKind
    kind_label: str
    text: str
    detail: dict[str, Any]
    author_id: uuid.UUID | None
    created_at: datetime
    acknowledged_at: datetime | None
    satisfaction: int | None
    words: str
    reopened_at: datetime | None
    reopen_reason: str
    reopen_until: datetime | None


class AcknowledgeBody(Body):
    """`satisfaction` from 1 (not at all) to 5 (very), if the seeker wishes to state it."""

    model_config = with_example({"satisfaction": 4, "words": "推荐的团队对口，希望加快对接。"})

    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None
    words: Annotated[str, Text(1000)] = ""


class ReopenBody(Body):
    """Why the answer is none."""

    model_config = with_example({"reason": "答复只说明正在办理，没有给出候选团队。"})

    reason: Annotated[str, Text(1000, 1)]


class AnswerRow(Body):
    requirement_id: Ref
    text: Annotated[str, Text(10_000, 1)]


class AnswersBody(Body):
    """Answers in words of their own, one per requirement. `all_or_nothing`: one bad row and none is given."""

    model_config = with_example(
        {
            "rows": [
                {
                    "requirement_id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "text": "已为贵单位联系江东理工大学课题组。",
                }
            ],
            "all_or_nothing": False,
        }
    )

    rows: Annotated[list[AnswerRow], Field(min_length=1, max_length=MOST_AT_ONCE)]
    all_or_nothing: bool = False


class AnswerOutcomeView(View):
    """What became of a row. `unchanged`: the last answer says the same already. `code` tells why a row failed."""

    requirement_id: uuid.UUID
    outcome: Literal["answered", "unchanged", "failed"]
    response_id: uuid.UUID | None
    code: str
    message: str


class AnswersView(View):
    """An answer is on record and can be read the moment it is given: there is no undoing it."""

    answered: int
    unchanged: int
    failed: int
    rows: list[AnswerOutcomeView]


class CoverageView(View):
    """`coverage` lies in [0, 1]; every figure has its list under `…/coverage/{figure}`."""

    at: datetime
    submitted: int
    answered: int
    responded: int
    due: int
    overdue: int
    ended: int
    coverage: float


class LedgerRowView(View):
    """One line of the ledger: a requirement and what is owed next (null when nothing is)."""

    requirement_id: uuid.UUID
    external_id: str | None
    title: str
    organization: str
    status: RequirementStatus
    submitted_at: datetime
    owed: ObligationKind | None
    owed_label: str | None
    owner_role: str | None
    owner_id: uuid.UUID | None
    due_at: datetime | None
    is_overdue: bool


class ProofRowView(View):
    """One submitted requirement: its last answer, since when its seeker can read it, and what it said of it.

    `readers` counts the seeker's accounts that are switched on: with 0 nobody can read the answer, so the row does
    not count as answered.
    """

    requirement_id: uuid.UUID
    external_id: str | None
    title: str
    organization: str
    status: RequirementStatus
    status_label: str
    submitted_at: datetime
    is_answered: bool
    response_id: uuid.UUID | None
    answer: str | None
    answer_kind: ResponseKind | None
    answer_kind_label: str | None
    readable_since: datetime | None
    readers: int
    acknowledged_at: datetime | None
    satisfaction: int | None
    reopened_at: datetime | None


class EscalationBody(Body):
    """Whom overdue answers of the challenge go up to, and how many working days after the due day."""

    model_config = with_example({"superior_id": "01890a5d-ac96-774b-bcce-b302099a8057", "after_days": 3})

    superior_id: Ref
    after_days: Annotated[int, Field(ge=1, le=60)] = 3


class EscalationView(View):
    """`superior_id` null: the administrators."""

    superior_id: uuid.UUID | None
    after_days: int
