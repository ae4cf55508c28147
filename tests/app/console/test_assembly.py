"""Every page names a permission or says that it is public; walked from the router list."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app import console
from app.auth.permissions import PERMISSIONS
from app.console.routing import NeedsPermission, PageRoute, Public
from app.models import Organization, Role
from tests.app.console.conftest import Browse


def pages() -> Iterator[tuple[str, APIRoute, NeedsPermission | Public]]:
    for router in console.ROUTERS:
        for route in router.routes:
            assert isinstance(route, PageRoute), route
            guards = [
                dependency.call
                for dependency in route.dependant.dependencies
                if isinstance(dependency.call, NeedsPermission | Public)
            ]
            assert len(guards) == 1, f"{route.path} must name one permission or be public"
            for method in sorted(route.methods):
                yield method, route, guards[0]


PAGES = list(pages())
GUARDED = [(method, route, guard) for method, route, guard in PAGES if isinstance(guard, NeedsPermission)]
IDS = [f"{method} {route.path}" for method, route, _ in GUARDED]


def call(client: TestClient, method: str, route: APIRoute) -> int:
    path = re.sub(r"\{[^}]+\}", lambda _: str(uuid.uuid4()), route.path)
    return client.request(method, path).status_code


def test_the_list_of_pages_is_not_empty() -> None:
    assert len(GUARDED) > 5


@pytest.mark.parametrize(("method", "route", "guard"), GUARDED, ids=IDS)
def test_a_page_sends_strangers_to_the_door(
    visitor: TestClient, method: str, route: APIRoute, guard: NeedsPermission
) -> None:
    assert guard.permission in PERMISSIONS
    assert call(visitor, method, route) == (303 if method == "GET" else 401)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_exactly_the_pages_that_the_table_opens(
    browse: Browse, bureau: Organization, role: Role
) -> None:
    browser = browse(role, bureau)
    for method, route, guard in GUARDED:
        if route.path == "/logout":
            continue
        status = call(browser, method, route)
        is_allowed = role in PERMISSIONS[guard.permission]
        assert (status != 403) == is_allowed, f"{role} {method} {route.path} answered {status}"
        assert status < 500 or status == 503, f"{role} {method} {route.path} answered {status}"


def test_a_page_carries_the_headers_that_keep_scripts_and_frames_out(visitor: TestClient) -> None:
    answer = visitor.get("/problems")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"


def test_templates_hold_no_inline_script_or_style() -> None:
    from app.console.rendering import TEMPLATES

    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path.name
        assert not re.search(r"\s(on[a-z]+|style)=", text), path.name


def test_every_template_compiles() -> None:
    from app.console.rendering import environment

    names = environment().list_templates()
    assert len(names) > 5
    for name in names:
        environment().get_template(name)


def test_static_files_are_packed_and_kept_and_nothing_else_is_served(visitor: TestClient) -> None:
    from app.console.static_files import address

    answer = visitor.get(address("console.css"))
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert visitor.get("/static/../assembly.py").status_code == 404
    assert visitor.get("/static/nothing.css").status_code == 404


def test_an_unknown_address_below_the_api_still_answers_in_json(visitor: TestClient) -> None:
    answer = visitor.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
