"""Answers and coverage as clients see them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from app.kit.schemas import Body, Text, View, with_example
from app.models.ledger import ObligationKind, ResponseKind
from app.models.requirement import RequirementStatus


class ResponseCreate(Body):
    """A written answer to the seeker."""

    model_config = with_example({"text": "已联系两家高校团队，预计下周给出对接时间。"})

    text: Annotated[str, Text(10_000, 1)]


class ResponseView(View):
    id: uuid.UUID
    requirement_id: uuid.UUID
    kind: ResponseKind
    kind_label: str
    text: str
    detail: dict[str, Any]
    author_id: uuid.UUID | None
    created_at: datetime


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
    due_at: datetime | None
    is_overdue: bool
