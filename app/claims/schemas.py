"""Claims as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.claim import ClaimStatus, ProfileClaim


class ClaimCreate(Body):
    """Why `solver_id` (with all its achievements) or `achievement_id` alone is the unit's own.

    With `into_id` it becomes part of that profile of the unit; an achievement always does.
    """

    model_config = with_example(
        {
            "solver_id": "01990000-0000-7000-8000-000000000000",
            "reason": "该档案为本校功能纺织品课题组，负责人陈立。",
            "proof": "专利 ZL202310000000.0 的专利权人为本校。",
        }
    )

    solver_id: Ref | None = None
    achievement_id: Ref | None = None
    into_id: Ref | None = None
    organization_id: Ref | None = None
    reason: Annotated[str, Text(2_000, 1)]
    proof: Annotated[str, Text(4_000)] = ""


class ClaimApprove(Body):
    """Words for the unit, if any."""

    model_config = with_example({"note": "已核对专利权人。"})

    note: Annotated[str, Text(2_000)] = ""


class ClaimRefuse(Body):
    """Why not; the unit reads it."""

    model_config = with_example({"reason": "证明材料与档案不符。"})

    reason: Annotated[str, Text(2_000, 1)]


class ClaimView(View):
    """A claim. `solver_name` and `achievement_title` say what it is about."""

    id: uuid.UUID
    status: ClaimStatus
    status_label: str
    solver_id: uuid.UUID
    solver_name: str
    achievement_id: uuid.UUID | None
    achievement_title: str | None
    into_id: uuid.UUID | None
    organization_id: uuid.UUID
    organization_name: str
    reason: str
    proof: str
    answer: str
    decided_at: datetime | None
    created_at: datetime
    version: int


_COMPUTED = {"status_label", "solver_name", "achievement_title", "organization_name"}


def present(claim: ProfileClaim) -> ClaimView:
    """The claim, for staff and for the unit that made it."""
    return ClaimView(
        **{name: getattr(claim, name) for name in ClaimView.model_fields if name not in _COMPUTED},
        status_label=claim.status.label,
        solver_name=claim.solver.name,
        achievement_title=claim.achievement.title if claim.achievement else None,
        organization_name=claim.organization.name,
    )
