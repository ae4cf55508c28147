"""Every route names a permission, and every role gets what the table says; walked from the router list."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app import api
from app.auth.dependencies import NeedsPermission
from app.auth.permissions import PERMISSIONS
from app.models import Organization, Role
from tests.conftest import Login

OPEN_ROUTES = {
    ("POST", "/auth/token"),
    ("POST", "/auth/revoke"),
    ("POST", "/auth/recovery"),
    ("POST", "/auth/recovery/reset"),
    ("POST", "/registrations"),
    ("POST", "/registrations/confirm"),
    ("POST", "/registrations/{registration_id}/status"),
    ("GET", "/public/challenges/{code}/problems"),
    ("GET", "/public/challenges/{code}/problems.xlsx"),
    ("GET", "/public/calendars/{token}.ics"),
}


def routes() -> Iterator[tuple[str, APIRoute]]:
    for router in api.ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods):
                yield method, route


def permission_of(route: APIRoute) -> str | None:
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, NeedsPermission):
            return dependency.call.permission
    return None


GUARDED = [(method, route) for method, route in routes() if (method, route.path) not in OPEN_ROUTES]
IDS = [f"{method} {route.path}" for method, route in GUARDED]


def call(client: TestClient, method: str, route: APIRoute) -> int:
    path = re.sub(r"\{[^}]+\}", lambda _: str(uuid.uuid4()), route.path)
    return client.request(method, api.PREFIX + path).status_code


def test_the_list_of_routes_is_not_empty() -> None:
    assert len(GUARDED) > 40


def test_every_permission_of_the_table_guards_a_route() -> None:
    used = {permission_of(route) for _, route in GUARDED}
    assert set(PERMISSIONS) - used <= {"audit:read"}


@pytest.mark.parametrize(("method", "route"), GUARDED, ids=IDS)
def test_a_route_names_a_permission_and_refuses_strangers(
    client: TestClient, method: str, route: APIRoute
) -> None:
    assert permission_of(route) in PERMISSIONS
    assert call(client, method, route) == 401


@pytest.mark.parametrize("role", list(Role))
def test_a_role_passes_exactly_the_doors_that_the_table_opens(
    sign_in: Login, bureau: Organization, role: Role
) -> None:
    client = sign_in(role, bureau)
    for method, route in GUARDED:
        permission = permission_of(route)
        assert permission is not None
        status = call(client, method, route)
        is_allowed = role in PERMISSIONS[permission]
        assert (status != 403) == is_allowed, f"{role} {method} {route.path} answered {status}"
        assert status < 500 or status == 503, f"{role} {method} {route.path} answered {status}"
