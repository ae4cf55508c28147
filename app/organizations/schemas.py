"""Organizations as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from app.kit.schemas import Body, Line, Text, View, with_example
from app.models.organization import OrganizationKind

EXAMPLE: dict[str, Any] = {
    "name": "通海市锦程家纺有限公司",
    "kind": "enterprise",
    "uscc": "91320600MA00000A0C",
    "region": "江苏省/通海市/城东街道",
    "contact": "周敏",
    "phone": "0513-00000000",
}

Uscc = Annotated[str, Field(min_length=18, max_length=40)]
"""Blanks, hyphens and small letters are put right; the check character is checked by the service."""


class OrganizationFields(Body):
    uscc: Uscc | None = None
    region: Annotated[str, Line(200)] = ""
    profile: Annotated[str, Text(2_000)] = ""
    contact: Annotated[str, Line(100)] = ""
    phone: Annotated[str, Line(50)] = ""
    email: Annotated[str, Line(254)] = ""


class OrganizationCreate(OrganizationFields):
    """A new unit; `external_id` is the client's own id of it."""

    model_config = with_example(EXAMPLE)

    name: Annotated[str, Line(200, 1)]
    kind: OrganizationKind = OrganizationKind.ENTERPRISE
    external_id: Annotated[str, Line(200, 1)] | None = None


class OrganizationPatch(OrganizationFields):
    """The fields to change; what is left out stays. Members of the unit change profile and contact only."""

    model_config = with_example({"contact": "周敏", "phone": "0513-00000001"})

    name: Annotated[str, Line(200, 1)] = ""
    kind: OrganizationKind = OrganizationKind.ENTERPRISE


class OrganizationView(View):
    id: uuid.UUID
    external_id: str | None
    name: str
    kind: OrganizationKind
    uscc: str | None
    region: str
    profile: str
    contact: str
    phone: str
    email: str
    created_at: datetime
    updated_at: datetime
    version: int
