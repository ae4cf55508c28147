"""Units (单位): enterprises with problems, universities and institutes that solve them, the bureau."""

from __future__ import annotations

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Labelled, Sourced, Versioned, coded


class OrganizationKind(Labelled):
    ENTERPRISE = "enterprise", "企业"
    UNIVERSITY = "university", "高等院校"
    INSTITUTE = "institute", "科研院所"
    GOVERNMENT = "government", "政府部门"
    OTHER = "other", "其他"


class Organization(Versioned, Sourced, Base):
    """A unit. `uscc` is the 18-character 统一社会信用代码; `region` reads 省/市/区县/镇街 from left to right.

    `former_names` are those it had before, oldest first: older texts still use them.
    """

    __tablename__ = "organizations"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    name: Mapped[str] = mapped_column(String(200), index=True)
    former_names: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    kind: Mapped[OrganizationKind] = mapped_column(
        coded(OrganizationKind), default=OrganizationKind.ENTERPRISE
    )
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    region: Mapped[str] = mapped_column(String(200), default="")
    profile: Mapped[str] = mapped_column(String(2000), default="")
    contact: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
