"""The documented API is the real one: no generated request meets a 5xx, answers follow their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.auth import secrets
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.service import SearchIndex
from app.main import create_app
from app.models import Membership, Role, User
from matching.encode import HashingEncoder
from tests import factories

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def api_schema(settings: Settings, db: Database) -> Iterator[Any]:
    """The application's schema; its caller holds every role, and one of each object exists."""
    bureau = factories.make_organization(db, "通海市科学技术局", kind="government")
    enterprise = factories.make_organization(db)
    factories.make_requirement(db, enterprise)
    factories.make_achievement(db, factories.make_solver(db))
    factories.make_challenge(db)
    with db.write() as session:
        user = User(email="everyone@example.com", name="全部角色", password_hash="unusable")
        user.memberships = [Membership(role=role, organization_id=bureau.id) for role in Role]
        session.add(user)
        session.flush()
    index = SearchIndex(settings, db, encoder=lambda: HashingEncoder(dimension=64))
    index.load()
    index.settle()
    app = create_app(context=AppContext(settings=settings, db=db, index=index))
    token, _ = secrets.make_access_token(settings.model_copy(update={"access_token_minutes": 1440}), user.id)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    schema.config.update(headers={"Authorization": f"Bearer {token}"})
    yield schema
    index.close()


schema = schemathesis.pytest.from_fixture("api_schema")


@schema.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_generated_requests_get_documented_answers(case: schemathesis.Case) -> None:
    response = case.call()
    case.validate_response(response, checks=CHECKS)
