"""Technical requirements (技术需求): the form an enterprise fills in, and the lifecycle as data."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.columns import Base, Labelled, Sourced, UtcDateTime, Versioned, WanAmount, coded
from app.models.challenge import Challenge
from app.models.organization import Organization


class RequirementStatus(Labelled):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "形式审核"
    TECHNICAL_REVIEW = "technical_review", "技术审核"
    RETURNED = "returned", "已退回"
    REFINED = "refined", "挖掘凝练"
    APPROVED = "approved", "审核通过"
    PUBLISHED = "published", "已发布"
    MATCHING = "matching", "匹配中"
    IN_CONTACT = "in_contact", "对接中"
    AGREED = "agreed", "已签约"
    IN_DELIVERY = "in_delivery", "跟踪中"
    CLOSED = "closed", "已办结"
    REJECTED = "rejected", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"


S = RequirementStatus
ALLOWED_TRANSITIONS: dict[RequirementStatus, frozenset[RequirementStatus]] = {
    S.DRAFT: frozenset({S.SUBMITTED}),
    S.SUBMITTED: frozenset({S.TECHNICAL_REVIEW, S.RETURNED, S.REJECTED, S.WITHDRAWN}),
    S.TECHNICAL_REVIEW: frozenset({S.REFINED, S.RETURNED, S.REJECTED, S.WITHDRAWN}),
    S.RETURNED: frozenset({S.SUBMITTED, S.REJECTED, S.WITHDRAWN}),
    S.REFINED: frozenset({S.APPROVED, S.RETURNED, S.REJECTED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.PUBLISHED, S.RETURNED, S.REJECTED, S.WITHDRAWN}),
    S.PUBLISHED: frozenset({S.MATCHING, S.IN_CONTACT, S.CLOSED, S.WITHDRAWN}),
    S.MATCHING: frozenset({S.PUBLISHED, S.IN_CONTACT, S.CLOSED, S.WITHDRAWN}),
    S.IN_CONTACT: frozenset({S.MATCHING, S.AGREED, S.CLOSED, S.WITHDRAWN}),
    S.AGREED: frozenset({S.IN_DELIVERY, S.IN_CONTACT, S.CLOSED}),
    S.IN_DELIVERY: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
    S.REJECTED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
"""The lifecycle of `domain.md`; whoever moves a requirement goes through `requirements.service.move`."""

PUBLIC_STATUSES = frozenset({S.PUBLISHED, S.MATCHING, S.IN_CONTACT, S.AGREED, S.IN_DELIVERY})
"""States in which solvers can see a requirement, as far as its confidentiality lets them."""

MATCHABLE_STATUSES = frozenset({S.APPROVED, S.PUBLISHED, S.MATCHING, S.IN_CONTACT})
"""States in which a match round considers a requirement."""

EDITABLE_STATUSES = frozenset({S.DRAFT, S.RETURNED})
"""States in which the seeker edits the form."""

REVIEWED_STATUSES = frozenset({S.SUBMITTED, S.TECHNICAL_REVIEW, S.REFINED, S.APPROVED})
"""States in which reviewers and organizers edit the form."""

END_STATUSES = frozenset({S.CLOSED, S.REJECTED, S.WITHDRAWN})


class Confidentiality(Labelled):
    PUBLIC = "public", "公开"
    ANONYMOUS = "anonymous", "匿名"
    RESTRICTED = "restricted", "定向"


class Field(Labelled):
    """The twelve classes 所属领域 of the provincial form; the official words are the codes."""

    ELECTRONICS = "电子信息"
    OPTOMECHATRONICS = "光机电一体化"
    BIOMEDICINE = "生物技术与制药"
    MATERIALS = "新材料及应用"
    AGRICULTURE = "现代农业"
    ENERGY = "新能源与高效节能"
    ENVIRONMENT = "资源与环境"
    SERVICES = "高技术服务业"
    OCEAN = "海洋"
    PUBLIC_AFFAIRS = "社会公共事业"
    HEALTH = "医疗卫生"
    OTHER = "其他"


class Cooperation(Labelled):
    INDEPENDENT = "独立研发"
    COMMISSIONED = "委托研发"
    JOINT = "合作研发"
    TRANSFER = "技术转让"
    OTHER = "其他"


class ActivityType(Labelled):
    BASIC = "基础研究"
    APPLIED = "应用研究"
    DEVELOPMENT = "试验发展"
    TRANSITION = "研究发展与成果应用"
    SERVICE = "技术推广与科技服务"
    PRODUCTION = "生产性活动"


class ReturnReason(Labelled):
    FORMAT = "format", "格式不正确"
    NOT_A_REQUIREMENT = "not_a_requirement", "技术需求不符合要求"
    OTHER = "other", "其他"


class Requirement(Versioned, Sourced, Base):
    """One problem. Texts are plain; `targets` are rows {name, operator, value, upper, unit} (考核指标).

    `public_text` is what strangers may search: the texts without the seeker's name where the tier hides it.
    `refined` is the statement that reviewers made of the form for the public side, `refined_from` the form's
    words at that time; see `stated`.
    """

    __tablename__ = "requirements"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_requirements_status_id", "status", "id"),
        Index("ix_requirements_organization_id_id", "organization_id", "id"),
    )

    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[RequirementStatus] = mapped_column(
        coded(RequirementStatus), default=RequirementStatus.DRAFT
    )
    confidentiality: Mapped[Confidentiality] = mapped_column(
        coded(Confidentiality), default=Confidentiality.PUBLIC
    )

    is_filed_by_staff: Mapped[bool] = mapped_column(default=False, server_default=false())

    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    key_indicators: Mapped[str] = mapped_column(Text, default="")
    goal: Mapped[str] = mapped_column(Text, default="")
    existing_work: Mapped[str] = mapped_column(Text, default="")
    must_have: Mapped[str] = mapped_column(Text, default="")
    nice_to_have: Mapped[str] = mapped_column(Text, default="")
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    targets: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    field: Mapped[Field | None] = mapped_column(coded(Field), index=True)
    industry: Mapped[str] = mapped_column(String(100), default="")
    region: Mapped[str] = mapped_column(String(200), default="")
    cooperation: Mapped[Cooperation | None] = mapped_column(coded(Cooperation))
    activity_type: Mapped[ActivityType | None] = mapped_column(coded(ActivityType))
    partners: Mapped[str] = mapped_column(String(500), default="")
    ownership: Mapped[str] = mapped_column(String(500), default="")
    budget_wan: Mapped[Decimal | None] = mapped_column(WanAmount)
    trl_now: Mapped[int | None]
    trl_wanted: Mapped[int | None]
    start_date: Mapped[date | None]
    deadline: Mapped[date | None]
    contact: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    email: Mapped[str] = mapped_column(String(254), default="")

    public_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    refined: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    refined_from: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    challenges: Mapped[list[Challenge]] = relationship(
        secondary="challenge_entries", viewonly=True, order_by="Challenge.code", lazy="raise_on_sql"
    )


def stated(row: Any, name: str) -> Any:
    """A field of a requirement as the public side reads it, `row` being the entity or a row with its columns.

    The refined statement stands in place of the form's words; a description of the seeker's own beside it would
    give away what was left out on purpose.
    """
    if row.refined is None:
        return getattr(row, name)
    if name == "description":
        return ""
    if name not in row.refined:
        return getattr(row, name)
    value = row.refined[name]
    return Field(value) if name == "field" and value is not None else value
