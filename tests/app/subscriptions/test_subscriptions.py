"""Saved searches: what fits, who is told of it once, and what nobody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.context import AppContext
from app.db import Database
from app.kit.clock import now
from app.models import Notification, Organization, Requirement, Role, SubscriptionHit
from app.models.notification import Event
from app.subscriptions import alerts
from tests import factories
from tests.app.matches.conftest import publish, refresh_index
from tests.conftest import Login

URL = "/api/v1/subscriptions"
WANTED = {"name": "阻燃", "words": "阻燃遮光面料"}


def save(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(URL, json={**WANTED, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(db: Database, event: Event = Event.SUBSCRIPTION_HIT) -> list[Notification]:
    with db.read() as session:
        return list(session.scalars(select(Notification).where(Notification.event == event)))


def published(context: AppContext, db: Database, unit: Organization, **fields: Any) -> Requirement:
    requirement = factories.make_requirement(db, unit, **fields)
    publish(db, requirement)
    with db.write() as session:
        session.execute(
            update(Requirement).where(Requirement.id == requirement.id).values(published_at=now())
        )
    refresh_index(context)
    return requirement


def test_a_new_requirement_that_fits_is_told_once(
    context: AppContext, db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    published(context, db, seeker_organization)
    save(solver)
    save(solver, name="别的", words="海洋牧场养殖")
    wanted = published(context, db, seeker_organization)
    published(
        context,
        db,
        seeker_organization,
        title="数控机床主轴温升控制",
        problem="……",
        key_indicators="",
        goal="",
        keywords=[],
    )
    assert [alerts.announce(context), alerts.announce(context)] == [3, 0]
    assert [row.requirement_id for row in told(db)] == [wanted.id]


def test_a_restricted_requirement_is_never_told_and_an_anonymous_one_without_its_unit(
    context: AppContext, db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    saved = save(solver)
    published(context, db, seeker_organization, confidentiality="restricted")
    hidden = published(context, db, seeker_organization, confidentiality="anonymous")
    alerts.announce(context)
    assert [row.requirement_id for row in told(db)] == [hidden.id]
    for part in ("requirements", "hits"):
        found = solver.get(f"{URL}/{saved['id']}/{part}")
        assert [(row["id"], row["organization"]) for row in found.json()["items"]] == [(str(hidden.id), None)]
        assert seeker_organization.name not in found.text


def test_what_the_index_lacks_waits(
    context: AppContext, db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    save(solver)
    requirement = factories.make_requirement(db, seeker_organization)
    publish(db, requirement)
    with db.write() as session:
        session.execute(update(Requirement).values(published_at=now()))
    assert alerts.announce(context) == 0
    refresh_index(context)
    assert alerts.announce(context) == 1 and len(told(db)) == 1


def test_a_paused_subscription_is_silent(
    context: AppContext, db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    saved = save(solver)
    url = f"{URL}/{saved['id']}"
    header = {"If-Match": solver.get(url).headers["ETag"]}
    assert solver.patch(url, json={"is_active": False}, headers=header).status_code == 200
    published(context, db, seeker_organization)
    alerts.announce(context)
    assert told(db) == []
    assert solver.get(f"{url}/requirements").json()["total"] == 1
    assert solver.delete(url).status_code == 204 and solver.get(url).status_code == 404


def test_a_daily_subscription_is_told_of_in_one_digest(
    context: AppContext, db: Database, solver: TestClient, seeker_organization: Organization
) -> None:
    save(solver, pace="daily")
    for _ in range(2):
        published(context, db, seeker_organization)
    alerts.announce(context)
    assert told(db) == [] and alerts.send_digests(context) == 0
    with db.write() as session:
        session.execute(update(SubscriptionHit).values(created_at=now() - timedelta(days=2)))
    assert [alerts.send_digests(context), alerts.send_digests(context)] == [1, 0]
    assert [row.parameters for row in told(db, Event.SUBSCRIPTION_DIGEST)] == [{"count": 2}]


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"words": "", "region": "江苏省"}, True),
        ({"words": "", "region": "浙江省"}, False),
        ({"fields": ["海洋"]}, False),
        ({"budget_min_wan": 50, "budget_max_wan": 100}, True),
        ({"budget_min_wan": 81}, False),
    ],
)
def test_every_condition_must_fit(
    context: AppContext,
    db: Database,
    solver: TestClient,
    seeker_organization: Organization,
    fields: dict[str, Any],
    fits: bool,
) -> None:
    published(context, db, seeker_organization, region="江苏省/通海市", budget_wan=80)
    saved = save(solver, **fields)
    assert solver.get(f"{URL}/{saved['id']}/requirements").json()["total"] == int(fits)


def test_a_subscription_is_its_persons_alone(sign_in: Login, solver: TestClient, db: Database) -> None:
    url = f"{URL}/{save(solver)['id']}"
    colleague = sign_in(Role.SOLVER, factories.make_organization(db))
    assert colleague.get(url).status_code == 404 and colleague.get(URL).json()["total"] == 0
    assert sign_in(Role.ADMIN).get(url).status_code == 403
    assert solver.post(URL, json={"name": "空"}).status_code == 422
