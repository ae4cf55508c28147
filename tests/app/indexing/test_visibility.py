"""What the index lets an actor find is what the repository lets it see, for every role and every state."""

from __future__ import annotations

import itertools
import uuid

import pytest
from sqlalchemy import update

from app.auth.actor import Actor, Grant
from app.db import Database
from app.indexing.outbox import note
from app.indexing.service import SearchIndex
from app.indexing.visibility import narrow, requirements_visible_to
from app.models import Organization, Requirement, ReviewAssignment, Role
from app.models.indexing import IndexCollection
from app.models.requirement import Confidentiality, RequirementStatus
from app.requirements.repository import visible_to
from matching import Filter
from tests import factories


@pytest.fixture
def every_kind(
    db: Database, seeker_organization: Organization, other_organization: Organization
) -> list[uuid.UUID]:
    """One requirement for each unit, status, tier and way of filing."""
    keys = []
    combinations = itertools.product(
        (seeker_organization, other_organization), RequirementStatus, Confidentiality, (True, False)
    )
    for organization, status, tier, by_staff in combinations:
        row = factories.make_requirement(db, organization, title="阻燃窗帘", confidentiality=tier)
        keys.append((row.id, status, by_staff))
    with db.write() as session:
        for key, status, by_staff in keys:
            statement = update(Requirement).where(Requirement.id == key)
            session.execute(statement.values(status=status, is_filed_by_staff=by_staff))
        note(session, IndexCollection.REQUIREMENTS, [key for key, _, _ in keys])
    return [key for key, _, _ in keys]


ROLES: list[tuple[Role, ...]] = [
    *((role,) for role in Role),
    (Role.SEEKER, Role.SOLVER),
    (Role.SEEKER, Role.REVIEWER),
    (),
]


def test_a_search_finds_exactly_what_the_actor_may_see(
    db: Database, every_kind: list[uuid.UUID], index: SearchIndex, seeker_organization: Organization
) -> None:
    person = factories.make_user(db, Role.REVIEWER)
    with db.write() as session:
        # Every third is the person's to review, among them some of its own unit's, which it must not judge.
        for key in every_kind[::3]:
            session.add(ReviewAssignment(requirement_id=key, reviewer_id=person.id))
        note(session, IndexCollection.REQUIREMENTS, every_kind)
    index.settle()
    for roles in ROLES:
        grants = tuple(Grant(role, seeker_organization.id) for role in roles)
        actor = Actor(user_id=person.id, grants=grants)
        with db.read() as session:
            expected = {str(row.id) for row in session.scalars(visible_to(actor)).unique()}
        alternatives = requirements_visible_to(actor)
        if not alternatives:
            assert expected == set(), roles
            continue
        page = index.search("requirements", "阻燃窗帘", limit=500, filter=alternatives)
        assert {hit.key for hit in page.hits} == expected, roles
        assert page.total == len(expected), roles


def test_narrowing_holds_beside_visibility() -> None:
    visible = [Filter(any_of={"status": ("published", "matching")}), Filter(any_of={"organization": ("a",)})]
    first, second = narrow(visible, {"status": ["matching", "draft"], "field": []})
    assert first.any_of == {"status": ["matching"]}
    assert second.any_of == {"organization": ("a",), "status": ["matching", "draft"]}


def test_asking_for_what_an_alternative_forbids_leaves_it_out() -> None:
    assert narrow([Filter(any_of={"status": ("published",)})], {"status": ["draft"]}) == ()


def test_refusals_add_up() -> None:
    (item,) = narrow([Filter(none_of={"organization": ("a",)})], {}, {"organization": ["b"]})
    assert item.none_of == {"organization": ["a", "b"]}
