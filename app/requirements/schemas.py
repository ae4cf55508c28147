"""The requirement as clients send it and as each kind of reader gets it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field as Limits
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Day, Keywords, Line, Ref, Text, Trl, View, Wan, WanView, with_example
from app.models.requirement import (
    ActivityType,
    Confidentiality,
    Cooperation,
    Field,
    RequirementStatus,
    ReturnReason,
)

EXAMPLE: dict[str, Any] = {
    "external_id": "TH2026-001",
    "title": "阻燃遮光一体化窗帘面料的耐洗性提升",
    "problem": "现有后整理工艺在 20 次水洗后阻燃性能下降明显，不能满足酒店工程的要求。",
    "key_indicators": "水洗 50 次后续燃时间 ≤ 5 s；遮光率 ≥ 99.9%；甲醛含量 < 20 mg/kg",
    "goal": "形成可在现有定型机上实施的整理配方与工艺，完成 3 个品种的中试。",
    "keywords": ["阻燃整理", "遮光面料", "耐水洗"],
    "budget_wan": 80,
    "field": "新材料及应用",
    "industry": "17 纺织业",
    "region": "江苏省/通海市/城东街道",
    "cooperation": "合作研发",
    "deadline": "2027-06-30",
    "confidentiality": "anonymous",
}


class Target(Body):
    """A quantified target (考核指标): `抗冲击韧性 ≥ 67 %`, or a range with `value` and `upper`."""

    name: Annotated[str, Line(100, 1)]
    operator: Literal["=", "<", "≤", ">", "≥", "~"]
    value: float
    upper: float | None = None
    unit: Annotated[str, Line(40)] = ""


class OrganizationRef(Body):
    """The unit that has the problem, as the import formats name it."""

    name: Annotated[str, Line(200, 1)]
    uscc: Annotated[str, Limits(pattern=r"^[0-9A-Z]{18}$")] | None = None
    region: Annotated[str, Line(200)] | None = None


class RequirementFields(Body):
    """The form. Every field but the title may wait until the draft is submitted."""

    description: Annotated[str, Text(20_000)] = ""
    problem: Annotated[str, Text(10_000)] = ""
    key_indicators: Annotated[str, Text(10_000)] = ""
    goal: Annotated[str, Text(10_000)] = ""
    existing_work: Annotated[str, Text(10_000)] = ""
    must_have: Annotated[str, Text(4_000)] = ""
    nice_to_have: Annotated[str, Text(4_000)] = ""
    keywords: Keywords = Limits(default_factory=list)
    targets: Annotated[list[Target], Limits(max_length=50)] = Limits(default_factory=list)
    budget_wan: Wan | None = None
    field: Field | None = None
    industry: Annotated[str, Line(100)] = ""
    region: Annotated[str, Line(200)] = ""
    cooperation: Cooperation | None = None
    activity_type: ActivityType | None = None
    partners: Annotated[str, Line(500)] = ""
    ownership: Annotated[str, Line(500)] = ""
    trl_now: Trl | None = None
    trl_wanted: Trl | None = None
    start_date: Day | None = None
    deadline: Day | None = None
    confidentiality: Confidentiality = Confidentiality.PUBLIC
    contact: Annotated[str, Line(100)] = ""
    phone: Annotated[str, Line(50)] = ""
    email: Annotated[str, Line(254)] = ""


class RequirementCreate(RequirementFields):
    """A new draft. Without `organization_id` it belongs to the caller's own organization."""

    model_config = with_example(EXAMPLE)

    title: Annotated[str, Line(200, 1)]
    external_id: Annotated[str, Line(200, 1)] | None = None
    organization_id: Ref | None = None
    organization: OrganizationRef | None = None
    challenge: Annotated[str, Line(40, 1)] | None = None

    @model_validator(mode="after")
    def _one_way_to_name_the_organization(self) -> RequirementCreate:
        if self.organization_id is not None and self.organization is not None:
            raise PydanticCustomError(
                "organization_named_twice", "organization_id and organization exclude each other"
            )
        return self


class RequirementPatch(RequirementFields):
    """The fields to change; what is left out stays."""

    model_config = with_example({"budget_wan": 120})

    title: Annotated[str, Line(200, 1)] = ""


class ReturnBody(Body):
    """Why the form goes back. `text` is what the seeker reads; it is required for the reason `other`."""

    model_config = with_example({"reason": "other", "text": "请补充可量化的指标和现有工艺参数。"})

    reason: ReturnReason
    text: Annotated[str, Text(4_000)] = ""

    @model_validator(mode="after")
    def _other_needs_words(self) -> ReturnBody:
        if self.reason is ReturnReason.OTHER and not self.text:
            raise PydanticCustomError("text_required", "the reason `other` needs a text")
        return self


class NoteBody(Body):
    """Words to the seeker that go with a move; a standard sentence is sent when they are left out."""

    text: Annotated[str, Text(4_000)] = ""


class PublishBody(NoteBody):
    """`challenge` is the code of the challenge whose list the requirement joins."""

    challenge: Annotated[str, Line(40, 1)] | None = None


class ReasonBody(Body):
    """Why: an answer that the seeker and everyone concerned can read."""

    model_config = with_example({"reason": "企业已自行解决该问题。"})

    reason: Annotated[str, Text(4_000, 1)]


class AdvanceBody(Body):
    """The next step of a published requirement, with the words that the seeker reads."""

    model_config = with_example({"to": "in_contact", "text": "已安排与江东理工团队于下周三线上对接。"})

    to: Literal["matching", "in_contact", "agreed", "in_delivery"]
    text: Annotated[str, Text(4_000, 1)]


class OrganizationView(View):
    id: uuid.UUID
    name: str
    uscc: str | None
    region: str


class TargetView(View):
    name: str
    operator: str
    value: float
    upper: float | None = None
    unit: str = ""


class StatementView(View):
    """The refined words of the fields that a statement restates."""

    title: str
    problem: str
    key_indicators: str
    goal: str
    keywords: list[str]
    field: Field | None
    targets: list[TargetView]


class RequirementView(View):
    """A requirement as the caller may read it.

    Where reviewers have restated the problem, strangers read their statement in place of the form; the seeker,
    its reviewers and staff read the form as it was written and the statement under `refined`.

    For strangers of an anonymous requirement `organization` is null, names are masked in the texts,
    and the contact fields are null for everyone but the seeker, reviewers and staff.
    """

    id: uuid.UUID
    external_id: str | None
    status: RequirementStatus
    status_label: str
    confidentiality: Confidentiality
    organization_id: uuid.UUID | None
    organization: OrganizationView | None
    title: str
    description: str
    problem: str
    key_indicators: str
    goal: str
    existing_work: str
    must_have: str
    nice_to_have: str
    keywords: list[str]
    targets: list[TargetView]
    budget_wan: WanView | None
    field: Field | None
    industry: str
    region: str
    cooperation: Cooperation | None
    activity_type: ActivityType | None
    partners: str
    ownership: str
    trl_now: int | None
    trl_wanted: int | None
    start_date: date | None
    deadline: date | None
    contact: str | None
    phone: str | None
    email: str | None
    refined: StatementView | None
    challenges: list[str]
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    version: int


class HistoryEntryView(View):
    """One act on the requirement; moves carry `from` and `to` in `detail`."""

    at: datetime
    action: str
    actor_id: uuid.UUID | None
    detail: dict[str, Any]
