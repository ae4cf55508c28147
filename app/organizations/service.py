"""Finds, files and edits organizations. Who may see which one is the repository's one statement."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import Conflict, FieldError, InvalidInput, NotPermitted
from app.indexing.outbox import note_organization
from app.kit.uscc import is_uscc, normal_uscc
from app.models.organization import Organization
from app.organizations import policy, repository

SOURCE = "import"
"""Only staff file organizations, so their external ids share one namespace."""

TEXT_RELEVANT = frozenset({"name", "region"})
"""Fields from which masked and indexed texts of other concepts are made."""

Follower = Callable[[Session, Organization], None]
_followers: list[Follower] = []


class DuplicateUscc(Conflict):
    code = "duplicate_uscc"
    zh, en = "已有单位使用此统一社会信用代码", "An organization with this social credit code exists"


class DuplicateExternalId(Conflict):
    code = "duplicate_external_id"
    zh, en = "已有相同 external_id 的单位", "An organization with this external_id exists"


def follow(follower: Follower) -> Follower:
    """Registers a function that is called when a name or region changed, in the transaction of the change.

    Concepts above this one keep texts that depend on the name; this one must not know them.
    """
    _followers.append(follower)
    return follower


def get(session: Session, actor: Actor, id: uuid.UUID) -> Organization:
    """One organization. Raises `NotFound` when it does not exist or is not visible to the actor."""
    return repository.get(session, actor, id)


def find_or_create(
    session: Session, actor: Actor, *, name: str, uscc: str | None = None, region: str | None = None
) -> Organization:
    """The organization with this code, else with exactly this name; staff get a new one when there is none.

    A name that is on file under another code is another organization. Everyone else ends up at an
    organization of their own or nowhere: raises `NotPermitted` without a look at other units.
    Raises `InvalidInput` for a code with a wrong check character.
    """
    if uscc is not None:
        uscc = checked_uscc(uscc)
    if not actor.is_staff:
        return _own(session, actor, name=name, uscc=uscc)
    found = _on_file(session, name=name, uscc=uscc)
    if found is None:
        return create(session, actor, {"name": name, "uscc": uscc, "region": region or ""})
    additions: dict[str, Any] = {}
    if uscc and found.uscc is None:
        additions["uscc"] = uscc
    if region and not found.region:
        additions["region"] = region
    return _change(session, actor, found, additions)


def _own(session: Session, actor: Actor, *, name: str, uscc: str | None) -> Organization:
    own = repository.own_of(session, actor)
    for organization in own:
        if uscc is not None and organization.uscc == uscc:
            return organization
    for organization in own:
        if organization.name == name and (uscc is None or organization.uscc is None):
            return organization
    raise NotPermitted(permission="organizations:create")


def _on_file(session: Session, *, name: str, uscc: str | None) -> Organization | None:
    if uscc is not None:
        found = repository.by_uscc(session, uscc)
        if found is not None:
            return found
    for organization in repository.by_name(session, name):
        if uscc is None or organization.uscc is None:
            return organization
    return None


def create(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Organization:
    """A new organization. Raises `InvalidInput`, `DuplicateUscc` or `DuplicateExternalId`."""
    fields = _checked(fields)
    _check_is_new(session, fields)
    organization = Organization(**fields, source=SOURCE)
    session.add(organization)
    session.flush()
    _audit(session, actor, organization, "organization.created")
    return organization


def edit(
    session: Session, actor: Actor, organization: Organization, changes: Mapping[str, Any]
) -> Organization:
    """Changes fields. Raises `NotPermitted`, `InvalidInput`, `DuplicateUscc` or `DuplicateExternalId`."""
    changes = _checked(changes)
    changed = {name: value for name, value in changes.items() if getattr(organization, name) != value}
    policy.check_may_edit(actor, organization, changed)
    _check_is_new(session, changed)
    return _change(session, actor, organization, changed)


def checked_uscc(text: str) -> str:
    """The code in normal form. Raises `InvalidInput` when its form or its check character is wrong."""
    code = normal_uscc(text)
    if not is_uscc(code):
        raise InvalidInput(
            fields=(
                FieldError(
                    "uscc",
                    "invalid_uscc",
                    "统一社会信用代码不正确（18 位，末位为校验码）",
                    "Not a valid social credit code (18 characters, the last one a check character)",
                ),
            )
        )
    return code


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    uscc = fields.get("uscc")
    return {**fields, "uscc": checked_uscc(uscc)} if uscc else dict(fields)


def _check_is_new(session: Session, fields: Mapping[str, Any]) -> None:
    uscc, external_id = fields.get("uscc"), fields.get("external_id")
    if uscc and repository.by_uscc(session, uscc):
        raise DuplicateUscc()
    if external_id and repository.by_external_id(session, SOURCE, external_id):
        raise DuplicateExternalId()


def _change(
    session: Session, actor: Actor, organization: Organization, changed: Mapping[str, Any]
) -> Organization:
    if not changed:
        return organization
    if "name" in changed:
        # Texts that were written under the old name still tell whose they are.
        former = [name for name in organization.former_names if name != organization.name]
        organization.former_names = [*former, organization.name]
    for name, value in changed.items():
        setattr(organization, name, value)
    session.flush()
    _audit(session, actor, organization, "organization.edited", fields=",".join(sorted(changed)))
    if TEXT_RELEVANT & changed.keys():
        note_organization(session, organization.id)
        for follower in _followers:
            follower(session, organization)
    return organization


def _audit(session: Session, actor: Actor, organization: Organization, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="organization",
        object_id=organization.id,
        **detail,
    )
