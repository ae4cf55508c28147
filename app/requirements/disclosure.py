"""What strangers may learn of a requirement: the seeker's name is taken out where its tier hides it."""

from __future__ import annotations

from typing import Any

from app.kit.masking import mask_contacts, mask_organization
from app.models.requirement import Confidentiality, Requirement, stated

TEXT_FIELDS = (
    "title",
    "description",
    "problem",
    "key_indicators",
    "goal",
    "existing_work",
    "must_have",
    "nice_to_have",
    "partners",
    "ownership",
    "industry",
)


def is_identity_hidden(requirement: Requirement) -> bool:
    """Whether strangers must not learn who has the problem."""
    return requirement.confidentiality is not Confidentiality.PUBLIC


def _mask(text: str, requirement: Requirement) -> str:
    organization = requirement.organization
    names = organization.name, organization.region, organization.former_names
    return mask_contacts(mask_organization(text, *names))


def public_text(requirement: Requirement, field: str) -> str:
    """One text field as strangers may read it: the refined statement where there is one, masked by the tier."""
    value: str = stated(requirement, field)
    return _mask(value, requirement) if is_identity_hidden(requirement) else value


def public_targets(requirement: Requirement) -> list[dict[str, Any]]:
    """The quantified targets as strangers may read them."""
    targets = stated(requirement, "targets")
    if not is_identity_hidden(requirement):
        return list(targets)
    return [{**target, "name": _mask(target["name"], requirement)} for target in targets]


def public_keywords(requirement: Requirement) -> list[str]:
    """The keywords as strangers may read them."""
    keywords = stated(requirement, "keywords")
    if not is_identity_hidden(requirement):
        return list(keywords)
    return [_mask(keyword, requirement) for keyword in keywords]


def searchable_text(requirement: Requirement) -> str:
    """Everything strangers may search by words, in one text."""
    texts = [public_text(requirement, field) for field in TEXT_FIELDS]
    return "\n".join(text for text in (*texts, *public_keywords(requirement)) if text)
