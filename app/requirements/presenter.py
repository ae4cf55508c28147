"""Renders a requirement for one reader: in full for insiders, masked and without contact for strangers."""

from __future__ import annotations

from typing import Any

from app.auth.actor import Actor
from app.models.challenge import Challenge, ChallengeAccess, ChallengeStatus
from app.models.requirement import Requirement, stated
from app.requirements.disclosure import (
    TEXT_FIELDS,
    is_identity_hidden,
    public_keywords,
    public_targets,
    public_text,
)
from app.requirements.repository import is_insider
from app.requirements.schemas import OrganizationView, RequirementView

_CONTACT_FIELDS = ("contact", "phone", "email")
_COMPUTED = {"status_label", "challenges", "organization"}
_COLUMNS = tuple(name for name in RequirementView.model_fields if name not in _COMPUTED)


def present(actor: Actor, requirement: Requirement) -> RequirementView:
    """The requirement as `actor` may read it: strangers read the refined statement, insiders both."""
    values: dict[str, Any] = {name: getattr(requirement, name) for name in _COLUMNS}
    organization: OrganizationView | None = OrganizationView.model_validate(requirement.organization)
    challenges = requirement.challenges
    if not is_insider(actor, requirement):
        challenges = [challenge for challenge in challenges if _is_announced_to_all(challenge)]
        values |= dict.fromkeys((*_CONTACT_FIELDS, "refined"))
        values |= {name: public_text(requirement, name) for name in TEXT_FIELDS}
        values |= {"field": stated(requirement, "field"), "keywords": public_keywords(requirement)}
        values |= {"targets": public_targets(requirement)}
        if is_identity_hidden(requirement):
            organization = None
            values |= {"organization_id": None, "external_id": None}
    return RequirementView(
        **values,
        organization=organization,
        status_label=requirement.status.label,
        challenges=[challenge.code for challenge in challenges],
    )


def _is_announced_to_all(challenge: Challenge) -> bool:
    return challenge.status is not ChallengeStatus.DRAFT and challenge.access is ChallengeAccess.PUBLIC
