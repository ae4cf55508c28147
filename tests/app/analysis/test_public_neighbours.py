"""A reviewer and a seeker see what is published beside a requirement, as any visitor reads it, and no more."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.context import AppContext
from app.db import Database
from app.indexing.outbox import note
from app.kit.clock import now
from app.models import Organization, Requirement
from app.models.indexing import IndexCollection
from app.models.requirement import Confidentiality, RequirementStatus
from tests import factories


@pytest.fixture
def published(db: Database, other_organization: Organization, request: pytest.FixtureRequest) -> Requirement:
    made = factories.make_requirement(db, other_organization)
    with db.write() as session:
        found = session.get_one(Requirement, made.id)
        found.status, found.published_at = RequirementStatus.PUBLISHED, now()
        found.confidentiality = getattr(request, "param", Confidentiality.ANONYMOUS)
        note(session, IndexCollection.REQUIREMENTS, found.id)
    return made


@pytest.fixture
def reviewed(db: Database, seeker_organization: Organization, reviewer: TestClient) -> Requirement:
    made = factories.make_requirement(db, seeker_organization)
    with db.write() as session:
        session.get_one(Requirement, made.id).status = RequirementStatus.TECHNICAL_REVIEW
    factories.assign_reviewer(db, made, reviewer)
    return made


def near(client: TestClient, context: AppContext, requirement: Requirement) -> list[dict[str, object]]:
    context.index.load()
    context.index.settle()
    answer = client.get(f"/api/v1/requirements/{requirement.id}/analysis/neighbours")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def test_a_published_neighbour_is_read_as_strangers_read_it(
    reviewer: TestClient, context: AppContext, published: Requirement, reviewed: Requirement
) -> None:
    items = near(reviewer, context, reviewed)
    assert [(row["id"], row["organization"], row["is_public"]) for row in items] == [
        (str(published.id), None, True)
    ]
    assert reviewer.get(f"/api/v1/requirements/{published.id}").status_code == 404


@pytest.mark.parametrize("published", [Confidentiality.RESTRICTED], indirect=True)
def test_a_restricted_neighbour_stays_hidden(
    reviewer: TestClient, context: AppContext, published: Requirement, reviewed: Requirement
) -> None:
    assert near(reviewer, context, reviewed) == []


def test_what_is_ones_own_is_read_in_full(
    seeker: TestClient,
    organizer: TestClient,
    context: AppContext,
    published: Requirement,
    reviewed: Requirement,
) -> None:
    assert [row["is_public"] for row in near(seeker, context, reviewed)] == [True]
    (row,) = near(organizer, context, reviewed)
    assert (row["is_public"], row["organization"]) == (False, "通海市恒力机械制造有限公司")
