"""Renders proposals and calls for one reader: the team reads its working copy, everyone else what was handed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.attachments.schemas import AttachmentView
from app.auth.actor import Actor
from app.kit.clock import beijing_time
from app.models.proposal import Proposal, ProposalCall, ProposalVersion
from app.models.requirement import Requirement
from app.proposals import calls
from app.proposals.criteria import Criterion
from app.proposals.schemas import (
    CallView,
    CriterionView,
    ProposalDetailView,
    ProposalView,
    ReceiptView,
    TeamView,
    VersionContentView,
    VersionView,
)
from app.proposals.service import FIELDS, TEXT_FIELDS, content_of, digest_of
from app.requirements.disclosure import public_text
from app.requirements.repository import is_insider
from app.solvers.repository import is_own

_PLAIN = (
    "id",
    "status",
    "requirement_id",
    "invitation_id",
    "number",
    "submitted_at",
    "ended_at",
    "reason",
    "created_at",
    "updated_at",
    "version",
)


def present(actor: Actor, proposal: Proposal) -> ProposalView:
    """The proposal in a list."""
    content = _content(actor, proposal)
    return ProposalView(**_head(actor, proposal), **{n: content[n] for n in ("title", "price_wan", "months")})


def present_in_full(actor: Actor, proposal: Proposal, closes_at: datetime | None) -> ProposalDetailView:
    """The proposal with its contents."""
    content = _content(actor, proposal)
    is_changed = None
    if is_own(actor, proposal.solver):
        is_changed = proposal.latest is None or digest_of(content_of(proposal)) != proposal.latest.sha256
    return ProposalDetailView(
        **_head(actor, proposal),
        **{name: content[name] for name in FIELDS},
        attachments=[AttachmentView.model_validate(row) for row in content["attachments"]],
        has_unsubmitted_changes=is_changed,
        closes_at=closes_at,
    )


def receipt(version: ProposalVersion) -> ReceiptView:
    """What was received, and when."""
    return ReceiptView(**_receipt(version))


def present_version(version: ProposalVersion) -> VersionView:
    """A version with its contents as they were."""
    return VersionView(**_receipt(version), content=VersionContentView.model_validate(version.content))


def present_criteria(criteria: Sequence[Criterion]) -> list[CriterionView]:
    return [CriterionView.model_validate(criterion) for criterion in criteria]


def present_call(
    requirement: Requirement,
    call: ProposalCall | None,
    *,
    closes_at: datetime | None,
    is_open: bool,
    criteria: Sequence[Criterion],
    proposals: int | None,
) -> CallView:
    """The call; `closes_at` and `is_open` are those that are enforced."""
    admission = calls.admission_of(requirement, call)
    return CallView(
        requirement_id=requirement.id,
        admission=admission,
        admission_label=admission.label,
        closes_at=closes_at,
        closes_at_beijing=None if closes_at is None else beijing_time(closes_at),
        is_open=is_open,
        closed_at=None if call is None else call.closed_at,
        criteria=present_criteria(criteria),
        own_closes_at=None if call is None else call.closes_at,
        has_own_criteria=call is not None and bool(call.criteria),
        proposals=proposals,
        version=0 if call is None else call.version,
    )


def title_for(actor: Actor, requirement: Requirement) -> str:
    """The requirement's title as the reader may know it."""
    return requirement.title if is_insider(actor, requirement) else public_text(requirement, "title")


def _head(actor: Actor, proposal: Proposal) -> dict[str, Any]:
    return {
        **{name: getattr(proposal, name) for name in _PLAIN},
        "status_label": proposal.status.label,
        "requirement": title_for(actor, proposal.requirement),
        "solver": TeamView.model_validate(proposal.solver),
        "last_submitted_at": proposal.latest.created_at if proposal.latest else None,
    }


def _content(actor: Actor, proposal: Proposal) -> dict[str, Any]:
    if is_own(actor, proposal.solver):
        files = [file.attachment for file in proposal.files if file.is_current]
        return {**{name: getattr(proposal, name) for name in FIELDS}, "attachments": files}
    assert proposal.latest is not None
    content = proposal.latest.content
    price = content["price_wan"]
    return {
        **{name: content[name] for name in TEXT_FIELDS},
        "months": content["months"],
        "price_wan": None if price is None else Decimal(price),
        "attachments": content["attachments"],
    }


def _receipt(version: ProposalVersion) -> dict[str, Any]:
    return {
        "proposal_id": version.proposal_id,
        "number": version.number,
        "received_at": version.created_at,
        "sha256": version.sha256,
    }
