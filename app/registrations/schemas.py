"""Registrations as strangers send them and as staff read them; a password is never sent back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from app.kit.schemas import Body, Line, Ref, Text, View, with_example
from app.models.organization import OrganizationKind
from app.models.registration import Registration, RegistrationStatus
from app.organizations.schemas import Uscc
from app.users.schemas import Email, Password

EXAMPLE: dict[str, Any] = {
    "email": "chenli@jdut.example",
    "password": "correct horse battery",
    "name": "陈立",
    "organization_name": "江东理工大学",
    "organization_kind": "university",
    "reason": "功能纺织品课题组负责人，拟参加揭榜。",
}


class RegistrationCreate(Body):
    """Who asks for an account, and for which unit."""

    model_config = with_example(EXAMPLE)

    email: Email
    password: Password
    name: Annotated[str, Line(100, 1)]
    phone: Annotated[str, Line(50)] = ""
    organization_name: Annotated[str, Line(200, 1)]
    organization_kind: OrganizationKind = OrganizationKind.OTHER
    uscc: Uscc | None = None
    region: Annotated[str, Line(200)] = ""
    reason: Annotated[str, Text(2_000)] = ""


class ReceiptBody(Body):
    """The receipt that the registration was answered with."""

    model_config = with_example({"receipt": "Wm9yZ2xvcy1leGFtcGxlLXJlY2VpcHQ"})

    receipt: Annotated[str, Line(100, 1)]


class ConfirmBody(Body):
    """What the link in the letter holds."""

    model_config = with_example({"token": "Wm9yZ2xvcy1leGFtcGxlLXRva2Vu"})

    token: Annotated[str, Line(100, 1)]


class RegistrationApprove(Body):
    """The unit on file that the person belongs to; without one, the stated unit is filed anew."""

    model_config = with_example({"organization_id": "01990000-0000-7000-8000-000000000000"})

    organization_id: Ref | None = None


class RegistrationRefuse(Body):
    """Why not; the person reads it with its receipt."""

    model_config = with_example({"reason": "请以单位邮箱重新注册。"})

    reason: Annotated[str, Text(2_000, 1)]


class FiledView(View):
    """Always the same, whether the address is known or not. The receipt is shown this once."""

    id: uuid.UUID
    receipt: str
    status: RegistrationStatus


class RegistrationStatusView(View):
    """What became of it; `answer` says why it was refused."""

    status: RegistrationStatus
    status_label: str
    answer: str


class RegistrationView(View):
    """A registration for staff. `has_account`: the address belongs to somebody already."""

    id: uuid.UUID
    status: RegistrationStatus
    status_label: str
    email: str
    has_account: bool
    name: str
    phone: str
    organization_name: str
    organization_kind: OrganizationKind
    uscc: str | None
    region: str
    reason: str
    answer: str
    email_confirmed_at: datetime | None
    user_id: uuid.UUID | None
    organization_id: uuid.UUID | None
    decided_at: datetime | None
    created_at: datetime
    version: int


_COMPUTED = {"status_label", "has_account"}


def present(registration: Registration, *, known: set[str]) -> RegistrationView:
    """The registration; `known` are addresses that belong to an account."""
    return RegistrationView(
        **{
            name: getattr(registration, name)
            for name in RegistrationView.model_fields
            if name not in _COMPUTED
        },
        status_label=registration.status.label,
        has_account=registration.email in known,
    )
