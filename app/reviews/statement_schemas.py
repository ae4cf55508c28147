"""Refined statements, replies and differences as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field as Limits

from app.kit.schemas import Body, Keywords, Line, Text, View, with_example
from app.models.requirement import Field, Requirement
from app.models.review import Statement
from app.requirements.schemas import StatementView, Target
from app.reviews.statements import is_outdated

EXAMPLE: dict[str, Any] = {
    "based_on": 0,
    "title": "耐 50 次水洗的阻燃遮光一体化面料整理技术",
    "problem": "现有后整理工艺在 20 次水洗后阻燃性能下降，不能满足工程要求。",
    "key_indicators": "按 GB/T 5455 水洗 50 次后续燃时间 ≤ 5 s；遮光率 ≥ 99.9%。",
    "goal": "形成可在现有定型机上实施的配方与工艺。",
    "keywords": ["阻燃整理", "遮光面料"],
    "field": "新材料及应用",
    "targets": [{"name": "续燃时间", "operator": "≤", "value": 5, "unit": "s"}],
    "note": "补充了测试标准。",
}


class StatementBody(Body):
    """A whole version of the statement. `based_on` is the number of the version it was made from, 0 for the first."""

    model_config = with_example(EXAMPLE)

    based_on: Annotated[int, Limits(ge=0, le=10_000)]
    title: Annotated[str, Line(200, 1)]
    problem: Annotated[str, Text(10_000)]
    key_indicators: Annotated[str, Text(10_000)] = ""
    goal: Annotated[str, Text(10_000)] = ""
    keywords: Keywords = Limits(default_factory=list)
    field: Field | None = None
    targets: Annotated[list[Target], Limits(max_length=50)] = Limits(default_factory=list)
    note: Annotated[str, Text(2_000)] = ""


class ReplyBody(Body):
    """Whether the statement is right, and what the seeker says of it."""

    model_config = with_example({"is_confirmed": False, "comment": "请不要公开产品型号。"})

    is_confirmed: bool
    comment: Annotated[str, Text(4_000)] = ""


class ReplyView(View):
    author_id: uuid.UUID | None
    is_confirmed: bool
    comment: str
    created_at: datetime


class StatementVersionView(View):
    """A version with the form's words of that time. `is_outdated` says that the form has changed since."""

    number: int
    author_id: uuid.UUID | None
    created_at: datetime
    note: str
    content: StatementView
    original: StatementView
    is_outdated: bool
    replies: list[ReplyView]


class SegmentView(View):
    """A run of `equal`, `delete` or `insert` text."""

    kind: str
    text: str


class DifferenceView(View):
    """Per field the way from the old text to the new: deletions come before what takes their place."""

    number: int
    against: str
    fields: dict[str, list[SegmentView]]


def present_statement(requirement: Requirement, row: Statement) -> StatementVersionView:
    """The version with the seeker's replies, which must be loaded."""
    return StatementVersionView(
        number=row.number,
        author_id=row.author_id,
        created_at=row.created_at,
        note=row.note,
        content=StatementView.model_validate(row.content),
        original=StatementView.model_validate(row.original),
        is_outdated=is_outdated(requirement, row),
        replies=[ReplyView.model_validate(reply) for reply in row.replies],
    )
