"""Agreements, their parts and what they add up to, as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field as Limits
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Day, Line, Ref, Text, View, Wan, WanView, with_example
from app.models.agreement import AgreementKind, AgreementStatus, ReportKind, ReportStatus

OtherParties = Annotated[list[Annotated[str, Line(200, 1)]], Limits(max_length=20)]
Paid = Annotated[Wan, Limits(gt=0)]


class AgreementFields(Body):
    """`challenge_id` is the challenge that counts the agreement, `proposal_id` the selected proposal that it carries
    out; `other_parties` are names beside the two."""

    number: Annotated[str, Line(100)] = ""
    other_parties: OtherParties = Limits(default_factory=list)
    ends_on: Day | None = None
    challenge_id: Ref | None = None
    proposal_id: Ref | None = None


class AgreementCreate(AgreementFields):
    """A draft between the unit that has the problem and a team. The amount is that of the whole, in 万元."""

    model_config = with_example(
        {
            "requirement_id": "01990000-0000-7000-8000-000000000000",
            "solver_id": "01990000-0000-7000-8000-000000000001",
            "kind": "joint",
            "title": "阻燃遮光一体化面料联合开发合同",
            "number": "TH-2026-HT-018",
            "amount_wan": 82.5,
            "ends_on": "2027-12-31",
        }
    )

    requirement_id: Ref
    solver_id: Ref
    kind: AgreementKind
    title: Annotated[str, Line(200, 1)]
    amount_wan: Wan


class AgreementPatch(AgreementFields):
    """The fields of a draft to change; what is left out stays. Another team is another agreement."""

    model_config = with_example({"amount_wan": 85})

    kind: AgreementKind = AgreementKind.OTHER
    title: Annotated[str, Line(200, 1)] = ""
    amount_wan: Wan = Decimal(0)


class SignBody(Body):
    model_config = with_example({"signed_on": "2026-11-20"})

    signed_on: Day


class TerminateBody(Body):
    """Why it ends before its time; both parties read it."""

    model_config = with_example({"reason": "需方产线停产，双方协商一致终止。"})

    reason: Annotated[str, Text(4_000, 1)]


class MilestoneCreate(Body):
    """`amount_wan` is the payment that depends on it, if any."""

    model_config = with_example({"title": "中试样品送检", "due_on": "2027-05-31", "amount_wan": 30})

    title: Annotated[str, Line(200, 1)]
    due_on: Day
    amount_wan: Wan | None = None


class MilestonePatch(Body):
    """The fields to change; `reached_on` says that it is there, null that it is not."""

    model_config = with_example({"reached_on": "2027-05-28"})

    title: Annotated[str, Line(200, 1)] = ""
    due_on: Day | None = None
    amount_wan: Wan | None = None
    reached_on: Day | None = None

    @model_validator(mode="after")
    def _a_milestone_has_a_day(self) -> MilestonePatch:
        if "due_on" in self.model_fields_set and self.due_on is None:
            raise PydanticCustomError("due_on_required", "due_on cannot be null")
        return self


class PaymentCreate(Body):
    model_config = with_example({"amount_wan": 30, "received_on": "2027-01-15", "note": "首付款"})

    amount_wan: Paid
    received_on: Day
    note: Annotated[str, Line(500)] = ""


class VoidBody(Body):
    model_config = with_example({"reason": "重复登记"})

    reason: Annotated[str, Line(500, 1)]


class ReportCreate(Body):
    model_config = with_example({"kind": "midterm", "text": "已完成配方筛选，水洗 50 次后续燃时间为 4 s。"})

    kind: ReportKind
    text: Annotated[str, Text(20_000, 1)]


class ReturnReportBody(Body):
    model_config = with_example({"reason": "请补充第三方检测报告的结论。"})

    reason: Annotated[str, Text(4_000, 1)]


class PartyView(View):
    id: uuid.UUID
    name: str


class MilestoneView(View):
    id: uuid.UUID
    title: str
    due_on: date
    amount_wan: WanView | None
    reached_on: date | None


class PaymentView(View):
    """A payment; one with `voided_at` counts nowhere."""

    id: uuid.UUID
    amount_wan: WanView
    received_on: date
    note: str
    voided_at: datetime | None
    void_reason: str


class ReportView(View):
    id: uuid.UUID
    kind: ReportKind
    kind_label: str
    status: ReportStatus
    status_label: str
    text: str
    created_at: datetime
    decided_at: datetime | None
    decision_reason: str


class AgreementView(View):
    """An agreement with all that belongs to it. `paid_wan` is the sum of its payments, in 万元."""

    id: uuid.UUID
    status: AgreementStatus
    status_label: str
    requirement_id: uuid.UUID
    requirement: str
    organization: PartyView
    solver: PartyView
    other_parties: list[str]
    challenge_id: uuid.UUID | None
    challenge: str | None
    proposal_id: uuid.UUID | None
    kind: AgreementKind
    kind_label: str
    title: str
    number: str
    amount_wan: WanView
    paid_wan: WanView
    signed_on: date | None
    ends_on: date | None
    ended_at: datetime | None
    termination_reason: str
    milestones: list[MilestoneView]
    payments: list[PaymentView]
    reports: list[ReportView]
    created_at: datetime
    updated_at: datetime
    version: int


class TotalsView(View):
    """`signed` counts agreements that stand, `paid` those with at least one payment; sums in 万元."""

    signed: int
    amount_wan: WanView
    paid: int
    paid_wan: WanView
    terminated: int
    terminated_wan: WanView


class GroupView(TotalsView):
    """One group; `key` asks for its lists (empty for agreements without challenge, district or field)."""

    key: str
    label: str


class FiguresView(View):
    """The groups add up to the total."""

    total: TotalsView
    groups: list[GroupView]
