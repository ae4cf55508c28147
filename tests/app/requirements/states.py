"""Brings a requirement into any state of its lifecycle, through the service and along allowed moves only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.auth.actor import SYSTEM, Actor, Grant
from app.db import Database
from app.models import Organization, Requirement, Role
from app.models.ledger import ResponseKind
from app.models.requirement import ALLOWED_TRANSITIONS, RequirementStatus
from app.requirements import service
from tests.factories import REQUIREMENT


def path_to(status: RequirementStatus) -> list[RequirementStatus]:
    """The shortest way from a draft to `status`, without the draft itself."""
    paths: dict[RequirementStatus, list[RequirementStatus]] = {RequirementStatus.DRAFT: []}
    queue = [RequirementStatus.DRAFT]
    for current in queue:
        for following in sorted(ALLOWED_TRANSITIONS[current]):
            if following not in paths:
                paths[following] = [*paths[current], following]
                queue.append(following)
    return paths[status]


def requirement_in(
    db: Database,
    organization: Organization,
    status: RequirementStatus,
    fields: Mapping[str, Any] | None = None,
) -> Requirement:
    """A requirement that a seeker of `organization` filed, in `status`."""
    seeker = Actor(user_id=None, grants=(Grant(Role.SEEKER, organization.id),))
    with db.write() as session:
        owner = session.merge(organization)
        requirement = service.create(session, seeker, {**REQUIREMENT, **(fields or {})}, organization=owner)
        for step in path_to(status):
            take(session, seeker, requirement, step)
    return requirement


def take(session: Any, seeker: Actor, requirement: Requirement, step: RequirementStatus) -> None:
    """One move, by the function that the routes use where it has duties of its own."""
    if step is RequirementStatus.SUBMITTED:
        service.submit(session, seeker, requirement)
    elif step is RequirementStatus.PUBLISHED:
        service.publish(session, SYSTEM, requirement)
    else:
        answer = service.Answer(ResponseKind.WRITTEN, f"进入“{step.label}”。")
        service.move(session, SYSTEM, requirement, step, answer)
