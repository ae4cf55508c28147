"""Routes of pages: each names a permission or says that it is public; errors become pages, not JSON."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.auth import sessions
from app.auth.actor import VISITOR, Actor
from app.auth.dependencies import app_context
from app.auth.permissions import PERMISSIONS
from app.auth.sessions import SignedIn
from app.console import language, notices
from app.console.rendering import is_part, page
from app.console.security import HEADERS, check_origin, cookie_name
from app.errors import Conflict, InvalidInput, JiebangError, NotAuthenticated, Unavailable, VersionMismatch
from app.problems import field_errors

log = logging.getLogger("jiebang.console")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """Checks where a form came from, knows who asks, and answers every error with a page in their language."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            language.choose(request)
            try:
                check_origin(request)
                request.state.person = await _person(request)
                response = await handler(request)
            except NotAuthenticated:
                response = await _ask_to_sign_in(request)
            except RequestValidationError as error:
                response = problem_page(request, InvalidInput(fields=field_errors(error.errors())))
            except StaleDataError:
                response = problem_page(request, VersionMismatch())
            except IntegrityError:
                response = problem_page(request, Conflict())
            except JiebangError as error:
                response = problem_page(request, error)
            except (OperationalError, PoolTimeout):
                log.error("database unavailable")
                response = problem_page(request, Unavailable(reason=language.gettext("数据库忙")))
            except HTTPException:
                raise
            except Exception as error:
                log.error("unexpected error", exc_info=error)
                response = problem_page(request, JiebangError())
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return answer


async def _person(request: Request) -> SignedIn | None:
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    context = app_context(request)
    try:
        return await run_in_threadpool(sessions.person_of, context.settings, context.db, token)
    except NotAuthenticated:
        return None


async def _ask_to_sign_in(request: Request) -> Response:
    """To the door and back again. What a form held when the sign-in had expired is sent along, not lost."""
    if request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        door = f"/login?{urlencode({'next': target})}"
        if is_part(request):
            return Response(status_code=204, headers={"HX-Redirect": door})
        return RedirectResponse(door, status_code=303)
    async with request.form() as form:
        fields = form.multi_items()
    kept = [(name, value) for name, value in fields if isinstance(value, str)]
    return page(
        request, "login.html", status=401, next=request.url.path, kept=kept, email="", error="", expired=True
    )


def problem_page(request: Request, error: JiebangError) -> Response:
    """The error in words: a page of its own, or a message on the page that htmx is showing."""
    lines = [item.en if language.current() == "en" else item.zh for item in error.fields]
    values = {
        "error": error.detail(language.current()),
        "lines": lines,
        "code": error.code,
        "status_code": error.status,
        "request_id": getattr(request.state, "request_id", ""),
    }
    response = page(request, "problem.html", status=error.status, block="message", **values)
    if is_part(request):
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def page_router(*, prefix: str = "") -> APIRouter:
    """The router of a group of pages."""
    return APIRouter(prefix=prefix, route_class=PageRoute)


class NeedsPermission:
    """Dependency of a page: gives the actor at the browser if it holds `permission`. Tests read the attribute."""

    def __init__(self, permission: str) -> None:
        if permission not in PERMISSIONS:
            raise KeyError(permission)
        self.permission = permission

    async def __call__(self, request: Request) -> Actor:
        person: SignedIn | None = request.state.person
        if person is None:
            raise NotAuthenticated()
        person.actor.require(self.permission)
        return person.actor


class Public:
    """Dependency of a page that everyone may read: the person at the browser, or a visitor."""

    permission = None

    async def __call__(self, request: Request) -> Actor:
        person: SignedIn | None = request.state.person
        return person.actor if person else VISITOR


def needs(permission: str) -> Any:
    """`actor: Actor = needs("requirements:read")`: as in the API, for a browser."""
    return Depends(NeedsPermission(permission))


def public() -> Any:
    """`actor: Actor = public()`: the page is for everyone."""
    return Depends(Public())


async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The form that the browser sent; read before the route runs in its thread, its files closed after it."""
    async with request.form() as form:
        yield form


def done(path: str, sentence: str = "") -> Response:
    """After a form: on to a page to read, which says `sentence` (already in the reader's language)."""
    response = RedirectResponse(path, status_code=303)
    return notices.leave(response, sentence) if sentence else response


def reload_page() -> HTMLResponse:
    """Has a page that was watching something read itself anew, now that there is more to see than a part."""
    return HTMLResponse(status_code=204, headers={"HX-Refresh": "true"})
