"""Proposals and calls as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field as Limits

from app.attachments.schemas import AttachmentView
from app.kit.schemas import Body, Instant, Line, Ref, Text, View, Wan, WanView, with_example
from app.models.proposal import Admission, ProposalStatus

Months = Annotated[int, Limits(ge=1, le=120)]


class ProposalFields(Body):
    """`summary` 概述, `approach` 技术方案, `indicators` 对考核指标的响应, `foundation` 工作基础, `schedule` 实施计划,
    `ownership` 知识产权安排, `price_wan` 报价（万元）, `months` 周期（月）."""

    summary: Annotated[str, Text(4_000)] = ""
    approach: Annotated[str, Text(20_000)] = ""
    indicators: Annotated[str, Text(10_000)] = ""
    foundation: Annotated[str, Text(10_000)] = ""
    schedule: Annotated[str, Text(10_000)] = ""
    ownership: Annotated[str, Text(4_000)] = ""
    price_wan: Wan | None = None
    months: Months | None = None


class ProposalCreate(ProposalFields):
    """A draft for a requirement. `solver_id` may be left out by who keeps one team only."""

    model_config = with_example(
        {
            "requirement_id": "01990000-0000-7000-8000-000000000000",
            "title": "反应型磷氮阻燃与泡沫涂层一体化方案",
            "approach": "采用反应型磷氮阻燃剂接枝，再以泡沫涂层实现遮光。",
            "price_wan": 68,
            "months": 12,
        }
    )

    requirement_id: Ref
    solver_id: Ref | None = None
    title: Annotated[str, Line(200, 1)]


class ProposalPatch(ProposalFields):
    """The fields of the working copy to change; what was handed in stays until the next submission."""

    model_config = with_example({"price_wan": 65})

    title: Annotated[str, Line(200, 1)] = ""


class WithdrawBody(Body):
    """Why the team takes it back; the organizers read it."""

    model_config = with_example({"reason": "合作单位退出，无法按期完成。"})

    reason: Annotated[str, Text(4_000, 1)]


class TeamView(View):
    id: uuid.UUID
    name: str


class ProposalView(View):
    """A proposal in a list. `title`, `price_wan` and `months` are those of the working copy for its team, of the
    last version for everyone else; `reason` says why it was withdrawn, or the result's reasons."""

    id: uuid.UUID
    status: ProposalStatus
    status_label: str
    requirement_id: uuid.UUID
    requirement: str
    solver: TeamView
    invitation_id: uuid.UUID | None
    title: str
    price_wan: WanView | None
    months: int | None
    number: int
    submitted_at: datetime | None
    last_submitted_at: datetime | None
    ended_at: datetime | None
    reason: str
    created_at: datetime
    updated_at: datetime
    version: int


class ProposalDetailView(ProposalView):
    """With its contents. `has_unsubmitted_changes`: the working copy differs from the last version; null for
    readers who are not of the team. `closes_at` is the instant from which on nothing more is taken."""

    summary: str
    approach: str
    indicators: str
    foundation: str
    schedule: str
    ownership: str
    attachments: list[AttachmentView]
    has_unsubmitted_changes: bool | None
    closes_at: datetime | None


class ReceiptView(View):
    """What was received and when. `sha256` is that of the version's content as JSON with sorted keys, without
    blanks, in UTF-8."""

    proposal_id: uuid.UUID
    number: int
    received_at: datetime
    sha256: str


class VersionContentView(View):
    """A version as it was handed in. `price_wan` is text here, as the checksum has it."""

    requirement_id: str
    solver_id: str
    title: str
    summary: str
    approach: str
    indicators: str
    foundation: str
    schedule: str
    ownership: str
    price_wan: str | None
    months: int | None
    attachments: list[VersionFileView]


class VersionFileView(View):
    id: str
    filename: str
    media_type: str
    size: int
    sha256: str
    created_at: str


class VersionView(ReceiptView):
    content: VersionContentView


class CriterionBody(Body):
    """`weight` lies in (0, 1] with up to four decimals; the weights of a set sum to 1."""

    code: Annotated[str, Limits(pattern=r"^[a-z][a-z0-9_]{0,39}$", max_length=40)]
    name: Annotated[str, Line(100, 1)]
    weight: Annotated[Decimal, Limits(strict=False, gt=0, le=1, decimal_places=4, max_digits=5)]
    note: Annotated[str, Line(500)] = ""


Criteria = Annotated[list[CriterionBody], Limits(max_length=20)]


class CriteriaBody(Body):
    """The criteria of a challenge; empty: the usual ones."""

    model_config = with_example(
        {
            "criteria": [
                {"code": "fit", "name": "针对性", "weight": 0.6},
                {"code": "economy", "name": "经济性", "weight": 0.4},
            ]
        }
    )

    criteria: Criteria


class CallBody(Body):
    """The terms of one requirement. Null or empty: `closes_at` as the stage of its challenges says, `criteria` as
    its challenge has them, else the usual ones."""

    model_config = with_example(
        {"admission": "open", "closes_at": "2027-04-30T18:00:00+08:00", "criteria": []}
    )

    admission: Admission = Admission.OPEN
    closes_at: Instant | None = None
    criteria: Criteria = Limits(default_factory=list)


class CriterionView(View):
    code: str
    name: str
    weight: WanView
    note: str


class CriteriaView(View):
    criteria: list[CriterionView]
    version: int


class CallView(View):
    """The call as everyone reads it. From `closes_at` on, exactly, nothing is taken; `closed_at` is set once the
    call is closed for good. `own` is what was set for this requirement; `proposals` is for staff only."""

    requirement_id: uuid.UUID
    admission: Admission
    admission_label: str
    closes_at: datetime | None
    closes_at_beijing: str | None
    is_open: bool
    closed_at: datetime | None
    criteria: list[CriterionView]
    own_closes_at: datetime | None
    has_own_criteria: bool
    proposals: int | None
    version: int


VersionContentView.model_rebuild()
