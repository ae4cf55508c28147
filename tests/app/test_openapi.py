"""The documented API is the real one: no generated request meets a 5xx, answers follow their schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import api
from app.auth import secrets
from app.context import AppContext
from app.db import Database
from app.main import create_app
from app.models import Membership, Role, User
from tests import factories

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def served_documents() -> list[str]:
    """The document as the first application served it; every application of a process serves the same."""
    return []


@pytest.fixture
def api_schema(context: AppContext, db: Database, password_hash: str, served_documents: list[str]) -> Any:
    """The application's schema; its caller holds every role, and one of each object exists."""
    bureau = factories.make_organization(db, "通海市科学技术局", kind="government")
    enterprise = factories.make_organization(db)
    factories.make_requirement(db, enterprise)
    factories.make_achievement(db, factories.make_solver(db))
    factories.make_challenge(db)
    with db.write() as session:
        user = User(email="everyone@example.com", name="全部角色", password_hash=password_hash)
        user.memberships = [Membership(role=role, organization_id=bureau.id) for role in Role]
        session.add(user)
        session.flush()
    context.index.load()
    context.index.settle()
    app = create_app(context=context)
    token, _ = secrets.make_access_token(
        context.settings.model_copy(update={"access_token_minutes": 1440}), user.id
    )
    if not served_documents:
        served_documents.append(TestClient(app).get("/openapi.json").raise_for_status().text)
    schema = schemathesis.openapi.from_dict(json.loads(served_documents[0]))
    schema.app, schema.location = app, "/openapi.json"
    schema.config.update(headers={"Authorization": f"Bearer {token}"})
    return schema


OPERATIONS = [
    (method, api.PREFIX + route.path)
    for router in api.ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods)
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{m} {p}" for m, p in OPERATIONS])
def test_generated_requests_get_documented_answers(api_schema: Any, method: str, path: str) -> None:
    @settings(max_examples=10, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(case=api_schema[path][method].as_strategy())
    def run(case: schemathesis.Case) -> None:
        response = case.call()
        case.validate_response(response, checks=CHECKS)

    run()


def test_every_operation_is_documented_in_chinese(client: TestClient) -> None:
    operations = client.get("/openapi.json").json()["paths"]
    for path, methods in operations.items():
        if path.startswith(api.PREFIX):
            for method, operation in methods.items():
                assert operation["tags"], f"{method} {path}"
                assert any(character > "\u4e00" for character in operation["summary"]), f"{method} {path}"
